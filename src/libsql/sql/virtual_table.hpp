#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace libsql {

/// The content of a CREATE VIRTUAL TABLE statement.
struct virtual_table {
    std::string module;                  ///< in lower case
    std::vector<std::string> arguments;  ///< as written

    /// The value of the argument `name = value`, unquoted.
    [[nodiscard]] std::optional<std::string> option(std::string_view name) const;
};

/// Parses `sql`; none if it is another statement. O(size).
std::optional<virtual_table> read_virtual_table(std::string_view sql);

}  // namespace libsql
