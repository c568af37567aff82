#pragma once

#include "libsql/sql/sql_scanner.hpp"

#include <libsql/error.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

namespace libsql {

/// One statement of a script.
struct statement_piece {
    /// From its first to its last token: no spaces or comments around it, and no `;` behind it.
    /// Never empty.
    std::string_view text;
    /// Where `text` begins in the script, in bytes.
    std::size_t offset = 0;
    /// Whether a `;` ended it. Only the last piece can be without: the statement's author may not
    /// have finished it.
    bool terminated = false;

    bool operator==(const statement_piece&) const = default;
};

/// Splits a script into statements where the engine would: for a script without syntax errors the
/// pieces are those that `sqlite3_prepare_v2` takes one after the other. A `;` in a literal, a
/// comment, the body of a trigger or the arguments of a virtual table separates nothing; empty
/// statements are left out.
///
/// Behind a syntax error the next statement begins after the next `;`. A trigger whose body never
/// ends, like a literal that is never closed, takes the rest of the script with it.
///
/// The script must outlive the splitter and its pieces. Nothing is allocated, and the whole script
/// is split in linear time.
class script_splitter {
public:
    explicit constexpr script_splitter(std::string_view script) noexcept
        : script_(script), scanner_(script) {}

    /// The next statement, or nothing when there are no more.
    std::optional<statement_piece> next() noexcept;

private:
    std::string_view script_;
    sql_scanner scanner_;
};

/// Why `sql` is not exactly one statement, if it is not: there is none, or a second one follows.
std::optional<error> check_one_statement(std::string_view sql);

}  // namespace libsql
