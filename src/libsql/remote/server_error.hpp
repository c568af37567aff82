#pragma once

#include "libsql/net/http_session.hpp"
#include "libsql/remote/hrana.hpp"

#include <libsql/error.hpp>

#include <string_view>

namespace libsql::remote {

/// The error for what a server says about one statement, as it would be locally: kind, SQLite code
/// as far as the server tells it, message without the server's prefix, the constraint's kind.
error statement_error(const hrana::failure& why, std::string_view sql);

/// The error for a reply that is not 200. `of_stream`: it was asked for a stream that was open.
error reply_error(int status, const hrana::failure& why, bool of_stream = false);

/// The error for a request without a reply: it says when the server may have done what was asked.
error transport_error(const net::http_failure& why);

/// `why`, which then says that the server may have done what it was asked.
error with_doubt(const error& why);

/// Whether a reply proves that what was asked did not begin: so says sqld when it has no connection
/// for a stream that is to be opened. Of other words of a server that is busy, or of what stands
/// before it, nobody knows what happened before them.
bool did_not_begin(int status, std::string_view body) noexcept;

/// Whether the error of a statement is of its text: the server did not begin to run it.
bool is_parse_error(const hrana::failure& why) noexcept;

}  // namespace libsql::remote
