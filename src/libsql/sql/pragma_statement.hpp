#pragma once

#include "libsql/sql/sql_scanner.hpp"

#include <optional>
#include <string_view>

namespace libsql {

/// A PRAGMA as written: `PRAGMA [schema.]name [= value | (value)]`. The tokens view the text.
struct pragma_statement {
    token schema{};            ///< `end`: none was given
    token name{};              ///< as written, possibly in quotes
    token argument{};          ///< the first token of the value; `end`: there is none
    bool has_argument{false};  ///< `=` or `(` follows the name
    bool is_explained{false};  ///< preceded by EXPLAIN. It may have an effect all the same

    /// Whether `name` is `known`, which must be in lower case. Ignores quotes and case.
    [[nodiscard]] bool is(std::string_view known) const noexcept;

    /// The same for the value.
    [[nodiscard]] bool has_value(std::string_view known) const noexcept;
};

/// `sql` as a PRAGMA; none if it is another statement. Examines only the first statement of `sql`,
/// and only some tokens; allocates nothing.
std::optional<pragma_statement> parse_pragma(std::string_view sql) noexcept;

}  // namespace libsql
