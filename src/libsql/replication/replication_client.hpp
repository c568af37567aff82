#pragma once

#include "libsql/net/http_session.hpp"
#include "libsql/remote/server.hpp"
#include "libsql/replication/frames_reader.hpp"
#include "libsql/replication/grpc_status.hpp"
#include "libsql/replication/messages.hpp"

#include <libsql/deadline.hpp>
#include <libsql/options.hpp>
#include <libsql/result.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace libsql::replication {

/// Why a call returned no frames, or not all of them.
struct call_failure {
    error why;
    bool is_temporary{false};  ///< a retry may succeed
    std::chrono::seconds wait_at_least{0};
};

/// How a call ended: the status that the server sent, or the failure that prevented one.
using call_end = std::variant<grpc_status, call_failure>;

/// The calls of a primary's replication service: gRPC-web over HTTP. One thread at a time, except
/// that `interrupt` may be called from any.
class replication_client {
public:
    replication_client(libsql::options chosen, std::shared_ptr<remote::server> server);

    /// True if the server speaks the newer sync protocol. False also if that is not certain.
    result<bool> has_newer_protocol(deadline until);

    /// Performs the handshake. `into` is what the server says; later calls carry its session.
    call_end shake_hands(hello& into, deadline until);

    /// Frames of the log from `next` on, up to the end of a transaction: as many as the server
    /// chooses to send, none if there are none.
    call_end batch(std::uint64_t next, frame_sink& to, deadline until);

    /// Sends the next request of `batch` ahead, so that the server works while earlier frames are
    /// written. It is abandoned if another request is made instead.
    void prefetch(std::uint64_t next);

    void drop_prefetched() noexcept { prefetched_.reset(); }

    /// The newest frame of each page that was written from `next` on, up to the end of some
    /// transaction; the newest first.
    call_end snapshot(std::uint64_t next, frame_sink& to, deadline until);

    /// Ends the running call, and a `wait`.
    void interrupt() noexcept { http_.interrupt(); }

    /// When the server was last heard from. From any thread.
    [[nodiscard]] net::http_contact contact() const noexcept { return http_.contact(); }

    bool wait(std::chrono::milliseconds duration, deadline until) {
        return http_.wait(duration, until).value_or(false);
    }

private:
    [[nodiscard]] std::vector<std::string> headers() const;
    using exchange = std::unique_ptr<net::http_session::exchange>;

    struct prefetched_batch {
        std::uint64_t next;
        exchange begun;
    };

    [[nodiscard]] net::http_request request_for(std::string_view method,
                                                std::string_view message) const;
    call_end call(std::string_view method, std::string_view message, message_sink& to,
                  deadline until, exchange begun = nullptr);
    call_end call_once(std::string_view method, std::string_view message, message_sink& to,
                       deadline until, exchange begun);
    std::optional<error> ask_token();
    [[nodiscard]] grpc_status without_secrets(grpc_status status) const;

    libsql::options options_;
    std::shared_ptr<remote::server> server_;
    net::http_session http_;
    std::optional<std::string> token_;
    std::string session_;
    std::optional<prefetched_batch> prefetched_;
};

}  // namespace libsql::replication
