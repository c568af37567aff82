#include "libsql/local/statement_cache.hpp"

#include "support/open_connection.hpp"
#include "support/temporary_directory.hpp"

#include <libsql/authorizer.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
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

/// How often a statement is compiled: the authorizer is asked for it each time.
class compile_counter {
public:
    explicit compile_counter(libsql::connection& conn) {
        set_authorizer(conn, [this](const authorizer_request& asked) {
            count_ += asked.action == authorizer_action::select ? 1 : 0;
            return authorization::allow;
        }).value();
    }

    int since_last() { return std::exchange(count_, 0); }

private:
    int count_{0};
};

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

// --- held statements ---

TEST(statement_cache, a_held_statement_comes_from_it_and_goes_back) {
    auto conn = open_with({.database = ":memory:"});
    compile_counter compiled(conn);
    constexpr std::string_view sql = "SELECT ? + 1";
    EXPECT_EQ(scalar<int>(conn, sql, 1), 2);
    EXPECT_EQ(compiled.since_last(), 1);
    {
        auto held = conn.prepare(sql).value();
        EXPECT_EQ(compiled.since_last(), 0);
        ASSERT_TRUE(held.bind(5));
        EXPECT_EQ(held.query().value().first<int>().value(), 6);
        // While it is held it is its holder's: the same text is another statement.
        EXPECT_EQ(scalar<int>(conn, sql, 2), 3);
        EXPECT_EQ(compiled.since_last(), 1);
        auto second = conn.prepare(sql).value();
        EXPECT_EQ(compiled.since_last(), 0);
        EXPECT_EQ(second.query(3).value().first<int>().value(), 4);
        EXPECT_EQ(held.query().value().first<int>().value(), 6);
    }
    EXPECT_EQ(conn.prepare(sql).value().query(9).value().first<int>().value(), 10);
    EXPECT_EQ(scalar<int>(conn, sql, 7), 8);
    EXPECT_EQ(compiled.since_last(), 0);
    // What was bound to a held one is gone with it.
    auto held = conn.prepare(sql).value();
    EXPECT_EQ(held.query().error().kind(), error_kind::invalid_argument);
}

TEST(statement_cache, one_that_ends_with_open_rows_does_not_go_back) {
    auto conn = open_with({.database = ":memory:"});
    auto held = std::optional(conn.prepare("SELECT 1 UNION SELECT 2").value());
    auto rows = held->query().value();
    ASSERT_TRUE(rows.next().value());
    held.reset();
    EXPECT_EQ(scalar<int>(conn, "SELECT 1 UNION SELECT 2"), 1);
    ASSERT_TRUE(rows.next().value());
    EXPECT_EQ(rows.current().get<int>(0), 2);
}

TEST(statement_cache, a_held_statement_knows_the_newest_schema) {
    const testing::temporary_directory directory;
    auto conn = open_with({.database = directory.file("a.db")});
    auto other = open_with({.database = directory.file("a.db")});
    conn.execute("CREATE TABLE t(a)").value();
    EXPECT_FALSE(conn.fetch_one<int>("SELECT * FROM t").value());
    other.execute("ALTER TABLE t ADD COLUMN b").value();
    EXPECT_EQ(conn.prepare("SELECT * FROM t").value().columns().value().size(), 2U);
    conn.execute("ALTER TABLE t ADD COLUMN c").value();
    EXPECT_EQ(conn.prepare("SELECT * FROM t").value().columns().value().size(), 3U);
}

}  // namespace libsql::local
