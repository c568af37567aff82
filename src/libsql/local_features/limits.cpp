#include "libsql/local_features/on_local.hpp"

#include <libsql/limits.hpp>

#include <array>
#include <string>

namespace libsql {

namespace {

constexpr std::array<std::string_view, 12> names{"length",
                                                 "sql_length",
                                                 "column_count",
                                                 "expression_depth",
                                                 "compound_select",
                                                 "vdbe_operations",
                                                 "function_arguments",
                                                 "attached",
                                                 "like_pattern_length",
                                                 "parameter_count",
                                                 "trigger_depth",
                                                 "worker_threads"};

static_assert(static_cast<int>(limit::length) == SQLITE_LIMIT_LENGTH);
static_assert(static_cast<int>(limit::attached) == SQLITE_LIMIT_ATTACHED);
static_assert(static_cast<int>(limit::worker_threads) == SQLITE_LIMIT_WORKER_THREADS);

}  // namespace

std::string_view to_string(limit which) noexcept {
    const auto i = static_cast<std::size_t>(which);
    return i < names.size() ? names.at(i) : "unknown";
}

result<int> get_limit(const executor& on, limit which) {
    return local::on_local(on, "a limit", [&](local::connection& c) -> result<int> {
        return sqlite3_limit(c.handle(), static_cast<int>(which), -1);
    });
}

result<int> set_limit(executor& on, limit which, int value) {
    const auto name = std::string(to_string(which));
    if (value < 0) {
        return error(error_kind::invalid_argument,
                     "limit " + name + ": " + std::to_string(value) + " is negative");
    }
    return local::on_local(on, "a limit", [&](local::connection& c) -> result<int> {
        sqlite3* const db = c.handle();
        const int id = static_cast<int>(which);
        const int before = sqlite3_limit(db, id, value);
        // The engine silently uses the nearest value that it supports.
        const int possible = sqlite3_limit(db, id, -1);
        if (possible == value) {
            return before;
        }
        sqlite3_limit(db, id, before);
        return error(error_kind::invalid_argument,
                     "limit " + name + ": " + std::to_string(value) +
                         " is outside the engine's range; the nearest possible value is " +
                         std::to_string(possible));
    });
}

}  // namespace libsql
