#pragma once

#include <libsql/executor.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>

#include <string>
#include <string_view>

/// @file
/// Table definitions that libSQL adds to those of SQLite.

namespace libsql::ddl {

/// Table options of CREATE TABLE.
struct table_options {
    bool strict{false};         ///< columns hold only values of their type
    bool without_rowid{false};  ///< rows are ordered by the primary key
    bool random_rowid{false};   ///< libSQL: see `table_options_sql`
};

/// The options as SQL, for example " STRICT, RANDOM ROWID"; empty when none is set.
///
/// With RANDOM ROWID, libSQL gives a new row a random positive 63-bit rowid instead of the largest
/// one plus 1, also as the value of an INTEGER PRIMARY KEY. Such ids cannot be guessed or counted,
/// and rows inserted into different copies of a database hardly ever collide. However, inserts are
/// spread over the whole table, which is slower once it does not fit into memory. A rowid given
/// explicitly is used. Plain SQLite cannot open such a database.
///
/// `invalid_argument` together with `without_rowid`: libSQL accepts both and then ignores RANDOM
/// ROWID. The engine rejects it together with AUTOINCREMENT.
LIBSQL_API result<std::string> table_options_sql(const table_options& wanted);

/// The new definition of a column.
struct column_change {
    std::string table{};       ///< the table to alter
    std::string column{};      ///< the column to redefine; it keeps its name
    std::string definition{};  ///< type and constraints, as SQL: "TEXT NOT NULL DEFAULT ''"
    std::string schema{};      ///< empty: main
};

/// Runs libSQL's ALTER TABLE .. ALTER COLUMN .. TO in such a way that the rows still match the
/// table.
///
/// The new definition replaces the whole old one: type, NOT NULL, CHECK, DEFAULT, COLLATE,
/// REFERENCES. On its own, ALTER COLUMN changes only the text of the schema: rows keep values of
/// the old type, NULLs that are now forbidden and indexes in the old collation, and rows that never
/// had a value for the column (because it was added later) take the new default. This function
/// therefore does the following in a transaction (inside one, in a savepoint): it writes all rows
/// (UPDATE of the column to itself), alters the column, rebuilds the indexes of the table, writes
/// all rows again, which converts and checks them, and checks the foreign keys of the table. If
/// anything fails, nothing is changed.
///
/// Cost: the table is written twice, and its UPDATE triggers run. Nine statements, each a round
/// trip in remote mode.
///
/// Errors: `constraint` when a row does not fit; `sql` for what the engine rejects (no such table
/// or column, another name, UNIQUE or PRIMARY KEY or a generated column, a view); `unsupported` for
/// a column of the primary key, for a generated or hidden column, and for one whose present
/// definition libSQL 0.2.3 would cut in the wrong place (because of a comma or an unpaired bracket
/// in it: `DECIMAL(10, 2)`, `CHECK (a IN (1, 2))`).
LIBSQL_API result<void> alter_column(executor& on, const column_change& change);

}  // namespace libsql::ddl
