#include "libsql/remote/keep_alive.hpp"
#include "support/http_request.hpp"
#include "support/outcome.hpp"
#include "support/sqld_server.hpp"
#include "support/while_interrupted.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

/// @file
/// What a real server does when something fails.

namespace libsql {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;
using testing::failed_with;
using testing::is_error;
using testing::sqld_data;
using testing::sqld_options;
using testing::sqld_server;
using testing::succeeded;

connection connect(const sqld_server& server, options chosen = {}) {
    chosen.uri = server.url();
    return database::open(std::move(chosen)).value().connect().value();
}

std::int64_t number(executor& e, std::string_view sql) {
    return e.fetch_one<std::int64_t>(sql).value().value();
}

void make_table(executor& e) {
    ASSERT_TRUE(succeeded(e.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, x)")));
}

constexpr const char* count = "SELECT count(*) FROM t";

/// Long enough for a server that is to be killed in it.
constexpr const char* slow =
    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 100000000) "
    "SELECT max(n) FROM c";

/// Some two megabytes: more than a server sends in one reply that `small_replies` tells.
constexpr const char* many_rows =
    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 30000) "
    "SELECT n, 'some text that takes its place' FROM c";
constexpr std::int64_t how_many_rows = 30000;
const sqld_options small_replies{.max_response_size = "200KB"};

constexpr const char* endless =
    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) "
    "SELECT n, 'some text that takes its place' FROM c";

/// A first row, and a second one that does not come.
constexpr const char* one_row_and_no_end =
    "SELECT 1 UNION ALL "
    "SELECT max(n) FROM (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) "
    "SELECT n FROM c)";

/// Does something while a call waits.
class meanwhile {
public:
    template <class Do>
    explicit meanwhile(Do what, std::chrono::milliseconds after = 200ms)
        : thread_([what = std::move(what), after]() mutable {
              std::this_thread::sleep_for(after);
              what();
          }) {}

    ~meanwhile() { thread_.join(); }

    meanwhile(const meanwhile&) = delete;
    meanwhile& operator=(const meanwhile&) = delete;

private:
    std::thread thread_;
};

std::size_t entries(const char* folder) {
    std::size_t n = 0;
    for ([[maybe_unused]] const auto& one : std::filesystem::directory_iterator(folder)) {
        ++n;
    }
    return n;
}

/// Waits until `holds`; for long, since the machine may be busy.
template <class Holds>
bool soon(Holds holds) {
    const auto limit = clock::now() + 30s;
    while (!holds()) {
        if (clock::now() > limit) {
            return false;
        }
        std::this_thread::sleep_for(2ms);
    }
    return true;
}

/// Lets so much time pass that something is sent on a transaction that nobody uses.
void await_sign_of_life() {
    const auto sent = remote::keep_alive::sent.load();
    remote::keep_alive::move_clock(5s);
    ASSERT_TRUE(soon([&] { return remote::keep_alive::sent > sent; }));
}

/// Lets time pass, here and on the server, while a transaction is open that nobody uses.
void pass(sqld_server& server, std::chrono::seconds all) {
    constexpr auto step = 5s;  // a server ends a stream after ten
    for (auto passed = 0s; passed < all; passed += step) {
        const auto answers = remote::keep_alive::answered.load();
        server.move_clock(step);
        remote::keep_alive::move_clock(step);
        ASSERT_TRUE(soon([&] { return remote::keep_alive::answered.load() > answers; }));
    }
}

// --- a server that dies ---

TEST(remote_connection, a_server_killed_during_a_statement_leaves_it_unknown) {
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
    EXPECT_EQ(number(c, count), 1);
    EXPECT_TRUE(succeeded(c.execute("INSERT INTO t(x) VALUES (2)")));
    EXPECT_EQ(number(c, count), 2);
}

TEST(remote_connection, a_server_killed_during_a_transactional_batch_applies_nothing_of_it) {
    sqld_server server;
    auto c = connect(server);
    make_table(c);
    batch b;
    b.add("INSERT INTO t(x) VALUES (1)");
    b.add(slow);
    b.add("INSERT INTO t(x) VALUES (2)");
    {
        const meanwhile now([&] { server.kill(); });
        EXPECT_TRUE(failed_with(c.run(b, batch_mode::transactional), error_kind::network,
                                "may have carried out"));
    }
    server.restart();
    EXPECT_EQ(number(c, count), 0);
    EXPECT_TRUE(c.is_autocommit());
}

TEST(remote_connection, a_server_killed_during_a_batch_applies_each_step_once_or_not_at_all) {
    sqld_server server;
    auto c = connect(server);
    make_table(c);
    batch b;
    b.add("INSERT INTO t(x) VALUES (1)");
    b.add(slow);
    b.add("INSERT INTO t(x) VALUES (2)");
    {
        const meanwhile now([&] { server.kill(); });
        EXPECT_TRUE(failed_with(c.run(b), error_kind::network, "may have carried out"));
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
        make_table(c);
        auto t = c.begin(transaction_mode::immediate).value();
        ASSERT_TRUE(succeeded(t.execute("INSERT INTO t(x) VALUES (1)")));
        server.kill();
        server.restart(data);
        EXPECT_FALSE(c.is_autocommit());
        EXPECT_TRUE(
            failed_with(t.execute("INSERT INTO t(x) VALUES (2)"), error_kind::transaction, "lost"));
        EXPECT_TRUE(c.is_autocommit());
        EXPECT_TRUE(failed_with(t.execute("INSERT INTO t(x) VALUES (3)"), error_kind::transaction));
        EXPECT_TRUE(failed_with(t.commit(), error_kind::transaction));
        if (data == sqld_data::keep) {
            EXPECT_EQ(number(c, count), 0);
        } else {
            EXPECT_TRUE(failed_with(c.fetch<int>(count), error_kind::sql, "no such table"));
        }
    }
}

TEST(remote_connection, a_server_killed_before_the_commit_rolls_back) {
    sqld_server server;
    auto c = connect(server);
    make_table(c);
    auto t = c.begin().value();
    ASSERT_TRUE(succeeded(t.execute("INSERT INTO t(x) VALUES (1)")));
    server.kill();
    EXPECT_TRUE(failed_with(t.commit(), error_kind::network, "lost"));
    server.restart();
    EXPECT_EQ(number(c, count), 0);
    auto again = c.begin().value();
    EXPECT_TRUE(succeeded(again.execute("INSERT INTO t(x) VALUES (2)")));
    EXPECT_TRUE(succeeded(again.commit()));
    EXPECT_EQ(number(c, count), 1);
}

TEST(remote_connection, a_server_killed_during_an_idle_transaction_loses_it) {
    sqld_server server;
    auto c = connect(server);
    make_table(c);
    auto t = c.begin().value();
    ASSERT_TRUE(succeeded(t.execute("INSERT INTO t(x) VALUES (1)")));
    server.kill();
    await_sign_of_life();  // nobody is there
    server.restart();
    EXPECT_TRUE(
        failed_with(t.execute("INSERT INTO t(x) VALUES (2)"), error_kind::transaction, "lost"));
    EXPECT_TRUE(failed_with(t.commit(), error_kind::transaction));
    EXPECT_EQ(number(c, count), 0);
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
    EXPECT_LE(number(c, count), 1);  // it may have done it
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
    EXPECT_EQ(number(c, count), 0);
}

// --- streams ---

TEST(remote_connection, an_expired_stream_is_a_lost_transaction) {
    sqld_server server({.moving_clock = true});
    auto c = connect(server);
    make_table(c);
    auto t = c.begin().value();
    ASSERT_TRUE(succeeded(t.execute("INSERT INTO t(x) VALUES (1)")));
    server.move_clock(12s);
    EXPECT_TRUE(
        failed_with(t.execute("INSERT INTO t(x) VALUES (2)"), error_kind::transaction, "lost"));
    EXPECT_TRUE(failed_with(t.commit(), error_kind::transaction));
    EXPECT_EQ(number(c, count), 0);
}

TEST(remote_connection, a_transaction_on_a_silent_server_is_given_up) {
    sqld_server server;
    auto c = connect(server);
    make_table(c);
    auto t = c.begin().value();
    ASSERT_TRUE(succeeded(t.execute("INSERT INTO t(x) VALUES (1)")));
    server.stop_process();
    await_sign_of_life();
    EXPECT_TRUE(failed_with(t.execute(deadline::in(100ms), "INSERT INTO t(x) VALUES (2)"),
                            error_kind::timeout));  // waits for it
    remote::keep_alive::move_clock(7s);             // and does not any more
    EXPECT_TRUE(
        failed_with(t.execute("INSERT INTO t(x) VALUES (3)"), error_kind::transaction, "lost"));
    server.continue_process();
    EXPECT_TRUE(failed_with(t.commit(), error_kind::transaction));
    EXPECT_EQ(number(c, count), 0);
}

TEST(remote_connection, an_idle_transaction_is_kept_alive) {
    sqld_server server({.moving_clock = true});
    auto c = connect(server);
    make_table(c);
    const auto threads = entries("/proc/self/task");
    auto t = c.begin().value();
    ASSERT_TRUE(succeeded(t.execute("INSERT INTO t(x) VALUES (1)")));
    pass(server, 60s);
    ASSERT_TRUE(succeeded(t.execute("INSERT INTO t(x) VALUES (2)")));
    ASSERT_TRUE(succeeded(t.commit()));
    EXPECT_EQ(number(c, count), 2);
    EXPECT_TRUE(soon([&] { return entries("/proc/self/task") <= threads; }));
}

TEST(remote_connection, an_interrupt_does_not_end_an_idle_transaction) {
    sqld_server server;
    auto c = connect(server);
    make_table(c);
    auto t = c.begin().value();
    ASSERT_TRUE(succeeded(t.execute("INSERT INTO t(x) VALUES (1)")));
    server.stop_process();
    await_sign_of_life();
    const auto answers = remote::keep_alive::answered.load();
    c.interrupter().interrupt();
    server.continue_process();
    ASSERT_TRUE(soon([&] { return remote::keep_alive::answered.load() > answers; }));
    EXPECT_TRUE(succeeded(t.execute("INSERT INTO t(x) VALUES (2)")));
    EXPECT_TRUE(succeeded(t.commit()));
    EXPECT_EQ(number(c, count), 2);
}

TEST(remote_connection, a_deadline_ends_the_wait_for_keep_alive) {
    sqld_server server;
    auto c = connect(server);
    make_table(c);
    auto t = c.begin().value();
    ASSERT_TRUE(succeeded(t.execute("INSERT INTO t(x) VALUES (1)")));
    server.stop_process();
    await_sign_of_life();
    EXPECT_TRUE(failed_with(t.execute(deadline::in(200ms), "INSERT INTO t(x) VALUES (2)"),
                            error_kind::timeout, "the deadline passed"));
    std::thread stops([&] {
        std::this_thread::sleep_for(100ms);
        c.interrupter().interrupt();
        server.continue_process();
    });
    EXPECT_TRUE(failed_with(t.execute("INSERT INTO t(x) VALUES (3)"), error_kind::interrupted));
    stops.join();
    EXPECT_TRUE(succeeded(t.execute("INSERT INTO t(x) VALUES (4)")));
    EXPECT_TRUE(succeeded(t.commit()));
    EXPECT_EQ(number(c, count), 2);  // nothing of 2 and 3 was sent
}

TEST(remote_connection, a_stolen_lock_is_a_lost_transaction) {
    sqld_server server({.moving_clock = true});
    auto victim = connect(server);
    make_table(victim);
    auto t = victim.begin(transaction_mode::immediate).value();
    ASSERT_TRUE(succeeded(t.execute("INSERT INTO t(x) VALUES (1)")));
    auto thief = connect(server);
    server.move_clock(6s);  // a server lets nobody wait for more than five
    ASSERT_TRUE(succeeded(thief.execute("INSERT INTO t(x) VALUES (2)")));
    EXPECT_TRUE(failed_with(t.execute("INSERT INTO t(x) VALUES (3)"), error_kind::transaction));
    EXPECT_TRUE(failed_with(t.execute("INSERT INTO t(x) VALUES (4)"), error_kind::transaction));
    EXPECT_TRUE(failed_with(t.commit(), error_kind::transaction));
    EXPECT_TRUE(victim.is_autocommit());
    EXPECT_EQ(victim.fetch<std::int64_t>("SELECT x FROM t").value(), std::vector<std::int64_t>{2});
    EXPECT_TRUE(succeeded(victim.execute("INSERT INTO t(x) VALUES (5)")));
}

TEST(remote_connection, a_lock_stolen_before_the_commit_is_a_lost_transaction) {
    sqld_server server({.moving_clock = true});
    auto victim = connect(server);
    make_table(victim);
    auto t = victim.begin(transaction_mode::immediate).value();
    ASSERT_TRUE(succeeded(t.execute("INSERT INTO t(x) VALUES (1)")));
    auto thief = connect(server);
    server.move_clock(6s);
    ASSERT_TRUE(succeeded(thief.execute("INSERT INTO t(x) VALUES (2)")));
    EXPECT_TRUE(failed_with(t.commit(), error_kind::transaction));
    EXPECT_TRUE(victim.is_autocommit());
    EXPECT_EQ(victim.fetch<std::int64_t>("SELECT x FROM t").value(), std::vector<std::int64_t>{2});
}

TEST(remote_connection, a_statement_that_fails_at_its_third_row_leaves_the_transaction) {
    sqld_server server;
    auto c = connect(server);
    make_table(c);
    auto t = c.begin().value();
    ASSERT_TRUE(succeeded(t.execute("INSERT INTO t(x) VALUES (1)")));
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
    EXPECT_TRUE(succeeded(t.execute("INSERT INTO t(x) VALUES (2)")));
    EXPECT_TRUE(succeeded(t.commit()));
    EXPECT_EQ(number(c, count), 2);
}

// --- rows of which there are many ---

/// Reads `n` rows more, which count from `seen` on.
void read_on(rows& from, std::int64_t& seen, std::int64_t n) {
    for (; n > 0; --n) {
        const auto more = from.next();
        ASSERT_TRUE(succeeded(more));
        ASSERT_TRUE(*more);
        ASSERT_EQ(from.current().get<std::int64_t>(0), ++seen);
    }
}

/// A transaction on a table with one row, written in it.
class open_transaction {
public:
    open_transaction() : server({.max_response_size = "200KB", .moving_clock = true}) {
        make_table(c);
        t.emplace(c.begin().value());
        EXPECT_TRUE(succeeded(t->execute("INSERT INTO t(x) VALUES (1)")));
    }

    /// It is there, and goes on.
    void expect_there() {
        EXPECT_FALSE(c.is_autocommit());
        EXPECT_TRUE(succeeded(t->execute("INSERT INTO t(x) VALUES (2)")));
        EXPECT_TRUE(succeeded(t->commit()));
        EXPECT_EQ(number(c, count), 2);
    }

    sqld_server server;
    connection c = connect(server);
    std::optional<transaction> t;
};

TEST(remote_connection, rows_half_read_for_a_minute_leave_the_transaction) {
    open_transaction o;
    auto rows = o.t->query(many_rows).value();
    std::int64_t seen = 0;
    read_on(rows, seen, 1000);
    pass(o.server, 60s);
    read_on(rows, seen, how_many_rows - seen);
    EXPECT_FALSE(rows.next().value());
    o.expect_there();
}

TEST(remote_connection, rows_read_over_half_a_minute_leave_the_transaction) {
    open_transaction o;
    auto rows = o.t->query(many_rows).value();
    std::int64_t seen = 0;
    for (int i = 0; i < 6; ++i) {
        pass(o.server, 5s);
        read_on(rows, seen, how_many_rows / 6);
    }
    EXPECT_FALSE(rows.next().value());
    o.expect_there();
}

TEST(remote_connection, rows_that_arrive_late_leave_the_transaction) {
    open_transaction o;
    auto rows = o.t->cursor(one_row_and_no_end).value();
    EXPECT_EQ(rows.fetch(1).value().size(), 1U);
    {
        const meanwhile time_passes([&] {
            pass(o.server, 15s);
            o.c.interrupter().interrupt();
        });
        EXPECT_TRUE(failed_with(rows.fetch(1), error_kind::interrupted));
    }
    o.expect_there();
}

TEST(remote_connection, rows_that_are_dropped_leave_the_transaction) {
    for (const char* const sql : {many_rows, endless, one_row_and_no_end}) {
        open_transaction o;
        {
            auto rows = o.t->cursor(sql).value();
            EXPECT_EQ(rows.fetch(1).value().at(0).at(0), value(1));
        }
        o.expect_there();
    }
}

TEST(remote_connection, rows_that_a_savepoint_ends_leave_the_transaction) {
    sqld_server server(small_replies);
    auto c = connect(server);
    make_table(c);
    auto t = c.begin().value();
    ASSERT_TRUE(succeeded(t.execute("INSERT INTO t(x) VALUES (1)")));
    auto s = t.savepoint("s").value();
    ASSERT_TRUE(succeeded(s.execute("INSERT INTO t(x) VALUES (9)")));
    auto rows = s.query(many_rows).value();
    EXPECT_EQ((*rows.begin()).value().get<int>(0), 1);
    EXPECT_TRUE(succeeded(s.rollback()));
    EXPECT_TRUE(succeeded(t.execute("INSERT INTO t(x) VALUES (2)")));
    EXPECT_TRUE(succeeded(t.commit()));
    EXPECT_EQ(c.fetch<int>("SELECT x FROM t").value(), (std::vector<int>{1, 2}));
}

TEST(remote_connection, rows_past_their_deadline_leave_the_transaction) {
    open_transaction o;
    auto rows = o.t->cursor(deadline::in(1500ms), one_row_and_no_end);
    ASSERT_TRUE(succeeded(rows));
    EXPECT_EQ(rows->fetch(1).value().size(), 1U);
    EXPECT_TRUE(failed_with(rows->fetch(1), error_kind::timeout));
    o.expect_there();
}

TEST(remote_connection, statements_between_rows_take_none_of_them) {
    for (const auto format : {wire_format::protobuf, wire_format::json}) {
        sqld_server server(small_replies);
        auto c = connect(server, {.wire_format = format});
        make_table(c);
        auto t = c.begin().value();
        auto first = t.query(many_rows).value();
        auto second = t.query(many_rows).value();
        std::int64_t of_first = 0;
        std::int64_t of_second = 0;
        read_on(first, of_first, 10);
        read_on(second, of_second, 5000);
        EXPECT_EQ(first.current().get<std::int64_t>(0), 10);
        ASSERT_TRUE(succeeded(t.execute("INSERT INTO t(x) VALUES (1)")));
        EXPECT_EQ(second.current().get<std::int64_t>(0), 5000);  // it is where it was
        read_on(first, of_first, how_many_rows - of_first);
        read_on(second, of_second, how_many_rows - of_second);
        EXPECT_FALSE(first.next().value());
        EXPECT_FALSE(second.next().value());
        ASSERT_TRUE(succeeded(t.commit()));
        EXPECT_EQ(number(c, count), 1);
    }
}

TEST(remote_connection, rows_without_room_in_the_temporary_file_fail_and_the_statement_runs) {
    open_transaction o;
    auto rows = o.t->query(many_rows).value();
    std::int64_t seen = 0;
    read_on(rows, seen, 10);
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto old = signal(SIGXFSZ, SIG_IGN);
    const rlimit none{0, before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &none), 0);
    EXPECT_EQ(number(*o.t, count), 1);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, old);
    std::optional<error> why;
    while (!why) {
        const auto more = rows.next();
        if (!more) {
            why = more.error();
        } else {
            ASSERT_TRUE(*more);
            ASSERT_EQ(rows.current().get<std::int64_t>(0), ++seen);
        }
    }
    EXPECT_TRUE(is_error(*why, error_kind::io, "temporary file"));
    EXPECT_GE(seen, 1000);
    o.expect_there();
}

TEST(remote_connection, a_statement_that_waits_for_rows_until_its_deadline_leaves_them) {
    open_transaction o;
    auto rows = o.t->cursor(endless).value();
    EXPECT_EQ(rows.fetch(10).value().size(), 10U);
    for (int i = 0; i < 3; ++i) {
        const auto late = o.t->execute(deadline::in(50ms), "INSERT INTO t(x) VALUES (9)");
        ASSERT_TRUE(failed_with(late, error_kind::timeout));
        EXPECT_EQ(late.error().message().find("may have carried out"), std::string::npos);
    }
    const auto more = rows.fetch(1000).value();
    ASSERT_EQ(more.size(), 1000U);
    for (std::size_t i = 0; i < more.size(); ++i) {
        ASSERT_EQ(more[i][0], value(static_cast<std::int64_t>(11 + i)));
    }
    rows.close();
    o.expect_there();
}

TEST(remote_connection, a_transaction_ends_while_its_rows_are_half_read) {
    for (const bool commits : {true, false}) {
        open_transaction o;
        auto rows = o.t->cursor(endless).value();
        EXPECT_EQ(rows.fetch(10).value().size(), 10U);
        EXPECT_TRUE(succeeded(commits ? o.t->commit() : o.t->rollback()));
        EXPECT_TRUE(failed_with(rows.fetch(10), error_kind::transaction));
        EXPECT_EQ(number(o.c, count), commits ? 1 : 0);
    }
}

TEST(remote_connection, a_result_too_large_for_one_reply_is_read_row_by_row) {
    sqld_server server(small_replies);
    auto c = connect(server);
    const auto check = [](executor& e) {
        auto rows = e.query(many_rows).value();
        std::int64_t seen = 0;
        read_on(rows, seen, how_many_rows);
        EXPECT_FALSE(rows.next().value());
        const auto all = e.fetch<std::tuple<std::int64_t, std::string>>(many_rows).value();
        EXPECT_EQ(all.size(), std::size_t{how_many_rows});
    };
    check(c);
    auto t = c.begin().value();  // it goes with the first statement
    check(t);
    EXPECT_TRUE(succeeded(t.commit()));
}

// --- tokens ---

TEST(remote_connection, a_token_is_required_and_checked) {
    const sqld_server server({.authentication = true});
    const auto open = [&](auth_token token) {
        return database::open({.uri = server.url(), .auth_token = std::move(token)});
    };
    ASSERT_TRUE(succeeded(open(server.token())));
    const std::vector<std::string> refused{"", "nonsense", testing::token_signer().token(),
                                           server.token({.expires_in = -1h})};
    for (const auto& token : refused) {
        const auto got = open(token);
        ASSERT_TRUE(failed_with(got, error_kind::authentication));
        EXPECT_EQ(got.error().http_status(), 401);
        if (!token.empty()) {
            EXPECT_EQ(got.error().to_string().find(token), std::string::npos);
        }
    }
}

/// A server takes a token for a minute longer than it says.
constexpr std::chrono::seconds almost_refused = -56s;

TEST(remote_connection, a_token_that_expires_is_replaced) {
    sqld_server server({.authentication = true, .moving_clock = true});
    int asked = 0;
    auto c = connect(server, {.auth_token = [&] {
                         return server.token({.expires_in = ++asked == 1 ? almost_refused : 1h});
                     }});
    make_table(c);
    EXPECT_EQ(asked, 1);
    server.move_clock(5s);
    EXPECT_TRUE(succeeded(c.execute("INSERT INTO t(x) VALUES (1)")));
    EXPECT_EQ(asked, 2);
    EXPECT_EQ(number(c, count), 1);
}

TEST(remote_connection, a_token_that_expires_in_a_transaction_is_replaced) {
    sqld_server server({.authentication = true, .moving_clock = true});
    int asked = 0;
    auto c = connect(server, {.auth_token = [&] {
                         return server.token({.expires_in = ++asked == 1 ? almost_refused : 1h});
                     }});
    make_table(c);
    auto t = c.begin().value();
    ASSERT_TRUE(succeeded(t.execute("INSERT INTO t(x) VALUES (1)")));
    server.move_clock(5s);
    EXPECT_TRUE(succeeded(t.execute("INSERT INTO t(x) VALUES (2)")));
    EXPECT_TRUE(succeeded(t.commit()));
    EXPECT_EQ(number(c, count), 2);
}

TEST(remote_connection, a_read_only_token_cannot_write) {
    const sqld_server server({.authentication = true});
    auto owner = connect(server, {.auth_token = server.token()});
    make_table(owner);
    auto c = connect(server, {.auth_token = server.token({.read_only = true})});
    EXPECT_EQ(number(c, count), 0);
    const auto got = c.execute("INSERT INTO t(x) VALUES (1)");
    ASSERT_TRUE(failed_with(got, error_kind::authentication));
    EXPECT_EQ(got.error().http_status(), 403);
    EXPECT_EQ(number(c, count), 0);
    auto t = c.begin().value();
    EXPECT_EQ(number(t, count), 0);
    EXPECT_TRUE(
        failed_with(t.execute("INSERT INTO t(x) VALUES (1)"), error_kind::authentication, "lost"));
    EXPECT_TRUE(failed_with(t.fetch<int>(count), error_kind::transaction));
    EXPECT_EQ(number(c, count), 0);
}

TEST(remote_connection, a_missing_namespace_is_an_error) {
    sqld_server server({.namespaces = true});
    const auto got = database::open({.uri = server.url(), .server_namespace = "nowhere"});
    ASSERT_TRUE(failed_with(got, error_kind::cannot_open, "nowhere"));
    EXPECT_EQ(got.error().http_status(), 404);
    server.create_namespace("one");
    auto c = connect(server, {.server_namespace = "one"});
    make_table(c);
    server.delete_namespace("one");
    EXPECT_TRUE(failed_with(c.fetch<int>(count), error_kind::cannot_open));
}

TEST(remote_connection, base_url_is_followed) {
    const sqld_server server({.self_url = "http://localhost:{port}"});
    auto c = connect(server);
    make_table(c);
    auto t = c.begin().value();
    ASSERT_TRUE(succeeded(t.execute("INSERT INTO t(x) VALUES (1)")));
    ASSERT_TRUE(succeeded(t.execute("INSERT INTO t(x) VALUES (2)")));
    ASSERT_TRUE(succeeded(t.commit()));
    EXPECT_EQ(number(c, count), 2);
}

// --- interrupts and deadlines ---

TEST(remote_connection, a_running_query_is_interrupted_and_the_connection_stays_usable) {
    sqld_server server;
    auto c = connect(server);
    for (const auto& run : std::vector<std::function<std::optional<error>()>>{
             [&] { return c.fetch_one<std::int64_t>(slow).error(); },
             [&] { return c.query(slow).error(); },
             [&] { return c.execute(slow).error(); },
         }) {
        const auto begin = clock::now();
        const auto ended =
            testing::while_interrupted([i = c.interrupter()] { i.interrupt(); }, run);
        ASSERT_TRUE(ended);
        EXPECT_TRUE(is_error(*ended, error_kind::interrupted));
        EXPECT_LE(clock::now() - begin, 10s);
        EXPECT_EQ(number(c, "SELECT 1"), 1);
    }
}

// --- what is left behind ---

TEST(remote_connection, connections_leak_no_files_and_threads) {
    const sqld_server server({.arguments = {"--max-concurrent-connections", "16"}});
    auto db = database::open({.uri = server.url()}).value();
    {
        auto c = db.connect().value();
        make_table(c);
    }
    const std::size_t files = entries("/proc/self/fd");
    const std::size_t threads = entries("/proc/self/task");
    for (int i = 0; i < 1000; ++i) {
        auto c = db.connect().value();
        switch (i % 5) {
            case 0:
                ASSERT_TRUE(succeeded(c.execute("INSERT INTO t(x) VALUES (1)"))) << i;
                break;
            case 1:
                ASSERT_TRUE(succeeded(c.query("SELECT 1 UNION SELECT 2"))) << i;  // rows dropped
                break;
            case 2: {
                auto rows = c.cursor(endless);
                ASSERT_TRUE(succeeded(rows)) << i;
                EXPECT_EQ(rows->fetch(1).value().size(), 1U);
                break;  // most of them were not sent yet
            }
            case 3: {
                auto t = c.begin(transaction_mode::immediate).value();
                ASSERT_TRUE(succeeded(t.execute("INSERT INTO t(x) VALUES (2)"))) << i;
                break;  // dropped: rolled back
            }
            default:
                break;  // not used at all
        }
    }
    auto c = db.connect().value();
    EXPECT_EQ(number(c, count), 200);
    EXPECT_LE(entries("/proc/self/fd"), files + 4);
    EXPECT_TRUE(soon([&] { return entries("/proc/self/task") <= threads; }));
}

TEST(remote_connection, idle_connections_hold_no_stream) {
    const sqld_server server({.arguments = {"--max-concurrent-connections", "8"}});
    auto db = database::open({.uri = server.url()}).value();
    std::vector<connection> idle;
    for (int i = 0; i < 50; ++i) {
        idle.push_back(db.connect().value());
        auto& c = idle.back();
        if (i % 3 == 0) {
            ASSERT_TRUE(succeeded(c.execute("SELECT 1"))) << i;
        } else if (i % 3 == 1) {
            auto rows = c.cursor(endless);
            ASSERT_TRUE(succeeded(rows)) << i;
            EXPECT_EQ(rows->fetch(1).value().size(), 1U);
        } else {
            auto t = c.begin().value();
            ASSERT_TRUE(succeeded(t.execute("SELECT 1"))) << i;
            ASSERT_TRUE(succeeded(c.reset())) << i;
        }
    }
    const auto begin = clock::now();
    for (auto& c : idle) {
        EXPECT_EQ(number(c, "SELECT 1"), 1);
    }
    EXPECT_LE(clock::now() - begin, 20s);
}

}  // namespace
}  // namespace libsql
