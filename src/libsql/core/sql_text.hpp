#pragma once

#include <libsql/error.hpp>

#include <optional>
#include <string_view>

namespace libsql {

/// The reason why `sql` cannot be the text of a statement, if any: it contains a NUL (SQLite would
/// stop there) or is not UTF-8. O(size).
std::optional<error> check_sql_text(std::string_view sql);

/// The offset of the first byte that is not part of valid UTF-8, or none. O(size).
std::optional<std::size_t> find_invalid_utf8(std::string_view text) noexcept;

}  // namespace libsql
