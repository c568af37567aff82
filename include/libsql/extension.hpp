#pragma once

#include <libsql/export.hpp>
#include <libsql/options.hpp>
#include <libsql/result.hpp>

namespace libsql {

class connection;

/// Loads an extension into a connection, until the connection is closed. Its code runs in this
/// process and can do anything, so load only what you trust. SQL's `load_extension()` stays
/// disabled.
///
/// Errors: `cannot_open` with the reason when there is no such library or its initialisation
/// function fails; `unsupported` if the database is not local.
LIBSQL_API result<void> load_extension(connection& c, const extension& wanted);

}  // namespace libsql
