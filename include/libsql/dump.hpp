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

/// What a dump contains.
struct dump_options {
    bool with_schema{true};  ///< the CREATE statements and the statistics of ANALYZE
    bool with_data{true};    ///< the rows

    /// Only these tables and views, with their indexes and triggers; empty: everything.
    /// `invalid_argument` for a name that is not a table or view.
    std::vector<std::string> tables{};

    /// Whether to keep the rowids of tables without an INTEGER PRIMARY KEY. (If columns of a table
    /// use all three names rowid, _rowid_ and oid, SQL cannot read its rowids.)
    bool keep_rowids{true};

    std::string schema{"main"};  ///< the database of the connection to dump
};

/// Receives the next part of a dump: one whole statement with its `;` and a newline. An error ends
/// the dump with that error; an exception passes through.
using dump_sink = std::function<result<void>(std::string_view)>;

/// Writes the schema and data of `source` as SQL that recreates the database with `load_dump`, or
/// in any SQLite with the same extensions. The text is UTF-8, whatever the encoding of the
/// database. Its order is: tables with their rows, sequences, indexes, views, triggers, statistics,
/// vector indexes; all in one transaction with foreign keys off.
///
/// Values are exact: reals with all digits, infinities, blobs, text with any bytes. Tables that
/// implement other tables (those of FTS, R*Tree, Geopoly and vector indexes) are not dumped; the
/// tables that own them are recreated and filled instead. Exceptions are contentless FTS tables and
/// those of unknown modules, for which the rows of the shadow tables are dumped. Generated columns
/// are computed again.
///
/// Everything is read in one transaction, or within the one that is open, and so is consistent.
/// Memory: one row; the rows of an R*Tree are sorted first. The sink may use the connection. Linear
/// in the size of the database; in remote mode several round trips for each table. Errors: those of
/// the sink and of the engine; `invalid_argument`.
LIBSQL_API result<void> dump(executor& source, const dump_sink& sink,
                             const dump_options& chosen = {});

/// As above, to a stream. `io` if the stream fails.
LIBSQL_API result<void> dump(executor& source, std::ostream& out, const dump_options& chosen = {});

/// As above, as one string.
LIBSQL_API result<std::string> dump(executor& source, const dump_options& chosen = {});

}  // namespace libsql
