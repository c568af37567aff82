#include "support/outcome.hpp"
#include "support/remote_connection.hpp"
#include "support/rounds.hpp"
#include "support/sqld_server.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <thread>
#include <vector>

/// @file
/// A real server that is killed or stopped.

namespace libsql {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;
using testing::await_sign_of_life;
using testing::begin_with_row;
using testing::connect;
using testing::count_rows;
using testing::endless;
using testing::failed_with;
using testing::is_error;
using testing::make_table;
using testing::meanwhile;
using testing::number;
using testing::slow;
using testing::sqld_data;
using testing::sqld_server;
using testing::succeeded;

/// What dies does so in another moment each time: again and again, if LIBSQL_TEST_ROUNDS says so.
void in_rounds(const std::function<void()>& work) {
    const int all = testing::rounds(1);
    for (int round = 0; round < all; ++round) {
        work();
        ASSERT_FALSE(::testing::Test::HasFailure()) << "in round " << round;
    }
}

/// Steps between which a server can be killed: it takes long over the second.
batch slow_steps() {
    batch steps;
    steps.add("INSERT INTO t(x) VALUES (1)");
    steps.add(slow);
    steps.add("INSERT INTO t(x) VALUES (2)");
    return steps;
}

// --- a server that dies ---

TEST(remote_connection, a_server_killed_during_a_statement_leaves_it_unknown) {
    in_rounds([] {
        sqld_server server;
        auto c = connect(server);
        make_table(c);
        ASSERT_TRUE(succeeded(c.execute("INSERT INTO t(x) VALUES (1)")));
        {
            const meanwhile now([&] { server.kill(); });
            EXPECT_TRUE(failed_with(c.fetch_one<std::int64_t>(slow), error_kind::network,
                                    "may have carried out"));
        }
        EXPECT_TRUE(failed_with(c.execute("INSERT INTO t(x) VALUES (2)"), error_kind::network));
        server.restart();
        EXPECT_EQ(number(c, count_rows), 1);
        EXPECT_TRUE(succeeded(c.execute("INSERT INTO t(x) VALUES (2)")));
        EXPECT_EQ(number(c, count_rows), 2);
    });
}

TEST(remote_connection, a_server_killed_during_a_transactional_batch_applies_nothing_of_it) {
    in_rounds([] {
        sqld_server server;
        auto c = connect(server);
        make_table(c);
        {
            const meanwhile now([&] { server.kill(); });
            EXPECT_TRUE(failed_with(c.run(slow_steps(), batch_mode::transactional),
                                    error_kind::network, "may have carried out"));
        }
        server.restart();
        EXPECT_EQ(number(c, count_rows), 0);
        EXPECT_TRUE(c.is_autocommit());
    });
}

TEST(remote_connection, a_server_killed_during_a_batch_applies_each_step_once_or_not_at_all) {
    in_rounds([] {
        sqld_server server;
        auto c = connect(server);
        make_table(c);
        {
            const meanwhile now([&] { server.kill(); });
            EXPECT_TRUE(
                failed_with(c.run(slow_steps()), error_kind::network, "may have carried out"));
        }
        server.restart();
        EXPECT_EQ(c.fetch<std::int64_t>("SELECT x FROM t").value(), std::vector<std::int64_t>{1});
    });
}

TEST(remote_connection, a_server_killed_during_a_cursor_ends_it) {
    in_rounds([] {
        sqld_server server;
        auto c = connect(server);
        auto rows = c.query(endless).value();
        std::int64_t seen = 0;
        std::optional<error> why;
        for (const auto& row : rows) {
            if (!row) {
                why = row.error();
                break;
            }
            ASSERT_EQ(row->get<std::int64_t>(0), ++seen);
            if (seen == 1000) {
                server.kill();
            }
        }
        ASSERT_TRUE(why);
        EXPECT_TRUE(is_error(*why, error_kind::network));
        EXPECT_GE(seen, 1000);
        server.restart();
        EXPECT_EQ(number(c, "SELECT 1"), 1);
    });
}

TEST(remote_connection, a_server_killed_during_a_transaction_rolls_it_back) {
    in_rounds([] {
        for (const auto data : {sqld_data::keep, sqld_data::empty}) {
            sqld_server server;
            auto c = connect(server);
            make_table(c);
            auto t = c.begin(transaction_mode::immediate).value();
            ASSERT_TRUE(succeeded(t.execute("INSERT INTO t(x) VALUES (1)")));
            server.kill();
            server.restart(data);
            EXPECT_FALSE(c.is_autocommit());
            EXPECT_TRUE(failed_with(t.execute("INSERT INTO t(x) VALUES (2)"),
                                    error_kind::transaction, "lost"));
            EXPECT_TRUE(c.is_autocommit());
            EXPECT_TRUE(
                failed_with(t.execute("INSERT INTO t(x) VALUES (3)"), error_kind::transaction));
            EXPECT_TRUE(failed_with(t.commit(), error_kind::transaction));
            if (data == sqld_data::keep) {
                EXPECT_EQ(number(c, count_rows), 0);
            } else {
                EXPECT_TRUE(
                    failed_with(c.fetch<int>(count_rows), error_kind::sql, "no such table"));
            }
        }
    });
}

TEST(remote_connection, a_server_killed_before_the_commit_rolls_back) {
    in_rounds([] {
        sqld_server server;
        auto c = connect(server);
        auto t = begin_with_row(c);
        server.kill();
        EXPECT_TRUE(failed_with(t.commit(), error_kind::network, "lost"));
        server.restart();
        EXPECT_EQ(number(c, count_rows), 0);
        auto again = c.begin().value();
        EXPECT_TRUE(succeeded(again.execute("INSERT INTO t(x) VALUES (2)")));
        EXPECT_TRUE(succeeded(again.commit()));
        EXPECT_EQ(number(c, count_rows), 1);
    });
}

TEST(remote_connection, a_server_killed_during_an_idle_transaction_loses_it) {
    in_rounds([] {
        sqld_server server;
        auto c = connect(server);
        auto t = begin_with_row(c);
        server.kill();
        await_sign_of_life();  // nobody is there
        server.restart();
        EXPECT_TRUE(
            failed_with(t.execute("INSERT INTO t(x) VALUES (2)"), error_kind::transaction, "lost"));
        EXPECT_TRUE(failed_with(t.commit(), error_kind::transaction));
        EXPECT_EQ(number(c, count_rows), 0);
    });
}

/// Killed in any moment of a transaction: what was confirmed is there, and of
/// the one that was not confirmed all or nothing.
TEST(remote_connection, a_server_killed_at_any_time_keeps_whole_transactions) {
    sqld_server server;
    auto c = connect(server);
    make_table(c);
    std::minstd_rand random{4711};
    std::int64_t before = 0;
    const int all = testing::rounds(5);
    for (int round = 0; round < all; ++round) {
        std::atomic<int> confirmed{0};
        std::optional<error> why;
        std::thread writes([&] {
            const auto two_rows = [](transaction& t) {
                return t.execute("INSERT INTO t(x) VALUES (1)").and_then([&](auto) {
                    return t.execute("INSERT INTO t(x) VALUES (2)");
                });
            };
            for (;;) {
                if (auto done = c.transact(two_rows); !done) {
                    why = done.error();
                    return;
                }
                ++confirmed;
            }
        });
        const int some = static_cast<int>(random() % 20);
        EXPECT_TRUE(testing::eventually([&] { return confirmed >= some; }));
        server.kill();
        writes.join();
        server.restart();
        EXPECT_TRUE(why->kind() == error_kind::network || why->kind() == error_kind::transaction)
            << why->to_string();
        const auto rows = number(c, count_rows) - before;
        const bool all_or_nothing =
            rows == 2 * confirmed ||
            (rows == 2 * confirmed + 2 && why->outcome() == error_outcome::unknown);
        EXPECT_TRUE(all_or_nothing) << rows << " rows of " << confirmed << ": " << why->to_string();
        before += rows;
        ASSERT_FALSE(::testing::Test::HasFailure()) << "in round " << round;
    }
}

// --- a server that does not say anything ---

TEST(remote_connection, a_stopped_server_is_given_up_at_the_deadline) {
    sqld_server server;
    auto c = connect(server);
    make_table(c);
    server.stop_process();
    const auto begin = clock::now();
    EXPECT_TRUE(failed_with(c.execute(deadline::in(200ms), "INSERT INTO t(x) VALUES (1)"),
                            error_kind::timeout, "may have carried out"));
    EXPECT_TRUE(failed_with(c.query(deadline::in(200ms), "SELECT 1"), error_kind::timeout));
    EXPECT_LE(clock::now() - begin, 10s);
    server.continue_process();
    EXPECT_LE(number(c, count_rows), 1);  // it may have done it
    EXPECT_TRUE(succeeded(c.execute("INSERT INTO t(x) VALUES (2)")));
}

TEST(remote_connection, dropping_a_transaction_while_the_server_is_stopped_does_not_hang) {
    sqld_server server;
    auto c = connect(server);
    make_table(c);
    {
        auto other = connect(server);
        auto t = other.begin(transaction_mode::immediate).value();
        ASSERT_TRUE(succeeded(t.execute("INSERT INTO t(x) VALUES (1)")));
        server.stop_process();
        ASSERT_TRUE(succeeded(other.close()));
        server.continue_process();
    }
    EXPECT_EQ(number(c, count_rows), 0);
}

}  // namespace
}  // namespace libsql
