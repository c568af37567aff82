#include "users.hpp"
#include "workloads.hpp"

#include <libsql/libsql.hpp>

#include <cstdio>
#include <string>

namespace bench {

namespace {

/// Resident memory while a cursor reads a million generated rows: it must not grow with their
/// number.
bool run_cursor() {
    auto conn = libsql::database::open({.database = ":memory:"}).value().connect().value();
    auto cursor =
        conn.cursor(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
                "SELECT i, 'row number ' || i, i * 0.5 FROM n",
                users::count)
            .value();
    std::int64_t rows = 0;
    long first = 0;
    long most = 0;
    const double ns = time_per_operation(users::count, [&] {
        while (!cursor.done()) {
            rows += static_cast<std::int64_t>(cursor.fetch(500).value().size());
            const long now = resident_kib();
            first = first == 0 ? now : first;
            most = std::max(most, now);
        }
    });
    check(rows == users::count, "ours: the cursor lost rows");
    constexpr long allowed_kib = 1024;
    const bool flat = most - first <= allowed_kib;
    std::printf(
        "BENCH id=L6 name=cursor_1m rows=%lld ours_ns=%.1f rss_after_first_chunk_kib=%ld "
        "rss_most_kib=%ld growth_kib=%ld %s\n",
        static_cast<long long>(rows), ns, first, most, most - first, flat ? "met" : "MISSED");
    return flat;
}

}  // namespace

std::vector<entry> cursor_workloads() {
    return {{"L6", run_cursor}};
}

}  // namespace bench
