#pragma once

#include <libsql/connection.hpp>
#include <libsql/deadline.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace libsql {

/// Writes the database `schema` anew, without free pages and in order: smaller and faster to scan.
/// Rowids of tables without an INTEGER PRIMARY KEY may change. O(size); needs as much disk again,
/// twice.
///
/// Errors: `transaction` in a transaction; `sql` with rows open, for no such schema, and from a
/// server, which does not do it; `busy`; `full`; `timeout`.
LIBSQL_API result<void> vacuum(connection& target, std::string_view schema = "main",
                               deadline until = deadline());

/// Writes a vacuumed copy of the database `schema` to the new file `path`, in one read transaction.
/// The copy is in rollback mode, and has the main database's key if that is encrypted.
///
/// Errors: `cannot_open` when there is something at `path` already (an empty file is overwritten),
/// or it cannot be made; `invalid_argument` for an empty path; `transaction` and `sql` as above;
/// `full`; `timeout`. Local only. O(size).
LIBSQL_API result<void> vacuum_into(connection& source, const std::string& path,
                                    std::string_view schema = "main", deadline until = deadline());

/// Gives up to `pages` free pages back to the file system, all of them if 0; how many it gave back.
/// For a database that was made with the option `auto_vacuum` incremental: on any other
/// `unsupported`.
///
/// Errors: `invalid_argument` for a negative number; `busy`; `timeout`.
LIBSQL_API result<std::int64_t> incremental_vacuum(connection& target, std::int64_t pages = 0,
                                                   std::string_view schema = "main",
                                                   deadline until = deadline());

}  // namespace libsql
