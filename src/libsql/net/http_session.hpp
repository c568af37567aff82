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
    std::string ca_file{};  ///< trusted certificates; empty: the system's
    std::string proxy{};    ///< empty: as in the environment
    std::string user_agent{};
};

/// When a request that a server refused because it is busy (429, 503) may be repeated.
enum class repeats : unsigned char {
    never,
    not_begun,  ///< if its words prove that the request did not begin
    always,     ///< the request only reads
};

struct http_request {
    std::string url;
    std::optional<std::string> body{};   ///< sent by POST; a request without a body is a GET
    std::vector<std::string> headers{};  ///< "name: value"
    bool compressed{true};  ///< the reply may be compressed; a server then holds pieces back
    bool attended{true};    ///< `interrupt` ends it
    repeats again{repeats::not_begun};  ///< for `server`: whether it may be repeated
};

struct http_reply {
    int status{0};
    std::string body{};
    std::optional<std::chrono::seconds> retry_after{};  ///< the header Retry-After
    std::optional<std::string> location{};              ///< the header Location
    std::string grpc_status{};                          ///< header of a gRPC reply that is an error
    std::string grpc_message{};                         ///< likewise, decoded
};

/// The largest reply that is not read piece by piece, in bytes.
inline constexpr std::size_t largest_reply = 1024U * 1024 * 1024;

/// How much of a server's refusal is read.
inline constexpr std::size_t largest_refusal = 1024U * 1024;

/// Why a request got no reply.
struct http_failure {
    error why;
    bool may_have_run{true};  ///< false: it did not reach the server
    bool may_pass{false};     ///< in addition, another attempt may reach the server
};

/// When a session last heard from its server.
struct http_contact {
    std::optional<std::chrono::system_clock::time_point> last{};  ///< when something came
    /// For how long a reply has been awaited; none: none is.
    std::optional<std::chrono::steady_clock::duration> silent{};
};

/// Requests to HTTP servers over persistent connections, with libcurl: HTTP/2 where a TLS server
/// has it, compression, checked certificates, no redirects. A request is sent at most once, and
/// never again on another connection if the first one broke. One thread at a time, except that
/// `interrupt` may be called from any.
class http_session {
public:
    explicit http_session(http_options chosen);

    /// Gives requests sent by `send_unattended` a second to arrive.
    ~http_session();

    http_session(const http_session&) = delete;
    http_session& operator=(const http_session&) = delete;

    /// Sends a request and waits for the whole reply. Failures: `network`; `timeout` past `until`;
    /// `interrupted`; `too_big` for a reply above 1 GiB, and for a compressed one above both 64 MiB
    /// and 20 times its compressed size. Of a reply other than 200, 1 MiB is read.
    std::variant<http_reply, http_failure> send(http_request request, deadline until);

    /// As `send`, but passes the body of a 200 reply to `sink` as it arrives. If that returns
    /// false, the request is abandoned, and the reply is what has arrived. The body of any other
    /// reply is part of the reply.
    std::variant<http_reply, http_failure> stream(
        http_request request, deadline until, const std::function<bool(std::string_view)>& sink);

    class exchange;

    /// Starts a request whose reply is read piece by piece; no more of it is held than is asked
    /// for. Must end before its session.
    std::unique_ptr<exchange> start(http_request request);

    /// As `start`, but the request is sent when this returns, or soon after: the reply arrives
    /// while something else is done.
    std::unique_ptr<exchange> start_ahead(http_request request);

    /// As above, for a request that was started before.
    std::variant<http_reply, http_failure> stream(
        std::unique_ptr<exchange> begun, deadline until,
        const std::function<bool(std::string_view)>& sink);

    /// Sends a request without waiting for its reply, which is discarded. Waits for at
    /// most 200 ms, for a new connection or a slow one; the rest is done with the next request.
    /// Without memory it throws `bad_alloc`, and nothing was sent.
    void send_unattended(http_request request);

    /// Ends the running requests that are attended with `interrupted`. Requests that start later
    /// are not affected. From any thread.
    void interrupt() noexcept;

    /// The number of interrupts so far. From any thread.
    [[nodiscard]] unsigned interrupts() const noexcept;

    /// As `interrupt`, but also for requests that are not attended.
    void give_up() noexcept;

    /// From any thread.
    [[nodiscard]] http_contact contact() const noexcept;

    /// Waits before a retry. False at once if the deadline comes first; can be `interrupted` like a
    /// request.
    result<bool> wait(std::chrono::milliseconds duration, deadline until);

private:
    struct state;
    void send_out(exchange& begun) noexcept;

    std::unique_ptr<state> state_;
};

/// A running request. Destroying it abandons the request.
class http_session::exchange {
public:
    ~exchange();
    exchange(const exchange&) = delete;
    exchange& operator=(const exchange&) = delete;

    /// Waits for bytes of the body, at least one unless it has ended, and appends them to `into`.
    /// True when the reply is complete. The first call also waits for the headers.
    std::variant<bool, http_failure> read(std::string& into, deadline until);

    /// Waits for the rest of the body and appends it to `into`. `too_big`, with what has arrived,
    /// if that is more than about `most` bytes, or more than a compressed reply may have.
    std::optional<http_failure> read_rest(std::string& into, deadline until, std::size_t most);

    /// Whether `interrupt` ends waits from now on; the request itself continues.
    void attend(bool on) noexcept;

    /// The reply without its body. Complete after the first `read`.
    [[nodiscard]] http_reply& head() noexcept;

private:
    friend class http_session;
    struct transfer;
    exchange(http_session::state& owner, http_request request);
    std::optional<http_failure> await(bool end, deadline until);

    std::unique_ptr<transfer> transfer_;
};

}  // namespace libsql::net
