#pragma once

#include "libsql/net/http_session.hpp"
#include "libsql/remote/hrana.hpp"

#include <libsql/error.hpp>

#include <string_view>

namespace libsql::remote {

/// The error for what a server says about one statement, as it would be in local mode: kind, SQLite
/// code as far as the server reports it, message without the server's prefix, kind of the
/// constraint.
error statement_error(const hrana::failure& why, std::string_view sql);

/// The error for a reply other than 200. `of_stream`: the request was for a stream that was open.
error reply_error(int status, const hrana::failure& why, bool of_stream = false);

/// The error for a request without a reply; it says if the server may have run the request.
error transport_error(const net::http_failure& why);

/// `why`, with the addition that the server may have run the request.
error with_doubt(const error& why);

/// Whether a reply proves that the request did not begin: sqld says so when it has no connection
/// for a stream that is to be opened. Other words of a busy server, or of something in front of it,
/// say nothing about what happened before.
bool did_not_begin(int status, std::string_view body) noexcept;

/// Whether the error of a statement concerns its text, so that the server did not begin to run it.
bool is_parse_error(const hrana::failure& why) noexcept;

}  // namespace libsql::remote
