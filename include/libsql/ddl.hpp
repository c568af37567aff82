#pragma once

#include <libsql/executor.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>

#include <string>
#include <string_view>

/// @file
/// The table definitions that libSQL adds to SQLite's.

namespace libsql::ddl {

/// What stands behind the brackets of a CREATE TABLE.
struct table_options {
    bool strict{false};         ///< columns hold only values of their type
    bool without_rowid{false};  ///< rows are in the order of the primary key
    bool random_rowid{false};   ///< libSQL: see `table_options_sql`
};

/// The options as SQL, " STRICT, RANDOM ROWID" for example; empty when none is set.
///
/// RANDOM ROWID makes libSQL give a new row a random positive 63-bit rowid instead of the largest
/// one plus 1 (also as the value of an INTEGER PRIMARY KEY). Ids cannot be guessed or counted, and
/// rows made in different copies of a database hardly ever collide; but inserts go all over the
/// table, which is slower once it does not fit in memory. A rowid that is given is taken. Plain
/// SQLite cannot open such a database.
///
/// `invalid_argument` with `without_rowid`: libSQL accepts both and then ignores RANDOM ROWID. With
/// AUTOINCREMENT the engine refuses it.
LIBSQL_API result<std::string> table_options_sql(const table_options& wanted);

/// The new definition of a column.
struct column_change {
    std::string table{};       ///< the table to alter
    std::string column{};      ///< the column to define anew, which keeps its name
    std::string definition{};  ///< type and constraints, as SQL: "TEXT NOT NULL DEFAULT ''"
    std::string schema{};      ///< empty: main
};

/// libSQL's ALTER TABLE .. ALTER COLUMN .. TO, done so that the rows still agree with the table.
///
/// The definition replaces the old one whole: type, NOT NULL, CHECK, DEFAULT, COLLATE, REFERENCES.
/// By itself ALTER COLUMN changes only the text of the schema: rows keep values of the old type,
/// NULLs where they are forbidden now and indexes in the old collation; and rows that were never
/// given the column (it was added later) change to the new default. So this, in a savepoint: writes
/// all rows (UPDATE of the column to itself), alters, rebuilds the table's indexes, writes all rows
/// again, which converts and checks them, and checks its foreign keys. If anything fails nothing is
/// changed.
///
/// Cost: the table is written twice; its UPDATE triggers run.
///
/// Errors: `constraint` when a row does not fit; `sql` for what the engine refuses (a table or
/// column that is not there, another name, UNIQUE or PRIMARY KEY or a generated column, a view);
/// `unsupported` for a column of the primary key, a generated column, and one whose present
/// definition libSQL 0.2.3 would cut in the wrong place (a comma or an unpaired bracket in it:
/// `DECIMAL(10, 2)`, `CHECK (a IN (1, 2))`).
LIBSQL_API result<void> alter_column(executor& on, const column_change& change);

}  // namespace libsql::ddl
