#pragma once

#include "libsql/local/connection.hpp"

#include <libsql/error.hpp>

#include <optional>
#include <string_view>

namespace libsql::local {

/// The reason why `c` cannot do `what` now, if any: a transaction, rows, a blob or a backup is
/// open. Must be inside a call.
std::optional<error> check_no_open_work(const connection& c, std::string_view what);

}  // namespace libsql::local
