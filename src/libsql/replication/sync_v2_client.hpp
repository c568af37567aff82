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

/// Frames, one after the other, as they came.
struct pulled_frames {
    std::string bytes;  ///< a multiple of `frame::size`, and not 0
};

/// The generation has no frames from there on.
struct end_of_generation {
    std::uint32_t newest{0};  ///< the generation that the primary is in
};

/// The calls of the newer sync protocol. A server's error (5xx) is tried again five times. One
/// thread at a time, but `interrupt` comes from any.
///
/// Errors: `network` (it may go better in a moment), `authentication`, `protocol` for replies that
/// are none and for refusals, `timeout`, `interrupted`.
class sync_v2_client {
public:
    explicit sync_v2_client(std::shared_ptr<remote::server> server);

    /// The primary's generation now; none: the server does not speak this protocol.
    result<std::optional<std::uint32_t>> info(deadline until);

    /// The database as it was when the generation began, in pieces as they come. What `on_bytes`
    /// fails with ends it.
    result<void> export_database(std::uint32_t generation,
                                 const std::function<result<void>(std::string_view)>& on_bytes,
                                 deadline until);

    /// Frames of the generation from `first` on.
    result<std::variant<pulled_frames, end_of_generation>> pull(std::uint32_t generation,
                                                                std::uint32_t first,
                                                                deadline until);

    /// Sends frames of the generation, of which `first` is the first.
    result<push_reply> push(std::uint32_t generation, std::uint32_t first, std::string frames,
                            std::string_view baton, deadline until);

    /// Ends the call that is on its way, and a `wait`.
    void interrupt() noexcept { http_.interrupt(); }

    /// When the server was last heard of. From any thread.
    [[nodiscard]] net::http_contact contact() const noexcept { return http_.contact(); }

    /// False when it was interrupted or the deadline comes first.
    bool wait(std::chrono::milliseconds duration, deadline until) {
        return http_.wait(duration, until).value_or(false);
    }

private:
    using sink = std::function<result<void>(std::string_view)>;

    /// A body of status 200 goes to `to` if there is one, and is in the reply else.
    result<net::http_reply> call(const std::string& path, std::optional<std::string> body,
                                 const sink& to, deadline until);
    result<net::http_reply> call_once(const net::http_request& request, const sink& to,
                                      deadline until);

    error refusal(const net::http_reply& reply);

    std::shared_ptr<remote::server> server_;
    net::http_session http_;
};

}  // namespace libsql::replication
