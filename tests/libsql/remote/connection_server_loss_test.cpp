#include "support/outcome.hpp"
#include "support/remote_connection.hpp"
#include "support/sqld_server.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

/// @file
/// A real server that is killed or stopped.

namespace libsql {
namespace {

using namespace std::chrono_literals;
using namespace testing;
using clock = std::chrono::steady_clock;

/// Steps between which a server can be killed: it takes long over the second.
batch slow_steps() {
    batch steps;
    steps.add("INSERT INTO t(x) VALUES (1)");
    steps.add(slow);
    steps.add("INSERT INTO t(x) VALUES (2)");
    return steps;
}

// --- a server that dies ---

TEST(remote_connection, a_server_killed_during_a_statement_leaves_its_outcome_unknown) {
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
}

TEST(remote_connection, a_server_killed_during_a_transactional_batch_applies_nothing_of_it) {
    sqld_server server;
    auto c = connect(server);
    make_table(c);
    {
        const meanwhile now([&] { server.kill(); });
        EXPECT_TRUE(failed_with(c.run(slow_steps(), batch_mode::transactional), error_kind::network,
                                "may have carried out"));
    }
    server.restart();
    EXPECT_EQ(number(c, count_rows), 0);
    EXPECT_TRUE(c.is_autocommit());
}

TEST(remote_connection, a_server_killed_during_a_batch_applies_each_step_once_or_not_at_all) {
    sqld_server server;
    auto c = connect(server);
    make_table(c);
    {
        const meanwhile now([&] { server.kill(); });
        EXPECT_TRUE(failed_with(c.run(slow_steps()), error_kind::network, "may have carried out"));
    }
    server.restart();
    EXPECT_EQ(c.fetch<std::int64_t>("SELECT x FROM t").value(), std::vector<std::int64_t>{1});
}

TEST(remote_connection, a_server_killed_during_a_cursor_ends_it) {
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
}

TEST(remote_connection, a_server_killed_during_a_transaction_rolls_it_back) {
    for (const auto data : {sqld_data::keep, sqld_data::empty}) {
        sqld_server server;
        auto c = connect(server);
        auto t = begin_with_row(c, transaction_mode::immediate);
        server.kill();
        server.restart(data);
        EXPECT_FALSE(c.is_autocommit());
        EXPECT_TRUE(
            failed_with(t.execute("INSERT INTO t(x) VALUES (2)"), error_kind::transaction, "lost"));
        EXPECT_TRUE(c.is_autocommit());
        EXPECT_TRUE(failed_with(t.execute("INSERT INTO t(x) VALUES (3)"), error_kind::transaction));
        EXPECT_TRUE(failed_with(t.commit(), error_kind::transaction));
        if (data == sqld_data::keep) {
            EXPECT_EQ(number(c, count_rows), 0);
        } else {
            EXPECT_TRUE(failed_with(c.fetch<int>(count_rows), error_kind::sql, "no such table"));
        }
    }
}

TEST(remote_connection, a_server_killed_before_the_commit_rolls_back) {
    sqld_server server;
    auto c = connect(server);
    auto t = begin_with_row(c);
    server.kill();
    EXPECT_TRUE(failed_with(t.commit(), error_kind::network, "lost"));
    server.restart();
    EXPECT_EQ(number(c, count_rows), 0);
    auto again = c.begin().value();
    expect_open(again, c, 1);
}

TEST(remote_connection, a_server_killed_during_an_idle_transaction_loses_it) {
    sqld_server server;
    auto c = connect(server);
    auto t = begin_with_row(c);
    server.kill();
    await_sign_of_life();  // nobody is there
    server.restart();
    expect_lost(t, c);
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
