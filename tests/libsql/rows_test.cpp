#include "support/open_connection.hpp"
#include "support/outcome.hpp"
#include "support/test_database.hpp"

#include <libsql/rows.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <type_traits>
#include <vector>

namespace libsql {

using namespace testing;

namespace {

constexpr std::string_view three = "SELECT column1 AS n FROM (VALUES (1), (2), (3))";

static_assert(!std::is_copy_constructible_v<rows> && std::is_nothrow_move_constructible_v<rows>);

}  // namespace

// --- deadlines ---

TEST(rows, a_later_deadline_replaces_that_of_the_query) {
    using std::chrono::milliseconds;
    auto conn = testing::open_memory();
    auto found = conn.query(deadline::in(milliseconds(20)),
                            "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) "
                            "SELECT i FROM n")
                     .value();
    ASSERT_TRUE(found.next().value());
    found.set_deadline(deadline::never());
    std::this_thread::sleep_for(milliseconds(30));
    for (int i = 0; i < 10'000; ++i) {
        ASSERT_TRUE(succeeded(found.next()));
    }
    found.set_deadline(deadline::in(milliseconds(0)));
    auto outcome = found.next();
    while (outcome && *outcome) {
        outcome = found.next();
    }
    EXPECT_TRUE(failed_with(outcome, error_kind::timeout));
}

// --- faults ---

TEST(rows, closed_rows_give_only_closed) {
    auto conn = open_fresh();
    auto found = conn.query(three).value();
    ASSERT_TRUE(found.next().value());
    found.close();
    found.close();
    EXPECT_TRUE(failed_with(found.next(), error_kind::closed));
    EXPECT_TRUE(failed_with(found.columns(), error_kind::closed));
    EXPECT_TRUE(failed_with(found.collect<int>(), error_kind::closed));
    EXPECT_EQ(found.column_count(), 0U);
    EXPECT_EQ(found.column_name(0), "");
    EXPECT_EQ(found.rows_affected(), 0);
    EXPECT_EQ(found.rows_read(), 0U);
}

TEST(rows, moved_from_rows_give_closed_and_the_new_ones_continue) {
    auto conn = open_fresh();
    auto first = conn.query(three).value();
    ASSERT_TRUE(first.next().value());
    rows second = std::move(first);
    EXPECT_TRUE(failed_with(first.next(), error_kind::closed));  // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(second.current().get<int>(0), 1);
    EXPECT_EQ(second.collect<int>().value(), (std::vector{2, 3}));
    first = std::move(second);
    auto& same = first;
    first = std::move(same);
    EXPECT_TRUE(succeeded(first.next()));
}

TEST(rows, iterating_over_closed_rows_gives_one_error) {
    auto conn = open_fresh();
    auto found = conn.query(three).value();
    found.close();
    int errors = 0;
    for (auto& row : found) {
        EXPECT_TRUE(failed_with(row, error_kind::closed));
        ++errors;
    }
    EXPECT_EQ(errors, 1);
}

TEST(rows, a_failure_in_the_middle_is_the_last_element) {
    auto conn = open_fresh();
    std::vector<int> seen;
    std::optional<error> failure;
    for (auto& row :
         conn.query("SELECT abs(column1) FROM (VALUES (1), (2), (-9223372036854775807 - 1), (4))")
             .value()) {
        if (row) {
            seen.push_back(row->get<int>(0));
        } else {
            failure = row.error();
        }
    }
    EXPECT_EQ(seen, (std::vector{1, 2}));
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->kind(), error_kind::sql);
    EXPECT_TRUE(succeeded(conn.execute("SELECT 1")));
}

TEST(rows, a_failure_at_the_first_row_is_the_querys) {
    auto conn = open_fresh();
    EXPECT_TRUE(failed_with(conn.query("SELECT abs(-9223372036854775807 - 1)"), error_kind::sql,
                            "overflow"));
}

TEST(rows, after_an_error_the_next_call_reports_the_end_of_the_query) {
    auto conn = open_fresh();
    auto found =
        conn.query("SELECT abs(column1) FROM (VALUES (1), (-9223372036854775807 - 1))").value();
    ASSERT_TRUE(found.next().value());
    EXPECT_TRUE(failed_with(found.next(), error_kind::sql));
    EXPECT_TRUE(failed_with(found.next(), error_kind::closed));
}

TEST(rows, a_current_row_is_empty_once_its_connection_is_closed) {
    auto conn = open_fresh();
    auto found =
        conn.query("SELECT 'a text that is long enough to live on the heap', x'00ff'").value();
    ASSERT_TRUE(found.next().value());
    const row current = found.current();
    ASSERT_TRUE(succeeded(conn.close()));
    EXPECT_EQ(current.size(), 0U);
    EXPECT_TRUE(failed_with(current.try_get<std::string_view>(0), error_kind::invalid_argument));
    EXPECT_THROW(static_cast<void>(current.get<std::string_view>(0)), exception);
    EXPECT_TRUE(failed_with(current.find("x"), error_kind::invalid_argument));
    EXPECT_TRUE(failed_with(found.next(), error_kind::closed));
    EXPECT_TRUE(failed_with(found.columns(), error_kind::closed));
}

TEST(rows, a_current_row_is_empty_once_its_transaction_is_over) {
    auto conn = open_fresh();
    auto tx = conn.begin().value();
    auto found = tx.query(three).value();
    ASSERT_TRUE(found.next().value());
    const row current = found.current();
    ASSERT_TRUE(succeeded(tx.commit()));
    EXPECT_EQ(current.size(), 0U);
    EXPECT_TRUE(failed_with(found.next(), error_kind::transaction));
}

TEST(rows, a_reset_of_the_connection_ends_them) {
    auto conn = open_fresh();
    auto found = conn.query(three).value();
    ASSERT_TRUE(found.next().value());
    ASSERT_TRUE(succeeded(conn.reset()));
    EXPECT_TRUE(failed_with(found.next(), error_kind::interrupted));
}

TEST(rows, a_foreign_key_that_fails_after_the_last_row_is_reported) {
    auto conn = open_fresh(
        "CREATE TABLE parent(id INTEGER PRIMARY KEY);"
        "CREATE TABLE child(id INTEGER PRIMARY KEY, parent REFERENCES parent);");
    EXPECT_TRUE(
        failed_with(conn.fetch_one<int>("INSERT INTO child(parent) VALUES (7) RETURNING id"),
                    error_kind::constraint));
    EXPECT_TRUE(failed_with(conn.fetch<int>("INSERT INTO child(parent) VALUES (7) RETURNING id"),
                            error_kind::constraint));
    EXPECT_EQ(scalar<int>(conn, "SELECT count(*) FROM child"), 0);
}

TEST(rows, first_reports_a_commit_that_fails_after_the_row) {
    auto conn = open_fresh(
        "CREATE TABLE parent(id INTEGER PRIMARY KEY);"
        "CREATE TABLE child(id INTEGER PRIMARY KEY, parent REFERENCES parent DEFERRABLE "
        "INITIALLY DEFERRED);");
    // Without a transaction the deferred key is checked when the statement has given its last row.
    EXPECT_TRUE(
        failed_with(conn.fetch_one<int>("INSERT INTO child(parent) VALUES (7) RETURNING id"),
                    error_kind::constraint));
    EXPECT_EQ(scalar<int>(conn, "SELECT count(*) FROM child"), 0);
}

TEST(rows, first_reports_a_commit_that_fails_after_the_row_of_a_view) {
    auto conn = open_fresh(
        "CREATE TABLE parent(id INTEGER PRIMARY KEY);"
        "CREATE TABLE child(p REFERENCES parent DEFERRABLE INITIALLY DEFERRED);"
        "CREATE VIEW v AS SELECT p FROM child;"
        "CREATE TRIGGER tr INSTEAD OF INSERT ON v BEGIN INSERT INTO child VALUES (new.p); END");
    EXPECT_TRUE(failed_with(conn.fetch_one<int>("INSERT INTO v VALUES (7) RETURNING p"),
                            error_kind::constraint));
    // Also where the row is of another type.
    EXPECT_TRUE(failed_with(conn.fetch_one<std::string>("INSERT INTO child VALUES (7) RETURNING p"),
                            error_kind::constraint));
    EXPECT_EQ(scalar<int>(conn, "SELECT count(*) FROM child"), 0);
}

TEST(rows, a_late_interrupt_undoes_nothing) {
    auto conn = open_fresh();
    auto done = conn.query("CREATE TABLE t(x)").value();
    conn.interrupter().interrupt();
    done.set_deadline(deadline::in(std::chrono::seconds(-1)));
    const auto more = done.next();
    ASSERT_TRUE(succeeded(more));
    EXPECT_FALSE(*more);
    EXPECT_EQ(scalar<int>(conn, "SELECT count(*) FROM t"), 0);
}

TEST(rows, a_statement_whose_rows_are_never_read_has_run) {
    auto conn = open_fresh("CREATE TABLE t(x UNIQUE)");
    { auto ignored = conn.query("INSERT INTO t VALUES (1), (2) RETURNING x").value(); }
    { auto ignored = conn.query("INSERT INTO t VALUES (3)").value(); }
    EXPECT_EQ(scalar<int>(conn, "SELECT count(*) FROM t"), 3);
    EXPECT_TRUE(
        failed_with(conn.query("INSERT INTO t VALUES (1) RETURNING x"), error_kind::constraint));
}

// --- ordinary use ---

TEST(rows, a_range_for_over_a_temporary_is_safe) {
    std::int64_t sum = 0;
    for (auto& row : open_fresh().query(three).value()) {
        // The connection is gone by now; what was made from it says so and does not crash.
        if (row) {
            sum += row->get<std::int64_t>(0);
        } else {
            EXPECT_EQ(row.error().kind(), error_kind::closed);
        }
    }
    auto conn = open_fresh();
    for (auto& row : conn.query(three).value()) {
        sum += row->get<std::int64_t>("n");
    }
    EXPECT_EQ(sum, 6);
}

TEST(rows, an_empty_range_has_no_elements) {
    auto conn = open_fresh();
    for (auto& row : conn.query("SELECT 1 WHERE 0").value()) {
        ADD_FAILURE() << row.has_value();
    }
    auto found = conn.query("SELECT 1 WHERE 0").value();
    EXPECT_FALSE(found.next().value());
    EXPECT_FALSE(found.next().value());
}

TEST(rows, a_default_iterator_is_at_the_end) {
    EXPECT_TRUE(rows::iterator() == std::default_sentinel);
}

TEST(rows, next_and_the_iterator_share_one_position) {
    auto conn = open_fresh();
    auto found = conn.query(three).value();
    ASSERT_TRUE(found.next().value());
    std::vector<int> rest;
    for (auto& row : found) {
        rest.push_back(row->get<int>(0));
    }
    EXPECT_EQ(rest, (std::vector{2, 3}));
}

TEST(rows, first_reads_only_one_row) {
    auto conn = open_fresh();
    // The second row would fail.
    EXPECT_EQ(conn.query("SELECT abs(column1) FROM (VALUES (1), (-9223372036854775807 - 1))")
                  .value()
                  .first<int>()
                  .value(),
              1);
    EXPECT_EQ(conn.query("SELECT 1 WHERE 0").value().first<int>().value(), std::nullopt);
}

TEST(rows, collect_stops_at_a_row_of_another_type) {
    auto conn = open_fresh();
    EXPECT_TRUE(failed_with(conn.fetch<int>("SELECT column1 FROM (VALUES (1), ('two'))"),
                            error_kind::mismatch, "text"));
}

TEST(rows, the_same_sql_can_be_queried_while_it_is_read) {
    auto conn = open_fresh();
    std::vector<int> pairs;
    for (auto& outer : conn.query(three).value()) {
        for (auto& inner : conn.query(three).value()) {
            for (auto& innermost : conn.query(three).value()) {
                pairs.push_back(100 * outer->get<int>(0) + 10 * inner->get<int>(0) +
                                innermost->get<int>(0));
            }
        }
    }
    ASSERT_EQ(pairs.size(), 27U);
    EXPECT_EQ(pairs.front(), 111);
    EXPECT_EQ(pairs.back(), 333);
}

TEST(rows, arguments_need_not_outlive_the_call) {
    auto conn = open_fresh();
    auto found = [&] {
        const std::string text(100, 'x');
        return conn.query("SELECT column1 || ? FROM (VALUES (1), (2))", std::string_view(text))
            .value();
    }();
    EXPECT_EQ(found.collect<std::string>().value().back(), "2" + std::string(100, 'x'));
}

TEST(rows, returning_reports_what_changed) {
    auto conn = open_fresh("CREATE TABLE t(x); INSERT INTO t VALUES (1), (2), (3), (4)");
    auto updated = conn.query("UPDATE t SET x = x * 10 WHERE x > 1 RETURNING x").value();
    EXPECT_EQ(updated.rows_affected(), 3);
    EXPECT_EQ(updated.collect<int>().value(), (std::vector{20, 30, 40}));
    EXPECT_EQ(updated.rows_affected(), 3);
    EXPECT_GE(updated.rows_written(), 3U);
    EXPECT_GE(updated.rows_read(), 3U);

    auto none = conn.query("UPDATE t SET x = 0 WHERE x = 99 RETURNING x").value();
    EXPECT_EQ(none.rows_affected(), 0);
    auto reading = conn.query("SELECT x FROM t").value();
    EXPECT_EQ(reading.rows_affected(), 0);
}

TEST(rows, rows_read_counts_rows_scanned_not_returned) {
    auto conn = open_fresh("CREATE TABLE t(x)");
    for (int i = 0; i < 50; ++i) {
        ASSERT_TRUE(succeeded(conn.execute("INSERT INTO t VALUES (?)", i)));
    }
    auto found = conn.query("SELECT x FROM t WHERE x = 49").value();
    EXPECT_EQ(found.collect<int>().value(), std::vector{49});
    const auto once = found.rows_read();
    EXPECT_GE(once, 50U);
    EXPECT_EQ(found.rows_written(), 0U);
    found.close();
    auto again = conn.query("SELECT x FROM t WHERE x = 49").value();
    EXPECT_TRUE(again.next().value());
    EXPECT_FALSE(again.next().value());
    EXPECT_EQ(again.rows_read(), once);
}

// --- columns ---

namespace {

constexpr std::string_view items =
    "CREATE TABLE item(id INTEGER PRIMARY KEY, \"the name\" VARCHAR(20), bare);"
    "CREATE VIEW seen AS SELECT id AS number, \"the name\" FROM item;";

constexpr std::string_view no_items =
    "SELECT id, \"the name\" AS n, bare, id + 1, count(*) AS c FROM item WHERE 0 GROUP BY id";

std::vector<column> columns_of(connection& conn, std::string_view sql) {
    return conn.query(sql).value().columns().value();
}

}  // namespace

TEST(rows, columns_are_known_without_a_row) {
    auto conn = open_fresh(items);
    const auto columns = columns_of(conn, no_items);
    const std::vector<std::pair<std::string, std::optional<std::string>>> expected{
        {"id", "INTEGER"},
        {"n", "VARCHAR(20)"},
        {"bare", std::nullopt},
        {"id + 1", std::nullopt},
        {"c", std::nullopt}};
    ASSERT_EQ(columns.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_EQ(columns[i].name, expected[i].first);
        EXPECT_EQ(columns[i].declared_type, expected[i].second);
    }
    const auto viewed = columns_of(conn, "SELECT * FROM seen");
    EXPECT_EQ(viewed.at(0).name, "number");
    EXPECT_EQ(viewed.at(0).declared_type, "INTEGER");
    EXPECT_TRUE(columns_of(conn, "CREATE TABLE other(x)").empty());
    EXPECT_EQ(columns_of(conn, "SELECT 1 AS a, 2 AS a, 3").size(), 3U);
}

TEST(rows, columns_have_origins_without_a_row) {
    auto conn = open_fresh(items);
    const auto columns = columns_of(conn, no_items);
    const std::vector<column> expected{{"id", "INTEGER", "main", "item", "id"},
                                       {"n", "VARCHAR(20)", "main", "item", "the name"},
                                       {"bare", std::nullopt, "main", "item", "bare"},
                                       {"id + 1", {}, {}, {}, {}},
                                       {"c", {}, {}, {}, {}}};
    EXPECT_EQ(columns, expected);
    const auto viewed = columns_of(conn, "SELECT * FROM seen");
    EXPECT_EQ(viewed.at(0), (column{"number", "INTEGER", "main", "item", "id"}));
    EXPECT_EQ(viewed.at(1).origin, "the name");
}

TEST(rows, columns_follow_a_changed_schema) {
    auto conn = open_fresh("CREATE TABLE t(a); INSERT INTO t VALUES (1)");
    constexpr std::string_view all = "SELECT * FROM t";
    EXPECT_EQ(conn.query(all).value().column_count(), 1U);
    run_all(conn, "ALTER TABLE t ADD COLUMN b DEFAULT 'two'");
    {
        auto found = conn.query(all).value();
        EXPECT_EQ(found.columns().value().size(), 2U);
        EXPECT_EQ(found.column_name(0), "a");
        EXPECT_EQ(found.column_name(1), "b");
        EXPECT_EQ(found.column_name(2), "");
        ASSERT_TRUE(found.next().value());
        const auto widened = found.current().as<std::tuple<int, std::string>>().value();
        EXPECT_EQ(widened, std::tuple(1, std::string("two")));
    }
    run_all(conn, "DROP TABLE t; CREATE TABLE t(c REAL); INSERT INTO t VALUES (2.5)");
    EXPECT_EQ(columns_of(conn, all).at(0).declared_type, "REAL");
    EXPECT_EQ(scalar<double>(conn, all), 2.5);
}

// --- of statements that write ---

TEST(rows, a_write_is_complete_when_query_returns) {
    auto conn = open_fresh("CREATE TABLE t(x UNIQUE)");
    const auto held = [&] { return scalar<int>(conn, "SELECT count(*) FROM t"); };
    auto first = conn.query("INSERT INTO t VALUES (1), (2) RETURNING x").value();
    ASSERT_TRUE(first.next().value());
    auto tx = conn.begin().value();
    ASSERT_TRUE(succeeded(tx.execute("INSERT INTO t VALUES (3)")));
    ASSERT_TRUE(succeeded(tx.rollback()));
    EXPECT_EQ(held(), 2);
    EXPECT_EQ(first.current().get<int>(0), 1);
    ASSERT_TRUE(first.next().value());
    EXPECT_EQ(first.current().get<int>(0), 2);
    EXPECT_FALSE(first.next().value());
    EXPECT_EQ(first.rows_affected(), 2);

    auto second = conn.query("INSERT INTO t VALUES (4) RETURNING x").value();
    EXPECT_FALSE(succeeded(conn.execute("INSERT OR ROLLBACK INTO t VALUES (4)")));
    EXPECT_EQ(held(), 3);
    EXPECT_FALSE(conn.query("INSERT INTO t VALUES (5), (4) RETURNING x"));
    EXPECT_EQ(held(), 3);
}

TEST(rows, of_a_write_do_not_prevent_a_commit) {
    auto conn = open_fresh("CREATE TABLE t(x)");
    auto tx = conn.begin().value();
    auto open = tx.query("INSERT INTO t VALUES (1), (2) RETURNING x").value();
    ASSERT_TRUE(open.next().value());
    auto point = tx.savepoint("s").value();
    ASSERT_TRUE(succeeded(point.release()));
    ASSERT_TRUE(succeeded(tx.commit()));
    EXPECT_EQ(scalar<int>(conn, "SELECT count(*) FROM t"), 2);
}

TEST(rows, of_a_read_report_no_changes) {
    auto conn = open_fresh("CREATE TABLE t(x); INSERT INTO t VALUES (1), (2)");
    auto reads = conn.query("SELECT x FROM t").value();
    ASSERT_TRUE(reads.next().value());
    ASSERT_TRUE(succeeded(conn.execute("UPDATE t SET x = x + 1")));
    while (reads.next().value()) {
    }
    EXPECT_EQ(reads.rows_affected(), 0);
}

}  // namespace libsql
