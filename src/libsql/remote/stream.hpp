#pragma once

#include "libsql/remote/codec.hpp"
#include "libsql/remote/hrana.hpp"
#include "libsql/remote/http_session.hpp"
#include "libsql/remote/server.hpp"

#include <libsql/deadline.hpp>
#include <libsql/result.hpp>

#include <memory>
#include <optional>
#include <span>
#include <string>

namespace libsql::remote {

class cursor_reply;

/// One Hrana stream: requests to a server that belong to one connection there. It is open on the
/// server between a reply that carries a baton and the one that does not.
///
/// Whatever fails as a whole (no reply, a reply that is not 200, one that cannot be read) ends the
/// stream: the server has rolled back what was open in it, or will within seconds.
class stream {
public:
    stream(std::shared_ptr<server> where, http_session& http)
        : server_(std::move(where)), http_(&http) {}

    /// Sends requests, in order, in one round trip. The reply has a result for each.
    result<hrana::reply> send(std::span<const hrana::request> requests, deadline until);

    /// Starts a batch whose rows are read as they come. Nothing else can be sent before its end.
    result<std::unique_ptr<cursor_reply>> open_cursor(const hrana::batch_request& batch,
                                                      deadline until);

    /// The server holds state for it: a transaction, or what was not closed.
    [[nodiscard]] bool is_open() const noexcept { return baton_.has_value(); }

    /// Asks whether a transaction is open, so that the server does not take the stream for dead.
    /// `http_session::interrupt` does not end that.
    result<hrana::reply> keep_alive(deadline until);

    /// Forgets it; the server lets go of its side after some seconds.
    void forget() noexcept;

    /// Closes it without waiting for the server's answer.
    void close() noexcept;

private:
    friend class cursor_reply;

    [[nodiscard]] http_request request_for(const codec& c, std::string_view what,
                                           std::string body) const;
    result<const codec*> choose_codec(deadline until);
    result<hrana::reply> send(std::span<const hrana::request> requests, bool attended,
                              deadline until);
    [[nodiscard]] error refused(int status, std::string body);
    void redact(hrana::failure& why) const;
    void redact(hrana::reply& all) const;
    result<void> follow(const std::optional<std::string>& baton,
                        const std::optional<std::string>& base_url);

    std::shared_ptr<server> server_;
    http_session* http_;
    const codec* codec_{nullptr};  ///< what it was opened with
    std::optional<std::string> baton_;
    std::optional<std::string> base_url_;
};

/// What comes back for a cursor, entry by entry. Must end before its stream.
class cursor_reply {
public:
    cursor_reply(stream& of, server::answer answer, std::unique_ptr<cursor_reader> reader)
        : stream_(&of), answer_(std::move(answer)), reader_(std::move(reader)) {}

    /// The next entry, none at the end. A failure ends the stream.
    result<std::optional<hrana::cursor_entry>> next(deadline until);

    /// Reads what has come by now, for nobody: when that is all, the HTTP connection can be kept.
    void drop_rest() noexcept;

    /// What the last row's cells view, to outlive the next entries.
    std::shared_ptr<const void> keep_row() { return reader_->keep_row(); }

private:
    stream* stream_;
    server::answer answer_;
    std::unique_ptr<cursor_reader> reader_;
    bool opened_{false};
};

}  // namespace libsql::remote
