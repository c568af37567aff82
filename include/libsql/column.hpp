#pragma once

#include <optional>
#include <string>

namespace libsql {

/// One column of a result, as SQLite describes it. Known before the first row, so for an empty
/// result too. A server tells only the name and the declared type.
struct column {
    std::string name{};  ///< the alias, or the expression's text
    std::optional<std::string>
        declared_type{};  ///< the type in CREATE TABLE; none for an expression
    std::optional<std::string>
        database{};  ///< "main", "temp", an attached name; none for an expression
    std::optional<std::string> table{};   ///< the table it comes from
    std::optional<std::string> origin{};  ///< that table's column

    friend bool operator==(const column&, const column&) = default;
};

}  // namespace libsql
