#pragma once

#include <libsql/executor.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>

#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace libsql {

/// What a dump holds.
struct dump_options {
    bool with_schema{true};  ///< the CREATE statements, and the statistics of ANALYZE
    bool with_data{true};    ///< the rows

    /// Only these tables and views, with their indexes and triggers; empty: everything. A name that
    /// is no table or view is `invalid_argument`.
    std::vector<std::string> tables{};

    /// Keeps the rowids of tables that have no INTEGER PRIMARY KEY. (A table in which columns take
    /// all of the names rowid, _rowid_ and oid has no rowids that SQL could read.)
    bool keep_rowids{true};

    std::string schema{"main"};  ///< which database of the connection
};

/// Takes the next part of a dump: one whole statement with its `;` and a line end. A failure ends
/// the dump with that error.
using dump_sink = std::function<result<void>(std::string_view)>;

/// Writes `source`'s schema and data as SQL that makes the same database again: see `load_dump`, or
/// any SQLite with the same extensions. UTF-8, whatever the database's encoding. The order is
/// tables with their rows, sequences, indexes, views, triggers, statistics, vector indexes, all in
/// one transaction with foreign keys off.
///
/// Values are exact: reals with all digits, infinities, blobs, text with any bytes. Tables that
/// implement others (those of FTS, R*Tree, Geopoly and vector indexes) are not shown: their owners
/// are created again and filled; only a contentless FTS table, and one of a module that is not
/// known here, gets the rows of its shadow tables. Generated columns are computed again.
///
/// All is read in one transaction (or inside the one that is open), so it is consistent. Memory:
/// one row; an R*Tree's rows are sorted first. While it runs, the connection may be used from the sink. Errors: of the sink; of the
/// engine; `invalid_argument`.
LIBSQL_API result<void> dump(executor& source, const dump_sink& sink,
                             const dump_options& chosen = {});

/// As above, to a stream. `io` when the stream fails.
LIBSQL_API result<void> dump(executor& source, std::ostream& out, const dump_options& chosen = {});

/// As above, in one string.
LIBSQL_API result<std::string> dump(executor& source, const dump_options& chosen = {});

}  // namespace libsql
