#pragma once

#include "libsql/net/http_session.hpp"
#include "libsql/remote/server.hpp"
#include "libsql/replication/sync_v2_messages.hpp"

#include <libsql/deadline.hpp>
#include <libsql/result.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace libsql::replication {

/// Consecutive frames, as received.
struct pulled_frames {
    std::string bytes;  ///< its size is a multiple of `frame::size`, and not 0
};

/// The generation has no frames from the requested one on.
struct end_of_generation {
    std::uint32_t newest{0};  ///< the generation of the primary
};

/// The calls of the newer sync protocol. A server error (5xx) is retried five times. One thread at
/// a time, except that `interrupt` may be called from any.
///
/// Errors: `network` (a retry may succeed), `authentication`, `protocol` for invalid replies and
/// for refusals, `timeout`, `interrupted`.
class sync_v2_client {
public:
    explicit sync_v2_client(std::shared_ptr<remote::server> server);

    /// The primary's present generation; none if the server does not speak this protocol.
    result<std::optional<std::uint32_t>> info(deadline until);

    /// The database as it was when the generation began, in pieces as they arrive. An error of
    /// `on_bytes` ends the call.
    result<void> export_database(std::uint32_t generation,
                                 const std::function<result<void>(std::string_view)>& on_bytes,
                                 deadline until);

    /// Frames of the generation from `first` on.
    result<std::variant<pulled_frames, end_of_generation>> pull(std::uint32_t generation,
                                                                std::uint32_t first,
                                                                deadline until);

    /// Sends frames of the generation, beginning with number `first`.
    result<push_reply> push(std::uint32_t generation, std::uint32_t first, std::string frames,
                            std::string_view baton, deadline until);

    /// Ends the running call, and a `wait`.
    void interrupt() noexcept { http_.interrupt(); }

    /// When the server was last heard from. From any thread.
    [[nodiscard]] net::http_contact contact() const noexcept { return http_.contact(); }

    /// False if it was interrupted, or if the deadline comes first.
    bool wait(std::chrono::milliseconds duration, deadline until) {
        return http_.wait(duration, until).value_or(false);
    }

private:
    using sink = std::function<result<void>(std::string_view)>;

    /// Passes the body of a 200 reply to `to`, if there is one; otherwise it is part of the reply.
    result<net::http_reply> call(const std::string& path, std::optional<std::string> body,
                                 const sink& to, deadline until);
    result<net::http_reply> call_once(const net::http_request& request, const sink& to,
                                      deadline until);

    error refusal(const net::http_reply& reply);

    std::shared_ptr<remote::server> server_;
    net::http_session http_;
};

}  // namespace libsql::replication
