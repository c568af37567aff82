// The engine's C API and our own additions to it. Every function is renamed to libsql_engine_*, so
// that a system SQLite can be in the same process. Only this file may include sqlite3.h.
#pragma once

#include "engine_names.h"

// The options that the engine was compiled with determine what its header declares.
#define SQLITE_ENABLE_PREUPDATE_HOOK 1
#define SQLITE_ENABLE_SESSION 1

// sqlite3.h defines its own LIBSQL_API.
#pragma push_macro("LIBSQL_API")
#undef LIBSQL_API
#include "sqlite3mc.h"
extern "C" {
#include "libsql/engine/engine_row.h"
}
#pragma pop_macro("LIBSQL_API")
