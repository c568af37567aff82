#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace libsql::testing {

/// A request as received.
struct scripted_request {
    std::string method;
    std::string target;                                        ///< "/v3/pipeline"
    std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
    std::string body;
    std::size_t connection{0};  ///< the index of its connection
    std::size_t number{0};      ///< its index among all requests

    /// The header's value, if there is one.
    [[nodiscard]] std::optional<std::string> header(std::string_view name) const;
};

/// What happens to a connection after a reply.
enum class scripted_end : unsigned char {
    keep,   ///< it waits for the next request
    close,  ///< it is closed
    reset,  ///< it is reset (RST)
    stall,  ///< it stays open, but nothing more is sent
};

/// The reply to a request: any bytes.
struct scripted_reply {
    std::string bytes{};  ///< head and body; may be truncated
    scripted_end end{scripted_end::keep};
    std::chrono::milliseconds delay{};  ///< waits this long before sending
    std::size_t piece{0};               ///< size of the pieces, sent 1 ms apart; 0: one piece
    bool endless{false};                ///< repeats the last 64 KiB without end
};

/// A complete reply, with its length.
scripted_reply reply_with(int status, std::string_view body,
                          const std::vector<std::string>& headers = {});

/// The first `size` bytes of `whole`; then the connection ends.
scripted_reply cut(scripted_reply whole, std::size_t size, scripted_end end = scripted_end::close);

/// A server for situations that a real one does not produce on demand: a function determines the
/// reply to each request, and all requests are recorded. It listens on a free port of 127.0.0.1;
/// its thread ends with this object.
class scripted_server {
public:
    using script = std::function<scripted_reply(const scripted_request&)>;

    /// `script` is called on the server's thread.
    explicit scripted_server(script says);

    /// Sends `replies` in order, and then repeats the last one.
    explicit scripted_server(std::vector<scripted_reply> replies);

    ~scripted_server();

    scripted_server(const scripted_server&) = delete;
    scripted_server& operator=(const scripted_server&) = delete;

    /// `http://127.0.0.1:<port>`
    [[nodiscard]] std::string url() const;

    [[nodiscard]] unsigned port() const noexcept;

    /// The requests received so far.
    [[nodiscard]] std::vector<scripted_request> requests() const;

    /// The requests for `target`.
    [[nodiscard]] std::vector<scripted_request> requests_for(std::string_view target) const;

    /// The number of connections so far.
    [[nodiscard]] std::size_t connections() const;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace libsql::testing
