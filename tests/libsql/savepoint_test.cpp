#include "support/open_connection.hpp"
#include "support/outcome.hpp"
#include "support/test_database.hpp"

#include <libsql/savepoint.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace libsql {

using namespace testing;

namespace {

/// A connection with a table, and a transaction open on it.
struct in_transaction {
    connection conn = open_fresh();
    transaction tx;

    in_transaction() : tx(begin(conn)) {}

    static transaction begin(connection& conn) {
        run_all(conn, "CREATE TABLE t(x)");
        return conn.begin().value();
    }

    void insert(int x) { conn.execute("INSERT INTO t VALUES (?)", x).value(); }

    std::vector<int> held() { return conn.fetch<int>("SELECT x FROM t ORDER BY x").value(); }
};

void expect_over(savepoint& s, error_kind kind) {
    EXPECT_FALSE(s.is_active());
    EXPECT_TRUE(failed_with(s.release(), kind));
    EXPECT_TRUE(failed_with(s.rollback(), kind));
    EXPECT_TRUE(failed_with(s.nest("x"), kind));
}

}  // namespace

// --- faults ---

TEST(savepoint, names_that_sql_text_cannot_contain_are_refused) {
    in_transaction t;
    EXPECT_TRUE(failed_with(t.tx.savepoint(std::string_view("a\0b", 3)),
                            error_kind::invalid_argument, "NUL"));
    EXPECT_TRUE(failed_with(t.tx.savepoint("\xff"), error_kind::invalid_argument, "UTF-8"));
    auto made = t.tx.savepoint("after");
    EXPECT_TRUE(succeeded(made));
}

TEST(savepoint, any_other_name_works) {
    for (const std::string_view name : {"", " ", "a\"b", "'", ";", "--", "/*", "SELECT", "é𝄞",
                                        "a b", "x#0", "[", "`", "1; DROP TABLE t"}) {
        in_transaction t;
        t.insert(1);
        auto s = t.tx.savepoint(name).value();
        EXPECT_EQ(s.name(), name);
        t.insert(2);
        ASSERT_TRUE(succeeded(s.rollback())) << name;
        EXPECT_EQ(t.held(), std::vector{1}) << name;
        t.insert(3);
        ASSERT_TRUE(succeeded(s.release())) << name;
        EXPECT_EQ(t.held(), (std::vector{1, 3})) << name;
    }
}

TEST(savepoint, a_savepoint_that_is_over_refuses_everything) {
    in_transaction t;
    auto s = t.tx.savepoint("s").value();
    ASSERT_TRUE(succeeded(s.release()));
    expect_over(s, error_kind::transaction);
    EXPECT_TRUE(failed_with(s.execute("INSERT INTO t VALUES (1)"), error_kind::transaction));
    EXPECT_TRUE(failed_with(s.query("SELECT 1"), error_kind::transaction));
}

TEST(savepoint, ending_an_outer_savepoint_ends_the_inner_ones) {
    for (const bool releases : {true, false}) {
        in_transaction t;
        auto outer = t.tx.savepoint("s").value();
        t.insert(1);
        auto middle = outer.nest("s").value();
        t.insert(2);
        auto inner = middle.nest("s").value();
        t.insert(3);
        ASSERT_TRUE(succeeded(releases ? outer.release() : outer.rollback()));
        expect_over(middle, error_kind::transaction);
        expect_over(inner, error_kind::transaction);
        EXPECT_EQ(outer.is_active(), !releases);
        EXPECT_EQ(t.held(), releases ? (std::vector{1, 2, 3}) : std::vector<int>());
    }
}

TEST(savepoint, a_handle_refers_to_its_own_savepoint_even_if_names_repeat) {
    in_transaction t;
    auto first = t.tx.savepoint("same").value();
    t.insert(1);
    auto second = t.tx.savepoint("same").value();
    t.insert(2);
    ASSERT_TRUE(succeeded(first.rollback()));
    EXPECT_EQ(t.held(), std::vector<int>());
    expect_over(second, error_kind::transaction);
    auto third = t.tx.savepoint("same").value();
    t.insert(3);
    auto fourth = t.tx.savepoint("same").value();
    t.insert(4);
    ASSERT_TRUE(succeeded(third.release()));
    expect_over(fourth, error_kind::transaction);
    ASSERT_TRUE(succeeded(first.release()));
    EXPECT_EQ(t.held(), (std::vector{3, 4}));
}

TEST(savepoint, ending_the_transaction_ends_it) {
    in_transaction t;
    auto s = t.tx.savepoint("s").value();
    ASSERT_TRUE(succeeded(t.tx.commit()));
    expect_over(s, error_kind::transaction);

    auto next = t.conn.begin().value();
    auto other = next.savepoint("s").value();
    expect_over(s, error_kind::transaction);
    ASSERT_TRUE(succeeded(t.conn.execute("ROLLBACK")));
    expect_over(other, error_kind::transaction);
}

TEST(savepoint, closing_the_connection_ends_it) {
    in_transaction t;
    auto s = t.tx.savepoint("s").value();
    ASSERT_TRUE(succeeded(t.conn.close()));
    expect_over(s, error_kind::closed);
}

TEST(savepoint, a_moved_from_savepoint_is_closed) {
    in_transaction t;
    auto first = t.tx.savepoint("s").value();
    t.insert(1);
    auto second = std::move(first);
    expect_over(first, error_kind::closed);  // NOLINT(bugprone-use-after-move)
    EXPECT_TRUE(second.is_active());
    auto& same = second;
    second = std::move(same);
    EXPECT_TRUE(second.is_active());
    second = t.tx.savepoint("other")
                 .value();  // the assigned-to one is undone, and with it what is inside
    EXPECT_EQ(t.held(), std::vector<int>());
    expect_over(second, error_kind::transaction);
}

// --- ordinary use ---

TEST(savepoint, dropping_it_undoes_only_its_changes) {
    in_transaction t;
    t.insert(1);
    {
        auto s = t.tx.savepoint("s").value();
        ASSERT_TRUE(succeeded(s.execute("INSERT INTO t VALUES (2)")));
    }
    EXPECT_EQ(t.held(), std::vector{1});
    EXPECT_TRUE(succeeded(t.tx.commit()));
    EXPECT_EQ(t.held(), std::vector{1});
}

TEST(savepoint, it_can_be_rolled_back_to_many_times) {
    in_transaction t;
    auto s = t.tx.savepoint("s").value();
    for (int i = 0; i < 3; ++i) {
        t.insert(i);
        ASSERT_TRUE(succeeded(s.rollback()));
        EXPECT_TRUE(s.is_active());
    }
    t.insert(7);
    ASSERT_TRUE(succeeded(s.release()));
    EXPECT_EQ(t.held(), std::vector{7});
}

TEST(savepoint, a_thousand_savepoints_nest) {
    in_transaction t;
    std::vector<savepoint> all;
    all.push_back(t.tx.savepoint("s").value());
    for (int i = 1; i < 1000; ++i) {
        t.insert(i);
        auto inner = all.back().nest(i % 2 == 0 ? "s" : "other");
        ASSERT_TRUE(succeeded(inner)) << i;
        all.push_back(std::move(inner).value());
    }
    ASSERT_TRUE(succeeded(all[500].rollback()));
    EXPECT_EQ(t.held().size(), 500U);
    EXPECT_TRUE(all[500].is_active());
    EXPECT_FALSE(all[501].is_active());
    ASSERT_TRUE(succeeded(all[0].release()));
    EXPECT_EQ(t.held().size(), 500U);
}

TEST(savepoint, nested_calls_can_be_nested) {
    in_transaction t;
    const auto outcome = t.tx.nested("a", [](savepoint& a) -> result<int> {
        a.execute("INSERT INTO t VALUES (1)").value();
        const auto failed = a.nested("b", [](savepoint& b) -> result<int> {
            b.execute("INSERT INTO t VALUES (2)").value();
            return error(error_kind::mismatch, "no");
        });
        EXPECT_TRUE(failed_with(failed, error_kind::mismatch));
        return a.nested("c", [](savepoint& c) -> result<int> {
            c.execute("INSERT INTO t VALUES (3)").value();
            return 42;
        });
    });
    EXPECT_EQ(outcome.value(), 42);
    EXPECT_EQ(t.held(), (std::vector{1, 3}));
}

TEST(savepoint, does_not_evict_statements_from_the_cache) {
    auto conn = open_with({.database = ":memory:", .statement_cache_size = 8});
    run_all(conn, "CREATE TABLE t(x)");
    auto tx = conn.begin().value();
    constexpr std::string_view sql = "INSERT INTO t VALUES (1)";
    ASSERT_TRUE(succeeded(tx.execute(sql)));
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(succeeded(tx.savepoint("s").value().release()));
    }
    // sqlite_stmt lists the compiled statements of the connection.
    EXPECT_EQ(scalar<int>(conn, "SELECT count(*) FROM sqlite_stmt WHERE sql = ?", sql), 1);
    EXPECT_LE(scalar<int>(conn, "SELECT count(*) FROM sqlite_stmt"), 8);
}

TEST(savepoint, ending_rows_of_an_inner_savepoint_does_not_end_later_rows) {
    in_transaction t;
    auto outer = t.tx.savepoint("a").value();
    auto inner = outer.nest("b").value();
    auto open = inner.query("INSERT INTO t VALUES (1), (2) RETURNING x").value();
    ASSERT_TRUE(open.next().value());
    ASSERT_TRUE(succeeded(outer.rollback()));
    t.insert(10);
    t.insert(11);
    EXPECT_FALSE(t.tx.nested("n", [](savepoint& s) -> result<void> {
        s.execute("INSERT INTO t VALUES (3)").value();
        return error(error_kind::sql, "mine");
    }));
    EXPECT_EQ(t.held(), (std::vector<int>{10, 11}));
    ASSERT_TRUE(succeeded(t.tx.commit()));
    EXPECT_EQ(t.held(), (std::vector<int>{10, 11}));
}

TEST(savepoint, ended_by_text_it_is_rolled_back_with_the_transaction) {
    in_transaction t;
    t.insert(1);
    ASSERT_TRUE(succeeded(t.tx.execute("SAVEPOINT s")));
    {
        auto inner = t.tx.savepoint("x").value();
        ASSERT_TRUE(succeeded(t.tx.execute("RELEASE s")));
        ASSERT_TRUE(succeeded(inner.execute("INSERT INTO t VALUES (2)")));
        EXPECT_TRUE(failed_with(inner.release(), error_kind::sql, "no such savepoint"));
        EXPECT_FALSE(inner.rollback());
    }  // what is to be undone here, cannot be alone
    EXPECT_TRUE(failed_with(t.tx.commit(), error_kind::transaction));
    EXPECT_EQ(t.held(), std::vector<int>());
}

}  // namespace libsql
