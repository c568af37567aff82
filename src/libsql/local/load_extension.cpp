#include "libsql/local/load_extension.hpp"

#include <memory>

namespace libsql::local {

result<void> load_extension(sqlite3* db, const extension& wanted) {
    // Enables only the C function.
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 1, nullptr);
    char* message = nullptr;
    const auto free_message = [&](const void*) { sqlite3_free(message); };
    const std::unique_ptr<const void, decltype(free_message)> freed(db, free_message);
    const int rc = sqlite3_load_extension(
        db, wanted.path.c_str(), wanted.entry_point.empty() ? nullptr : wanted.entry_point.c_str(),
        &message);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
    if (rc == SQLITE_OK) {
        return {};
    }
    return error({.kind = error_kind::cannot_open,
                  .code = rc & 0xff,
                  .extended_code = rc,
                  .message = "cannot load the extension \"" + wanted.path +
                             "\": " + (message != nullptr ? message : "")});
}

}  // namespace libsql::local
