#pragma once

#include <libsql/export.hpp>
#include <libsql/result.hpp>

#include <string>

namespace libsql {

class connection;

/// An SQLite extension: a shared library with functions, collations or virtual tables.
struct extension {
    std::string path{};         ///< of the shared library; without suffix: the system's is added
    std::string entry_point{};  ///< its init function; empty: SQLite's default name
};

/// Loads an extension into a connection, until it is closed. Its code runs in this process and may
/// do anything: load what you trust. SQL's `load_extension()` stays off.
///
/// Errors: `cannot_open` with the reason when there is no such library or its init function
/// refuses; `unsupported` where the database is not local.
LIBSQL_API result<void> load_extension(connection& c, const extension& wanted);

}  // namespace libsql
