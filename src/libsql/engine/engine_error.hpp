#pragma once

#include "libsql/engine/engine.h"

#include <libsql/error.hpp>

#include <string_view>

namespace libsql::detail {

/// The kind of a result code.
error_kind kind_of(int extended_code) noexcept;

/// The error for `rc`, just returned by the engine on `db`, with all that the engine says about it.
/// For a constraint the schema is read to find what the engine does not say: see `find_constraint`.
error engine_error(sqlite3* db, int rc, std::string_view sql);

/// Which constraint failed, by the code and message of the engine and the schemas of all databases
/// of `db`. SQLite's message does not say the database: what two tables of one name would answer
/// differently stays empty. Cost: all rows of the schema are read and the definitions of the tables
/// that may be meant are parsed; from some 10 microseconds up to a millisecond where there are
/// thousands of tables.
constraint_violation find_constraint(sqlite3* db, int extended_code, std::string_view message);

}  // namespace libsql::detail
