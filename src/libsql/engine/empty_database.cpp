#include "libsql/engine/empty_database.hpp"

namespace libsql::detail {

std::unique_ptr<sqlite3, database_closer> open_empty_database() noexcept {
    static const int initialised = libsql_engine_initialise();
    sqlite3* handle = nullptr;
    const int rc =
        initialised != SQLITE_OK
            ? initialised
            : sqlite3_open_v2(":memory:", &handle,
                              SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                              nullptr);
    std::unique_ptr<sqlite3, database_closer> db(handle);
    if (rc != SQLITE_OK) {
        db.reset();
    }
    return db;
}

}  // namespace libsql::detail
