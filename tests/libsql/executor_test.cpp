#include "libsql/local_features/on_local.hpp"
#include "support/child_process.hpp"
#include "support/open_connection.hpp"
#include "support/outcome.hpp"
#include "support/temporary_directory.hpp"
#include "support/test_database.hpp"
#include "support/two_connections.hpp"
#include "support/while_interrupted.hpp"

#include <libsql/executor.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <vector>

namespace libsql {

using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace testing;
using clock = std::chrono::steady_clock;

// --- statement text ---

TEST(executor, text_without_a_statement_is_refused) {
    auto conn = open_fresh();
    for (const std::string_view text :
         {"", " \n\t", ";", ";;", "-- only a comment", "/* and */ -- another"}) {
        EXPECT_TRUE(failed_with(conn.execute(text), error_kind::invalid_argument, "no statement"))
            << text;
        EXPECT_TRUE(failed_with(conn.query(text), error_kind::invalid_argument, "no statement"))
            << text;
        EXPECT_TRUE(failed_with(conn.prepare(text), error_kind::invalid_argument, "no statement"))
            << text;
    }
}

TEST(executor, two_statements_are_refused_and_neither_runs) {
    auto conn = open_fresh("CREATE TABLE t(x)");
    const auto outcome = conn.execute("INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)");
    ASSERT_TRUE(failed_with(outcome, error_kind::invalid_argument, "a script"));
    EXPECT_EQ(outcome.error().offset(), 26U);
    EXPECT_TRUE(failed_with(conn.query("SELECT 1; x"), error_kind::invalid_argument));
    EXPECT_TRUE(failed_with(conn.prepare("SELECT 1; SELECT 2"), error_kind::invalid_argument));
    EXPECT_EQ(scalar<int>(conn, "SELECT count(*) FROM t"), 0);
    EXPECT_TRUE(succeeded(conn.execute("INSERT INTO t VALUES (1) ; ; -- the end\n/* really */ ;")));
}

TEST(executor, text_with_a_nul_is_refused) {
    auto conn = open_fresh();
    EXPECT_TRUE(
        failed_with(conn.execute(std::string_view("SELECT 1\0", 9)), error_kind::invalid_argument));
}

TEST(executor, text_that_is_not_utf8_is_refused_and_the_error_names_the_place) {
    auto conn = open_fresh();
    for (const std::string_view bad :
         {"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"}) {
        const std::string text = "SELECT '" + std::string(bad) + "'";
        EXPECT_TRUE(failed_with(conn.execute(text), error_kind::invalid_argument, "byte 8"));
    }
    EXPECT_EQ(scalar<std::string>(conn, "SELECT 'é€𝄞'"), "é€𝄞");
}

std::string text_of_size(std::size_t size) {
    std::string text = "SELECT 1 --";
    text.resize(size, '-');
    return text;
}

TEST(executor, a_text_of_megabytes_runs) {
    auto conn = open_fresh();
    EXPECT_TRUE(succeeded(conn.execute(text_of_size(1'000'000))));
    EXPECT_TRUE(succeeded(conn.execute(text_of_size(5'000'000))));  // SQLite's own limit is 1 GB
}

TEST(executor, a_text_beyond_the_limit_is_too_big) {
    auto conn = open_fresh();
    auto* const local = local::connection_of(conn, "limits").value();
    sqlite3_limit(local->handle(), SQLITE_LIMIT_SQL_LENGTH, 1'000'000);
    EXPECT_TRUE(succeeded(conn.execute(text_of_size(1'000'000))));
    EXPECT_TRUE(failed_with(conn.execute(text_of_size(1'000'001)), error_kind::too_big));
    EXPECT_TRUE(failed_with(conn.query(text_of_size(5'000'000)), error_kind::too_big));
    EXPECT_TRUE(succeeded(conn.execute("SELECT 1")));
}

TEST(executor, an_error_in_the_text_names_the_place) {
    auto conn = open_fresh();
    const auto syntax = conn.execute("SELECT 1 FRM t");
    ASSERT_TRUE(failed_with(syntax, error_kind::sql, "syntax error"));
    EXPECT_EQ(syntax.error().code(), 1);
    EXPECT_EQ(syntax.error().sql(), "SELECT 1 FRM t");
    EXPECT_EQ(syntax.error().offset(), 13U);
    const auto missing = conn.query("SELECT missing FROM sqlite_schema");
    ASSERT_TRUE(failed_with(missing, error_kind::sql, "missing"));
    EXPECT_EQ(missing.error().offset(), 7U);
    EXPECT_TRUE(failed_with(conn.execute("SELECT \"not a string\""), error_kind::sql));
}

// --- parameters ---

TEST(executor, a_wrong_number_of_arguments_is_refused) {
    auto conn = open_fresh();
    EXPECT_TRUE(failed_with(conn.query("SELECT ?, ?", 1), error_kind::invalid_argument,
                            "2 parameters, but 1"));
    EXPECT_TRUE(failed_with(conn.query("SELECT ?", 1, 2), error_kind::invalid_argument,
                            "1 parameters, but 2"));
    EXPECT_TRUE(failed_with(conn.execute("SELECT 1", 1), error_kind::invalid_argument,
                            "0 parameters, but 1"));
    EXPECT_TRUE(failed_with(conn.execute("SELECT ?3", 1), error_kind::invalid_argument,
                            "3 parameters, but 1"));
    EXPECT_TRUE(failed_with(conn.execute("SELECT :a, :b"), error_kind::invalid_argument,
                            "2 parameters, but 0"));
    // A cached statement does not remember the arguments of an earlier call.
    ASSERT_TRUE(succeeded(conn.query("SELECT ?", 1)));
    EXPECT_TRUE(failed_with(conn.query("SELECT ?"), error_kind::invalid_argument));
}

TEST(executor, numbered_and_repeated_parameters_are_bound) {
    auto conn = open_fresh();
    const auto row =
        conn.fetch_one<std::tuple<int, int, int>>("SELECT ?2, ?1, ?2", 1, 2).value().value();
    EXPECT_EQ(row, std::tuple(2, 1, 2));
    EXPECT_EQ(scalar<int>(conn, "SELECT :x + :x", named{{"x", 21}}), 42);
}

TEST(executor, names_may_be_given_with_or_without_their_prefix) {
    auto conn = open_fresh();
    constexpr std::string_view sql = "SELECT :a * 100 + @b * 10 + $c";
    EXPECT_EQ(scalar<int>(conn, sql, named{{"a", 1}, {"b", 2}, {"c", 3}}), 123);
    EXPECT_EQ(scalar<int>(conn, sql, named{{"$c", 3}, {"@b", 2}, {":a", 1}}), 123);
    EXPECT_EQ(scalar<int>(conn, sql, 1, 2, 3), 123);
    EXPECT_EQ(scalar<int>(conn, "SELECT ?2 - ?1", named{{"?1", 1}, {"2", 5}}), 4);
}

TEST(executor, wrong_names_are_refused) {
    auto conn = open_fresh();
    constexpr std::string_view sql = "SELECT :a, :b";
    EXPECT_TRUE(failed_with(conn.query(sql, named{{"a", 1}}), error_kind::invalid_argument, ":b"));
    EXPECT_TRUE(failed_with(conn.query(sql, named{{"a", 1}, {"b", 2}, {"c", 3}}),
                            error_kind::invalid_argument, "\"c\""));
    EXPECT_TRUE(failed_with(conn.query(sql, named{{"a", 1}, {"b", 2}, {"a", 3}}),
                            error_kind::invalid_argument, "two arguments"));
    EXPECT_TRUE(failed_with(conn.query(sql, named{{"a", 1}, {"b", 2}, {":a", 3}}),
                            error_kind::invalid_argument, "two arguments"));
    EXPECT_TRUE(failed_with(conn.query(sql, named{{"A", 1}, {"b", 2}}),
                            error_kind::invalid_argument, ":a"));
    EXPECT_TRUE(failed_with(conn.query(sql, named{{"@a", 1}, {"b", 2}}),
                            error_kind::invalid_argument, ":a"));
    EXPECT_TRUE(failed_with(conn.query(sql, named{}), error_kind::invalid_argument));
    EXPECT_TRUE(failed_with(conn.query("SELECT ?, :a", named{{"a", 1}}),
                            error_kind::invalid_argument, "no name"));
    EXPECT_TRUE(failed_with(conn.query("SELECT 1", named{{"a", 1}}), error_kind::invalid_argument,
                            "\"a\""));
}

TEST(executor, a_list_of_values_is_bound_by_position) {
    auto conn = open_fresh();
    const std::vector<value> values{1, 2.5, "three", nullptr};
    const auto row = conn.fetch_one<std::tuple<int, double, std::string, value>>(
        "SELECT ?, ?, ?, ?", positional(values));
    EXPECT_EQ(row.value().value(), std::tuple(1, 2.5, "three"s, value()));
    EXPECT_TRUE(
        failed_with(conn.query("SELECT ?", positional(values)), error_kind::invalid_argument));
}

TEST(executor, too_many_parameters_are_an_error) {
    auto conn = open_fresh();
    EXPECT_TRUE(failed_with(conn.execute("SELECT ?32767"), error_kind::sql, "variable number"));
}

// --- what a statement says of itself ---

TEST(executor, execute_reports_what_was_changed) {
    auto conn = open_fresh(
        "CREATE TABLE t(id INTEGER PRIMARY KEY, x); CREATE TABLE log(y);"
        "CREATE TRIGGER copy AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.x); END");
    const auto inserted = conn.execute("INSERT INTO t(x) VALUES (1), (2), (3)").value();
    EXPECT_EQ(inserted.rows_affected, 3);
    EXPECT_EQ(inserted.last_insert_rowid, 3);
    EXPECT_GE(inserted.rows_written, 3U);
    EXPECT_EQ(conn.last_insert_rowid(), 3);
    EXPECT_EQ(conn.changes(), 3);
    EXPECT_EQ(conn.total_changes(), 6);

    EXPECT_EQ(conn.execute("UPDATE t SET x = x + 1 WHERE x > 1").value().rows_affected, 2);
    EXPECT_EQ(conn.execute("UPDATE t SET x = 0 WHERE x > 99").value().rows_affected, 0);
    // Neither of these changes a row, whatever the connection's last change was.
    EXPECT_EQ(conn.execute("SELECT * FROM t").value().rows_affected, 0);
    EXPECT_EQ(conn.execute("CREATE TABLE other(x)").value().rows_affected, 0);
    EXPECT_EQ(conn.execute("DELETE FROM t").value().rows_affected, 3);
    EXPECT_EQ(conn.execute("INSERT INTO t(x) VALUES (9) RETURNING x").value().rows_affected, 1);
}

TEST(executor, counts_are_those_of_the_last_run_only) {
    auto conn = open_fresh("CREATE TABLE t(x)");
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(conn.execute("INSERT INTO t VALUES (?)", i).value().rows_written, 1U);
    }
    const auto first = conn.execute("SELECT * FROM t").value().rows_read;
    EXPECT_EQ(conn.execute("SELECT * FROM t").value().rows_read, first);
    EXPECT_GE(first, 3U);
}

TEST(executor, a_failed_statement_changes_nothing) {
    auto conn = open_fresh("CREATE TABLE t(x UNIQUE)");
    EXPECT_TRUE(
        failed_with(conn.execute("INSERT INTO t VALUES (1), (2), (1)"), error_kind::constraint));
    EXPECT_EQ(scalar<int>(conn, "SELECT count(*) FROM t"), 0);
    EXPECT_TRUE(conn.is_autocommit());
}

TEST(executor, fetch_and_fetch_one_read_typed_rows) {
    auto conn = open_fresh();
    EXPECT_EQ(conn.fetch<int>("SELECT column1 FROM (VALUES (1), (2))").value(),
              (std::vector{1, 2}));
    EXPECT_TRUE(conn.fetch<int>("SELECT 1 WHERE 0").value().empty());
    EXPECT_EQ(conn.fetch_one<int>("SELECT 1 WHERE 0").value(), std::nullopt);
    EXPECT_TRUE(failed_with(conn.fetch_one<int>("SELECT 'x'"), error_kind::mismatch));
    EXPECT_TRUE(failed_with(conn.fetch_one<int>("SELECT 1, 2"), error_kind::mismatch, "2 columns"));
    EXPECT_EQ(conn.fetch<int>(deadline::in(300s), "SELECT ?", 5).value(), std::vector{5});
    EXPECT_EQ(conn.fetch_one<int>(deadline::in(300s), "SELECT ?", 5).value(), 5);
    EXPECT_EQ(conn.fetch_single<int>(deadline::in(300s), "SELECT ?", 5).value(), 5);
    EXPECT_EQ((conn.fetch_single<std::tuple<int, std::string>>("SELECT 1, 'x'").value()),
              std::tuple(1, "x"));
    EXPECT_TRUE(failed_with(conn.fetch_single<int>("SELECT 1 WHERE 0"), error_kind::mismatch,
                            "returned no row"));
    EXPECT_TRUE(failed_with(conn.fetch_single<int>("SELECT 1 UNION ALL SELECT 2"),
                            error_kind::mismatch, "returned more than one row"));
    EXPECT_TRUE(failed_with(conn.fetch_single<int>("SELECT * FROM nowhere"), error_kind::sql));
}

TEST(executor, a_mismatch_names_the_statement) {
    auto conn = open_fresh();
    for (const char* const sql : {"SELECT 'x' AS a", "SELECT 1, 2", "SELECT NULL"}) {
        EXPECT_EQ(conn.fetch<int>(sql).error().sql(), sql);
        EXPECT_EQ(conn.fetch_single<int>(sql).error().sql(), sql);
        EXPECT_EQ(conn.query(sql).value().collect<int>().error().sql(), sql);
    }
    auto prepared = conn.prepare("SELECT 'y'").value();
    EXPECT_EQ(prepared.query().value().collect<int>().error().sql(), "SELECT 'y'");
    EXPECT_EQ(conn.fetch_single<int>("SELECT 1 WHERE 0").error().sql(), "SELECT 1 WHERE 0");
    EXPECT_TRUE(failed_with(conn.fetch<int>(deadline::in(-1s), "SELECT 1"), error_kind::timeout));
}

TEST(executor, attach_and_detach_run_as_statements) {
    const temporary_directory directory;
    {
        auto other = open_file(directory.file("other.db"));
        run_all(other, "CREATE TABLE t(x); INSERT INTO t VALUES (7)");
    }
    auto conn = open_fresh();
    ASSERT_TRUE(succeeded(conn.execute("ATTACH ? AS other", directory.file("other.db"))));
    EXPECT_EQ(scalar<int>(conn, "SELECT x FROM other.t"), 7);
    const auto columns = conn.query("SELECT x FROM other.t").value().columns().value();
    EXPECT_EQ(columns.at(0).database, "other");
    ASSERT_TRUE(succeeded(conn.execute("DETACH other")));
    EXPECT_TRUE(failed_with(conn.query("SELECT x FROM other.t"), error_kind::sql, "no such table"));
    EXPECT_TRUE(failed_with(conn.execute("DETACH other"), error_kind::sql));
}

// --- deadlines ---

TEST(executor, a_deadline_stops_each_kind_of_call_and_leaves_the_connection_usable) {
    auto conn = open_fresh();
    const auto check = [&](const auto& outcome, clock::time_point started) {
        EXPECT_TRUE(failed_with(outcome, error_kind::timeout, "deadline"));
        EXPECT_LT(clock::now() - started, 5s);
        EXPECT_EQ(scalar<int>(conn, "SELECT 1"), 1);
    };
    auto now = clock::now();
    check(conn.execute(deadline::in(20ms), endless_count), now);
    now = clock::now();
    check(conn.query(deadline::in(20ms), endless_count), now);
    now = clock::now();
    check(conn.cursor(deadline::in(20ms), endless_count), now);
    auto held = conn.prepare(endless_count).value();
    now = clock::now();
    check(held.execute(deadline::in(20ms)), now);
    now = clock::now();
    check(held.query(deadline::in(20ms)), now);
}

TEST(executor, a_deadline_limits_the_reading_of_rows) {
    auto conn = open_fresh();
    auto found =
        conn.query(
                deadline::in(30ms),
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n")
            .value();
    result<bool> more = true;
    while (more && *more) {
        more = found.next();
    }
    EXPECT_TRUE(failed_with(more, error_kind::timeout));
    EXPECT_TRUE(failed_with(found.next(), error_kind::timeout));
    EXPECT_TRUE(succeeded(conn.execute("CREATE TABLE t(x)")));
    // Also when it comes within a step, and not between two.
    auto slow = conn.query(deadline::in(30ms),
                           "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
                           "SELECT i FROM n WHERE i = 1 OR i < 0")
                    .value();
    EXPECT_TRUE(succeeded(slow.next()));
    EXPECT_TRUE(failed_with(slow.next(), error_kind::timeout));
    EXPECT_TRUE(failed_with(slow.next(), error_kind::timeout));
}

TEST(executor, a_deadline_that_has_passed_runs_nothing) {
    auto conn = open_fresh("CREATE TABLE t(x)");
    const auto past = deadline::in(-1s);
    EXPECT_TRUE(failed_with(conn.execute(past, "INSERT INTO t VALUES (1)"), error_kind::timeout));
    EXPECT_TRUE(
        failed_with(conn.query(past, "INSERT INTO t VALUES (1) RETURNING x"), error_kind::timeout));
    auto held = conn.prepare("INSERT INTO t VALUES (1)").value();
    EXPECT_TRUE(failed_with(held.execute(past), error_kind::timeout));
    batch steps;
    steps.add("INSERT INTO t VALUES (1)");
    EXPECT_TRUE(failed_with(conn.run(steps, batch_mode::independent, past), error_kind::timeout));
    EXPECT_TRUE(failed_with(conn.run(steps, batch_mode::transactional, past), error_kind::timeout));
    EXPECT_EQ(conn.run_script("INSERT INTO t VALUES (1)", past).error().kind(),
              error_kind::timeout);
    EXPECT_TRUE(failed_with(conn.ping(past), error_kind::timeout));
    EXPECT_TRUE(failed_with(conn.begin(transaction_mode::immediate, past), error_kind::timeout));
    EXPECT_TRUE(conn.is_autocommit());
    EXPECT_EQ(scalar<int>(conn, "SELECT count(*) FROM t"), 0);
}

TEST(executor, the_default_timeout_limits_calls_without_a_deadline) {
    auto chosen = testing::fresh_options();
    // It is that of the last call, too, which a busy server has to answer in time.
    chosen.timeout = testing::mode() == testing::test_mode::local ? 20ms : 500ms;
    auto conn = open_with(chosen);
    EXPECT_TRUE(failed_with(conn.execute(endless_count), error_kind::timeout));
    EXPECT_TRUE(failed_with(conn.query(endless_count), error_kind::timeout));
    // On a busy machine it may be over before the statement is prepared.
    auto held = conn.prepare(endless_count);
    EXPECT_TRUE(
        failed_with(held ? held->execute() : result<execution>(held.error()), error_kind::timeout));
    EXPECT_TRUE(succeeded(conn.execute(deadline::in(60s), "SELECT 1")));
}

TEST(executor, an_interrupt_after_a_timeout_is_reported_as_interrupted) {
    auto conn = open_fresh();
    ASSERT_TRUE(failed_with(conn.execute(deadline::in(5ms), endless_count), error_kind::timeout));
    const auto ended = testing::while_interrupted([stop = conn.interrupter()] { stop.interrupt(); },
                                                  [&] { return conn.execute(endless_count); });
    EXPECT_TRUE(failed_with(ended, error_kind::interrupted));
}

TEST(executor, a_deadline_limits_the_wait_for_a_lock) {
    two_connections opened({.busy_timeout = 60s});
    auto& writer = opened.first;
    auto& conn = opened.second;
    auto tx = writer.begin(transaction_mode::immediate).value();
    const auto started = clock::now();
    EXPECT_TRUE(failed_with(conn.execute(deadline::in(50ms), "INSERT INTO t VALUES (1)"),
                            error_kind::timeout));
    EXPECT_TRUE(failed_with(conn.begin(transaction_mode::immediate, deadline::in(50ms)),
                            error_kind::timeout));
    EXPECT_LT(clock::now() - started, 10s);
    ASSERT_TRUE(succeeded(tx.commit()));
    EXPECT_TRUE(succeeded(conn.execute("INSERT INTO t VALUES (1)")));
}

// --- all rows at once ---

TEST(executor, query_all_owns_its_rows) {
    auto conn = open_fresh("CREATE TABLE t(a INTEGER, b TEXT)");
    const auto added = conn.query_all("INSERT INTO t VALUES (?, ?), (2, NULL) RETURNING *", 1, "x");
    ASSERT_TRUE(succeeded(added));
    EXPECT_EQ(added->executed.rows_affected, 2);
    const auto all = conn.query_all("SELECT * FROM t ORDER BY a").value();
    ASSERT_TRUE(succeeded(conn.close()));
    ASSERT_EQ(all.columns.size(), 2U);
    EXPECT_EQ(all.columns[1].name, "b");
    EXPECT_EQ(all.rows, (std::vector<std::vector<value>>{{1, "x"}, {2, nullptr}}));
    EXPECT_TRUE(failed_with(conn.query_all("SELECT 1"), error_kind::closed));
}

// --- the statement cache ---

TEST(executor, cached_statements_follow_a_schema_change) {
    auto conn = open_fresh("CREATE TABLE t(a); INSERT INTO t VALUES (1)");
    ASSERT_TRUE(succeeded(conn.execute("INSERT INTO t SELECT a + 1 FROM t")));
    EXPECT_EQ(scalar<int>(conn, "SELECT count(*) FROM t"), 2);
    run_all(conn, "DROP TABLE t");
    EXPECT_TRUE(
        failed_with(conn.query("SELECT count(*) FROM t"), error_kind::sql, "no such table"));
    EXPECT_TRUE(failed_with(conn.execute("INSERT INTO t SELECT a + 1 FROM t"), error_kind::sql));
    run_all(conn, "CREATE TABLE t(b, a); INSERT INTO t VALUES (1, 2)");
    EXPECT_EQ(scalar<int>(conn, "SELECT count(*) FROM t"), 1);
    EXPECT_TRUE(failed_with(conn.execute("INSERT INTO t SELECT a + 1 FROM t"), error_kind::sql,
                            "2 columns"));
}

TEST(executor, pragmas_take_effect_every_time) {
    auto conn = open_fresh();
    for (const int version : {3, 4, 3}) {
        ASSERT_TRUE(succeeded(conn.execute("PRAGMA user_version = " + std::to_string(version))));
        EXPECT_EQ(scalar<int>(conn, "PRAGMA user_version"), version);
    }
    for (const std::string_view state : {"OFF", "ON", "OFF", "ON"}) {
        ASSERT_TRUE(
            succeeded(conn.execute("/* a comment */ PRAGMA foreign_keys = " + std::string(state))));
        EXPECT_EQ(scalar<int>(conn, "PRAGMA foreign_keys"), state == "ON" ? 1 : 0);
    }
}

TEST(executor, works_without_a_statement_cache_and_with_one_of_size_1) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}}) {
        auto conn = open_with({.database = ":memory:", .statement_cache_size = size});
        run_all(conn, "CREATE TABLE t(x)");
        for (int i = 0; i < 20; ++i) {
            ASSERT_TRUE(succeeded(conn.execute("INSERT INTO t VALUES (?)", i)));
            auto open = conn.query("SELECT x FROM t WHERE x = ?", i).value();
            ASSERT_TRUE(open.next().value());
            EXPECT_EQ(scalar<int>(conn, "SELECT count(*) FROM t"),
                      i + 1);  // pushes the open one out
            EXPECT_EQ(open.current().get<int>(0), i);
        }
    }
}

// --- properties ---

TEST(executor, named_arguments_equal_positional_ones_in_any_order) {
    EXPECT_TRUE(rc::check([] {
        static auto conn = open_fresh();
        const auto numbers =
            *rc::gen::container<std::vector<std::int64_t>>(3, rc::gen::arbitrary<std::int64_t>());
        std::array<std::size_t, 3> order{0, 1, 2};
        for (int turns = *rc::gen::inRange(0, 6); turns > 0; --turns) {
            std::next_permutation(order.begin(), order.end());
        }
        const std::array<std::string_view, 3> names{"a", ":b", "c"};
        named arguments;
        for (const auto i : order) {
            arguments.add(names.at(i), numbers[i]);
        }
        using row_type = std::tuple<std::int64_t, std::int64_t, std::int64_t>;
        const auto by_name =
            conn.fetch_one<row_type>("SELECT :a, :b, @c", arguments).value().value();
        RC_ASSERT(by_name == row_type(numbers[0], numbers[1], numbers[2]));
    }));
}

TEST(executor, changes_are_those_of_the_last_change) {
    auto conn = open_fresh("CREATE TABLE t(x)");
    ASSERT_TRUE(succeeded(conn.execute("INSERT INTO t VALUES (1), (2)")));
    EXPECT_EQ(conn.changes(), 2);
    for (const char* const sql : {"SELECT 1", "BEGIN", "WITH c AS (SELECT 1) SELECT * FROM c",
                                  "COMMIT", "CREATE TABLE u(x)"}) {
        ASSERT_TRUE(succeeded(conn.execute(sql)));
        EXPECT_EQ(conn.changes(), 2) << sql;
    }
    ASSERT_TRUE(succeeded(conn.execute("UPDATE t SET x = 3 WHERE x = 4")));
    EXPECT_EQ(conn.changes(), 0);
    EXPECT_EQ(conn.total_changes(), 2);
}

}  // namespace libsql
