#include "libsql/local/idle.hpp"

#include <string>

namespace libsql::local {

std::optional<error> not_idle(const connection& c, std::string_view what) {
    if (sqlite3_get_autocommit(c.handle()) == 0) {
        return error(error_kind::transaction,
                     std::string(what) + " is not possible inside a transaction");
    }
    for (sqlite3_stmt* s = sqlite3_next_stmt(c.handle(), nullptr); s != nullptr;
         s = sqlite3_next_stmt(c.handle(), s)) {
        if (sqlite3_stmt_busy(s) != 0) {
            return error(error_kind::transaction,
                         std::string(what) + " is not possible while rows or a blob are open");
        }
    }
    return std::nullopt;
}

}  // namespace libsql::local
