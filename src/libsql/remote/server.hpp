#pragma once

#include "libsql/core/server_url.hpp"
#include "libsql/net/http_session.hpp"
#include "libsql/remote/codec.hpp"

#include <libsql/deadline.hpp>
#include <libsql/options.hpp>
#include <libsql/result.hpp>

#include <atomic>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace libsql::remote {

/// A server as described by the options, and what is known about it: the token that it accepts, and
/// the encoding to use. Shared by all connections of a database; may be used by any thread.
///
/// Requests are retried only if nothing can have run: the server could not be reached, it answered
/// 401 (and there is another token), or it says that it is busy in words which prove that the
/// request did not begin. A request that only reads is retried after any 429 or 503.
///
/// The token and the key are sent to this server only; a request to an address on another server is
/// sent without them.
class server {
public:
    static result<std::shared_ptr<server>> make(const libsql::options& chosen);

    server(libsql::options chosen, detail::server_url where);

    [[nodiscard]] const detail::server_url& url() const noexcept { return where_; }

    /// The options for reaching it.
    [[nodiscard]] net::http_options how() const;

    /// The reply to a request, of which at least the headers have arrived.
    struct answer {
        std::unique_ptr<net::http_session::exchange> exchange;
        std::string body;      ///< as much of it as was read
        bool complete{false};  ///< `body` is all of it
    };

    /// Sends a request with the headers that the server needs, and waits for the headers of the
    /// reply.
    std::variant<answer, net::http_failure> start(net::http_session& http,
                                                  const net::http_request& request, deadline until);

    /// As above, but waits for the whole reply.
    std::variant<net::http_reply, net::http_failure> send(net::http_session& http,
                                                          const net::http_request& request,
                                                          deadline until);

    /// `request` with the headers that the server needs, for a request whose reply is not waited
    /// for. Calls no function: uses the most recent token, none if there was none yet.
    net::http_request with_headers(net::http_request request);

    /// The most recent token; obtains it the first time. `authentication` if it contains a line end
    /// or similar.
    result<std::string> token();

    /// True if there is another token than the rejected one, given by a function to this or another
    /// connection. Waits while the function runs.
    result<bool> renew_token(const std::string& refused);

    /// True if an address is on this server.
    [[nodiscard]] bool is_at(std::string_view address) const;

    /// True if there is a token or a key.
    [[nodiscard]] bool has_secrets();

    /// True if a request that was rejected with 401 can be repeated with `with_headers`, because
    /// there is another token than the one it carried. Waits while the function runs.
    bool has_another_token(const net::http_request& refused);

    /// The same without waiting: the function runs on a thread of its own. None while it does; ask
    /// again later.
    std::optional<bool> seek_another_token(const net::http_request& refused);

    /// `text` without the tokens and the key, which a server or proxy may have repeated.
    [[nodiscard]] std::string without_secrets(std::string text);

    /// The encoding to use; asks the server the first time.
    result<const codec*> choose_codec(net::http_session& http, deadline until);

private:
    result<void> ask_token();
    bool knows_another_token(const std::string& refused);
    void add_headers(net::http_request& to, const std::string& token) const;

    const libsql::options chosen_;
    const detail::server_url where_;
    std::atomic<const codec*> codec_{nullptr};
    std::mutex asking_;  ///< held while the function runs
    std::mutex mutex_;   ///< for the members below; never held while it runs
    std::string token_;
    std::string refused_token_;  ///< the previous one: a late reply may repeat it
    bool has_token_{false};
    std::future<bool> sought_;  ///< of `seek_another_token`
};

}  // namespace libsql::remote
