#pragma once

#include <libsql/connection.hpp>
#include <libsql/deadline.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace libsql {

/// Rewrites the database `schema` without free pages and in order, which makes it smaller and
/// faster to scan. Rowids of tables without an INTEGER PRIMARY KEY may change. O(size); needs twice
/// the size as additional disk space.
///
/// Errors: `transaction` inside a transaction; `sql` with open rows, when there is no such schema,
/// and in remote mode, because a server refuses it; `busy`; `full`; `timeout`.
LIBSQL_API result<void> vacuum(connection& target, std::string_view schema = "main",
                               deadline until = deadline());

/// Writes a vacuumed copy of the database `schema` to the new file `path`, in one read transaction.
/// The copy is in rollback mode, and has the key of the main database if that is encrypted.
///
/// Errors: `cannot_open` when something exists at `path` (an empty file is overwritten) or it
/// cannot be created; `invalid_argument` for an empty path; `transaction` and `sql` as above;
/// `full`; `timeout`; `unsupported` in remote and in replica mode (use `back_up` for a replica).
/// O(size).
LIBSQL_API result<void> vacuum_into(connection& source, const std::string& path,
                                    std::string_view schema = "main", deadline until = deadline());

/// Returns up to `pages` free pages to the file system, or all of them if 0, and reports how many.
/// For a database created with the option `auto_vacuum` incremental; `unsupported` for any other.
/// Runs four statements, each a round trip in remote mode.
///
/// Errors: `invalid_argument` for a negative number; `busy`; `timeout`.
LIBSQL_API result<std::int64_t> incremental_vacuum(connection& target, std::int64_t pages = 0,
                                                   std::string_view schema = "main",
                                                   deadline until = deadline());

}  // namespace libsql
