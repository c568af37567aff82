#include "libsql/remote/keep_alive.hpp"
#include "support/outcome.hpp"
#include "support/remote_connection.hpp"
#include "support/sqld_server.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <thread>
#include <vector>

/// @file
/// The stream of a transaction on a real server: keep-alive, expiry and stolen locks.

namespace libsql {
namespace {

using namespace std::chrono_literals;
using namespace testing;

/// A transaction on a server that was suspended while nobody used it.
struct transaction_on_silent_server {
    transaction_on_silent_server() {
        server.stop_process();
        await_sign_of_life();
    }

    sqld_server server;
    connection c{connect(server)};
    transaction t{begin_with_row(c)};
};

/// A transaction whose lock the server gave to another connection, because it waited for long.
struct stolen_lock {
    stolen_lock() {
        auto thief = connect(server);
        server.move_clock(6s);  // a server lets nobody wait for more than five
        EXPECT_TRUE(succeeded(thief.execute("INSERT INTO t(x) VALUES (2)")));
    }

    /// The transaction is over, and only what the thief wrote stands.
    void expect_lost() {
        EXPECT_TRUE(failed_with(t.commit(), error_kind::transaction));
        EXPECT_TRUE(victim.is_autocommit());
        EXPECT_EQ(victim.fetch<std::int64_t>("SELECT x FROM t").value(),
                  std::vector<std::int64_t>{2});
    }

    sqld_server server{{.moving_clock = true}};
    connection victim{connect(server)};
    transaction t{begin_with_row(victim, transaction_mode::immediate)};
};

TEST(remote_connection, an_expired_stream_is_a_lost_transaction) {
    sqld_server server({.moving_clock = true});
    auto c = connect(server);
    auto t = begin_with_row(c);
    server.move_clock(12s);
    expect_lost(t, c);
}

TEST(remote_connection, a_transaction_on_a_silent_server_is_given_up) {
    transaction_on_silent_server on;
    EXPECT_TRUE(failed_with(on.t.execute(deadline::in(100ms), "INSERT INTO t(x) VALUES (2)"),
                            error_kind::timeout));  // waits for it
    remote::keep_alive::move_clock(7s);             // and does not any more
    EXPECT_TRUE(
        failed_with(on.t.execute("INSERT INTO t(x) VALUES (3)"), error_kind::transaction, "lost"));
    on.server.continue_process();
    EXPECT_TRUE(failed_with(on.t.commit(), error_kind::transaction));
    EXPECT_EQ(number(on.c, count_rows), 0);
}

TEST(remote_connection, an_idle_transaction_is_kept_alive) {
    sqld_server server({.moving_clock = true});
    auto c = connect(server);
    make_table(c);
    const auto threads = entries("/proc/self/task");
    auto t = c.begin().value();
    ASSERT_TRUE(succeeded(t.execute("INSERT INTO t(x) VALUES (1)")));
    pass(server, 60s);
    expect_open(t, c);
    EXPECT_TRUE(soon([&] { return entries("/proc/self/task") <= threads; }));
}

TEST(remote_connection, an_interrupt_does_not_end_an_idle_transaction) {
    transaction_on_silent_server on;
    const auto answers = remote::keep_alive::answered.load();
    on.c.interrupter().interrupt();
    on.server.continue_process();
    ASSERT_TRUE(soon([&] { return remote::keep_alive::answered.load() > answers; }));
    expect_open(on.t, on.c);
}

TEST(remote_connection, a_deadline_ends_the_wait_for_keep_alive) {
    transaction_on_silent_server on;
    EXPECT_TRUE(failed_with(on.t.execute(deadline::in(200ms), "INSERT INTO t(x) VALUES (3)"),
                            error_kind::timeout, "the deadline passed"));
    std::thread stops([&] {
        std::this_thread::sleep_for(100ms);
        on.c.interrupter().interrupt();
        on.server.continue_process();
    });
    EXPECT_TRUE(failed_with(on.t.execute("INSERT INTO t(x) VALUES (4)"), error_kind::interrupted));
    stops.join();
    expect_open(on.t, on.c);  // nothing of 3 and 4 was sent
}

TEST(remote_connection, a_stolen_lock_is_a_lost_transaction) {
    stolen_lock s;
    EXPECT_TRUE(failed_with(s.t.execute("INSERT INTO t(x) VALUES (3)"), error_kind::transaction));
    EXPECT_TRUE(failed_with(s.t.execute("INSERT INTO t(x) VALUES (4)"), error_kind::transaction));
    s.expect_lost();
    EXPECT_TRUE(succeeded(s.victim.execute("INSERT INTO t(x) VALUES (5)")));
}

TEST(remote_connection, a_batch_that_reads_in_a_transaction_whose_lock_was_stolen_reads_nothing) {
    sqld_server server({.moving_clock = true});
    auto victim = connect(server);
    make_table(victim);
    auto t = victim.begin(transaction_mode::immediate).value();
    ASSERT_TRUE(succeeded(t.execute("INSERT INTO t(x) VALUES (1)")));
    auto thief = connect(server);
    server.move_clock(6s);
    ASSERT_TRUE(succeeded(thief.execute("INSERT INTO t(x) VALUES (2)")));
    batch reads;
    reads.add("SELECT x FROM t");
    reads.add("SELECT count(*) FROM t");
    const auto done = t.run(reads);
    if (done) {
        for (const auto& step : done->steps) {
            EXPECT_FALSE(step.ok());
        }
    } else {
        EXPECT_TRUE(failed_with(done, error_kind::transaction));
    }
    EXPECT_TRUE(failed_with(t.commit(), error_kind::transaction));
}

TEST(remote_connection, a_lock_stolen_before_the_commit_is_a_lost_transaction) {
    stolen_lock s;
    s.expect_lost();
}

TEST(remote_connection, a_statement_that_fails_at_its_third_row_leaves_the_transaction) {
    sqld_server server;
    auto c = connect(server);
    auto t = begin_with_row(c);
    for (int i = 0; i < 3; ++i) {
        auto rows =
            t.query("SELECT abs(column1) FROM (VALUES (1), (2), (-9223372036854775807 - 1))");
        ASSERT_TRUE(succeeded(rows));
        int seen = 0;
        std::optional<error> why;
        for (const auto& row : *rows) {
            if (!row) {
                why = row.error();
                break;
            }
            ++seen;
        }
        EXPECT_EQ(seen, 2);
        ASSERT_TRUE(why);
        EXPECT_TRUE(is_error(*why, error_kind::sql, "integer overflow"));
        EXPECT_TRUE(failed_with(t.query("SELECT abs(-9223372036854775807 - 1)"), error_kind::sql));
    }
    expect_open(t, c);
}

}  // namespace
}  // namespace libsql
