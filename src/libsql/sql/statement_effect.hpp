#pragma once

#include <cstdint>
#include <string_view>

namespace libsql {

/// What a statement does, as far as its text tells.
enum class statement_effect : std::uint8_t {
    reads,        ///< SELECT, VALUES, EXPLAIN, a pragma that only answers
    writes,       ///< anything else: changes data, the schema, a setting
    begins,       ///< BEGIN
    ends,         ///< COMMIT, END, ROLLBACK
    savepoint,    ///< SAVEPOINT: outside a transaction it begins one
    release,      ///< RELEASE: may end one
    rollback_to,  ///< ROLLBACK TO
};

/// The effect of the statement `sql`, by its tokens. What is not certainly a read is a write. A
/// function that writes when it is called is not seen. O(size) for a statement that begins with
/// WITH, else a few tokens.
statement_effect effect_of(std::string_view sql) noexcept;

/// Whether `sql` is an INSERT, REPLACE, UPDATE or DELETE, also behind WITH. O(size) as above.
bool changes_rows(std::string_view sql) noexcept;

}  // namespace libsql
