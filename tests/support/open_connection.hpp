#pragma once

#include <libsql/connection.hpp>
#include <libsql/database.hpp>
#include <libsql/options.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace libsql::testing {

/// A connection to a new database in memory, on which `script` was run. Throws if something fails.
inline connection open_memory(std::string_view script = {}) {
    auto c = database::open({.database = ":memory:"}).value().connect().value();
    c.run_script(script).value();
    return c;
}

/// A connection with these options. Throws if it cannot be opened.
inline connection open_with(options chosen) {
    return database::open(std::move(chosen)).value().connect().value();
}

/// A connection to the file at `path`. Throws if it cannot be opened.
inline connection open_file(std::string path) {
    return open_with({.database = std::move(path)});
}

/// A query that gives no row and does not end: an interrupt or a deadline stops it.
inline constexpr std::string_view endless_count =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

/// Runs a script. Throws at the first statement that fails.
inline void run_all(executor& target, std::string_view script) {
    target.run_script(script).value();
}

/// The only value that a query returns. Throws if there is none.
template <class T, class... Args>
T scalar(executor& target, std::string_view sql, const Args&... args) {
    return target.fetch_one<T>(sql, args...).value().value();
}

}  // namespace libsql::testing
