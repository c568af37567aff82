#include "support/outcome.hpp"
#include "support/remote_connection.hpp"
#include "support/sqld_server.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

/// @file
/// Results of a real server that are too large for one reply, and rows that are half read.

namespace libsql {
namespace {

using namespace std::chrono_literals;
using namespace testing;

/// A first row, and a second one that does not come.
constexpr const char* one_row_and_no_end =
    "SELECT 1 UNION ALL "
    "SELECT max(n) FROM (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) "
    "SELECT n FROM c)";

/// Reads `n` rows more, which count_rows from `seen` on.
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
        EXPECT_EQ(number(c, count_rows), 2);
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
        EXPECT_EQ(number(c, count_rows), 1);
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
    EXPECT_EQ(number(*o.t, count_rows), 1);
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
        EXPECT_EQ(number(o.c, count_rows), commits ? 1 : 0);
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

}  // namespace
}  // namespace libsql
