#include "support/open_connection.hpp"
#include "support/outcome.hpp"
#include "support/temporary_directory.hpp"
#include "support/test_database.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace libsql {

using namespace std::chrono_literals;
using testing::failed_with;
using testing::succeeded;
using testing::with_table;

namespace {

/// What a listener was told, in one line each: "query SELECT 1: 1 rows".
class told {
public:
    explicit told(connection& conn) {
        set_call_listener(conn, [this](const call_event& e) { add(e); }).value();
    }

    std::vector<std::string> take() { return std::exchange(lines_, {}); }

    std::optional<error> failure;
    std::chrono::nanoseconds elapsed{0};
    std::chrono::nanoseconds queue_time{0};

private:
    void add(const call_event& e) {
        const std::string kind = e.kind == call_kind::execute ? "execute "
                                 : e.kind == call_kind::query ? "query "
                                                              : "batch ";
        std::string line = kind + std::string(e.sql);
        line += e.statements == 1 ? "" : " +" + std::to_string(e.statements - 1);
        line +=
            ": " + (e.failure != nullptr         ? std::string(to_string(e.failure->kind()))
                    : e.kind == call_kind::query ? std::to_string(e.rows) + " rows"
                                                 : std::to_string(e.rows_affected) + " changed");
        lines_.push_back(line);
        failure = e.failure != nullptr ? std::optional(*e.failure) : std::nullopt;
        elapsed = e.elapsed;
        queue_time = e.queue_time;
    }

    std::vector<std::string> lines_;
};

using lines = std::vector<std::string>;

constexpr std::string_view three_rows = "INSERT INTO t VALUES (1), (2), (3)";

}  // namespace

TEST(call_listener, is_called_for_statements_and_queries) {
    auto conn = with_table(three_rows);
    told all(conn);
    ASSERT_TRUE(succeeded(conn.execute("INSERT INTO t VALUES (4), (5)")));
    EXPECT_GT(all.elapsed, 0ns);
    EXPECT_EQ(conn.fetch<int>("SELECT x FROM t WHERE x < ?", 3).value().size(), 2U);
    EXPECT_EQ(all.take(), (lines{"execute INSERT INTO t VALUES (4), (5): 2 changed",
                                 "query SELECT x FROM t WHERE x < ?: 2 rows"}));
    auto held = conn.prepare("UPDATE t SET x = x + ? WHERE x = ?").value();
    ASSERT_TRUE(succeeded(held.execute(100, 1)));
    auto asked = conn.prepare("SELECT x FROM t WHERE x > ?").value();
    EXPECT_EQ(asked.query(100).value().collect<int>().value(), std::vector{101});
    EXPECT_EQ(all.take(), (lines{"execute UPDATE t SET x = x + ? WHERE x = ?: 1 changed",
                                 "query SELECT x FROM t WHERE x > ?: 1 rows"}));
}

TEST(call_listener, a_query_is_reported_when_its_rows_end) {
    auto conn = with_table(three_rows);
    told all(conn);
    {
        auto rows = conn.query("SELECT x FROM t ORDER BY x").value();
        ASSERT_TRUE(rows.next().value());
        EXPECT_TRUE(all.take().empty());
        EXPECT_EQ(rows.current().get<int>(0), 1);
        EXPECT_EQ(rows.column_name(0), "x");
    }
    EXPECT_EQ(all.take(), lines{"query SELECT x FROM t ORDER BY x: 1 rows"});
    auto cursor = conn.cursor("SELECT x FROM t").value();
    EXPECT_EQ(cursor.fetch(10).value().size(), 3U);
    EXPECT_EQ(cursor.fetch(10).value().size(), 0U);
    EXPECT_EQ(all.take(), lines{"query SELECT x FROM t: 3 rows"}) << "while the cursor is here";
    cursor.close();
    EXPECT_TRUE(all.take().empty());
}

TEST(call_listener, gets_the_error_of_a_failed_call) {
    auto conn = with_table(three_rows);
    told all(conn);
    EXPECT_FALSE(conn.execute("INSERT INTO t VALUES (1)"));
    ASSERT_TRUE(all.failure);
    EXPECT_EQ(all.failure->outcome(), error_outcome::undone);
    EXPECT_FALSE(conn.query("SELECT nothing FROM nowhere"));
    EXPECT_EQ(all.take(), (lines{"execute INSERT INTO t VALUES (1): constraint",
                                 "query SELECT nothing FROM nowhere: sql"}));
    // In the middle of the rows, too, whether its reader asks why or drops them.
    constexpr const char* half = "SELECT CASE x WHEN 3 THEN json('{') ELSE x END FROM t ORDER BY x";
    const auto failed = conn.fetch<value>(half);
    EXPECT_FALSE(failed);
    ASSERT_TRUE(all.failure);
    EXPECT_EQ(all.failure->kind(), error_kind::sql);
    EXPECT_EQ(all.take(), lines{"query " + std::string(half) + ": sql"});
}

TEST(call_listener, is_called_for_transactions_savepoints_and_batches) {
    auto conn = with_table(three_rows);
    told all(conn);
    auto tx = conn.begin().value();
    auto inner = tx.savepoint("s").value();
    ASSERT_TRUE(succeeded(inner.execute("DELETE FROM t")));
    ASSERT_TRUE(succeeded(inner.rollback()));
    ASSERT_TRUE(succeeded(inner.release()));
    ASSERT_TRUE(succeeded(tx.commit()));
    const auto seen = all.take();
    ASSERT_EQ(seen.size(), 6U);
    EXPECT_EQ(seen[0], "execute BEGIN DEFERRED: 0 changed");
    EXPECT_EQ(seen[2], "execute DELETE FROM t: 3 changed");
    EXPECT_EQ(seen[5], "execute COMMIT: 0 changed");
    batch steps;
    steps.add("INSERT INTO t VALUES (8)");
    steps.add("INSERT INTO t VALUES (9), (10)");
    ASSERT_TRUE(succeeded(conn.run(steps)));
    EXPECT_EQ(all.take(), lines{"batch INSERT INTO t VALUES (8) +1: 3 changed"});
    steps.add("INSERT INTO t VALUES (8)");
    EXPECT_FALSE(conn.run(steps, batch_mode::transactional));
    EXPECT_EQ(all.take(), lines{"batch INSERT INTO t VALUES (8) +2: constraint"});
}

TEST(call_listener, can_be_replaced_and_removed) {
    auto conn = with_table(three_rows);
    int first = 0;
    int second = 0;
    ASSERT_TRUE(succeeded(set_call_listener(conn, [&](const call_event&) { ++first; })));
    auto rows = conn.query("SELECT 1").value();
    ASSERT_TRUE(succeeded(set_call_listener(conn, [&](const call_event&) { ++second; })));
    rows.close();
    EXPECT_EQ(first, 1) << "a query tells the one that was there when it began";
    ASSERT_TRUE(succeeded(conn.execute("SELECT 1")));
    ASSERT_TRUE(succeeded(set_call_listener(conn, {})));
    ASSERT_TRUE(succeeded(conn.execute("SELECT 1")));
    EXPECT_EQ(first, 1);
    EXPECT_EQ(second, 1);
    ASSERT_TRUE(succeeded(conn.close()));
    EXPECT_TRUE(failed_with(set_call_listener(conn, {}), error_kind::closed));
}

TEST(call_listener, gets_the_time_in_the_pools_queue) {
    const testing::temporary_directory directory;
    std::chrono::nanoseconds queue_time{-1};
    auto p = pool::open({.database = directory.file("a.db")},
                        {.after_connect =
                             [&](connection& c) {
                                 return set_call_listener(
                                     c, [&](const call_event& e) { queue_time = e.queue_time; });
                             }})
                 .value();
    std::optional<pooled_connection> taken = p.checkout_writer().value();
    std::thread other([&] {
        auto waited = p.checkout_writer().value();
        ASSERT_TRUE(succeeded(waited->execute("CREATE TABLE t(x)")));
        EXPECT_EQ(queue_time, waited.queue_time());
        EXPECT_GT(queue_time, 0ns);
        ASSERT_TRUE(succeeded(waited->execute("INSERT INTO t VALUES (1)")));
        EXPECT_EQ(queue_time, 0ns) << "it is told once";
    });
    while (p.metrics().writer.waiting == 0) {
        std::this_thread::yield();
    }
    taken.reset();
    other.join();
}

TEST(call_listener, is_called_for_a_statement_that_a_callback_dropped) {
    auto conn = testing::open_memory();
    std::optional<statement> held;
    ASSERT_TRUE(succeeded(create_function(conn, "drop_it", [&] {
        held.reset();
        return 1;
    })));
    told all(conn);
    const std::string sql = "SELECT drop_it(), '" + std::string(100, 'x') + "'";
    held = conn.prepare(sql).value();
    ASSERT_TRUE(succeeded(held->execute()));
    EXPECT_EQ(all.take(), lines{"execute " + sql + ": 0 changed"});
    held = conn.prepare(sql).value();
    {
        const auto rows = held->query();
        ASSERT_TRUE(succeeded(rows));
    }
    EXPECT_EQ(all.take(), lines{"query " + sql + ": 0 rows"});
}

}  // namespace libsql
