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

/// @file
/// Statements beside other connections, other processes and other threads.

namespace libsql {

using namespace std::chrono_literals;
using namespace testing;

namespace {

using clock = std::chrono::steady_clock;

/// A connection to a file with a table t(x), which another process has locked for writing.
struct beside_a_writer {
    explicit beside_a_writer(std::chrono::milliseconds busy_timeout)
        : conn(open_with({.database = file, .busy_timeout = busy_timeout})) {
        run_all(conn, "CREATE TABLE t(x)");
        other.emplace(std::vector<std::string>{"hold", file, "BEGIN IMMEDIATE"});
        EXPECT_EQ(other->read_line(), "held");
    }

    const temporary_directory directory;
    const std::string file{directory.file("a.db")};
    connection conn;
    std::optional<child_process> other;
};

}  // namespace

// --- locks ---

TEST(executor, a_lock_of_another_process_is_busy_after_the_timeout) {
    beside_a_writer at(100ms);
    auto& conn = at.conn;
    const auto started = clock::now();
    const auto outcome = conn.execute("INSERT INTO t VALUES (1)");
    EXPECT_TRUE(failed_with(outcome, error_kind::busy));
    EXPECT_EQ(outcome.error().code(), 5);
    EXPECT_GE(clock::now() - started, 90ms);
    EXPECT_THAT(
        outcome.error().message(),
        ::testing::MatchesRegex("database is locked: another connection kept the lock during "
                                "the [1-9][0-9]+ ms that this one waited"));
    EXPECT_EQ(scalar<int>(conn, "SELECT count(*) FROM t"), 0);  // WAL: readers are not kept out
    EXPECT_EQ(at.other->wait(), 0);
    EXPECT_TRUE(succeeded(conn.execute("INSERT INTO t VALUES (1)")));
}

TEST(executor, a_lock_that_is_released_in_time_is_waited_for) {
    beside_a_writer at(30s);
    std::thread later([&] {
        std::this_thread::sleep_for(100ms);
        at.other->close_input();
    });
    EXPECT_TRUE(succeeded(at.conn.execute("INSERT INTO t VALUES (1)")));
    later.join();
}

// --- two threads ---

TEST(executor, a_call_from_a_second_thread_is_misuse_and_harms_nothing) {
    auto conn = open_fresh("CREATE TABLE t(x)");
    const auto stop = conn.interrupter();
    std::atomic<bool> is_over{false};
    std::thread first([&] {
        result<execution> ended = conn.execute(endless_count);
        while (!ended && ended.error().kind() == error_kind::misuse) {  // the other was first
            ended = conn.execute(endless_count);
        }
        EXPECT_TRUE(failed_with(ended, error_kind::interrupted));
        is_over = true;
    });
    while (!is_over && conn.execute("SELECT 1")) {  // until the endless one has begun
        std::this_thread::yield();
    }
    EXPECT_TRUE(failed_with(conn.execute("SELECT 1"), error_kind::misuse));
    EXPECT_TRUE(failed_with(conn.query("SELECT 1"), error_kind::misuse));
    EXPECT_TRUE(failed_with(conn.prepare("SELECT 1"), error_kind::misuse));
    EXPECT_TRUE(failed_with(conn.begin(), error_kind::misuse));
    EXPECT_TRUE(failed_with(conn.run(batch()), error_kind::misuse));
    EXPECT_TRUE(failed_with(conn.reset(), error_kind::misuse));
    EXPECT_TRUE(failed_with(conn.close(), error_kind::misuse));
    EXPECT_EQ(conn.changes(), 0);
    testing::while_interrupted([&] { stop.interrupt(); }, [&] { first.join(); });
    EXPECT_TRUE(succeeded(conn.execute("INSERT INTO t VALUES (1)")));
}

TEST(executor, many_threads_on_one_connection_give_results_or_misuse) {
    auto conn = open_fresh("CREATE TABLE t(x)");
    std::atomic<int> inserted{0};
    std::atomic<int> other_errors{0};
    const auto hammer = [&](int seed) {
        const auto note = [&](const auto& outcome) {
            if (!outcome && outcome.error().kind() != error_kind::misuse &&
                outcome.error().kind() != error_kind::transaction) {
                ++other_errors;
            }
        };
        for (int i = 0; i < 300; ++i) {
            switch ((i + seed) % 4) {
                case 0: {
                    auto outcome = conn.execute("INSERT INTO t VALUES (?)", i);
                    inserted += outcome ? 1 : 0;
                    note(outcome);
                    break;
                }
                case 1:
                    note(conn.query("SELECT count(*) FROM t").and_then([](rows&& found) {
                        return found.next();
                    }));
                    break;
                case 2:
                    note(conn.prepare("SELECT 1").and_then([](statement&& s) {
                        return s.execute();
                    }));
                    break;
                default:
                    static_cast<void>(conn.is_autocommit());
                    static_cast<void>(conn.changes());
                    static_cast<void>(conn.last_insert_rowid());
            }
        }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back(hammer, i);
    }
    for (auto& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(other_errors, 0);
    EXPECT_EQ(scalar<int>(conn, "SELECT count(*) FROM t"), inserted.load());
    EXPECT_EQ(scalar<std::string>(conn, "PRAGMA integrity_check"), "ok");
}

TEST(executor, rows_dropped_on_another_thread_wait_for_the_running_call) {
    auto conn = open_fresh();
    std::optional<rows> open = conn.query("SELECT column1 FROM (VALUES (1), (2))").value();
    std::optional<statement> held = conn.prepare("SELECT 2").value();
    std::thread runs([&] {
        EXPECT_TRUE(
            failed_with(conn.execute(deadline::in(200ms), endless_count), error_kind::timeout));
    });
    std::this_thread::sleep_for(50ms);
    open.reset();
    held.reset();
    runs.join();
    EXPECT_TRUE(succeeded(conn.execute("SELECT 1")));
}

// --- a schema that another connection has changed ---

TEST(executor, a_schema_change_elsewhere_fails_no_statement) {
    struct change {
        std::string_view before;
        std::string_view elsewhere;
        std::string_view statement;  ///< right after it, and wrong before
    };

    const std::array changes{
        change{"CREATE TABLE a(x, y)",
               "ALTER TABLE a RENAME x TO x1; ALTER TABLE a RENAME x1 TO x2",
               "ALTER TABLE a RENAME x2 TO x3"},
        change{"CREATE TABLE b(x, y)", "ALTER TABLE b ADD COLUMN z", "ALTER TABLE b DROP COLUMN z"},
        change{"CREATE TABLE c(x, y)", "ALTER TABLE c RENAME x TO z", "ALTER TABLE c ADD COLUMN x"},
        change{"CREATE TABLE d(x, y)", "ALTER TABLE d ADD COLUMN z",
               "INSERT INTO d VALUES (1, 2, 3)"},
        change{"CREATE TABLE e(x, y)", "ALTER TABLE e DROP COLUMN y", "INSERT INTO e VALUES (1)"},
        change{"CREATE TABLE f(x, y)", "ALTER TABLE f RENAME x TO z",
               "INSERT INTO f(y) SELECT l.y FROM f AS l JOIN f AS r USING (z)"},
        change{"CREATE TABLE g(x, y)", "ALTER TABLE g ADD COLUMN z",
               "INSERT INTO g SELECT * FROM g UNION ALL SELECT 1, 2, 3"},
        change{"CREATE VIEW h AS SELECT 1 AS x", "DROP VIEW h; CREATE TABLE h(x)",
               "INSERT INTO h VALUES (1)"},
    };
    const auto db = testing::fresh_database();
    auto first = db.connect().value();
    auto second = db.connect().value();
    for (const auto& c : changes) {
        ASSERT_TRUE(succeeded(first.execute(c.before)));
    }
    for (const auto& c : changes) {
        // Each knows the schema as it is before.
        ASSERT_TRUE(succeeded(second.fetch_one<int>("SELECT count(*) FROM sqlite_schema")));
        ASSERT_TRUE(succeeded(second.execute("INSERT INTO a(y) VALUES (1)")));
        ASSERT_TRUE(succeeded(first.run_script(c.elsewhere)));
        EXPECT_TRUE(succeeded(second.execute(c.statement))) << c.statement;
    }
}

/// In a rollback journal, a writer keeps readers out while it commits. Whoever compiles a statement
/// meanwhile cannot know the new schema, and waits.
TEST(executor, a_schema_changed_behind_a_lock_is_waited_for) {
    two_connections opened({.busy_timeout = 50ms, .journal_mode = journal_mode::delete_file});
    auto& conn = opened.first;
    auto& other = opened.second;
    ASSERT_TRUE(succeeded(other.fetch<int>("SELECT x FROM t")));
    run_all(conn, "CREATE TABLE u(x); BEGIN EXCLUSIVE");
    const auto locked = other.execute("INSERT INTO u VALUES (1)");
    EXPECT_TRUE(failed_with(locked, error_kind::busy, "another connection kept the lock"));
    EXPECT_EQ(locked.error().outcome(), error_outcome::not_run);
    EXPECT_TRUE(
        failed_with(other.execute("INSERT INTO u VALUES ("), error_kind::sql, "incomplete input"));
    EXPECT_TRUE(failed_with(other.execute("INSERT INTO OR"), error_kind::sql, "syntax error"));
    run_all(conn, "COMMIT");
    EXPECT_TRUE(succeeded(other.execute("INSERT INTO u VALUES (1)")));
    EXPECT_TRUE(failed_with(other.execute("INSERT INTO v VALUES (1)"), error_kind::sql,
                            "no such table: v"));
}

TEST(executor, a_schema_change_elsewhere_is_seen_by_batches_and_prepared_statements) {
    const auto db = testing::fresh_database();
    auto first = db.connect().value();
    auto second = db.connect().value();
    ASSERT_TRUE(succeeded(first.execute("CREATE TABLE t(x)")));
    ASSERT_TRUE(succeeded(second.execute("INSERT INTO t VALUES (1)")));
    ASSERT_TRUE(succeeded(first.execute("ALTER TABLE t ADD COLUMN y")));
    batch steps;
    steps.add("INSERT INTO t VALUES (?, ?)", 1, 2);
    const auto done = second.run(steps, batch_mode::transactional);
    ASSERT_TRUE(succeeded(done));
    EXPECT_FALSE(done->first_error());
    ASSERT_TRUE(succeeded(first.execute("ALTER TABLE t ADD COLUMN z")));
    auto insert = second.prepare("INSERT INTO t VALUES (?, ?, ?)");
    ASSERT_TRUE(succeeded(insert));
    EXPECT_TRUE(succeeded(insert->execute(1, 2, 3)));
}

}  // namespace libsql
