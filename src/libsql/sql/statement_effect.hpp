#pragma once

#include <cstdint>
#include <string_view>

namespace libsql {

/// What a statement does, judged by its text.
enum class statement_effect : std::uint8_t {
    reads,        ///< SELECT, VALUES, EXPLAIN (not of a pragma), a pragma that only reports
    writes,       ///< anything else: changes data, the schema, a setting
    begins,       ///< BEGIN
    ends,         ///< COMMIT, END, ROLLBACK
    savepoint,    ///< SAVEPOINT: begins a transaction outside of one
    release,      ///< RELEASE: may end a transaction
    rollback_to,  ///< ROLLBACK TO
};

/// The effect of the statement `sql`, judged by its tokens. Everything that is not certainly a read
/// counts as a write. A function that writes when called is not recognised. O(size) for a statement
/// that begins with WITH, otherwise a few tokens.
statement_effect effect_of(std::string_view sql) noexcept;

/// Whether `sql` is an INSERT, REPLACE, UPDATE or DELETE, with or without WITH. O(size) as above.
bool changes_rows(std::string_view sql) noexcept;

}  // namespace libsql
