#pragma once

#include "libsql/engine/engine.h"

#include <libsql/error.hpp>

#include <string_view>

namespace libsql::detail {

/// The kind of a result code.
error_kind kind_of(int extended_code) noexcept;

/// The error for `rc`, which the engine has just returned on `db`, with everything that the engine
/// says about it. For a constraint the schema is read to find what the engine does not say: see
/// `find_constraint`.
error engine_error(sqlite3* db, int rc, std::string_view sql);

/// Finds which constraint failed, from the engine's code and message and the schemas of all
/// databases of `db`. SQLite's message does not name the database; what two tables of the same name
/// would answer differently stays empty. Cost: reads all rows of the schema and parses the
/// definitions of the tables that may be meant; from some 10 microseconds up to a millisecond with
/// thousands of tables.
constraint_violation find_constraint(sqlite3* db, int extended_code, std::string_view message);

}  // namespace libsql::detail
