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

/// What requests may do. Those that only read may be repeated when the server is busy.
enum class intent : unsigned char { reads, writes };

/// One Hrana stream: requests to a server that belong to one connection there. It is open on the
/// server from a reply with a baton until one without.
///
/// Any failure of a whole request (no reply, a reply other than 200, one that cannot be decoded)
/// ends the stream: the server has rolled back what was open in it, or will do so within seconds.
class stream {
public:
    stream(std::shared_ptr<server> where, net::http_session& http)
        : server_(std::move(where)), http_(&http) {}

    /// Sends requests, in order, in one round trip. The reply has one result for each.
    result<hrana::reply> send(std::span<const hrana::request> requests, intent what,
                              deadline until);

    /// Starts a batch that only reads, whose rows are read as they arrive. Nothing else may be sent
    /// before its end. If the stream `goes_on` after it, it is kept alive meanwhile.
    result<std::unique_ptr<cursor_reply>> open_cursor(const hrana::batch_request& batch,
                                                      bool goes_on, deadline until);

    /// True if the server holds state for it: a transaction, or something that was not closed.
    [[nodiscard]] bool is_open() const noexcept { return baton_.has_value(); }

    /// If the stream is open and nothing was sent for some seconds, sends something, so that the
    /// server does not expire it, and receives the answer to what was sent this way before. Does
    /// not wait, and is not ended by `http_session::interrupt`. True while an answer is
    /// outstanding: call it again soon.
    bool keep_alive() noexcept;

    /// Waits for the answer to what `keep_alive` has sent, which has the baton for the next
    /// request. If the server did not answer in time, or refused, the stream is no longer open. A
    /// failure (`timeout`, `interrupted`) changes nothing.
    result<void> settle(deadline until);

    /// Forgets the stream; the server drops its side after some seconds.
    void forget() noexcept;

    /// Closes the stream without waiting for the server's answer.
    void close() noexcept;

private:
    friend class cursor_reply;

    /// A request sent by `keep_alive`.
    struct sign_of_life {
        std::array<hrana::request, 1> what;
        net::http_request request;
        net::http_request sent;  ///< the same, with the server's headers
        std::unique_ptr<net::http_session::exchange> exchange;  ///< null: waits for another token
        deadline end;                                           ///< when the answer is given up
        std::string body{};
        bool renewed{false};
    };

    [[nodiscard]] net::http_request request_for(const codec& c, std::string_view what,
                                                std::string body) const;
    result<const codec*> choose_codec(deadline until);
    template <class Write>
    result<net::http_request> encode(std::string_view where, deadline until, Write write);
    void send_sign();
    enum class token_use : std::uint8_t { may_wait, never_waits };
    result<void> await_sign(deadline until, token_use by);
    void repeat_sign(token_use by);
    bool take_sign(net::http_reply& answer);
    [[nodiscard]] error lost(const net::http_failure& why);
    [[nodiscard]] error refused(int status, std::string body);
    void redact(hrana::failure& why) const;
    void redact(hrana::reply& all) const;
    result<void> follow(const std::optional<std::string>& baton,
                        const std::optional<std::string>& base_url);

    std::shared_ptr<server> server_;
    net::http_session* http_;
    const codec* codec_{nullptr};  ///< the encoding it was opened with
    std::optional<std::string> baton_;
    std::optional<std::string> base_url_;
    keep_alive::clock::time_point last_sent_{};
    /// A cursor on it is being read, so keep-alive requests must not need the database.
    bool reading_{false};
    std::optional<sign_of_life> sign_;
};

/// The reply to a cursor, entry by entry. Must end before its stream.
///
/// It can end before the reply does: the server then stops the statement, and the stream goes on.
class cursor_reply {
public:
    cursor_reply(stream& of, bool goes_on, server::answer answer,
                 std::unique_ptr<cursor_reader> reader);
    ~cursor_reply();
    cursor_reply(const cursor_reply&) = delete;
    cursor_reply& operator=(const cursor_reply&) = delete;

    /// The next entry; none at the end. An entry that cannot be decoded ends the stream; one that
    /// did not arrive (`timeout`, `network` ...) does not.
    result<std::optional<hrana::cursor_entry>> next(deadline until);

    /// Fetches the rest of the reply from the server; `next` returns it later, including an error
    /// at its end. The stream is then free. A failure (`timeout`, `interrupted`) loses nothing:
    /// what was fetched is kept, and the rest can be fetched later.
    result<void> hold(deadline until);

    /// True if nothing more arrives from the server.
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
    std::optional<error> late_;  ///< the error at the end of what is held
};

}  // namespace libsql::remote
