#pragma once

#include "libsql/core/server_url.hpp"
#include "libsql/net/http_session.hpp"
#include "libsql/remote/codec.hpp"

#include <libsql/deadline.hpp>
#include <libsql/options.hpp>
#include <libsql/result.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>

namespace libsql::remote {

/// A server as the options describe it, and what is known of it: the token that it accepts, and how
/// it is spoken to. Shared by all connections of a database; any thread.
///
/// Requests are tried again only where nothing can have run: the server could not be reached, it
/// answered 401 (and there is another token), or it says that it is busy in words which prove that
/// it did not begin. One that only reads is tried again whenever it answers 429 or 503.
///
/// The token and the key go to this server only: a request for an address on another one goes
/// without.
class server {
public:
    static result<std::shared_ptr<server>> make(const libsql::options& chosen);

    server(libsql::options chosen, detail::server_url where);

    [[nodiscard]] const detail::server_url& url() const noexcept { return where_; }

    /// How to reach it.
    [[nodiscard]] net::http_options how() const;

    /// What a request became: a reply of which at least the head is here, or none.
    struct answer {
        std::unique_ptr<net::http_session::exchange> exchange;
        std::string body;      ///< as much of it as was read
        bool complete{false};  ///< that is all
    };

    /// Sends a request with the headers that the server wants, and waits for the head of the reply.
    std::variant<answer, net::http_failure> start(net::http_session& http,
                                                  const net::http_request& request, deadline until);

    /// As above, and waits for the whole reply.
    std::variant<net::http_reply, net::http_failure> send(net::http_session& http,
                                                          const net::http_request& request,
                                                          deadline until);

    /// `request` with the headers that the server wants, for a request that is not waited for.
    net::http_request with_headers(net::http_request request);

    /// The token that it was given last; asks for it the first time. `authentication`: it holds
    /// what would end a header.
    result<std::string> token();

    /// True when there is another token than the one that was refused: a function gave it, to us or
    /// to another connection.
    result<bool> renew_token(const std::string& refused);

    /// An address is on this server.
    [[nodiscard]] bool is_at(std::string_view address) const;

    /// There is a token or a key.
    [[nodiscard]] bool has_secrets();

    /// A request that was refused with 401 can be made again, by `with_headers`: there is another
    /// token than the one that it carried.
    bool has_another_token(const net::http_request& refused);

    /// `text` without the tokens and the key, which something on the way may have repeated.
    [[nodiscard]] std::string without_secrets(std::string text);

    /// How it is spoken to; asks it the first time.
    result<const codec*> choose_codec(net::http_session& http, deadline until);

private:
    result<void> ask_token();
    void add_headers(net::http_request& to, const std::string& token) const;

    const libsql::options chosen_;
    const detail::server_url where_;
    std::atomic<const codec*> codec_{nullptr};
    std::mutex mutex_;  ///< of what follows
    std::string token_;
    std::string refused_token_;  ///< the one before: a reply that comes late may repeat it
    bool has_token_{false};
};

}  // namespace libsql::remote
