#include "libsql/local/statement_cache.hpp"

#include "support/open_connection.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace libsql::local {

using libsql::testing::open_with;
using libsql::testing::scalar;

namespace {

std::string query(int i) {
    return "SELECT " + std::to_string(i);
}

/// The cached statements among `SELECT 0` .. `SELECT 9`, as the engine lists them.
std::string cached(libsql::connection& conn) {
    std::string found;
    for (auto& row : conn.query("SELECT sql FROM sqlite_stmt").value()) {
        const auto sql = row->get<std::string>(0);
        if (sql.size() == 8 && sql.starts_with("SELECT ")) {
            found += sql.back();
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

}  // namespace

TEST(statement_cache, throws_out_what_was_used_longest_ago) {
    auto conn = open_with({.database = ":memory:", .statement_cache_size = 4});
    cached(conn);  // takes one place itself
    for (const int i : {1, 2, 3}) {
        conn.execute(query(i)).value();
    }
    EXPECT_EQ(cached(conn), "123");
    conn.execute(query(1)).value();
    conn.execute(query(4)).value();
    EXPECT_EQ(cached(conn), "134");
    conn.execute(query(5)).value();
    EXPECT_EQ(cached(conn), "145");
}

TEST(statement_cache, the_text_decides_not_its_address) {
    auto conn = open_with({.database = ":memory:"});
    std::string buffer;
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 10; ++i) {
            buffer = query(i);  // the same address and length each time
            EXPECT_EQ(scalar<int>(conn, buffer), i);
        }
    }
    EXPECT_EQ(cached(conn), "0123456789");
}

TEST(statement_cache, one_that_falls_out_while_it_is_read_is_read_to_its_end) {
    auto conn = open_with({.database = ":memory:", .statement_cache_size = 2});
    auto open = conn.query("SELECT column1 FROM (VALUES (1), (2), (3))").value();
    EXPECT_TRUE(open.next().value());
    for (int i = 0; i < 10; ++i) {
        conn.execute(query(i)).value();
    }
    EXPECT_EQ(open.collect<int>().value(), (std::vector{2, 3}));
    open.close();
    EXPECT_EQ(cached(conn).size(), 1U);
}

TEST(statement_cache, long_texts_and_pragmas_stay_out) {
    auto conn = open_with({.database = ":memory:"});
    conn.execute("SELECT 1 /*" + std::string(100'000, 'x') + "*/").value();
    conn.execute("PRAGMA user_version").value();
    conn.execute(" /* c */ pragma user_version").value();
    EXPECT_EQ(
        scalar<int>(
            conn,
            "SELECT count(*) FROM sqlite_stmt WHERE length(sql) > 1000 OR sql LIKE '%pragma u%'"),
        1);
}

TEST(statement_cache, large_arguments_are_not_kept_in_it) {
    auto conn = open_with({.database = ":memory:"});
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(scalar<int>(conn, "SELECT length(?)", std::string(3'000'000, 'x')), 3'000'000);
        EXPECT_EQ(scalar<int>(conn, "SELECT length(?)", "short"), 5);
    }
}

TEST(statement_cache, size_zero_keeps_nothing) {
    auto conn = open_with({.database = ":memory:", .statement_cache_size = 0});
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(scalar<int>(conn, query(i)), i);
    }
    EXPECT_EQ(cached(conn), "");
}

}  // namespace libsql::local
