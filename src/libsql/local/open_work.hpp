#pragma once

#include "libsql/local/connection.hpp"

#include <libsql/error.hpp>

#include <optional>
#include <string_view>

namespace libsql::local {

/// Why `c` cannot do `what` now, if it cannot: a transaction, rows, a blob or a backup is open.
/// Inside a call.
std::optional<error> check_no_open_work(const connection& c, std::string_view what);

}  // namespace libsql::local
