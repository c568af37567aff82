#pragma once

#include "libsql/remote/hrana.hpp"

#include <libsql/error.hpp>

#include <string_view>

namespace libsql::remote {

/// The error for what a server says about one statement, as it would be locally: kind, SQLite code
/// as far as the server tells it, message without the server's prefix, the constraint's kind.
error statement_error(const hrana::failure& why, std::string_view sql);

/// The error for a reply that is not 200.
error reply_error(int status, const hrana::failure& why);

}  // namespace libsql::remote
