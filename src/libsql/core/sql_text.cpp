#include "libsql/core/sql_text.hpp"

#include <string>

namespace libsql {

std::optional<error> check_sql_text(std::string_view sql) {
    if (const auto nul = sql.find('\0'); nul != std::string_view::npos) {
        return error(error_kind::invalid_argument,
                     "the statement's text contains a NUL at byte " + std::to_string(nul));
    }
    if (const auto bad = find_invalid_utf8(sql)) {
        return error(error_kind::invalid_argument,
                     "the statement's text is not UTF-8 at byte " + std::to_string(*bad));
    }
    return std::nullopt;
}

}  // namespace libsql
