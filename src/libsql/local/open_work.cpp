#include "libsql/local/open_work.hpp"

#include <string>

namespace libsql::local {

std::optional<error> check_no_open_work(const connection& c, std::string_view what) {
    if (sqlite3_get_autocommit(c.handle()) == 0) {
        return error(error_kind::transaction,
                     std::string(what) + " is not possible inside a transaction");
    }
    bool is_read = !c.engine().dependants().empty();
    for (sqlite3_stmt* s = nullptr;
         !is_read && (s = sqlite3_next_stmt(c.handle(), s)) != nullptr;) {
        is_read = sqlite3_stmt_busy(s) != 0;
    }
    if (is_read) {
        return error(error_kind::transaction,
                     std::string(what) + " is not possible while rows, a blob or a backup is open");
    }
    return std::nullopt;
}

}  // namespace libsql::local
