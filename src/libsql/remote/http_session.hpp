#pragma once

#include <libsql/deadline.hpp>
#include <libsql/result.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace libsql::remote {

/// How to reach servers; the same for all requests of a session.
struct http_options {
    std::chrono::milliseconds connect_timeout{10'000};
    std::string ca_file{};  ///< certificates to trust; empty: the system's
    std::string proxy{};    ///< empty: what the environment says
    std::string user_agent{};
};

struct http_request {
    std::string url;
    std::string_view body;  ///< sent by POST; without a body it is a GET
    bool has_body{true};
    std::vector<std::string> headers;  ///< "name: value"
};

struct http_reply {
    int status{0};
    std::string body;
    std::int64_t retry_after_s{-1};  ///< the header Retry-After in seconds; -1: none
};

/// Why a request got no reply.
struct http_failure {
    error why;
    bool may_have_run{true};  ///< false: it did not reach the server
};

/// Requests to HTTP servers, one at a time, over connections that are kept open: libcurl. HTTP/2
/// where the server has it, compression, TLS that is checked. One thread at a time, but `interrupt`
/// comes from any.
class http_session {
public:
    explicit http_session(http_options chosen);
    ~http_session();

    http_session(const http_session&) = delete;
    http_session& operator=(const http_session&) = delete;

    /// Sends a request and waits for the whole reply. Failures: `network`, `timeout` past `until`,
    /// `interrupted`.
    std::variant<http_reply, http_failure> send(const http_request& request, deadline until);

    /// As `send`, but the body of a reply 200 goes to `sink` as it comes; when that returns false
    /// the request is given up, and the reply is what there was. The body of any other reply is in
    /// the reply.
    std::variant<http_reply, http_failure> stream(
        const http_request& request, deadline until,
        const std::function<bool(std::string_view)>& sink);

    /// Ends the request that is on its way with `interrupted`; one that starts later is not
    /// touched. From any thread.
    void interrupt() noexcept;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace libsql::remote
