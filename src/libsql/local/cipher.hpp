#pragma once

#include "libsql/engine/engine.h"
#include "libsql/local/connection.hpp"

namespace libsql::local {

/// The next key that `db` is given is for libSQL's cipher, whatever a pragma chose before.
void choose_cipher(sqlite3* db) noexcept;

}  // namespace libsql::local
