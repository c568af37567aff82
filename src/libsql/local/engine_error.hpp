#pragma once

#include <string_view>

#include <libsql/error.hpp>

#include "libsql/local/engine.h"

namespace libsql::local {

/// The kind of a result code.
error_kind kind_of(int extended_code) noexcept;

/// The error for `rc`, just returned by the engine on `db`, with all that the engine says about it. For
/// a UNIQUE violation the index's name is looked up in the schema (some microseconds).
error engine_error(sqlite3* db, int rc, std::string_view sql);

/// What a constraint error's code and message say.
constraint_violation parse_constraint(int extended_code, std::string_view message);

}  // namespace libsql::local
