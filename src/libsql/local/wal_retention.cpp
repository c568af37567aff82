#include "libsql/local/wal_retention.hpp"

#include "libsql/sql/pragma_statement.hpp"

#include <string>

namespace libsql::local {

std::optional<error> check_retains_wal(std::string_view sql) {
    const auto pragma = parse_pragma(sql);
    const bool empties =
        pragma &&
        (pragma->is("wal_checkpoint") ||
         (pragma->is("wal_autocheckpoint") && pragma->has_argument) ||
         (pragma->is("journal_mode") && pragma->has_argument && !pragma->has_value("wal")));
    if (!empties) {
        return std::nullopt;
    }
    return error({.kind = error_kind::unsupported,
                  .message = "PRAGMA " + std::string(pragma->name.text) +
                             " is unsupported on this replica: its frames are counted by its log, "
                             "which only a sync may empty",
                  .sql = std::string(sql)});
}

}  // namespace libsql::local
