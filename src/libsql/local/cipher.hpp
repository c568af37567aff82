#pragma once

#include "libsql/engine/engine.h"
#include "libsql/local/connection.hpp"

namespace libsql::local {

/// Selects libSQL's cipher for the next key that `db` is given, whatever a pragma chose before.
void choose_cipher(sqlite3* db) noexcept;

}  // namespace libsql::local
