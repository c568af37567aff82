#pragma once

#include <libsql/export.hpp>
#include <libsql/options.hpp>
#include <libsql/result.hpp>

namespace libsql {

class connection;

/// Loads an extension into a connection, until it is closed. Its code runs in this process and may
/// do anything: load what you trust. SQL's `load_extension()` stays off.
///
/// Errors: `cannot_open` with the reason when there is no such library or its init function
/// refuses; `unsupported` where the database is not local.
LIBSQL_API result<void> load_extension(connection& c, const extension& wanted);

}  // namespace libsql
