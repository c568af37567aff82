#pragma once

#include "libsql/sql/sql_scanner.hpp"

#include <libsql/error.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

namespace libsql {

/// One statement of a script.
struct statement_piece {
    /// From its first to its last token, without surrounding white space and comments and without
    /// the final `;`. Never empty.
    std::string_view text;
    /// The position of `text` in the script, in bytes.
    std::size_t offset = 0;
    /// Whether a `;` ended it. Only the last piece can lack one; its author may not have finished
    /// it.
    bool terminated = false;

    bool operator==(const statement_piece&) const = default;
};

/// Splits a script into statements as the engine would: for a script without syntax errors the
/// pieces are those that `sqlite3_prepare_v2` takes one after the other. A `;` in a literal, a
/// comment, the body of a trigger or the arguments of a virtual table does not end a statement.
/// Empty statements are left out.
///
/// After a syntax error the next statement begins after the next `;`. A trigger whose body never
/// ends and a literal that is never closed extend to the end of the script.
///
/// The script must outlive the splitter and its pieces. Allocates nothing; splitting the whole
/// script takes linear time.
class script_splitter {
public:
    explicit constexpr script_splitter(std::string_view script) noexcept
        : script_(script), scanner_(script) {}

    /// The next statement; none at the end.
    std::optional<statement_piece> next() noexcept;

private:
    std::string_view script_;
    sql_scanner scanner_;
};

/// The error of a text that contains no statement.
error no_statement(std::string_view sql);

/// The error of a second statement, if one begins at `from` or later.
std::optional<error> check_no_statement(std::string_view sql, std::size_t from);

/// The reason why `sql` is not exactly one statement, if any: there is none, or a second one
/// follows.
std::optional<error> check_one_statement(std::string_view sql);

}  // namespace libsql
