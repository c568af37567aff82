#pragma once

#include "libsql/sql/sql_scanner.hpp"

#include <optional>
#include <string_view>

namespace libsql {

/// A PRAGMA as it is written: `PRAGMA [schema.]name [= value | (value)]`. The tokens view the text.
struct pragma_statement {
    token schema{};            ///< `end`: none is given
    token name{};              ///< as it is written, maybe in quotes
    token argument{};          ///< the first token of the value; `end`: there is none
    bool has_argument{false};  ///< `=` or `(` follows the name
    bool is_explained{false};  ///< EXPLAIN stands before it. It may act all the same

    /// Whether `name` is `known`, which is given in lower case. Quotes and case do not matter.
    [[nodiscard]] bool is(std::string_view known) const noexcept;

    /// The same of the value.
    [[nodiscard]] bool has_value(std::string_view known) const noexcept;
};

/// `sql` as a PRAGMA; none if it is another statement. Only the first statement of `sql` is looked
/// at. Some tokens; nothing is allocated.
std::optional<pragma_statement> parse_pragma(std::string_view sql) noexcept;

}  // namespace libsql
