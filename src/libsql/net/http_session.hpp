#pragma once

#include <libsql/deadline.hpp>
#include <libsql/result.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace libsql::net {

/// How to reach servers; the same for all requests of a session.
struct http_options {
    std::chrono::milliseconds connect_timeout{10'000};
    std::string ca_file{};  ///< certificates to trust; empty: the system's
    std::string proxy{};    ///< empty: what the environment says
    std::string user_agent{};
};

/// When a request that a server has refused because it is busy (429, 503) may be made once more.
enum class repeats : unsigned char {
    never,
    not_begun,  ///< where its words prove that it did not begin
    always,     ///< it only reads
};

struct http_request {
    std::string url;
    std::optional<std::string> body{};   ///< sent by POST; without a body it is a GET
    std::vector<std::string> headers{};  ///< "name: value"
    bool compressed{true};               ///< the reply may be; a server then holds pieces back
    bool attended{true};                 ///< `interrupt` ends it
    repeats again{repeats::not_begun};   ///< for `server`: may it be made a second time
};

struct http_reply {
    int status{0};
    std::string body{};
    std::optional<std::chrono::seconds> retry_after{};  ///< the header Retry-After
    std::optional<std::string> location{};              ///< the header Location
    std::string grpc_status{};                          ///< the headers of a gRPC reply that
    std::string grpc_message{};                         ///< is an error, decoded
};

/// What a reply may be without being read piece by piece, in bytes.
inline constexpr std::size_t largest_reply = 1024U * 1024 * 1024;

/// As much as is read of what a server says when it refuses.
inline constexpr std::size_t largest_refusal = 1024U * 1024;

/// Why a request got no reply.
struct http_failure {
    error why;
    bool may_have_run{true};  ///< false: it did not reach the server
    bool may_pass{false};     ///< and another try may find the server
};

/// When a session heard of its server.
struct http_contact {
    std::optional<std::chrono::system_clock::time_point> last{};  ///< when something came
    std::optional<std::chrono::steady_clock::duration> silent{};  ///< for so long it is waited for
                                                                  ///< something; none: it is not
};

/// Requests to HTTP servers over connections that are kept open: libcurl. HTTP/2 where a TLS server
/// has it, compression, certificates that are checked, no redirects. A request is sent at most
/// once: never again on another connection when the first one broke. One thread at a time, but
/// `interrupt` comes from any.
class http_session {
public:
    explicit http_session(http_options chosen);

    /// Gives what was sent by `send_unattended` a second to arrive.
    ~http_session();

    http_session(const http_session&) = delete;
    http_session& operator=(const http_session&) = delete;

    /// Sends a request and waits for the whole reply. Failures: `network`, `timeout` past `until`,
    /// `interrupted`, `too_big` for a reply above 1 GiB, and for a packed one that is above 64 MiB
    /// and 20 times what came. Of a reply that is not 200, 1 MiB is read.
    std::variant<http_reply, http_failure> send(http_request request, deadline until);

    /// As `send`, but the body of a reply 200 goes to `sink` as it comes; when that returns false
    /// the request is given up, and the reply is what there was. The body of any other reply is in
    /// the reply.
    std::variant<http_reply, http_failure> stream(
        http_request request, deadline until, const std::function<bool(std::string_view)>& sink);

    class exchange;

    /// Starts a request whose reply is read piece by piece: not more of it is held than is asked
    /// for. Must end before its session.
    std::unique_ptr<exchange> start(http_request request);

    /// As `start`, and the request is sent when this returns, or soon after it: its reply comes
    /// while something else is done.
    std::unique_ptr<exchange> start_ahead(http_request request);

    /// As above, for a request that was started.
    std::variant<http_reply, http_failure> stream(
        std::unique_ptr<exchange> begun, deadline until,
        const std::function<bool(std::string_view)>& sink);

    /// Sends a request without waiting for its reply, which is dropped. Where a new connection has
    /// to be made for it, that is waited for, 200 ms at most; what is left is done with the next
    /// request. Without memory it throws `bad_alloc`, and nothing was sent.
    void send_unattended(http_request request);

    /// Ends the requests that are on their way with `interrupted`, if they are attended; one that
    /// starts later is not touched. From any thread.
    void interrupt() noexcept;

    /// How many interrupts there were. From any thread.
    [[nodiscard]] unsigned interrupts() const noexcept;

    /// As `interrupt`, for those that are not attended as well.
    void give_up() noexcept;

    /// From any thread.
    [[nodiscard]] http_contact contact() const noexcept;

    /// Waits, for a retry. False at once when the deadline comes first; `interrupted` as requests.
    result<bool> wait(std::chrono::milliseconds duration, deadline until);

private:
    struct state;
    void send_out(exchange& begun) noexcept;

    std::unique_ptr<state> state_;
};

/// One request on its way. Dropping it gives the request up.
class http_session::exchange {
public:
    ~exchange();
    exchange(const exchange&) = delete;
    exchange& operator=(const exchange&) = delete;

    /// Waits for bytes of the body, at least one unless it ended, and appends them to `into`. True
    /// when the reply is complete. The first call also waits for the head.
    std::variant<bool, http_failure> read(std::string& into, deadline until);

    /// Waits for all that is still to come of the body, and appends it to `into`: `too_big`, with
    /// what there was, when that is more than about `most` bytes, or more than a packed reply may
    /// be.
    std::optional<http_failure> read_rest(std::string& into, deadline until, std::size_t most);

    /// Whether `interrupt` ends what is waited for from now on; the request itself goes on.
    void attend(bool on) noexcept;

    /// What is known of the reply but its body. Complete after the first `read`.
    [[nodiscard]] http_reply& head() noexcept;

private:
    friend class http_session;
    struct transfer;
    exchange(http_session::state& owner, http_request request);
    std::optional<http_failure> await(bool end, deadline until);

    std::unique_ptr<transfer> transfer_;
};

}  // namespace libsql::net
