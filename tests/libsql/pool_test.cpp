#include "support/hrana_script.hpp"
#include "support/outcome.hpp"
#include "support/replica_test.hpp"
#include "support/scripted_server.hpp"
#include "support/temporary_directory.hpp"

#include <libsql/blob_io.hpp>
#include <libsql/database.hpp>
#include <libsql/pool.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <functional>
#include <latch>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

namespace libsql {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A pool on a file of its own, with a table t(n).
class pool_test : public ::testing::Test {
protected:
    options file() const { return {.database = path().string()}; }

    std::filesystem::path path() const { return directory_.path() / "pool.db"; }

    static pool open(options database, pool_options how = {}) {
        auto opened = pool::open(std::move(database), std::move(how));
        EXPECT_TRUE(opened.has_value()) << opened.error().to_string();
        auto made = *std::move(opened);
        EXPECT_TRUE(made.write(
            [](connection& c) { return c.execute("CREATE TABLE IF NOT EXISTS t (n INTEGER)"); }));
        return made;
    }

    pool open(pool_options how = {}) const { return open(file(), std::move(how)); }

    const testing::temporary_directory directory_;
};

result<execution> insert(connection& c, int n) {
    return c.execute("INSERT INTO t VALUES (?)", n);
}

std::int64_t count(connection& c) {
    return c.fetch_one<std::int64_t>("SELECT count(*) FROM t").value().value();
}

std::int64_t count(pool& p) {
    return p.read([](connection& c) -> result<std::int64_t> { return count(c); }).value();
}

/// Waits until `holds`; false after ten seconds.
bool eventually(const std::function<bool()>& holds) {
    const auto end = deadline::in(300s);
    while (!holds()) {
        if (end.passed()) {
            return false;
        }
        std::this_thread::sleep_for(1ms);
    }
    return true;
}

template <class T>
error_kind kind_of(const result<T>& r) {
    return r ? error_kind::internal : r.error().kind();
}

// --- opening ---

TEST_F(pool_test, refuses_invalid_options) {
    const std::vector<std::pair<std::string, pool_options>> bad{
        {"pool_size", {.pool_size = 0}},
        {"queue_target", {.queue_target = -1ms}},
        {"queue_interval", {.queue_interval = 24h * 400}},
        {"idle_interval", {.idle_interval = 0ms}},
        {"max_lifetime", {.max_lifetime = lifetime_range{.min = 2s, .max = 1s}}},
        {"backoff_min", {.backoff_min = 0ms}},
        {"backoff_min", {.backoff_min = 2s, .backoff_max = 1s}},
        {"close_timeout", {.close_timeout = -1ms}},
    };
    for (const auto& [name, how] : bad) {
        const auto opened = pool::open(file(), how);
        ASSERT_FALSE(opened) << name;
        EXPECT_EQ(opened.error().kind(), error_kind::invalid_argument);
        EXPECT_THAT(opened.error().message(), HasSubstr(name));
    }
    EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(pool_test, refuses_options_that_do_not_suit_a_database_in_memory) {
    EXPECT_EQ(kind_of(pool::open({.database = ":memory:"}, {.readers = 2})),
              error_kind::invalid_argument);
    EXPECT_EQ(
        kind_of(pool::open({.database = ":memory:"}, {.max_lifetime = lifetime_range{1s, 2s}})),
        error_kind::invalid_argument);
}

TEST_F(pool_test, reports_why_it_cannot_open) {
    EXPECT_EQ(kind_of(pool::open({})), error_kind::invalid_argument);
    EXPECT_EQ(kind_of(pool::open({.database = directory_.path().string()})),
              error_kind::cannot_open);
    EXPECT_EQ(kind_of(pool::open({.database = path().string(), .mode = open_mode::read_write})),
              error_kind::cannot_open);
    std::ofstream(path()) << std::string(4096, 'x');
    EXPECT_EQ(kind_of(pool::open(file())), error_kind::not_a_database);
}

TEST_F(pool_test, readers_that_cannot_open_are_reported_at_open) {
    const auto opened = pool::open(
        file(), {.after_connect = [](connection& c) {
            return c.execute("CREATE TABLE IF NOT EXISTS hook (a)").transform([](auto) {});
        }});
    EXPECT_TRUE(opened) << "CREATE IF NOT EXISTS of what exists writes nothing";
    const auto refused =
        pool::open(file(), {.after_connect = [](connection& c) {
                       return c.execute("INSERT INTO hook VALUES (1)").transform([](auto) {});
                   }});
    EXPECT_EQ(kind_of(refused), error_kind::read_only);
}

TEST_F(pool_test, a_throwing_after_connect_makes_the_opening_fail) {
    const auto opened = pool::open(file(), {.after_connect = [](connection&) -> result<void> {
                                       throw std::runtime_error("no");
                                   }});
    ASSERT_EQ(kind_of(opened), error_kind::pool);
    EXPECT_EQ(opened.error().message(), "after_connect threw: no");
}

TEST_F(pool_test, after_connect_runs_on_every_connection) {
    std::atomic<int> runs{0};
    auto p = open({.pool_size = 3, .after_connect = [&](connection&) -> result<void> {
                       ++runs;
                       return {};
                   }});
    EXPECT_EQ(runs, 3);
}

TEST_F(pool_test, a_wal_file_gets_one_writer_and_the_rest_readers) {
    auto p = open();
    EXPECT_EQ(p.metrics().writer.size, 1U);
    EXPECT_EQ(p.metrics().readers.size, 4U);
    auto q = open({.pool_size = 5, .readers = 9});
    EXPECT_EQ(q.metrics().readers.size, 9U);
    const auto mode =
        q.read([](connection& c) { return c.fetch_one<std::string>("PRAGMA journal_mode"); });
    EXPECT_EQ(mode.value(), "wal");
}

TEST_F(pool_test, any_other_database_gets_one_connection) {
    const std::vector<std::pair<options, pool_options>> all{
        {{.database = ":memory:"}, {}},
        {{.database = "file:shared?mode=memory&cache=shared"}, {}},
        {{.database = (directory_.path() / "delete.db").string(),
          .journal_mode = journal_mode::delete_file},
         {}},
        {{.database = (directory_.path() / "exclusive.db").string(),
          .locking_mode = locking_mode::exclusive},
         {}},
        {{.database = (directory_.path() / "one.db").string()}, {.pool_size = 1}},
        {{.database = (directory_.path() / "none.db").string()}, {.readers = 0}},
    };
    for (const auto& [database, how] : all) {
        auto p = open(database, how);
        EXPECT_EQ(p.metrics().writer.size, 1U) << database.database;
        EXPECT_EQ(p.metrics().readers.size, 0U) << database.database;
        ASSERT_TRUE(p.write([](connection& c) { return insert(c, 1); }));
        EXPECT_EQ(count(p), 1) << database.database;
    }
    EXPECT_EQ(kind_of(pool::open({.database = (directory_.path() / "delete.db").string(),
                                  .journal_mode = journal_mode::truncate},
                                 {.readers = 1})),
              error_kind::invalid_argument);
}

TEST_F(pool_test, a_read_only_pool_has_only_readers) {
    EXPECT_TRUE(open().write([](connection& c) { return insert(c, 1); }));
    auto p =
        pool::open({.database = path().string(), .mode = open_mode::read_only}, {.pool_size = 3})
            .value();
    EXPECT_EQ(p.metrics().readers.size, 3U);
    EXPECT_EQ(p.metrics().writer.size, 0U);
    EXPECT_EQ(count(p), 1);
    EXPECT_EQ(kind_of(p.write([](connection& c) { return insert(c, 1); })), error_kind::read_only);
}

TEST_F(pool_test, opens_an_encrypted_file) {
    const options database{.database = path().string(), .encryption_key = "secret"};
    {
        auto p = open(database);
        ASSERT_TRUE(p.write([](connection& c) { return insert(c, 1); }));
        EXPECT_EQ(count(p), 1);
    }
    EXPECT_EQ(kind_of(pool::open({.database = path().string(), .encryption_key = "wrong"})),
              error_kind::wrong_key);
    auto p = open(database);
    EXPECT_EQ(count(p), 1);
}

TEST_F(pool_test, opens_a_uri_that_allows_writing) {
    auto p = open({.database = "file:" + path().string() + "?cache=private&mode=rwc"});
    ASSERT_TRUE(p.write([](connection& c) { return insert(c, 1); }));
    EXPECT_EQ(count(p), 1);
    EXPECT_EQ(kind_of(p.read([](connection& c) { return insert(c, 1); })), error_kind::read_only);
}

// --- readers and the writer ---

TEST_F(pool_test, readers_cannot_write) {
    auto p = open();
    for (const std::string sql :
         {"INSERT INTO t VALUES (1)", "CREATE TABLE u (a)", "PRAGMA user_version = 3", "VACUUM"}) {
        const auto done = p.read([&](connection& c) { return c.execute(sql); });
        EXPECT_EQ(kind_of(done), error_kind::read_only) << sql;
    }
    const auto undone = p.read([](connection& c) -> result<execution> {
        static_cast<void>(c.execute("PRAGMA query_only = OFF"));
        return insert(c, 1);
    });
    EXPECT_EQ(kind_of(undone), error_kind::read_only);
}

TEST_F(pool_test, a_single_connection_checked_out_for_reading_cannot_write) {
    auto p = open({.database = ":memory:"});
    const auto refused = p.read([](connection& c) { return insert(c, 1); });
    EXPECT_EQ(kind_of(refused), error_kind::read_only);
    const auto after_transaction = p.read([](connection& c) -> result<execution> {
        auto tx = c.begin(transaction_mode::read_only);
        if (!tx) {
            return tx.error();
        }
        static_cast<void>(tx->commit());
        return insert(c, 1);
    });
    EXPECT_EQ(kind_of(after_transaction), error_kind::read_only);
    EXPECT_TRUE(p.write([](connection& c) { return insert(c, 1); }));
    EXPECT_EQ(count(p), 1);
}

TEST_F(pool_test, readers_see_a_write_as_soon_as_it_has_returned) {
    auto p = open();
    std::atomic<bool> failed{false};
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread) {
        threads.emplace_back([&, thread] {
            for (int i = 0; i < 100 && !failed; ++i) {
                const auto rowid = p.write([&](connection& c) { return insert(c, thread); })
                                       .value()
                                       .last_insert_rowid;
                const auto seen = p.read([&](connection& c) {
                    return c.fetch_one<int>("SELECT n FROM t WHERE rowid = ?", rowid);
                });
                failed = failed || seen.value() != thread;
            }
        });
    }
    for (auto& t : threads) {
        t.join();
    }
    EXPECT_FALSE(failed);
    EXPECT_EQ(count(p), 400);
}

TEST_F(pool_test, eight_readers_beside_a_writer_meet_no_busy_error) {
    auto p = open({.pool_size = 9});
    const auto end = deadline::in(1500ms);
    std::atomic<int> failures{0};
    std::atomic<int> reads{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
            while (!end.passed()) {
                // Two inserts are one transaction: no reader may see an odd number.
                const auto n = p.read([](connection& c) {
                    return c.fetch_one<std::int64_t>("SELECT count(*) FROM t");
                });
                failures += n && n->value() % 2 == 0 ? 0 : 1;
                ++reads;
            }
        });
    }
    int writes = 0;
    while (!end.passed()) {
        const auto done = p.write([&](connection& c) {
            return c.transact([&](transaction& tx) {
                return tx.execute("INSERT INTO t VALUES (1)").and_then([&](auto) {
                    return tx.execute("INSERT INTO t VALUES (2)");
                });
            });
        });
        failures += done ? 0 : 1;
        ++writes;
    }
    for (auto& t : threads) {
        t.join();
    }
    EXPECT_EQ(failures, 0);
    EXPECT_EQ(count(p), 2 * writes);
    EXPECT_GT(writes, 10);
    EXPECT_GT(reads, 100);
}

TEST_F(pool_test, writers_queue_instead_of_being_busy) {
    options impatient = file();
    impatient.busy_timeout = 0ms;
    auto p = open(impatient, {.queue_interval = 0ms});
    std::atomic<int> failures{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
            for (int n = 0; n < 50; ++n) {
                failures += p.write([&](connection& c) { return insert(c, n); }) ? 0 : 1;
            }
        });
    }
    for (auto& t : threads) {
        t.join();
    }
    EXPECT_EQ(failures, 0);
    EXPECT_EQ(count(p), 400);
}

TEST_F(pool_test, only_a_connection_outside_the_pool_makes_a_writer_busy) {
    options impatient = file();
    impatient.busy_timeout = 20ms;
    auto p = open(impatient);
    auto outside = database::open(file()).value().connect().value();
    auto tx = outside.begin(transaction_mode::immediate).value();
    EXPECT_EQ(kind_of(p.write([](connection& c) { return insert(c, 1); })), error_kind::busy);
    ASSERT_TRUE(tx.rollback());
    EXPECT_TRUE(p.write([](connection& c) { return insert(c, 1); }));
}

TEST_F(pool_test, many_threads_make_thousands_of_checkouts) {
    auto p = open({.pool_size = 4,
                   .queue_interval = 0ms,
                   .idle_interval = 1ms,
                   .max_lifetime = lifetime_range{.min = 5ms, .max = 20ms}});
    constexpr int threads = 8;
    constexpr int rounds = 250;
    std::atomic<int> failures{0};
    std::vector<std::thread> all;
    for (int thread = 0; thread < threads; ++thread) {
        all.emplace_back([&, thread] {
            for (int i = 0; i < rounds; ++i) {
                if (thread % 4 == 0 && i % 4 == 0) {
                    failures += p.write([&](connection& c) { return insert(c, i); }) ? 0 : 1;
                } else {
                    failures += p.read([](connection& c) {
                        return c.fetch_one<int>("SELECT count(*) FROM t");
                    })
                                    ? 0
                                    : 1;
                }
            }
        });
    }
    for (auto& t : all) {
        t.join();
    }
    const auto metrics = p.metrics();
    EXPECT_EQ(failures, 0);
    EXPECT_EQ(metrics.readers.checkouts + metrics.writer.checkouts,
              std::uint64_t{threads} * rounds + 1);
    EXPECT_EQ(metrics.readers.in_use + metrics.writer.in_use, 0U);
    EXPECT_EQ(metrics.readers.waiting + metrics.writer.waiting, 0U);
}

// --- the queue ---

TEST_F(pool_test, the_queue_is_first_in_first_out) {
    auto p = open({.queue_interval = 0ms});
    auto held = p.checkout_writer().value();
    std::vector<int> order;
    std::vector<std::thread> threads;
    for (int i = 0; i < 6; ++i) {
        threads.emplace_back([&, i] {
            const auto taken = p.checkout_writer();
            order.push_back(i);  // only the holder of the writer gets here
        });
        ASSERT_TRUE(eventually(
            [&] { return p.metrics().writer.waiting == static_cast<std::size_t>(i) + 1; }));
    }
    held.release();
    for (auto& t : threads) {
        t.join();
    }
    EXPECT_THAT(order, ElementsAre(0, 1, 2, 3, 4, 5));
}

/// Whoever runs may take again what it gave back after a short use; but not for ever.
TEST_F(pool_test, a_thread_that_always_comes_back_does_not_starve_others) {
    auto p = open({.queue_interval = 0ms});
    std::atomic<bool> stop{false};
    std::atomic<int> served{0};
    std::vector<std::thread> greedy;
    for (int i = 0; i < 2; ++i) {
        greedy.emplace_back([&] {
            while (!stop) {
                served += p.write([](connection& c) { return c.execute("SELECT 1"); }) ? 1 : 0;
            }
        });
    }
    EXPECT_TRUE(eventually([&] { return served > 100; }));
    for (int i = 0; i < 20; ++i) {
        EXPECT_TRUE(p.checkout_writer(deadline::in(300s)));
    }
    stop = true;
    for (auto& t : greedy) {
        t.join();
    }
    EXPECT_EQ(p.metrics().writer.timeouts, 0U);
}

/// Handing each short use to a thread that sleeps would cost a switch of threads each time.
TEST_F(pool_test, short_uses_do_not_switch_threads_every_time) {
    auto p = open({.queue_interval = 0ms});
    constexpr int threads = 4;
    constexpr int uses = 2000;
    rusage before{};
    rusage after{};
    ::getrusage(RUSAGE_SELF, &before);
    std::vector<std::thread> all;
    for (int i = 0; i < threads; ++i) {
        all.emplace_back([&] {
            for (int n = 0; n < uses; ++n) {
                EXPECT_TRUE(p.write([](connection& c) { return c.execute("SELECT 1"); }));
            }
        });
    }
    for (auto& t : all) {
        t.join();
    }
    ::getrusage(RUSAGE_SELF, &after);
    EXPECT_LT(after.ru_nvcsw - before.ru_nvcsw, threads * uses / 4);
}

TEST_F(pool_test, a_late_request_does_not_overtake_the_queue) {
    auto p = open({.queue_interval = 0ms});
    auto held = p.checkout_writer().value();
    std::atomic<bool> first_served{false};
    std::thread first([&] { first_served = p.checkout_writer().has_value(); });
    ASSERT_TRUE(eventually([&] { return p.metrics().writer.waiting == 1; }));
    held.release();
    EXPECT_TRUE(p.checkout_writer());
    first.join();
    EXPECT_TRUE(first_served);
}

TEST_F(pool_test, a_deadline_ends_the_wait) {
    auto p = open({.pool_size = 2});
    auto writer = p.checkout_writer().value();
    auto reader = p.checkout_reader().value();
    for (const bool writes : {true, false}) {
        const auto refused =
            writes ? p.checkout_writer(deadline::in(30ms)) : p.checkout_reader(deadline::in(30ms));
        ASSERT_EQ(kind_of(refused), error_kind::pool);
        EXPECT_THAT(refused.error().message(),
                    HasSubstr("connection not available: the deadline passed in the queue after "));
    }
    EXPECT_EQ(kind_of(p.write(deadline::in(1ms), [](connection& c) { return insert(c, 1); })),
              error_kind::pool);
    EXPECT_EQ(p.metrics().writer.timeouts, 2U);
    EXPECT_EQ(p.metrics().readers.timeouts, 1U);
    EXPECT_EQ(p.metrics().writer.waiting, 0U);
    writer.release();
    EXPECT_TRUE(p.checkout_writer(deadline(deadline::clock::now() - 1s)))
        << "a free one is given past the deadline";
}

TEST_F(pool_test, the_next_request_is_served_after_the_first_gave_up) {
    auto p = open({.queue_interval = 0ms});
    auto held = p.checkout_writer().value();
    std::thread impatient([&] { EXPECT_FALSE(p.checkout_writer(deadline::in(20ms))); });
    ASSERT_TRUE(eventually([&] { return p.metrics().writer.waiting == 1; }));
    std::thread patient([&] { EXPECT_TRUE(p.checkout_writer()); });
    impatient.join();
    ASSERT_TRUE(eventually([&] { return p.metrics().writer.waiting == 1; }));
    held.release();
    patient.join();
}

TEST_F(pool_test, a_stalled_queue_is_dropped) {
    auto p = open({.queue_target = 5ms, .queue_interval = 30ms});
    auto held = p.checkout_writer().value();
    const auto refused = p.checkout_writer();
    ASSERT_EQ(kind_of(refused), error_kind::pool);
    EXPECT_THAT(refused.error().message(),
                ::testing::MatchesRegex(
                    "connection not available and request was dropped from queue after [0-9]+ ms"));
    EXPECT_EQ(p.metrics().writer.dropped, 1U);
}

TEST_F(pool_test, a_slow_queue_drops_requests_that_waited_too_long) {
    auto p = open({.queue_target = 5ms, .queue_interval = 50ms});
    std::atomic<int> served{0};
    std::atomic<int> dropped{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 40; ++i) {
        threads.emplace_back([&] {
            const auto done = p.write([](connection& c) {
                std::this_thread::sleep_for(10ms);
                return insert(c, 1);
            });
            served += done ? 1 : 0;
            dropped += !done && done.error().kind() == error_kind::pool ? 1 : 0;
        });
    }
    for (auto& t : threads) {
        t.join();
    }
    EXPECT_EQ(served + dropped, 40);
    EXPECT_GT(served, 0);
    EXPECT_GT(dropped, 0);
    EXPECT_EQ(p.metrics().writer.dropped, static_cast<std::uint64_t>(dropped));
    EXPECT_EQ(count(p), served);
    EXPECT_TRUE(p.write([](connection& c) { return insert(c, 1); })) << "it recovers";
}

// --- giving back ---

TEST_F(pool_test, returning_a_connection_rolls_back) {
    auto p = open();
    {
        auto taken = p.checkout_writer().value();
        auto tx = taken->begin().value();
        ASSERT_TRUE(tx.execute("INSERT INTO t VALUES (1)"));
        taken.release();
        EXPECT_EQ(kind_of(tx.execute("INSERT INTO t VALUES (2)")), error_kind::transaction);
        EXPECT_NE(tx.status(), transaction_status::active);
    }
    ASSERT_TRUE(p.write([](connection& c) { return c.execute("BEGIN"); }));
    ASSERT_TRUE(p.write([](connection& c) {
        EXPECT_TRUE(c.is_autocommit());
        return insert(c, 3);
    }));
    EXPECT_EQ(count(p), 1);
    EXPECT_EQ(p.metrics().writer.reconnects, 0U);
}

TEST_F(pool_test, returning_a_connection_ends_rows_and_statements) {
    auto p = open();
    ASSERT_TRUE(
        p.write([](connection& c) { return c.execute("INSERT INTO t VALUES (1), (2), (3)"); }));
    auto taken = p.checkout_reader().value();
    auto rows = taken->query("SELECT n FROM t").value();
    ASSERT_TRUE(rows.next().value());
    auto statement = taken->prepare("SELECT n FROM t").value();
    auto statement_rows = statement.query().value();
    ASSERT_TRUE(statement_rows.next().value());
    taken.release();
    EXPECT_EQ(kind_of(rows.next()), error_kind::closed);
    EXPECT_EQ(rows.current().size(), 0U);
    EXPECT_EQ(kind_of(statement_rows.next()), error_kind::closed);
    const auto after = statement.query();
    ASSERT_EQ(kind_of(after), error_kind::closed);
    EXPECT_EQ(after.error().message(),
              "the connection went back to its pool, which ended this statement");
    EXPECT_EQ(kind_of(taken->execute("SELECT 1")), error_kind::closed);
    taken.release();
    EXPECT_EQ(p.metrics().readers.ready, 4U);
    // No reader is left that would keep the WAL from being checkpointed.
    const auto checkpoint = p.write([](connection& c) {
        return c.fetch_one<std::tuple<int, int, int>>("PRAGMA wal_checkpoint(TRUNCATE)");
    });
    EXPECT_EQ(std::get<0>(checkpoint.value().value()), 0) << "busy";
}

TEST_F(pool_test, returning_a_connection_ends_blobs) {
    auto p = open();
    auto taken = p.checkout_writer().value();
    taken->execute("INSERT INTO t(rowid, n) VALUES (1, zeroblob(3))").value();
    auto blob =
        blob_io::open(*taken, {.table = "t", .column = "n", .rowid = 1}, blob_access::read_write)
            .value();
    taken.release();
    std::array<std::byte, 3> bytes{};
    EXPECT_EQ(kind_of(blob.read(bytes, 0)), error_kind::closed);
    EXPECT_EQ(kind_of(blob.write(bytes, 0)), error_kind::closed);
    EXPECT_TRUE(p.write([](connection& c) { return insert(c, 1); }));
}

TEST_F(pool_test, assignment_closes_the_previous_pool) {
    auto first = open();
    auto taken = first.checkout_writer().value();
    taken.release();
    first = open({.pool_size = 2});
    EXPECT_EQ(first.metrics().readers.ready, 1U);
    EXPECT_TRUE(first.write([](connection& c) { return insert(c, 1); }));
    auto& same = first;
    first = std::move(same);
    EXPECT_EQ(count(first), 1);
}

TEST_F(pool_test, rows_returned_from_a_callable_report_that_they_ended) {
    auto p = open();
    ASSERT_TRUE(p.write([](connection& c) { return insert(c, 1); }));
    auto rows = p.read([](connection& c) { return c.query("SELECT n FROM t"); }).value();
    EXPECT_EQ(kind_of(rows.next()), error_kind::closed);
}

TEST_F(pool_test, returning_a_connection_keeps_the_statement_cache) {
    auto p = open({.pool_size = 2});
    const auto compiled = [&] {
        return p
            .read([](connection& c) {
                return c.fetch_one<int>(
                    "SELECT count(*) FROM sqlite_stmt WHERE sql = 'SELECT count(*) FROM t'");
            })
            .value();
    };
    EXPECT_EQ(compiled(), 0);
    count(p);
    EXPECT_EQ(compiled(), 1);
    {
        auto taken = p.checkout_reader().value();
        auto open_rows = taken->query("SELECT n FROM t").value();
        taken.release();
    }
    EXPECT_EQ(compiled(), 1);
}

TEST_F(pool_test, returning_a_connection_forgets_the_last_rowid) {
    auto p = open();
    ASSERT_TRUE(p.write([](connection& c) { return insert(c, 1); }));
    EXPECT_EQ(p.write([](connection& c) -> result<std::int64_t> {
                   return c.last_insert_rowid();
               }).value(),
              0);
}

TEST_F(pool_test, handles_that_outlive_the_checkout_can_be_dropped_on_another_thread) {
    auto p = open({.pool_size = 2});
    ASSERT_TRUE(p.write([](connection& c) { return insert(c, 1); }));
    for (int i = 0; i < 100; ++i) {
        auto taken = p.checkout_reader().value();
        auto rows = taken->query("SELECT n FROM t").value();
        auto statement = taken->prepare("SELECT n FROM t").value();
        taken.release();
        std::thread other([&] { EXPECT_EQ(count(p), 1); });
        rows.close();
        statement.close();
        other.join();
    }
}

TEST_F(pool_test, an_exception_propagates_and_the_connection_is_returned) {
    auto p = open();
    EXPECT_THROW(static_cast<void>(p.write([](connection& c) -> result<execution> {
                     static_cast<void>(c.execute("BEGIN"));
                     static_cast<void>(insert(c, 1));
                     throw std::runtime_error("no");
                 })),
                 std::runtime_error);
    EXPECT_EQ(p.metrics().writer.in_use, 0U);
    EXPECT_EQ(count(p), 0);
    EXPECT_TRUE(p.write([](connection& c) { return insert(c, 1); }));
}

TEST_F(pool_test, a_failed_statement_does_not_replace_the_connection) {
    auto p = open();
    EXPECT_EQ(kind_of(p.write([](connection& c) { return c.execute("SELEC"); })), error_kind::sql);
    EXPECT_EQ(p.metrics().writer.ready, 1U);
    EXPECT_EQ(p.metrics().writer.reconnects, 0U);
}

TEST_F(pool_test, a_handle_can_be_moved_and_used_on_another_thread) {
    auto p = open();
    auto taken = p.checkout_writer().value();
    std::thread other([moved = std::move(taken)]() mutable { EXPECT_TRUE(insert(*moved, 1)); });
    other.join();
    EXPECT_EQ(kind_of(taken->execute("SELECT 1")), error_kind::closed);
    EXPECT_EQ(p.metrics().writer.ready, 1U);
    auto a = p.checkout_reader().value();
    a = p.checkout_reader().value();
    EXPECT_EQ(p.metrics().readers.in_use, 1U);
}

// --- nesting ---

TEST_F(pool_test, a_nested_checkout_that_could_never_succeed_is_misuse) {
    auto p = open({.pool_size = 3, .queue_interval = 0ms});
    const auto nested_write =
        p.write([&](connection&) { return p.write([](connection& c) { return insert(c, 1); }); });
    EXPECT_EQ(kind_of(nested_write), error_kind::misuse);
    const auto nested_handle = p.write([&](connection&) { return p.checkout_writer(); });
    EXPECT_EQ(kind_of(nested_handle), error_kind::misuse);
    const auto third_reader = p.read([&](connection&) {
        return p.read([&](connection&) {
            return p.read([](connection& c) { return c.execute("SELECT 1"); });
        });
    });
    EXPECT_EQ(kind_of(third_reader), error_kind::misuse);
    auto one = open({.database = ":memory:"});
    const auto write_in_read = one.read(
        [&](connection&) { return one.write([](connection& c) { return insert(c, 1); }); });
    EXPECT_EQ(kind_of(write_in_read), error_kind::misuse);
    EXPECT_TRUE(one.write([](connection& c) { return insert(c, 1); }));
}

TEST_F(pool_test, nested_checkouts_that_can_succeed_succeed) {
    auto p = open({.pool_size = 3});
    auto q = open({.database = ":memory:"});
    const auto done = p.write([&](connection& writer) {
        return p.read([&](connection&) {
            return p.read([&](connection&) {
                return q.write([&](connection& other) {
                    return insert(other, 1).and_then([&](auto) { return insert(writer, 1); });
                });
            });
        });
    });
    EXPECT_TRUE(done);
    EXPECT_EQ(count(p), 1);
    EXPECT_EQ(count(q), 1);
}

// --- losing connections ---

TEST_F(pool_test, a_connection_that_was_closed_is_replaced) {
    for (const bool background : {true, false}) {
        auto p = open({.pool_size = 2, .background = background});
        ASSERT_TRUE(p.read([](connection& c) -> result<void> { return c.close(); }));
        ASSERT_TRUE(p.read([](connection& c) -> result<void> {
            const connection stolen(std::move(c));
            return {};
        }));
        ASSERT_TRUE(p.write([&](connection& c) -> result<void> {
            c = database::open({.database = ":memory:"}).value().connect().value();
            return {};
        }));
        EXPECT_EQ(count(p), 0) << "the pool's database, not the one that was given back";
        EXPECT_TRUE(p.write([](connection& c) { return c.execute("DELETE FROM t"); }));
        EXPECT_EQ(p.metrics().readers.reconnects, 2U);
        EXPECT_EQ(p.metrics().writer.reconnects, 1U);
    }
}

TEST_F(pool_test, a_waiting_request_gets_the_replacement_at_once) {
    auto p = open({.queue_interval = 0ms, .background = false, .backoff_min = 10s});
    auto held = p.checkout_writer().value();
    std::thread other([&] { EXPECT_TRUE(p.write([](connection& c) { return insert(c, 1); })); });
    ASSERT_TRUE(eventually([&] { return p.metrics().writer.waiting == 1; }));
    ASSERT_TRUE(held->close());
    held.release();
    other.join();
    EXPECT_EQ(p.metrics().writer.reconnects, 1U);
}

TEST_F(pool_test, reconnecting_is_retried_until_it_works) {
    ASSERT_TRUE(open().close());
    options existing = file();
    existing.mode = open_mode::read_write;  // else a try could make a new file
    for (const bool background : {true, false}) {
        auto p = open(existing, {.pool_size = 1,
                                 .queue_interval = 0ms,
                                 .background = background,
                                 .backoff_min = 5ms,
                                 .backoff_max = 20ms});
        ASSERT_TRUE(p.write([](connection& c) { return c.close(); }));
        if (background) {
            ASSERT_TRUE(eventually([&] { return p.metrics().writer.reconnects == 1; }));
            ASSERT_TRUE(p.write(
                [](connection& c) { return c.execute("PRAGMA wal_checkpoint(TRUNCATE)"); }));
        }
        const auto away = path().string() + ".away";
        std::filesystem::rename(path(), away);
        std::filesystem::create_directory(path());
        ASSERT_TRUE(!background || p.write([](connection& c) { return c.close(); }));
        const auto refused = p.checkout_writer(deadline::in(100ms));
        ASSERT_EQ(kind_of(refused), error_kind::pool);
        EXPECT_THAT(refused.error().message(), HasSubstr("the last attempt to reconnect failed: "));
        EXPECT_THAT(refused.error().message(), HasSubstr("is a directory"));

        std::thread waits(
            [&] { EXPECT_TRUE(p.write([](connection& c) { return insert(c, 1); })); });
        std::this_thread::sleep_for(50ms);
        std::filesystem::remove(path());
        std::filesystem::rename(away, path());
        waits.join();
        EXPECT_EQ(p.metrics().writer.ready, 1U);
    }
}

TEST_F(pool_test, a_corrupt_page_replaces_the_connection_but_not_the_pool) {
    {
        auto p = open();
        ASSERT_TRUE(p.write([](connection& c) {
            return c.execute("INSERT INTO t SELECT value FROM generate_series(1, 5000)");
        }));
    }
    std::fstream(path(), std::ios::in | std::ios::out | std::ios::binary).seekp(4096)
        << std::string(4096 * 4, '\x7f');
    auto opened = pool::open(file(), {.pool_size = 2, .background = false}).value();
    const auto broken =
        opened.read([](connection& c) { return c.fetch_one<int>("SELECT sum(n) FROM t"); });
    EXPECT_EQ(kind_of(broken), error_kind::corrupt);
    EXPECT_EQ(opened.metrics().readers.down, 1U);
    EXPECT_TRUE(opened.read([](connection& c) { return c.fetch_one<int>("SELECT 1"); }));
    EXPECT_EQ(opened.metrics().readers.reconnects, 1U);
}

TEST_F(pool_test, a_lost_database_in_memory_is_not_replaced_by_an_empty_one) {
    auto p = open({.database = ":memory:"});
    ASSERT_TRUE(p.write([](connection& c) { return c.close(); }));
    for (int i = 0; i < 3; ++i) {
        const auto refused = p.checkout_writer();
        ASSERT_EQ(kind_of(refused), error_kind::closed);
        EXPECT_THAT(refused.error().message(), HasSubstr("content is lost"));
    }
    EXPECT_EQ(p.metrics().writer.down, 1U);
}

TEST_F(pool_test, rows_dropped_late_do_not_reach_the_next_user) {
    auto p = open({.pool_size = 2});
    ASSERT_TRUE(p.write([](connection& c) { return insert(c, 1); }));
    ASSERT_TRUE(p.write([](connection& c) { return insert(c, 2); }));
    constexpr const char* sql = "UPDATE t SET n = n WHERE n < ?1 RETURNING n";
    std::optional<rows> late;
    {
        auto first = p.checkout_writer().value();
        late = first->query(sql, 10).value();
        ASSERT_TRUE(late->next().value());
    }
    late.reset();
    {
        auto second = p.checkout_writer().value();
        const auto held = second->prepare("SELECT 1").value();
        second.release();
    }
    auto third = p.checkout_writer().value();
    EXPECT_TRUE(third->fetch<int>(sql, 0).value().empty());
}

TEST_F(pool_test, connections_are_replaced_after_their_lifetime) {
    auto p = open({.pool_size = 2,
                   .background = false,
                   .max_lifetime = lifetime_range{.min = 20ms, .max = 30ms}});
    EXPECT_EQ(p.metrics().readers.reconnects, 0U);
    std::this_thread::sleep_for(40ms);
    count(p);  // at the end of its life when it is given back
    EXPECT_EQ(p.metrics().readers.down, 1U);
    count(p);
    EXPECT_EQ(p.metrics().readers.reconnects, 1U);
    EXPECT_EQ(count(p), 0);
}

TEST_F(pool_test, the_background_thread_replaces_old_connections_and_pings_idle_ones) {
    auto p = open({.pool_size = 2,
                   .idle_interval = 10ms,
                   .max_lifetime = lifetime_range{.min = 50ms, .max = 60ms}});
    EXPECT_TRUE(eventually(
        [&] { return p.metrics().readers.reconnects >= 2 && p.metrics().writer.reconnects >= 2; }));

    auto q = open({.pool_size = 2, .idle_interval = 10ms});
    auto r = open({.pool_size = 2, .background = false});
    std::this_thread::sleep_for(500ms);
    EXPECT_TRUE(eventually([&] { return q.checkout_reader().value().idle_time() < 400ms; }))
        << "a ping counts as use";
    EXPECT_GE(r.checkout_reader().value().idle_time(), 500ms);
    EXPECT_EQ(q.metrics().readers.reconnects, 0U);
}

// --- metrics ---

TEST_F(pool_test, metrics_count_checkouts_and_waits) {
    auto p = open({.pool_size = 3});
    auto reader = p.checkout_reader().value();
    auto writer = p.checkout_writer().value();
    EXPECT_LT(reader.queue_time(), 1s);
    const auto now = p.metrics();
    EXPECT_EQ(now.readers.size, 2U);
    EXPECT_EQ(now.readers.ready, 1U);
    EXPECT_EQ(now.readers.in_use, 1U);
    EXPECT_EQ(now.readers.checkouts, 1U);
    EXPECT_EQ(now.writer.checkouts, 2U);
    std::chrono::nanoseconds waited{};
    std::thread waits([&] { waited = p.checkout_writer().value().queue_time(); });
    ASSERT_TRUE(eventually([&] { return p.metrics().writer.waiting == 1; }));
    std::this_thread::sleep_for(20ms);
    writer.release();
    waits.join();
    EXPECT_GE(waited, 20ms);
    const auto after = p.metrics().writer;
    EXPECT_EQ(after.checkouts, 3U);
    EXPECT_GE(after.queue_time_max, 20ms);
    EXPECT_GE(after.queue_time_total, after.queue_time_max);
    EXPECT_GE(after.use_time_max, 20ms);
    EXPECT_GE(after.use_time_total, after.use_time_max);
}

// --- closing ---

TEST_F(pool_test, a_closed_pool_refuses_checkouts) {
    auto p = open();
    EXPECT_TRUE(p.is_open());
    ASSERT_TRUE(p.close());
    EXPECT_FALSE(p.is_open());
    EXPECT_EQ(kind_of(p.close()), error_kind::pool);
    EXPECT_EQ(kind_of(p.checkout_reader()), error_kind::pool);
    EXPECT_EQ(kind_of(p.checkout_writer()), error_kind::pool);
    const auto refused = p.read([](connection& c) { return c.execute("SELECT 1"); });
    ASSERT_EQ(kind_of(refused), error_kind::pool);
    EXPECT_EQ(refused.error().message(), "the pool is closed");
    auto moved_from = open();
    const auto to = std::move(moved_from);
    EXPECT_EQ(kind_of(moved_from.checkout_reader()), error_kind::pool);
    EXPECT_EQ(kind_of(moved_from.close()), error_kind::pool);
    EXPECT_EQ(moved_from.metrics().readers.size, 0U);
}

TEST_F(pool_test, closing_checkpoints_and_removes_the_log) {
    auto p = open();
    ASSERT_TRUE(p.write([](connection& c) { return insert(c, 1); }));
    EXPECT_TRUE(std::filesystem::exists(path().string() + "-wal"));
    ASSERT_TRUE(p.close());
    EXPECT_FALSE(std::filesystem::exists(path().string() + "-wal"));
    auto again = open();
    EXPECT_EQ(count(again), 1);
}

TEST_F(pool_test, closing_waits_for_connections_in_use) {
    auto p = open();
    auto taken = p.checkout_writer().value();
    std::atomic<bool> closed{false};
    std::thread closes([&] {
        EXPECT_TRUE(p.close());
        closed = true;
    });
    ASSERT_TRUE(eventually([&] { return !p.is_open(); }));
    std::this_thread::sleep_for(20ms);
    EXPECT_FALSE(closed);
    EXPECT_TRUE(insert(*taken, 1)) << "what is out still works";
    taken.release();
    closes.join();
}

TEST_F(pool_test, closing_refuses_waiting_requests) {
    auto p = open();
    auto taken = p.checkout_writer().value();
    std::thread waits([&] {
        const auto refused = p.checkout_writer();
        ASSERT_EQ(kind_of(refused), error_kind::pool);
        EXPECT_EQ(refused.error().message(), "the pool is closed");
    });
    ASSERT_TRUE(eventually([&] { return p.metrics().writer.waiting == 1; }));
    std::thread closes([&] { EXPECT_TRUE(p.close()); });
    waits.join();
    taken.release();
    closes.join();
}

constexpr std::string_view endless =
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c";

TEST_F(pool_test, closing_interrupts_when_its_deadline_passes) {
    auto p = open();
    std::latch running(2);
    std::thread reads([&] {
        const auto done = p.read([&](connection& c) -> result<execution> {
            running.count_down();
            auto first = c.execute(endless);
            EXPECT_EQ(kind_of(first), error_kind::interrupted);
            return c.execute("SELECT 1");
        });
        EXPECT_EQ(kind_of(done), error_kind::closed) << "no further statement starts";
    });
    std::thread steps([&] {
        const auto done = p.read([&](connection& c) -> result<void> {
            auto all = c.query("SELECT value FROM generate_series(1, 1000000000)").value();
            running.count_down();
            for (;;) {
                if (auto more = all.next(); !more) {
                    return more.error();
                }
            }
        });
        EXPECT_EQ(kind_of(done), error_kind::interrupted);
    });
    running.wait();
    EXPECT_TRUE(p.close(deadline::in(50ms)));
    reads.join();
    steps.join();
    EXPECT_FALSE(std::filesystem::exists(path().string() + "-wal"));
}

TEST_F(pool_test, a_connection_that_is_not_returned_stays_valid_and_is_closed_at_the_end) {
    std::optional<pooled_connection> kept;
    {
        auto p = open({.close_timeout = 1ms});
        kept.emplace(p.checkout_writer().value());
        ASSERT_TRUE(insert(**kept, 1));
        const auto closed = p.close(deadline::in(1ms));
        ASSERT_EQ(kind_of(closed), error_kind::pool);
        EXPECT_THAT(closed.error().message(), HasSubstr("1 connections are still in use"));
    }
    EXPECT_EQ(kind_of(insert(**kept, 2)), error_kind::closed);
    EXPECT_TRUE(std::filesystem::exists(path().string() + "-wal"));
    kept.reset();
    EXPECT_FALSE(std::filesystem::exists(path().string() + "-wal"));
}

TEST_F(pool_test, the_destructor_waits_and_interrupts) {
    std::thread reads;
    {
        auto p = open({.close_timeout = 20ms});
        std::latch running(1);
        reads = std::thread([taken = p.checkout_reader().value(), &running]() mutable {
            running.count_down();
            EXPECT_EQ(kind_of(taken->execute(endless)), error_kind::interrupted);
        });
        running.wait();
        std::this_thread::sleep_for(20ms);
    }
    reads.join();
}

TEST_F(pool_test, cannot_be_closed_inside_a_callable) {
    auto p = open();
    EXPECT_EQ(kind_of(p.read([&](connection&) { return p.close(); })), error_kind::misuse);
    EXPECT_TRUE(p.is_open());
    EXPECT_TRUE(p.close());
}

TEST_F(pool_test, can_be_closed_while_many_threads_use_it) {
    for (int round = 0; round < 10; ++round) {
        auto p = open({.pool_size = 3, .idle_interval = 1ms});
        std::vector<std::thread> threads;
        std::atomic<int> unexpected{0};
        for (int i = 0; i < 6; ++i) {
            threads.emplace_back([&, i] {
                for (;;) {
                    const auto done = i % 2 == 0
                                          ? p.read([](connection& c) {
                                                return c.execute("SELECT count(*) FROM t");
                                            })
                                          : p.write([](connection& c) { return insert(c, 1); });
                    if (!done) {
                        unexpected += done.error().kind() == error_kind::pool ? 0 : 1;
                        return;
                    }
                }
            });
        }
        std::this_thread::sleep_for(5ms);
        EXPECT_TRUE(p.close());
        for (auto& t : threads) {
            t.join();
        }
        EXPECT_EQ(unexpected, 0);
    }
}

// --- where a server is ---

/// A pool on a server, or on a replica of what is there.
class pool_of_server_test : public testing::replica_test {
protected:
    pool_of_server_test() : replica_test({.authentication = true}) {}

    /// Whoever opens a database asks for its token once.
    options how(bool as_replica) {
        options o;
        o.database = as_replica ? path : std::string();
        o.uri = server.url();
        o.auth_token = [this]() -> std::string {
            ++asked_;
            return server.token();
        };
        return o;
    }

    std::atomic<int> asked_{0};
};

TEST_F(pool_of_server_test, its_connections_share_one_database) {
    for (const bool as_replica : {false, true}) {
        asked_ = 0;
        auto p = pool::open(how(as_replica), {.pool_size = 4}).value();
        ASSERT_TRUE(p.write([](connection& c) {
            return c.run_script("DROP TABLE IF EXISTS t; CREATE TABLE t(n INTEGER)");
        }));
        std::atomic<int> missing{0};
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] {
                for (int n = 0; n < 10; ++n) {
                    const auto mine = p.write([&](connection& c) { return insert(c, n); }).value();
                    // Another connection reads what was written.
                    missing += count(p) < mine.last_insert_rowid ? 1 : 0;
                }
            });
        }
        for (auto& t : threads) {
            t.join();
        }
        EXPECT_EQ(missing, 0);
        EXPECT_EQ(count(p), 40);
        EXPECT_EQ(asked_, 1);
        EXPECT_EQ(kind_of(p.read([](connection& c) { return insert(c, 1); })),
                  error_kind::read_only);
        EXPECT_EQ(kind_of(p.read([](connection& c) {
                      return c.transact(
                          [](transaction& tx) { return tx.execute("INSERT INTO t VALUES (1)"); });
                  })),
                  error_kind::read_only);
        EXPECT_EQ(count(p), 40);
        ASSERT_TRUE(p.close());
    }
}

TEST(pool_of_server, sends_nothing_to_a_server_while_idle) {
    const testing::scripted_server scripted(testing::hrana_server_says);
    auto p = pool::open({.uri = scripted.url(), .wire_format = wire_format::json},
                        {.pool_size = 3, .idle_interval = 1ms})
                 .value();
    ASSERT_TRUE(p.read([](connection& c) { return c.execute("SELECT 42"); }));
    const auto asked = scripted.requests().size();
    std::this_thread::sleep_for(30ms);
    EXPECT_EQ(scripted.requests().size(), asked);
}

TEST_F(pool_of_server_test, a_replica_has_one_sync_thread_which_ends_with_the_pool) {
    auto o = how(true);
    o.sync.interval = 10ms;
    auto p = pool::open(o, {.pool_size = 3}).value();
    auto other = database::open({.uri = server.url(), .auth_token = server.token()})
                     .value()
                     .connect()
                     .value();
    other.execute("CREATE TABLE t(n INTEGER)").value();
    EXPECT_TRUE(eventually([&] {
        return p.read([](connection& c) { return c.execute("SELECT n FROM t"); }).has_value();
    }));
    ASSERT_TRUE(p.close());
    // Nobody has the file open any more, nor syncs it.
    EXPECT_FALSE(std::filesystem::exists(path + "-shm"));
    EXPECT_FALSE(std::filesystem::exists(path + "-wal"));
}

}  // namespace
}  // namespace libsql
