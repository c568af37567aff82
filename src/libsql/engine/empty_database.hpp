#pragma once

#include "libsql/engine/engine.h"

#include <memory>

namespace libsql::detail {

struct database_closer {
    void operator()(sqlite3* db) const noexcept { sqlite3_close_v2(db); }
};

/// An empty database in memory, in which the local engine is asked for what a server does not
/// report. Null if there is no memory for it.
std::unique_ptr<sqlite3, database_closer> open_empty_database() noexcept;

}  // namespace libsql::detail
