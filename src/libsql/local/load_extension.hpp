#pragma once

#include "libsql/engine/engine.h"

#include <libsql/options.hpp>
#include <libsql/result.hpp>

namespace libsql::local {

/// Loads an extension of SQLite's from a file. `cannot_open`, with the engine's reason, if it
/// cannot be loaded. SQL's load_extension() remains disabled. Must be inside a call.
result<void> load_extension(sqlite3* db, const extension& wanted);

}  // namespace libsql::local
