#include <libsql/database.hpp>
#include <libsql/hooks.hpp>
#include <libsql/trace.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace libsql {

namespace {

using testing::ElementsAre;

connection open() {
    auto c = database::open({.database = ":memory:"}).value().connect().value();
    EXPECT_TRUE(c.execute("CREATE TABLE t (a)"));
    return c;
}

/// The number of rows of t. The listener is removed before.
int count_untraced(connection& c) {
    set_trace(c, {}, {}).value();
    return c.fetch_one<int>("SELECT count(*) FROM t").value().value();
}

void refuse(const trace_event& /*unused*/) {
    throw std::runtime_error("no");
}

TEST(trace, gives_statements_as_written_and_with_their_values) {
    auto c = open();
    std::vector<std::string> seen;
    set_trace(c, {}, [&](const trace_event& e) {
        EXPECT_EQ(e.kind(), trace_kind::statement);
        EXPECT_EQ(e.elapsed().count(), 0);
        seen.emplace_back(e.sql());
        seen.push_back(e.expanded_sql().value());
    }).value();
    ASSERT_TRUE(c.execute("INSERT INTO t VALUES (?)", "it's"));
    ASSERT_TRUE(c.execute("SELECT :x", named{{"x", 5}}));
    EXPECT_THAT(seen, ElementsAre("INSERT INTO t VALUES (?)", "INSERT INTO t VALUES ('it''s')",
                                  "SELECT :x", "SELECT 5"));
}

TEST(trace, a_trigger_is_an_event_of_its_own) {
    auto c = open();
    ASSERT_TRUE(c.execute("CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END"));
    std::vector<std::string> seen;
    set_trace(c, {}, [&](const trace_event& e) {
        seen.emplace_back(e.sql());
        EXPECT_TRUE(e.expanded_sql());
    }).value();
    ASSERT_TRUE(c.execute("INSERT INTO t VALUES (1)"));
    EXPECT_THAT(seen, ElementsAre("INSERT INTO t VALUES (1)", "-- TRIGGER r", "-- SELECT 1"));
}

TEST(trace, reports_rows_and_the_end) {
    auto c = open();
    ASSERT_TRUE(c.execute("INSERT INTO t VALUES (1), (2)"));
    std::vector<trace_kind> seen;
    set_trace(c, {.rows = true, .profile = true, .close = true}, [&](const trace_event& e) {
        seen.push_back(e.kind());
    }).value();
    ASSERT_TRUE(c.execute("SELECT a FROM t"));
    ASSERT_TRUE(c.close());
    EXPECT_THAT(seen, ElementsAre(trace_kind::statement, trace_kind::row, trace_kind::row,
                                  trace_kind::profile, trace_kind::close));
}

TEST(trace, profile_measures_finer_than_a_millisecond) {
    auto c = open();
    std::vector<std::chrono::nanoseconds> seen;
    set_trace(c, {.statements = false, .profile = true}, [&](const trace_event& e) {
        seen.push_back(e.elapsed());
    }).value();
    for (int i = 0; i < 10; ++i) {
        ASSERT_TRUE(c.execute("SELECT a FROM t"));
    }
    ASSERT_EQ(seen.size(), 10U);
    EXPECT_THAT(
        seen, testing::Contains(testing::Truly([](auto t) { return t.count() % 1'000'000 != 0; })));
    EXPECT_THAT(seen, testing::Each(testing::Gt(std::chrono::nanoseconds(0))));
}

TEST(trace, profile_covers_the_time_between_rows) {
    auto c = open();
    ASSERT_TRUE(c.execute("INSERT INTO t VALUES (1), (2)"));
    std::vector<std::chrono::nanoseconds> seen;
    set_trace(c, {.statements = false, .profile = true}, [&](const trace_event& e) {
        seen.push_back(e.elapsed());
    }).value();
    {
        auto found = c.query("SELECT a FROM t").value();
        ASSERT_TRUE(found.next().value());
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_GE(seen[0], std::chrono::milliseconds(5));
}

TEST(trace, profile_covers_a_statement_that_was_already_running) {
    auto c = open();
    ASSERT_TRUE(c.execute("INSERT INTO t VALUES (1), (2)"));
    std::vector<std::string> seen;
    set_trace(c, {.statements = false, .profile = true}, [&](const trace_event& e) {
        seen.emplace_back(e.sql());
    }).value();
    auto found = c.query("SELECT a FROM t").value();
    set_trace(c, {.statements = false, .rows = true}, [&](const trace_event& e) {
        seen.emplace_back(e.sql());
    }).value();
    set_trace(c, {.statements = false, .profile = true}, [&](const trace_event& e) {
        seen.emplace_back(e.sql());
    }).value();
    found.close();
    EXPECT_THAT(seen, ElementsAre("SELECT a FROM t"));
}

TEST(trace, a_failed_statement_keeps_its_error) {
    auto c = open();
    ASSERT_TRUE(c.execute("CREATE UNIQUE INDEX one ON t (a)"));
    ASSERT_TRUE(c.execute("INSERT INTO t VALUES (1)"));
    set_trace(c, {.statements = false, .profile = true}, refuse).value();
    EXPECT_EQ(c.execute("INSERT INTO t VALUES (1)").error().kind(), error_kind::constraint);
}

TEST(trace, a_listener_that_throws_at_the_start_undoes_the_statement) {
    auto c = open();
    set_trace(c, {}, refuse).value();
    EXPECT_EQ(c.execute("INSERT INTO t VALUES (1)").error().message(), "no");
    EXPECT_EQ(c.query("SELECT 1").error().message(), "no");
    EXPECT_EQ(c.execute("SELECT a FROM t WHERE a = 7").error().message(), "no");
    EXPECT_EQ(count_untraced(c), 0);
}

TEST(trace, a_listener_that_throws_at_begin_and_commit_fails_them) {
    auto c = open();
    bool angry = true;
    set_trace(c, {}, [&](const trace_event&) {
        if (angry) {
            throw std::runtime_error("no");
        }
    }).value();
    EXPECT_EQ(c.begin(transaction_mode::immediate).error().message(), "no");
    EXPECT_TRUE(c.is_autocommit());
    angry = false;
    auto tx = c.begin(transaction_mode::immediate).value();
    ASSERT_TRUE(tx.execute("INSERT INTO t VALUES (1)"));
    angry = true;
    EXPECT_EQ(tx.commit().error().message(), "no");
    EXPECT_TRUE(c.is_autocommit());
    EXPECT_NE(tx.status(), transaction_status::active);
    angry = false;
    EXPECT_EQ(c.fetch_one<int>("SELECT count(*) FROM t").value(), 0);
}

TEST(trace, a_listener_that_throws_at_a_row_of_returning_undoes_the_insert) {
    auto c = open();
    set_trace(c, {.statements = false, .rows = true}, refuse).value();
    EXPECT_EQ(c.query("INSERT INTO t VALUES (1) RETURNING a").error().message(), "no");
    EXPECT_EQ(count_untraced(c), 0);
}

TEST(trace, a_listener_that_throws_at_a_later_row_fails_reading_it) {
    auto c = open();
    ASSERT_TRUE(c.execute("INSERT INTO t VALUES (1), (2)"));
    int rows_seen = 0;
    set_trace(c, {.statements = false, .rows = true}, [&](const trace_event&) {
        if (++rows_seen == 2) {
            throw std::runtime_error("no");
        }
    }).value();
    auto found = c.query("SELECT a FROM t").value();
    EXPECT_TRUE(found.next().value());
    EXPECT_EQ(found.next().error().message(), "no");
    EXPECT_EQ(found.next().error().kind(), error_kind::closed);
}

TEST(trace, a_read_that_fails_in_a_transaction_leaves_it_open) {
    auto c = open();
    auto tx = c.begin(transaction_mode::immediate).value();
    ASSERT_TRUE(tx.execute("INSERT INTO t VALUES (1)"));
    set_trace(c, {.statements = false, .rows = true}, refuse).value();
    EXPECT_EQ(tx.execute("SELECT a FROM t").error().message(), "no");
    set_trace(c, {}, {}).value();
    EXPECT_EQ(tx.status(), transaction_status::active);
    ASSERT_TRUE(tx.commit());
    EXPECT_EQ(c.fetch_one<int>("SELECT count(*) FROM t").value(), 1);
}

TEST(trace, a_listener_that_throws_at_the_end_undoes_nothing) {
    auto c = open();
    set_trace(c, {.statements = false, .profile = true}, refuse).value();
    EXPECT_EQ(c.execute("INSERT INTO t VALUES (1)").error().message(), "no");
    EXPECT_EQ(count_untraced(c), 1);
}

TEST(trace, a_listener_that_throws_at_close_fails_the_call) {
    auto c = open();
    set_trace(c, {.statements = false, .close = true}, refuse).value();
    EXPECT_EQ(c.close().error().message(), "no");
    EXPECT_FALSE(c.is_open());
    auto dropped = open();
    set_trace(dropped, {.statements = false, .close = true}, refuse).value();
}

TEST(trace, selecting_nothing_is_an_error) {
    auto c = open();
    EXPECT_EQ(set_trace(c, {.statements = false}, [](const trace_event&) {}).error().kind(),
              error_kind::invalid_argument);
    EXPECT_TRUE(set_trace(c, {.statements = false}, {}));
}

}  // namespace

}  // namespace libsql
