// As out_of_memory_test.cpp, on a server and on a replica of it.

#include "libsql/remote/keep_alive.hpp"
#include "memory/fail_each.hpp"
#include "memory/work.hpp"
#include "support/eventually.hpp"
#include "support/replica_test.hpp"
#include "support/sqld_server.hpp"
#include "support/temporary_directory.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace libsql {
namespace {

using namespace testing;

class out_of_memory_remote : public ::testing::TestWithParam<bool> {
protected:
    out_of_memory_remote() {
        chosen_.uri = server_.url();
        if (GetParam()) {
            chosen_.database = directory_.file("replica.db");
        }
        database_ = database::open(chosen_).value();
        database_->connect()
            .value()
            .run_script(
                "CREATE TABLE t(id INTEGER PRIMARY KEY, x UNIQUE, y CHECK (y <> 'wrong'));"
                "INSERT INTO t VALUES (1, 'a long enough text, longer than a short one', x'0102');"
                "INSERT INTO t VALUES (2, 'another long enough text, as long as that', x'0304')")
            .value();
    }

    /// `work` ends in order, and the connection goes on after it: a transaction is there, or an end
    /// of it was told.
    void on_connection(const std::function<void(connection&)>& work) {
        fail_each([this] { return database_->connect().value(); }, work,
                  [](connection& c) {
                      EXPECT_TRUE(c.is_autocommit());
                      EXPECT_EQ(c.fetch_one<int>("SELECT 7").value(), 7);
                      const auto written = c.execute("UPDATE t SET y = 1 WHERE id = 2");
                      EXPECT_TRUE(written) << written.error().to_string();
                  });
    }

    /// The rows on the server.
    std::int64_t count() {
        return *database::open({.uri = server_.url()})
                    .value()
                    .connect()
                    .value()
                    .fetch_one<std::int64_t>("SELECT count(*) FROM t")
                    .value();
    }

    /// Where there was no memory for the reply that names a transaction's stream, nobody can end
    /// it, and the server does so 10 s after it has replied.
    void expect_writable(connection& c) {
        using namespace std::chrono_literals;
        auto written = c.execute(deadline::in(100ms), "UPDATE t SET y = 1 WHERE id = 2");
        for (auto in = 100ms; !written && in < 10s; in *= 2) {
            server_.move_clock(11s);
            written = c.execute(deadline::in(in), "UPDATE t SET y = 1 WHERE id = 2");
        }
        EXPECT_TRUE(written) << written.error().to_string();
    }

    options chosen_;
    std::optional<database> database_;

private:
    temporary_directory directory_;
    sqld_server server_{{.moving_clock = true}};
};

TEST_P(out_of_memory_remote, executing_survives_it) {
    on_connection([](connection& c) {
        note(c.execute("UPDATE t SET x = ?, y = ? WHERE id = 1", text, value(1.5)));
        note(c.execute("UPDATE t SET x = :x WHERE id = 1", named{{"x", text}}));
        note(c.execute("UPDATE t SET y = 'wrong'"));
        note(c.execute("SELECT nothing FROM t"));
        note(c.execute("SELEC"));
        note(c.execute("SELECT ?"));
    });
}

TEST_P(out_of_memory_remote, reading_survives_it) {
    on_connection([](connection& c) {
        read_rows(c);
        if (auto dropped = c.query("SELECT x, y FROM t")) {
            note(dropped->next());
        }
    });
}

TEST_P(out_of_memory_remote, prepared_statements_survive_it) {
    on_connection(use_prepared);
}

TEST_P(out_of_memory_remote, transactions_survive_it) {
    std::int64_t before = count();
    fail_each([this] { return database_->connect().value(); },
              [](connection& c) {
                  note(c.transact([](transaction& tx) -> result<void> {
                      for (int i = 0; i < 2; ++i) {
                          if (auto done = tx.execute("INSERT INTO t(x, y) VALUES (NULL, ?)", text);
                              !done) {
                              return done.error();
                          }
                      }
                      auto inner = tx.savepoint("a savepoint with a name that is long");
                      if (!inner) {
                          return inner.error();
                      }
                      return inner->rollback();
                  }));
              },
              [&](connection& c) {
                  EXPECT_TRUE(c.is_autocommit());
                  const auto now = count();
                  EXPECT_TRUE(now == before || now == before + 2) << now << " after " << before;
                  before = now;
                  expect_writable(c);
              });
}

TEST_P(out_of_memory_remote, dropped_transactions_survive_it) {
    const auto before = count();
    on_connection([](connection& c) {
        if (auto tx = c.begin()) {
            note(tx->execute("INSERT INTO t(x, y) VALUES (NULL, ?)", text));
            auto rows = tx->query("SELECT x FROM t WHERE id < 3");
        }
    });
    EXPECT_EQ(count(), before);
}

TEST_P(out_of_memory_remote, batches_and_scripts_survive_it) {
    std::int64_t before = count();
    fail_each([this] { return database_->connect().value(); },
              [](connection& c) {
                  batch steps;
                  steps.add("INSERT INTO t(x, y) VALUES (NULL, ?)", text);
                  steps.add("SELECT x, y FROM t WHERE id = 1");
                  steps.add_if(condition::ok(0) && !condition::error(1),
                               "INSERT INTO t(x, y) VALUES (NULL, ?)", text);
                  note(c.run(steps, batch_mode::transactional));
              },
              [&](connection& c) {
                  EXPECT_TRUE(c.is_autocommit());
                  const auto now = count();
                  EXPECT_TRUE(now == before || now == before + 2) << now << " after " << before;
                  before = now;
              });
    on_connection([](connection& c) {
        note(
            c.run_script("SELECT x FROM t WHERE id = 1; UPDATE t SET y = 'some text' WHERE id = 2; "
                         "SELECT nothing"));
    });
}

TEST_P(out_of_memory_remote, opening_survives_it) {
    fail_each([] { return 0; },
              [&](int) {
                  if (auto db = database::open(chosen_)) {
                      if (auto c = db->connect()) {
                          note(c->execute("SELECT 1"));
                      }
                      if (auto replica = db->replica()) {
                          note(replica->sync());
                      }
                  }
              },
              [](int) {});
    EXPECT_EQ(count(), 2);
}

TEST_P(out_of_memory_remote, pools_survive_it) {
    fail_each([this] { return pool::open(chosen_, {.pool_size = 2, .background = false}).value(); },
              [](pool& p) {
                  note(p.write([](connection& c) {
                      return c.execute("UPDATE t SET y = ? WHERE id = 1", text);
                  }));
                  read_and_check_out(p);
              },
              [](pool& p) {
                  EXPECT_TRUE(p.write([](connection& c) {
                      return c.execute("UPDATE t SET y = 'after' WHERE id = 1");
                  }));
                  EXPECT_EQ(p.read([](connection& c) {
                                 return c.fetch_single<std::string>("SELECT y FROM t WHERE id = 1");
                             }).value(),
                            "after");
              });
    fail_each([] { return 0; },
              [&](int) { note(pool::open(chosen_, {.pool_size = 2, .background = false})); },
              [](int) {});
}

/// A transaction's rows are put aside, at last into a file, when it runs another statement. There
/// are too many allocations for each to be tried: nearly all of the first ones, and a part of the
/// rest.
TEST_P(out_of_memory_remote, rows_that_are_put_aside_survive_it) {
    constexpr const char* many =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6) "
        "SELECT i, zeroblob(500000) FROM n";
    std::int64_t failures = 0;
    for (std::int64_t n = 0;; n += 1 + n / 8) {
        std::optional<connection> c = database_->connect().value();
        std::vector<std::vector<value>> seen;
        bool is_whole = false;
        const bool failed = testing::fails_with_one_less(n, [&] {
            auto tx = c->begin(transaction_mode::immediate);
            if (!tx) {
                return;
            }
            note(tx->execute("UPDATE t SET y = 1 WHERE id = 2"));
            auto pages = tx->cursor(many);
            if (!pages) {
                return;
            }
            auto first = pages->fetch(1);
            note(tx->execute("UPDATE t SET y = 2 WHERE id = 2"));
            auto rest = pages->fetch(100);
            if (first && rest) {
                is_whole = pages->done();
                seen = *std::move(first);
                for (auto& row : *rest) {
                    seen.push_back(std::move(row));
                }
            }
            note(tx->rollback());
        });
        if (is_whole && seen.size() > 1) {
            EXPECT_EQ(seen.size(), 6U) << "rows without an error";
            for (std::size_t i = 0; i < seen.size(); ++i) {
                EXPECT_EQ(seen[i].at(0), value(static_cast<std::int64_t>(i) + 1));
                EXPECT_EQ(seen[i].at(1), value(blob(500'000)));
            }
        }
        EXPECT_TRUE(c->is_autocommit());
        EXPECT_EQ(c->fetch_one<int>("SELECT 7").value(), 7);
        if (!failed) {
            EXPECT_EQ(seen.size(), 6U);
        }
        c.reset();
        auto other = database_->connect().value();
        expect_writable(other);
        ASSERT_FALSE(HasFailure()) << "allocation " << n;
        if (!failed) {
            break;
        }
        ++failures;
    }
    EXPECT_GT(failures, 10);
}

INSTANTIATE_TEST_SUITE_P(mode, out_of_memory_remote, ::testing::Bool(), [](const auto& mode) {
    return std::string(mode.param ? "replica" : "remote");
});

// --- what only a replica has ---

class out_of_memory_replica : public testing::replica_test {
protected:
    void SetUp() override { on_primary("CREATE TABLE t(x)"); }
};

TEST_F(out_of_memory_replica, syncs_survive_it) {
    const auto db = open_replica();
    auto primary = connect_to_primary();
    std::int64_t rows = 0;

    struct synced {
        libsql::replica replica;
        std::optional<result<sync_result>> got{};
    };

    fail_each(
        [&] {
            primary.execute("INSERT INTO t VALUES (?)", text).value();
            ++rows;
            return synced{db.replica().value()};
        },
        [](synced& with) {
            with.got = with.replica.sync_until(with.replica.frame_number().value_or(0) + 1);
            note(with.replica.flush());
            static_cast<void>(with.replica.status());
        },
        [&](synced& with) {
            auto conn = db.connect().value();
            const auto seen = number(conn, "SELECT count(*) FROM t");
            EXPECT_TRUE(seen == rows || (seen == rows - 1 && !(with.got && *with.got))) << seen;
            EXPECT_TRUE(with.replica.sync());
            EXPECT_EQ(number(conn, "SELECT count(*) FROM t"), rows);
        });
}

TEST_F(out_of_memory_replica, freezing_makes_a_plain_database_or_none) {
    struct freezing {
        std::string file;
        database db;
        bool is_frozen{false};
    };

    on_primary("INSERT INTO t VALUES (1), (2)");
    int files = 0;
    fail_each(
        [&] {
            auto o = options_of_replica();
            o.database = dir.file("freeze" + std::to_string(++files) + ".db");
            return std::make_unique<freezing>(freezing{o.database, database::open(o).value()});
        },
        [](std::unique_ptr<freezing>& with) {
            if (auto replica = with->db.replica()) {
                with->is_frozen = replica->freeze().has_value();
            }
        },
        [&](std::unique_ptr<freezing>& with) {
            const std::string file = with->file;
            const bool says_so = with->is_frozen;
            with.reset();
            auto opened = database::open({.database = file});
            EXPECT_TRUE(!says_so || opened) << "it says that it is frozen";
            if (!opened) {
                auto o = options_of_replica();
                o.database = file;
                opened = database::open(o);
            }
            auto conn = opened.value().connect().value();
            EXPECT_EQ(number(conn, "SELECT count(*) FROM t"), 2);
        });
}

// --- threads of the driver ---

/// Until the thread has failed to allocate, or has done its work without that. True if it failed.
template <class Done>
bool fails_or_is_done(Done done) {
    EXPECT_TRUE(testing::eventually([&] { return testing::failed_of_others() > 0 || done(); }));
    const bool failed = testing::failed_of_others() > 0;
    testing::allocate_all();
    return failed;
}

TEST(out_of_memory_thread, background_syncs_survive_it) {
    testing::sqld_server server;
    const testing::temporary_directory dir;
    auto primary = database::open({.uri = server.url()}).value().connect().value();
    primary.execute("CREATE TABLE t(x)").value();
    options chosen{.database = dir.file("replica.db"), .uri = server.url()};
    chosen.sync.interval = std::chrono::milliseconds(1);
    bool failed = true;
    for (std::int64_t n = 0; failed; ++n) {
        const auto db = database::open(chosen).value();
        const auto replica = db.replica().value();
        primary.execute("INSERT INTO t VALUES (?)", n).value();
        const auto last = replica.status().last_sync;
        testing::fail_allocation_of_others(n);
        failed = fails_or_is_done([&] { return replica.status().last_sync != last; });
        // It goes on: the next sync comes by itself, after a while.
        if (n % 16 == 0) {
            EXPECT_TRUE(testing::eventually([&] {
                auto conn = db.connect().value();
                return conn.fetch_one<std::int64_t>("SELECT count(*) FROM t").value() == n + 1;
            }));
        }
        ASSERT_LT(n, 10'000);
    }
}

TEST(out_of_memory_thread, the_keeper_of_a_pool_survives_it) {
    const testing::temporary_directory dir;
    const options chosen{.database = dir.file("x.db"), .synchronous = synchronous_mode::off};
    bool failed = true;
    std::int64_t n = 0;
    for (; failed; ++n) {
        auto p = pool::open(chosen, {.pool_size = 2,
                                     .idle_interval = std::chrono::milliseconds(1),
                                     .max_lifetime = lifetime_range{std::chrono::milliseconds(1),
                                                                    std::chrono::milliseconds(1)},
                                     .backoff_min = std::chrono::milliseconds(1),
                                     .backoff_max = std::chrono::milliseconds(1)})
                     .value();
        const auto replaced = [&] {
            const auto m = p.metrics();
            return m.readers.reconnects + m.writer.reconnects;
        };
        testing::fail_allocation_of_others(n);
        const auto before = replaced();
        failed = fails_or_is_done([&] { return replaced() > before + 3; });
        const auto now = replaced();
        EXPECT_TRUE(testing::eventually([&] { return replaced() > now; })) << "it has ended";
        EXPECT_TRUE(p.read([](connection& c) { return c.fetch<int>("SELECT 1"); }));
        ASSERT_FALSE(::testing::Test::HasFailure()) << "allocation " << n;
        ASSERT_LT(n, 10'000);
    }
    EXPECT_GT(n, 3);
}

class out_of_memory_keep_alive : public ::testing::Test {
protected:
    connection connect() {
        auto c = database::open({.uri = server_.url()}).value().connect().value();
        c.execute("CREATE TABLE IF NOT EXISTS t(x)").value();
        return c;
    }

    /// Time passes; a transaction needs a sign of life.
    static void move_clock() { remote::keep_alive::move_clock(std::chrono::seconds(5)); }

private:
    testing::sqld_server server_;
};

/// The thread that keeps transactions alive goes on when there is memory again.
TEST_F(out_of_memory_keep_alive, the_thread_waits_for_memory) {
    auto c = connect();
    auto tx = c.begin().value();
    tx.execute("INSERT INTO t VALUES (1)").value();
    const auto answered = remote::keep_alive::answered.load();
    testing::fail_allocations_of_others();
    move_clock();
    EXPECT_TRUE(testing::eventually([] { return testing::failed_of_others() >= 3; }));
    EXPECT_EQ(remote::keep_alive::answered.load(), answered);
    testing::allocate_all();
    EXPECT_TRUE(testing::eventually([&] { return remote::keep_alive::answered > answered; }));
    EXPECT_TRUE(tx.execute("INSERT INTO t VALUES (2)"));
    EXPECT_TRUE(tx.commit());
    EXPECT_EQ(c.fetch_one<int>("SELECT count(*) FROM t").value(), 2);
}

TEST_F(out_of_memory_keep_alive, each_allocation_may_fail) {
    auto c = connect();
    const auto counts = [](executor& on) { return on.fetch_one<int>("SELECT count(*) FROM t"); };
    bool failed = true;
    std::int64_t n = 0;
    for (; failed; ++n) {
        // It only reads: where it is lost, the server keeps its locks for 10 s.
        auto tx = c.begin().value();
        EXPECT_EQ(counts(tx).value(), 0);
        const auto answered = remote::keep_alive::answered.load();
        testing::fail_allocation_of_others(n);
        move_clock();
        failed = fails_or_is_done([&] { return remote::keep_alive::answered > answered; });
        // Whatever failed, the transaction goes on, or its loss is told.
        const auto read = counts(tx);
        EXPECT_TRUE(read || read.error().kind() == error_kind::transaction)
            << read.error().to_string();
        const auto committed = tx.commit();
        EXPECT_EQ(committed.has_value(), read.has_value());
        EXPECT_TRUE(c.is_autocommit());
        EXPECT_EQ(counts(c).value(), 0);
        ASSERT_FALSE(HasFailure()) << "allocation " << n;
        ASSERT_LT(n, 10'000);
    }
    EXPECT_GT(n, 1);
    // The thread still runs.
    auto tx = c.begin().value();
    tx.execute("INSERT INTO t VALUES (-1)").value();
    const auto answered = remote::keep_alive::answered.load();
    move_clock();
    EXPECT_TRUE(testing::eventually([&] { return remote::keep_alive::answered > answered; }));
    EXPECT_TRUE(tx.commit());
}

}  // namespace
}  // namespace libsql
