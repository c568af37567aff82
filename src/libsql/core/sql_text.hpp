#pragma once

#include <libsql/detail/utf8.hpp>
#include <libsql/error.hpp>

#include <optional>
#include <string_view>

namespace libsql {

/// The reason why `sql` cannot be the text of a statement, if any: it contains a NUL (SQLite would
/// stop there) or is not UTF-8. O(size).
std::optional<error> check_sql_text(std::string_view sql);

using detail::find_invalid_utf8;

}  // namespace libsql
