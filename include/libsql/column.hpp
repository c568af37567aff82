#pragma once

#include <optional>
#include <string>

namespace libsql {

/// One column of a result, as SQLite describes it. Known before the first row, and so also for an
/// empty result. A server reports only the name and the declared type.
struct column {
    std::string name{};                          ///< the alias, or the text of the expression
    std::optional<std::string> declared_type{};  ///< as in CREATE TABLE; none for an expression
    std::optional<std::string> database{};       ///< none for an expression
    std::optional<std::string> table{};          ///< the table that it comes from
    std::optional<std::string> origin{};         ///< the column of that table

    friend bool operator==(const column&, const column&) = default;
};

}  // namespace libsql
