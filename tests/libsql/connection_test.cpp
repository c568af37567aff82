#include "libsql/local_features/on_local.hpp"
#include "support/open_connection.hpp"
#include "support/outcome.hpp"
#include "support/temporary_directory.hpp"
#include "support/test_database.hpp"
#include "support/two_connections.hpp"

#include <libsql/connection.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <numeric>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace libsql {

using namespace std::chrono_literals;
using namespace testing;

namespace {

using clock = std::chrono::steady_clock;

static_assert(!std::is_copy_constructible_v<connection> &&
              std::is_nothrow_move_constructible_v<connection>);

/// Interrupts after a while, and then again and again: one interrupt may come too early.
class later {
public:
    explicit later(const connection& conn, std::chrono::milliseconds delay = 50ms)
        : thread_([stop = conn.interrupter(), delay](const std::stop_token& over) {
              while (!over.stop_requested()) {
                  std::this_thread::sleep_for(delay);
                  stop.interrupt();
              }
          }) {}

private:
    std::jthread thread_;
};

void expect_closed(connection& conn) {
    EXPECT_FALSE(conn.is_open());
    EXPECT_TRUE(failed_with(conn.execute("SELECT 1"), error_kind::closed));
    EXPECT_TRUE(failed_with(conn.query("SELECT 1"), error_kind::closed));
    EXPECT_TRUE(failed_with(conn.cursor("SELECT 1"), error_kind::closed));
    EXPECT_TRUE(failed_with(conn.prepare("SELECT 1"), error_kind::closed));
    EXPECT_TRUE(failed_with(conn.run(batch()), error_kind::closed));
    EXPECT_TRUE(failed_with(conn.run_script("SELECT 1"), error_kind::closed));
    EXPECT_TRUE(failed_with(conn.begin(), error_kind::closed));
    EXPECT_TRUE(failed_with(conn.begin(transaction_mode::immediate), error_kind::closed));
    EXPECT_TRUE(failed_with(conn.ping(), error_kind::closed));
    EXPECT_TRUE(failed_with(conn.reset(), error_kind::closed));
    EXPECT_TRUE(failed_with(conn.close(), error_kind::closed));
    EXPECT_TRUE(failed_with(conn.transact([](transaction&) -> result<void> { return {}; }),
                            error_kind::closed));
    EXPECT_EQ(conn.last_insert_rowid(), 0);
    EXPECT_EQ(conn.changes(), 0);
    EXPECT_EQ(conn.total_changes(), 0);
    EXPECT_TRUE(conn.is_autocommit());
    conn.interrupter().interrupt();
}

}  // namespace

// --- closing ---

TEST(connection, a_closed_connection_gives_closed) {
    auto conn = open_fresh();
    ASSERT_TRUE(conn.is_open());
    ASSERT_TRUE(succeeded(conn.close()));
    expect_closed(conn);
}

TEST(connection, a_moved_from_connection_gives_closed) {
    auto first = open_fresh();
    auto second = std::move(first);
    expect_closed(first);  // NOLINT(bugprone-use-after-move)
    EXPECT_TRUE(succeeded(second.ping()));
    auto& same = second;
    second = std::move(same);
    EXPECT_TRUE(succeeded(second.ping()));
    run_all(second, "CREATE TABLE t(x)");
    first = std::move(second);
    EXPECT_EQ(scalar<int>(first, "SELECT count(*) FROM t"), 0);
    first = open_fresh();
    EXPECT_TRUE(failed_with(first.query("SELECT count(*) FROM t"), error_kind::sql));
}

TEST(connection, handles_may_be_closed_in_any_order) {
    // Each way to order the ends of seven handles: first used, then ended, with use of the rest
    // between.
    std::array<int, 7> order{};
    std::iota(order.begin(), order.end(), 0);
    int number = 0;
    do {
        if (testing::mode() != testing::test_mode::local && ++number % 50 != 0) {
            continue;  // each takes a hundred times as long
        }
        std::optional<database> db = database::open(testing::fresh_options()).value();
        std::optional<connection> conn = db->connect().value();
        run_all(*conn, "CREATE TABLE t(x); INSERT INTO t VALUES (1), (2), (3)");
        std::optional<transaction> tx = conn->begin().value();
        std::optional<savepoint> saved = tx->savepoint("s").value();
        std::optional<statement> held = conn->prepare("SELECT x FROM t WHERE x > ?").value();
        std::optional<rows> open = held->query(0).value();
        std::optional<cursor> reading = tx->cursor("SELECT x FROM t").value();
        ASSERT_TRUE(open->next().value());
        ASSERT_EQ(reading->fetch(1).value().size(), 1U);
        for (const int which : order) {
            switch (which) {
                case 0:
                    db.reset();
                    break;
                case 1:
                    conn.reset();
                    break;
                case 2:
                    tx.reset();
                    break;
                case 3:
                    saved.reset();
                    break;
                case 4:
                    held.reset();
                    break;
                case 5:
                    open.reset();
                    break;
                default:
                    reading.reset();
            }
            // Whatever is left answers, with a value or an error.
            if (open) {
                static_cast<void>(open->next());
                static_cast<void>(open->columns());
                static_cast<void>(open->current().size());
            }
            if (reading) {
                static_cast<void>(reading->fetch(1));
            }
            if (held) {
                static_cast<void>(held->columns());
                static_cast<void>(held->sql());
            }
            if (saved) {
                static_cast<void>(saved->execute("INSERT INTO t VALUES (4)"));
            }
            if (tx) {
                static_cast<void>(tx->status());
            }
            if (conn) {
                EXPECT_TRUE(succeeded(conn->ping()));
            }
        }
    } while (std::next_permutation(order.begin(), order.end()));
}

TEST(connection, dropping_it_releases_the_file_at_once) {
    const temporary_directory directory;
    std::optional<rows> open;
    std::optional<statement> held;
    {
        auto conn = open_file(directory.file("a.db"));
        run_all(conn, "CREATE TABLE t(x); INSERT INTO t VALUES (1), (2)");
        held = conn.prepare("SELECT 1").value();
        open = conn.query("SELECT x FROM t").value();
        ASSERT_TRUE(open->next().value());
    }
    // The last connection removes the log when it is really closed.
    EXPECT_FALSE(std::filesystem::exists(directory.file("a.db-wal")));
    EXPECT_TRUE(failed_with(open->next(), error_kind::closed));
    EXPECT_TRUE(failed_with(held->execute(), error_kind::closed));
}

// --- interrupts ---

TEST(connection, an_interrupt_stops_each_kind_of_call) {
    auto conn = open_fresh();
    const auto check = [&](const auto& call) {
        {
            const later stop(conn);
            EXPECT_TRUE(failed_with(call(), error_kind::interrupted));
        }
        EXPECT_TRUE(succeeded(conn.ping()));
    };
    check([&] { return conn.execute(endless_count); });
    check([&] { return conn.query(endless_count); });
    check([&] { return conn.prepare(endless_count).value().execute(); });
    check([&] { return conn.run_script("SELECT 1; " + std::string(endless_count)); });
}

TEST(connection, an_interrupt_stops_a_batch) {
    auto conn = open_fresh();
    batch steps;
    steps.add(endless_count);
    {
        const later stop(conn);
        const auto outcome = conn.run(steps).value();
        EXPECT_EQ(outcome.first_error()->kind(), error_kind::interrupted);
    }
    EXPECT_TRUE(succeeded(conn.ping()));
}

TEST(connection, an_interrupt_stops_reading_rows) {
    auto conn = open_fresh();
    auto open =
        conn.query(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n")
            .value();
    ASSERT_TRUE(open.next().value());
    conn.interrupter().interrupt();
    result<bool> more = true;
    while (more && *more) {
        more = open.next();
    }
    EXPECT_TRUE(failed_with(more, error_kind::interrupted));
    EXPECT_TRUE(succeeded(conn.ping()));
}

TEST(connection, unread_rows_do_not_keep_it_interrupted) {
    auto conn = open_fresh();
    auto open = conn.query("SELECT column1 FROM (VALUES (1), (2), (3))").value();
    ASSERT_TRUE(open.next().value());
    conn.interrupter().interrupt();
    EXPECT_TRUE(succeeded(conn.ping()));
    EXPECT_TRUE(succeeded(conn.execute("CREATE TABLE t(x)")));
    EXPECT_TRUE(failed_with(open.next(), error_kind::interrupted));
}

TEST(connection, an_interrupt_stops_a_batch_of_short_statements) {
    auto conn = open_fresh("CREATE TABLE t(x)");
    batch steps;
    for (int i = 0; i < 400'000; ++i) {
        steps.add(
            "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT "
            "50) SELECT max(i) FROM n");
    }
    for (const auto mode : {batch_mode::independent, batch_mode::transactional}) {
        const auto outcome = [&] {
            const later stop(conn, 200ms);
            return conn.run(steps, mode);
        }();
        EXPECT_TRUE(conn.is_autocommit());
        if (mode == batch_mode::transactional) {
            EXPECT_TRUE(failed_with(outcome, error_kind::interrupted));
            // On a busy machine it may come before the first step.
            EXPECT_THAT(outcome.error().outcome(),
                        ::testing::AnyOf(error_outcome::undone, error_outcome::not_run));
        } else {
            EXPECT_EQ(outcome->first_error()->kind(), error_kind::interrupted);
            EXPECT_EQ(outcome->steps.back().error().kind(), error_kind::interrupted);
            run_all(conn, "DELETE FROM t");
        }
    }
    EXPECT_EQ(scalar<int>(conn, "SELECT count(*) FROM t"), 0);
}

TEST(connection, an_interrupted_transactional_batch_is_undone_even_with_open_rows) {
    auto conn = open_fresh("CREATE TABLE t(x)");
    auto open = conn.query("SELECT column1 FROM (VALUES (1), (2), (3))").value();
    ASSERT_TRUE(open.next().value());
    batch steps;
    steps.add("INSERT INTO t VALUES (1)");
    steps.add(endless_count);
    {
        const later stop(conn);
        EXPECT_TRUE(
            failed_with(conn.run(steps, batch_mode::transactional), error_kind::interrupted));
    }
    EXPECT_TRUE(conn.is_autocommit());
    EXPECT_EQ(scalar<int>(conn, "SELECT count(*) FROM t"), 0);
}

TEST(connection, an_interrupt_ends_the_wait_for_a_lock) {
    two_connections opened({.busy_timeout = 60s});
    auto& holder = opened.first;
    auto& conn = opened.second;
    auto held = conn.prepare("INSERT INTO t VALUES (1)").value();
    auto tx = holder.begin(transaction_mode::immediate).value();
    const auto started = clock::now();
    {
        const later stop(conn);
        EXPECT_TRUE(failed_with(conn.execute("INSERT INTO t VALUES (1)"), error_kind::interrupted));
    }
    {
        const later stop(conn);
        EXPECT_TRUE(failed_with(held.execute(), error_kind::interrupted));
    }
    {
        const later stop(conn);
        EXPECT_TRUE(failed_with(conn.begin(transaction_mode::immediate), error_kind::interrupted));
    }
    EXPECT_LT(clock::now() - started, 20s);
    ASSERT_TRUE(succeeded(tx.rollback()));
    EXPECT_TRUE(succeeded(held.execute()));
}

TEST(connection, a_busy_timeout_set_by_pragma_applies_to_the_driver) {
    two_connections opened({.busy_timeout = 7ms});
    auto& holder = opened.first;
    auto& conn = opened.second;
    EXPECT_EQ(scalar<int>(conn, "PRAGMA busy_timeout"), 7);
    auto tx = holder.begin(transaction_mode::immediate).value();
    const auto started = std::chrono::steady_clock::now();
    EXPECT_EQ(scalar<int>(conn, "PRAGMA busy_timeout = 60000"), 60000);
    {
        const later stop(conn);
        EXPECT_TRUE(failed_with(conn.execute("INSERT INTO t VALUES (1)"), error_kind::interrupted));
    }
    EXPECT_TRUE(failed_with(conn.execute(deadline::in(50ms), "INSERT INTO t VALUES (1)"),
                            error_kind::timeout));
    EXPECT_LT(std::chrono::steady_clock::now() - started, 20s);
    run_all(conn, "EXPLAIN PRAGMA busy_timeout = 100");  // it acts there too
    EXPECT_EQ(scalar<int>(conn, "PRAGMA busy_timeout"), 100);
    const auto waited_from = std::chrono::steady_clock::now();
    EXPECT_TRUE(failed_with(conn.execute("INSERT INTO t VALUES (1)"), error_kind::busy));
    EXPECT_GE(std::chrono::steady_clock::now() - waited_from, 95ms);
    EXPECT_EQ(scalar<int>(conn, "PRAGMA busy_timeout = -5"), 0);
    EXPECT_TRUE(failed_with(conn.execute("INSERT INTO t VALUES (1)"), error_kind::busy));
}

TEST(connection, an_interrupt_of_an_idle_connection_does_nothing) {
    const temporary_directory directory;
    auto holder = open_file(directory.file("a.db"));
    run_all(holder, "CREATE TABLE t(x)");
    auto conn = open_with({.database = directory.file("a.db"), .busy_timeout = 50ms});
    auto held = conn.prepare("INSERT INTO t VALUES (1)").value();
    conn.interrupter().interrupt();
    EXPECT_TRUE(succeeded(conn.ping()));
    // Nor does it shorten a later wait or rename its outcome.
    auto tx = holder.begin(transaction_mode::immediate).value();
    conn.interrupter().interrupt();
    const auto started = clock::now();
    EXPECT_TRUE(failed_with(held.execute(), error_kind::busy));
    EXPECT_GE(clock::now() - started, 45ms);
    conn.interrupter().interrupt();
    EXPECT_TRUE(failed_with(conn.begin(transaction_mode::immediate), error_kind::busy));
}

TEST(connection, an_interrupter_outlives_its_connection) {
    interrupter empty;
    empty.interrupt();
    interrupter stop;
    {
        auto conn = open_fresh();
        stop = conn.interrupter();
        const auto copy = stop;
        copy.interrupt();
        ASSERT_TRUE(succeeded(conn.close()));
        stop.interrupt();
    }
    stop.interrupt();
}

TEST(connection, can_be_interrupted_by_many_threads_while_it_opens_works_and_closes) {
    for (int round = 0; round < 20; ++round) {
        auto conn = open_fresh();
        std::atomic<bool> done{false};
        std::vector<std::thread> threads;
        for (int i = 0; i < 3; ++i) {
            threads.emplace_back([&done, stop = conn.interrupter()] {
                while (!done) {
                    stop.interrupt();
                    std::this_thread::yield();
                }
            });
        }
        for (int i = 0; i < 20; ++i) {
            const auto outcome = conn.execute("SELECT 1");
            EXPECT_TRUE(outcome || outcome.error().kind() == error_kind::interrupted);
        }
        EXPECT_TRUE(succeeded(conn.close()));
        done = true;
        for (auto& thread : threads) {
            thread.join();
        }
    }
}

// --- reset and ping ---

TEST(connection, reset_rolls_back_ends_handles_and_clears_counts) {
    auto conn = open_fresh("CREATE TABLE t(x); INSERT INTO t VALUES (1), (2)");
    auto held = conn.prepare("SELECT count(*) FROM t").value();
    auto tx = conn.begin().value();
    auto saved = tx.savepoint("s").value();
    ASSERT_TRUE(succeeded(tx.execute("INSERT INTO t VALUES (3)")));
    auto open = tx.query("SELECT x FROM t").value();
    ASSERT_TRUE(open.next().value());
    EXPECT_EQ(conn.last_insert_rowid(), 3);

    ASSERT_TRUE(succeeded(conn.reset()));
    EXPECT_TRUE(conn.is_autocommit());
    EXPECT_EQ(tx.status(), transaction_status::ended);
    EXPECT_TRUE(failed_with(tx.commit(), error_kind::transaction));
    EXPECT_FALSE(saved.is_active());
    EXPECT_FALSE(open.next());
    EXPECT_EQ(conn.last_insert_rowid(), 0);
    EXPECT_EQ(held.query().value().first<int>().value(), 2);
}

TEST(connection, reset_keeps_only_held_statements) {
    auto conn = open_fresh("CREATE TABLE t(x)");
    auto held = conn.prepare("SELECT count(*) FROM t").value();
    ASSERT_TRUE(succeeded(conn.execute("INSERT INTO t VALUES (3)")));
    ASSERT_TRUE(succeeded(conn.reset()));
    // With this query.
    EXPECT_EQ(scalar<int>(conn, "SELECT count(*) FROM sqlite_stmt"), 2);
}

TEST(connection, reset_frees_the_page_cache) {
    const temporary_directory directory;
    auto conn = open_file(directory.file("a.db"));
    run_all(conn, "CREATE TABLE t(x)");
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(succeeded(conn.execute("INSERT INTO t VALUES (zeroblob(4000))")));
    }
    auto* const local = local::connection_of(conn, "status").value();
    const auto cache_bytes = [&] {
        int now = 0;
        int ignored = 0;
        sqlite3_db_status(local->handle(), SQLITE_DBSTATUS_CACHE_USED, &now, &ignored, 0);
        return now;
    };
    const int before = cache_bytes();
    ASSERT_TRUE(succeeded(conn.reset()));
    EXPECT_LT(cache_bytes(), before / 2);
    EXPECT_EQ(scalar<int>(conn, "SELECT count(*) FROM t"), 100);
}

TEST(connection, reset_releases_the_write_lock) {
    two_connections opened({.busy_timeout = 0ms});
    auto& conn = opened.first;
    auto& other = opened.second;
    ASSERT_TRUE(succeeded(conn.execute("BEGIN IMMEDIATE")));
    EXPECT_TRUE(failed_with(other.execute("INSERT INTO t VALUES (1)"), error_kind::busy));
    ASSERT_TRUE(succeeded(conn.reset()));
    EXPECT_TRUE(succeeded(other.execute("INSERT INTO t VALUES (1)")));
}

TEST(connection, ping_runs_a_statement) {
    auto conn = open_fresh();
    EXPECT_TRUE(succeeded(conn.ping()));
    EXPECT_TRUE(succeeded(conn.ping(deadline::in(300s))));
    EXPECT_TRUE(failed_with(conn.ping(deadline::in(-1s)), error_kind::timeout));
}

}  // namespace libsql
