#include "support/open_connection.hpp"
#include "support/outcome.hpp"
#include "support/test_database.hpp"

#include <libsql/cursor.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace libsql {

using namespace testing;

namespace {

/// The process's resident memory in bytes.
std::int64_t resident() {
    std::ifstream status("/proc/self/statm");
    std::int64_t total = 0;
    std::int64_t pages = 0;
    status >> total >> pages;
    return pages * 4096;
}

constexpr std::string_view up_to_ten =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10) SELECT i FROM n";

}  // namespace

TEST(cursor, a_chunk_of_no_rows_is_refused) {
    auto conn = open_fresh();
    auto c = conn.cursor(up_to_ten).value();
    EXPECT_TRUE(failed_with(c.fetch(0), error_kind::invalid_argument));
    EXPECT_EQ(c.fetch(3).value().size(), 3U);
}

TEST(cursor, a_closed_or_moved_from_cursor_gives_closed) {
    auto conn = open_fresh();
    auto c = conn.cursor(up_to_ten).value();
    ASSERT_TRUE(succeeded(c.fetch(2)));
    auto d = std::move(c);
    EXPECT_TRUE(failed_with(c.fetch(2), error_kind::closed));  // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(d.fetch(1).value().at(0).at(0), value(3));
    d.close();
    EXPECT_TRUE(failed_with(d.fetch(2), error_kind::closed));
    auto e = conn.cursor(up_to_ten).value();
    ASSERT_TRUE(succeeded(conn.close()));
    EXPECT_TRUE(failed_with(e.fetch(2), error_kind::closed));
}

TEST(cursor, an_error_in_the_middle_is_reported) {
    auto conn = open_fresh();
    auto c = conn.cursor("SELECT abs(column1) FROM (VALUES (1), (2), (-9223372036854775807 - 1))")
                 .value();
    EXPECT_EQ(c.fetch(2).value().size(), 2U);
    EXPECT_TRUE(failed_with(c.fetch(2), error_kind::sql, "overflow"));
    EXPECT_FALSE(c.done());
    EXPECT_TRUE(failed_with(c.fetch(2), error_kind::closed));
}

TEST(cursor, gives_chunks_and_reports_its_end) {
    auto conn = open_fresh();
    auto c = conn.cursor(up_to_ten).value();
    EXPECT_EQ(c.columns().at(0).name, "i");
    EXPECT_EQ(c.fetch(4).value().size(), 4U);
    EXPECT_EQ(c.fetch(4).value().size(), 4U);
    EXPECT_FALSE(c.done());
    EXPECT_EQ(c.fetch(4).value(), (std::vector<std::vector<value>>{{9}, {10}}));
    EXPECT_TRUE(c.done());
    EXPECT_TRUE(c.fetch(4).value().empty());

    auto empty = conn.cursor("SELECT 1 AS x WHERE ?", false).value();
    EXPECT_EQ(empty.columns().size(), 1U);
    EXPECT_TRUE(empty.fetch().value().empty());
    EXPECT_TRUE(empty.done());
}

TEST(cursor, sees_the_changes_of_its_transaction) {
    auto conn = open_fresh("CREATE TABLE t(x); INSERT INTO t VALUES (1), (2), (3)");
    auto tx = conn.begin().value();
    ASSERT_TRUE(succeeded(tx.execute("UPDATE t SET x = x * 10")));
    auto c = tx.cursor("SELECT x FROM t").value();
    EXPECT_EQ(c.fetch(1).value().at(0).at(0), value(10));
    EXPECT_EQ(c.fetch(5).value().size(), 2U);
    ASSERT_TRUE(succeeded(tx.rollback()));
    EXPECT_TRUE(c.fetch().value().empty());  // it was at its end
}

TEST(cursor, endless_rows_do_not_fill_the_memory) {
    // sqld streams slowly, and 200 000 would fill it, too.
    const std::int64_t count = testing::mode() == testing::test_mode::remote ? 200'000 : 1'000'000;
    auto conn = open_fresh("CREATE TABLE t(i INTEGER PRIMARY KEY, x TEXT)");
    ASSERT_TRUE(succeeded(conn.execute(
        "INSERT INTO t SELECT value, 'row number ' || value FROM generate_series(1, ?)", count)));
    auto c = conn.cursor("SELECT i, x FROM t").value();
    ASSERT_TRUE(succeeded(c.fetch(1000)));
    [[maybe_unused]] const auto before = resident();
    std::int64_t sum = 0;
    while (!c.done()) {
        for (const auto& row : c.fetch(1000).value()) {
            sum += *row.at(0).if_integer();
        }
    }
    EXPECT_EQ(sum, count * (count + 1) / 2 - 1000LL * 1001 / 2);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // theirs grows
    EXPECT_LT(resident() - before, 4 * 1024 * 1024);
#endif
}

}  // namespace libsql
