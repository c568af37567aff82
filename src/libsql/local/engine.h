// The engine's C API. Every function in it is renamed to libsql_engine_*, so that a system SQLite
// can live in the same process; nothing else may include sqlite3.h.
#pragma once

#include "engine_names.h"

// sqlite3.h has a LIBSQL_API of its own.
#pragma push_macro("LIBSQL_API")
#undef LIBSQL_API
#include "sqlite3mc.h"
#pragma pop_macro("LIBSQL_API")
