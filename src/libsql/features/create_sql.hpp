#pragma once

#include <string>
#include <string_view>

namespace libsql::detail {

/// The beginning of the statement that creates `what` ("INDEX"), up to the name, which is quoted.
inline std::string create_sql(std::string_view what, bool if_not_exists,
                              std::string_view quoted_name) {
    std::string sql("CREATE ");
    sql += what;
    sql += if_not_exists ? " IF NOT EXISTS " : " ";
    return sql += quoted_name;
}

}  // namespace libsql::detail
