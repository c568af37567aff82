#include "libsql/remote/syntax_error.hpp"

#include "libsql/engine/empty_database.hpp"
#include "libsql/engine/engine.h"
#include "libsql/engine/engine_error.hpp"

namespace libsql::remote {

std::optional<error> find_syntax_error(std::string_view sql) {
    const auto db = detail::open_empty_database();
    if (!db) {
        return std::nullopt;
    }
    sqlite3_stmt* statement = nullptr;
    const int rc =
        sqlite3_prepare_v2(db.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
    if (rc == SQLITE_OK) {
        sqlite3_finalize(statement);
        return std::nullopt;
    }
    auto why = detail::engine_error(db.get(), rc, sql);
    const std::string_view message = why.message();
    // The schema is not known here, so errors about names mean nothing.
    if (message.ends_with("syntax error") || message == "incomplete input" ||
        message.starts_with("unrecognized token")) {
        return why;
    }
    return std::nullopt;
}

}  // namespace libsql::remote
