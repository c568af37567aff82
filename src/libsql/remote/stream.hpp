#pragma once

#include "libsql/net/http_session.hpp"
#include "libsql/remote/codec.hpp"
#include "libsql/remote/hrana.hpp"
#include "libsql/remote/keep_alive.hpp"
#include "libsql/remote/server.hpp"
#include "libsql/remote/spool.hpp"

#include <libsql/deadline.hpp>
#include <libsql/result.hpp>

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace libsql::remote {

class cursor_reply;

/// What requests may do: those that only read may be made once more when the server is busy.
enum class intent : unsigned char { reads, writes };

/// One Hrana stream: requests to a server that belong to one connection there. It is open on the
/// server between a reply that carries a baton and the one that does not.
///
/// Whatever fails as a whole (no reply, a reply that is not 200, one that cannot be read) ends the
/// stream: the server has rolled back what was open in it, or will within seconds.
class stream {
public:
    stream(std::shared_ptr<server> where, net::http_session& http)
        : server_(std::move(where)), http_(&http) {}

    /// Sends requests, in order, in one round trip. The reply has a result for each.
    result<hrana::reply> send(std::span<const hrana::request> requests, intent what,
                              deadline until);

    /// Starts a batch, which only reads, and whose rows are read as they come. Nothing else is to
    /// be sent before its end. If the stream `goes_on` behind it, it is kept alive meanwhile.
    result<std::unique_ptr<cursor_reply>> open_cursor(const hrana::batch_request& batch,
                                                      bool goes_on, deadline until);

    /// The server holds state for it: a transaction, or what was not closed.
    [[nodiscard]] bool is_open() const noexcept { return baton_.has_value(); }

    /// If the stream is open, and nothing was sent for some seconds, sends something, so that the
    /// server does not take it for dead; takes the answer of what was sent so. Does not wait, and
    /// `http_session::interrupt` does not end it. True while an answer is to come: to be called
    /// again soon.
    bool keep_alive() noexcept;

    /// Waits for what `keep_alive` has sent: its answer has the baton of the next request. When the
    /// server has not answered in time, or refused, the stream is not open any more. A failure
    /// (`timeout`, `interrupted`) leaves all as it was.
    result<void> settle(deadline until);

    /// Forgets it; the server lets go of its side after some seconds.
    void forget() noexcept;

    /// Closes it without waiting for the server's answer.
    void close() noexcept;

private:
    friend class cursor_reply;

    /// What `keep_alive` has sent.
    struct sign_of_life {
        std::array<hrana::request, 1> what;
        net::http_request request;
        net::http_request sent;  ///< the same, with the server's headers
        std::unique_ptr<net::http_session::exchange> exchange;
        deadline end;  ///< then the server has not answered
        std::string body{};
        bool renewed{false};
    };

    [[nodiscard]] net::http_request request_for(const codec& c, std::string_view what,
                                                std::string body) const;
    result<const codec*> choose_codec(deadline until);
    void send_sign();
    result<void> await_sign(deadline until);
    bool take_sign(net::http_reply& answer);
    [[nodiscard]] error refused(int status, std::string body);
    void redact(hrana::failure& why) const;
    void redact(hrana::reply& all) const;
    result<void> follow(const std::optional<std::string>& baton,
                        const std::optional<std::string>& base_url);

    std::shared_ptr<server> server_;
    net::http_session* http_;
    const codec* codec_{nullptr};  ///< what it was opened with
    std::optional<std::string> baton_;
    std::optional<std::string> base_url_;
    keep_alive::clock::time_point last_sent_{};
    bool reading_{false};  ///< a cursor of it is read, and what is asked must not need the database
    std::optional<sign_of_life> sign_;
};

/// What comes back for a cursor, entry by entry. Must end before its stream.
///
/// It can end before the reply does: the server then stops the statement, and goes on with the
/// stream.
class cursor_reply {
public:
    cursor_reply(stream& of, bool goes_on, server::answer answer,
                 std::unique_ptr<cursor_reader> reader);
    ~cursor_reply();
    cursor_reply(const cursor_reply&) = delete;
    cursor_reply& operator=(const cursor_reply&) = delete;

    /// The next entry, none at the end. What cannot be read ends the stream; one that did not come
    /// (`timeout`, `network` ...) leaves it.
    result<std::optional<hrana::cursor_entry>> next(deadline until);

    /// Takes what is left of the reply from the server; `next` gives it later, with the error that
    /// may come behind. Then the stream is free. A failure (`timeout`, `interrupted`) leaves all
    /// as it was: what was taken is there, and what was not can be taken later.
    result<void> hold(deadline until);

    /// Nothing more comes from the server.
    [[nodiscard]] bool is_here() const noexcept { return answer_.exchange == nullptr; }

private:
    std::optional<net::http_failure> receive(std::string& into, deadline until);
    result<void> take_held();
    void let_go() noexcept;

    stream* stream_;
    bool goes_on_;
    server::answer answer_;
    std::unique_ptr<cursor_reader> reader_;
    bool opened_{false};
    std::optional<spool> held_;
    std::optional<error> late_;  ///< what came behind what is held
};

}  // namespace libsql::remote
