#include "support/open_connection.hpp"
#include "support/outcome.hpp"
#include "support/test_database.hpp"

#include <libsql/statement.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace libsql {

using namespace std::chrono_literals;
using namespace testing;

namespace {

static_assert(!std::is_copy_constructible_v<statement> &&
              std::is_nothrow_move_constructible_v<statement>);

void expect_closed(statement& s) {
    EXPECT_TRUE(failed_with(s.execute(), error_kind::closed));
    EXPECT_TRUE(failed_with(s.query(), error_kind::closed));
    EXPECT_TRUE(failed_with(s.bind(), error_kind::closed));
    EXPECT_TRUE(failed_with(s.reset(), error_kind::closed));
    EXPECT_TRUE(failed_with(s.parameter_count(), error_kind::closed));
    EXPECT_TRUE(failed_with(s.parameters(), error_kind::closed));
    EXPECT_TRUE(failed_with(s.columns(), error_kind::closed));
    EXPECT_TRUE(failed_with(s.is_read_only(), error_kind::closed));
    EXPECT_TRUE(failed_with(s.explain_mode(), error_kind::closed));
    EXPECT_TRUE(failed_with(s.expanded_sql(), error_kind::closed));
}

}  // namespace

// --- faults ---

TEST(statement, a_closed_or_moved_from_statement_or_one_without_its_connection_gives_closed) {
    auto conn = open_fresh();
    auto first = conn.prepare("SELECT 1").value();
    first.close();
    first.close();
    expect_closed(first);
    EXPECT_EQ(first.sql(), "");

    auto second = conn.prepare("SELECT 2").value();
    auto third = std::move(second);
    expect_closed(second);  // NOLINT(bugprone-use-after-move)
    auto& same = third;
    third = std::move(same);
    EXPECT_TRUE(succeeded(third.execute()));
    first = std::move(third);
    EXPECT_TRUE(succeeded(first.execute()));

    ASSERT_TRUE(succeeded(conn.close()));
    expect_closed(first);
    EXPECT_EQ(first.sql(), "SELECT 2");
}

TEST(statement, a_second_use_while_its_rows_are_open_is_misuse) {
    auto conn = open_fresh();
    auto s = conn.prepare("SELECT column1 FROM (VALUES (1), (2)) WHERE column1 > ?").value();
    auto open = s.query(0).value();
    ASSERT_TRUE(open.next().value());
    EXPECT_TRUE(failed_with(s.query(0), error_kind::misuse, "still open"));
    EXPECT_TRUE(failed_with(s.execute(0), error_kind::misuse));
    EXPECT_TRUE(failed_with(s.bind(0), error_kind::misuse));
    EXPECT_TRUE(succeeded(s.columns()));
    EXPECT_TRUE(open.next().value());
    open.close();
    EXPECT_TRUE(succeeded(s.query(0)));
}

TEST(statement, its_rows_outlive_it) {
    auto conn = open_fresh();
    auto s = conn.prepare("SELECT column1 FROM (VALUES (1), (2))").value();
    auto open = s.query().value();
    ASSERT_TRUE(open.next().value());
    s.close();
    EXPECT_EQ(open.collect<int>().value(), std::vector{2});
}

TEST(statement, wrong_arguments_are_refused_and_not_kept) {
    auto conn = open_fresh();
    auto s = conn.prepare("SELECT :a + :b").value();
    EXPECT_TRUE(failed_with(s.query(), error_kind::invalid_argument, "2 parameters, but 0"));
    EXPECT_TRUE(failed_with(s.bind(1), error_kind::invalid_argument));
    EXPECT_TRUE(failed_with(s.bind(named{{"a", 1}}), error_kind::invalid_argument, ":b"));
    EXPECT_TRUE(failed_with(s.query(), error_kind::invalid_argument));
    ASSERT_TRUE(succeeded(s.bind(1, 2)));
    // A bind that fails takes the earlier arguments away: nothing half old, half new is left.
    EXPECT_TRUE(failed_with(s.bind(1, 2, 3), error_kind::invalid_argument));
    EXPECT_TRUE(failed_with(s.query(), error_kind::invalid_argument));
}

TEST(statement, an_error_leaves_it_usable) {
    auto conn = open_fresh("CREATE TABLE t(x UNIQUE)");
    auto s = conn.prepare("INSERT INTO t VALUES (?)").value();
    ASSERT_TRUE(succeeded(s.execute(1)));
    EXPECT_TRUE(failed_with(s.execute(1), error_kind::constraint));
    EXPECT_TRUE(failed_with(s.query(1), error_kind::constraint));
    EXPECT_TRUE(succeeded(s.execute(2)));
    EXPECT_EQ(scalar<int>(conn, "SELECT count(*) FROM t"), 2);
}

// --- arguments ---

TEST(statement, bound_arguments_are_copied_and_stay_bound) {
    auto conn = open_fresh();
    auto s = conn.prepare("SELECT ? || ?").value();
    {
        const std::string first(100, 'a');
        std::string second = "b";
        ASSERT_TRUE(succeeded(s.bind(first, std::string_view(second))));
        second = "changed";
    }
    const std::string expected = std::string(100, 'a') + "b";
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(s.query().value().first<std::string>().value(), expected);
        EXPECT_TRUE(succeeded(s.execute()));
    }
    ASSERT_TRUE(succeeded(s.reset()));
    EXPECT_TRUE(failed_with(s.query(), error_kind::invalid_argument));
}

TEST(statement, arguments_of_a_call_apply_to_that_call_only) {
    auto conn = open_fresh();
    auto s = conn.prepare("SELECT ?").value();
    EXPECT_EQ(s.query(1).value().first<int>().value(), 1);
    EXPECT_EQ(s.query("two").value().first<std::string>().value(), "two");
    EXPECT_TRUE(failed_with(s.query(), error_kind::invalid_argument));
    ASSERT_TRUE(succeeded(s.bind(3)));
    EXPECT_TRUE(succeeded(s.execute(4)));
    EXPECT_EQ(s.query().value().first<int>().value(), 3);
}

TEST(statement, reset_ends_its_rows) {
    auto conn = open_fresh();
    auto s = conn.prepare("SELECT column1 FROM (VALUES (1), (2))").value();
    auto open = s.query().value();
    ASSERT_TRUE(open.next().value());
    ASSERT_TRUE(succeeded(s.reset()));
    EXPECT_TRUE(failed_with(open.next(), error_kind::interrupted));
    open.close();
    EXPECT_TRUE(succeeded(s.query()));
}

TEST(statement, a_plan_that_depends_on_arguments_follows_new_ones) {
    // LIKE with a prefix is planned by the argument's value.
    auto conn = open_fresh(
        "CREATE TABLE t(x TEXT COLLATE NOCASE PRIMARY KEY); INSERT INTO t VALUES ('apple'), "
        "('bear'), ('apes')");
    auto s = conn.prepare("SELECT count(*) FROM t WHERE x LIKE ?").value();
    EXPECT_EQ(s.query("ap%").value().first<int>().value(), 2);
    EXPECT_EQ(s.query("b%").value().first<int>().value(), 1);
    EXPECT_EQ(s.query("%e%").value().first<int>().value(), 3);
    EXPECT_EQ(scalar<int>(conn, "SELECT count(*) FROM t WHERE x LIKE ?", "ap%"), 2);
    EXPECT_EQ(scalar<int>(conn, "SELECT count(*) FROM t WHERE x LIKE ?", "%e%"), 3);
}

// --- what it says of itself ---

TEST(statement, parameters_may_have_names) {
    auto conn = open_fresh();
    auto s = conn.prepare("SELECT ?, :a, @b, $c, ?7, :a, ?").value();
    EXPECT_EQ(s.parameter_count().value(), 8U);
    const std::vector<std::optional<std::string>> expected{
        std::nullopt, ":a", "@b", "$c", std::nullopt, std::nullopt, "?7", std::nullopt};
    EXPECT_EQ(s.parameters().value(), expected);
    EXPECT_EQ(conn.prepare("SELECT 1").value().parameter_count().value(), 0U);
}

TEST(statement, knows_its_columns) {
    auto conn = open_fresh("CREATE TABLE t(id INTEGER PRIMARY KEY, x VARCHAR(9))");
    const auto columns = conn.prepare("SELECT x AS y, id * 2 FROM t").value().columns().value();
    ASSERT_EQ(columns.size(), 2U);
    EXPECT_EQ(columns[0].name, "y");
    EXPECT_EQ(columns[0].declared_type, "VARCHAR(9)");
    EXPECT_EQ(columns[1].name, "id * 2");
    EXPECT_EQ(columns[1].declared_type, std::nullopt);
    EXPECT_TRUE(conn.prepare("DELETE FROM t").value().columns().value().empty());
    EXPECT_EQ(conn.prepare("DELETE FROM t RETURNING id").value().columns().value().size(), 1U);
}

TEST(statement, columns_have_origins) {
    auto conn = open_fresh("CREATE TABLE t(id INTEGER PRIMARY KEY, x VARCHAR(9))");
    auto s = conn.prepare("SELECT x AS y, id * 2 FROM t").value();
    const std::vector<column> expected{{"y", "VARCHAR(9)", "main", "t", "x"},
                                       {"id * 2", {}, {}, {}, {}}};
    EXPECT_EQ(s.columns().value(), expected);
}

TEST(statement, kind_is_that_of_the_text) {
    auto conn = open_fresh("CREATE TABLE t(x)");
    EXPECT_TRUE(conn.prepare("SELECT x FROM t").value().is_read_only().value());
    EXPECT_FALSE(conn.prepare("INSERT INTO t VALUES (1)").value().is_read_only().value());
    EXPECT_EQ(conn.prepare("SELECT 1").value().explain_mode().value(), 0);
    EXPECT_EQ(conn.prepare("EXPLAIN SELECT 1").value().explain_mode().value(), 1);
    EXPECT_EQ(conn.prepare("EXPLAIN QUERY PLAN SELECT 1").value().explain_mode().value(), 2);
}

TEST(statement, the_text_is_as_given_and_expands_only_bound_arguments) {
    auto conn = open_fresh();
    auto s = conn.prepare("SELECT ?, ?").value();
    EXPECT_EQ(s.sql(), "SELECT ?, ?");
    EXPECT_EQ(s.expanded_sql().value(), "SELECT NULL, NULL");
    {
        const std::string gone(1000, 'x');
        ASSERT_TRUE(succeeded(s.execute(gone, 2)));
    }
    EXPECT_EQ(s.expanded_sql().value(), "SELECT NULL, NULL");  // that call's arguments are gone
    ASSERT_TRUE(succeeded(s.bind("it's", 2)));
    EXPECT_EQ(s.expanded_sql().value(), "SELECT 'it''s', 2");
    EXPECT_TRUE(succeeded(s.execute()));
}

// --- schema changes ---

TEST(statement, follows_a_changed_schema) {
    auto conn = open_fresh("CREATE TABLE t(a); INSERT INTO t VALUES (1)");
    auto s = conn.prepare("SELECT * FROM t").value();
    EXPECT_EQ(s.query().value().collect<std::tuple<int>>().value().size(), 1U);
    run_all(conn, "ALTER TABLE t ADD COLUMN b DEFAULT 2; ALTER TABLE t ADD COLUMN c DEFAULT 3");
    EXPECT_EQ((s.query().value().first<std::tuple<int, int, int>>().value()), std::tuple(1, 2, 3));
    EXPECT_EQ(s.columns().value().size(), 3U);
    run_all(conn, "DROP TABLE t");
    EXPECT_TRUE(failed_with(s.query(), error_kind::sql, "no such table"));
    EXPECT_TRUE(failed_with(s.execute(), error_kind::sql, "no such table"));
    run_all(conn, "CREATE TABLE t(z); INSERT INTO t VALUES ('new')");
    EXPECT_EQ(s.query().value().first<std::string>().value(), "new");
}

TEST(statement, keeps_its_arguments_over_a_changed_schema) {
    auto conn = open_fresh("CREATE TABLE t(a)");
    auto s = conn.prepare("INSERT INTO t(a) VALUES (?)").value();
    ASSERT_TRUE(succeeded(s.bind(std::string(50, 'x'))));
    run_all(conn, "ALTER TABLE t ADD COLUMN b; CREATE INDEX i ON t(a)");
    ASSERT_TRUE(succeeded(s.execute()));
    EXPECT_EQ(scalar<std::string>(conn, "SELECT a FROM t"), std::string(50, 'x'));
}

/// To prepare a statement, the schema of each file is looked at. That must not leave a read
/// transaction open, which rows of other files would then keep open.
TEST(statement, preparing_beside_open_rows_of_other_files_keeps_no_snapshot) {
    const auto db = testing::fresh_database();
    auto conn = db.connect().value();
    auto other = db.connect().value();
    run_all(conn,
            "CREATE TABLE t(a); INSERT INTO t VALUES (1); ATTACH ':memory:' AS side; "
            "CREATE TABLE side.s(b); INSERT INTO side.s VALUES (1), (2), (3)");
    auto first = conn.query("SELECT b FROM side.s").value();
    auto second = conn.query("SELECT b + 1 FROM side.s").value();
    ASSERT_TRUE(first.next().value() && second.next().value());
    auto s = conn.prepare("SELECT a FROM t").value();
    run_all(other, "UPDATE t SET a = 2");
    EXPECT_EQ(s.query().value().first<int>().value(), 2);
    EXPECT_TRUE(succeeded(conn.execute("UPDATE t SET a = 3")));
    EXPECT_TRUE(first.next().value() && second.next().value());
}

TEST(statement, a_schema_change_with_open_rows_is_refused_or_harmless) {
    auto conn = open_fresh("CREATE TABLE t(a); INSERT INTO t VALUES (1), (2)");
    auto open = conn.query("SELECT * FROM t").value();
    ASSERT_TRUE(open.next().value());
    EXPECT_TRUE(
        failed_with(conn.execute("DROP TABLE t"), error_kind::locked, "close all open rows"));
    ASSERT_TRUE(succeeded(conn.execute("ALTER TABLE t ADD COLUMN b DEFAULT 7")));
    ASSERT_TRUE(open.next().value());
    EXPECT_EQ(open.current().get<int>(0), 2);
    EXPECT_EQ(open.current().size(), 1U);
}

TEST(statement, arguments_of_a_call_do_not_replace_bound_ones) {
    auto conn = open_fresh();
    auto s = conn.prepare("SELECT ?1").value();
    const std::string text(100, 'b');
    ASSERT_TRUE(succeeded(s.bind(text)));
    for (int i = 0; i < 2; ++i) {
        {
            auto rows = s.query("other").value();
            ASSERT_TRUE(rows.next().value());
            EXPECT_EQ(rows.current().get<std::string>(0), "other");
        }
        {
            auto rows = s.query().value();
            ASSERT_TRUE(rows.next().value());
            EXPECT_EQ(rows.current().get<std::string>(0), text);
        }
        ASSERT_TRUE(succeeded(s.execute("another")));
        ASSERT_TRUE(succeeded(s.execute()));
    }
    // A transaction may begin between.
    auto tx = conn.begin().value();
    ASSERT_TRUE(succeeded(tx.execute("CREATE TABLE t(x)")));
    auto rows = s.query().value();
    ASSERT_TRUE(rows.next().value());
    EXPECT_EQ(rows.current().get<std::string>(0), text);
    rows.close();
    ASSERT_TRUE(succeeded(s.reset()));
    EXPECT_TRUE(failed_with(s.execute(), error_kind::invalid_argument));
}

}  // namespace libsql
