// The engine's C API, and our own functions beside it. Every function is renamed to
// libsql_engine_*, so that a system SQLite can live in the same process; nothing else may include
// sqlite3.h.
#pragma once

#include "engine_names.h"

// What the engine was compiled with decides what its header declares.
#define SQLITE_ENABLE_PREUPDATE_HOOK 1
#define SQLITE_ENABLE_SESSION 1

// sqlite3.h has a LIBSQL_API of its own.
#pragma push_macro("LIBSQL_API")
#undef LIBSQL_API
#include "sqlite3mc.h"
extern "C" {
#include "libsql/engine/engine_row.h"
}
#pragma pop_macro("LIBSQL_API")
