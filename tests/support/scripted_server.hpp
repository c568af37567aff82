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

/// A request as it came.
struct scripted_request {
    std::string method;
    std::string target;                                        ///< "/v3/pipeline"
    std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
    std::string body;
    std::size_t connection{0};  ///< on which of the connections, in their order
    std::size_t number{0};      ///< which of all requests

    /// The header's value, none if it is not there.
    [[nodiscard]] std::optional<std::string> header(std::string_view name) const;
};

/// What becomes of a connection behind a reply.
enum class scripted_end : unsigned char {
    keep,   ///< the next request may come
    close,  ///< it ends
    reset,  ///< it breaks (RST)
    stall,  ///< it stays open, and nothing is said on it any more
};

/// What is sent for a request: any bytes.
struct scripted_reply {
    std::string bytes{};  ///< head and body; may be cut anywhere
    scripted_end end{scripted_end::keep};
    std::chrono::milliseconds delay{};  ///< before it is sent
    std::size_t piece{0};               ///< sent in pieces of this size, 1 ms apart; 0: as a whole
    bool endless{false};                ///< the last 64 KiB are sent again and again
};

/// A whole reply, with its length.
scripted_reply reply_with(int status, std::string_view body,
                          const std::vector<std::string>& headers = {});

/// `whole`, of which only the first `size` bytes are sent before the connection ends.
scripted_reply cut(scripted_reply whole, std::size_t size, scripted_end end = scripted_end::close);

/// A server for what no real one does on demand: it says to each request what a function tells it
/// to, and writes down what it was asked. It listens on a free port of 127.0.0.1; its thread ends
/// with this object.
class scripted_server {
public:
    using script = std::function<scripted_reply(const scripted_request&)>;

    /// `script` is called on the server's thread.
    explicit scripted_server(script says);

    /// Says `replies` one after the other, and the last one from then on.
    explicit scripted_server(std::vector<scripted_reply> replies);

    ~scripted_server();

    scripted_server(const scripted_server&) = delete;
    scripted_server& operator=(const scripted_server&) = delete;

    /// `http://127.0.0.1:<port>`
    [[nodiscard]] std::string url() const;

    [[nodiscard]] unsigned port() const noexcept;

    /// What it was asked until now.
    [[nodiscard]] std::vector<scripted_request> requests() const;

    /// Those for `target`.
    [[nodiscard]] std::vector<scripted_request> requests_for(std::string_view target) const;

    /// How many connections were made to it.
    [[nodiscard]] std::size_t connections() const;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace libsql::testing
