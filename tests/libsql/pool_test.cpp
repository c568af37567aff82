#include "support/pool_test.hpp"

#include "support/outcome.hpp"

#include <libsql/database.hpp>
#include <libsql/pool.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

/// @file
/// Opening a pool, and what readers and the writer may do.

namespace libsql {
namespace {

using namespace std::chrono_literals;
using namespace testing;
using ::testing::HasSubstr;

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

TEST_F(pool_test, a_pool_that_cannot_open_leaves_no_file) {
    auto elsewhere = file();
    elsewhere.database = (directory_.path() / "nowhere" / "pool.db").string();
    auto existing = file();
    existing.mode = open_mode::read_write;
    auto only_read = file();
    only_read.mode = open_mode::read_only;
    auto wrong = file();
    wrong.busy_timeout = -1ms;
    auto unreachable = file();
    unreachable.uri = "http://127.0.0.1:1";
    unreachable.timeout = 200ms;
    for (const auto& chosen : {elsewhere, existing, only_read, wrong, unreachable}) {
        EXPECT_FALSE(pool::open(chosen));
        for (const auto& left : std::filesystem::directory_iterator(directory_.path())) {
            ADD_FAILURE() << left.path();
        }
    }
    // What exists by then has no log beside it.
    EXPECT_EQ(kind_of(pool::open(file(), {.after_connect = [](connection&) -> result<void> {
                                     return error(error_kind::sql, "no");
                                 }})),
              error_kind::sql);
    for (const auto& left : std::filesystem::directory_iterator(directory_.path())) {
        EXPECT_EQ(left.path(), path());
    }
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

TEST_F(pool_test, an_after_connect_that_throws_fails_the_opening) {
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
    constexpr int writes = 400;
    std::atomic<int> failures{0};
    std::atomic<bool> over{false};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
            // Beside all writes, and some more of them.
            for (int reads = 0; reads < 100 || !over; ++reads) {
                // Two inserts are one transaction: no reader may see an odd number.
                const auto n = p.read([](connection& c) {
                    return c.fetch_one<std::int64_t>("SELECT count(*) FROM t");
                });
                failures += n && n->value() % 2 == 0 ? 0 : 1;
            }
        });
    }
    for (int i = 0; i < writes; ++i) {
        const auto done = p.write([&](connection& c) {
            return c.transact([&](transaction& tx) {
                return tx.execute("INSERT INTO t VALUES (1)").and_then([&](auto) {
                    return tx.execute("INSERT INTO t VALUES (2)");
                });
            });
        });
        failures += done ? 0 : 1;
    }
    over = true;
    for (auto& t : threads) {
        t.join();
    }
    EXPECT_EQ(failures, 0);
    EXPECT_EQ(count(p), 2 * writes);
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

}  // namespace
}  // namespace libsql
