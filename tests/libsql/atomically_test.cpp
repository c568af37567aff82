#include "support/open_connection.hpp"
#include "support/outcome.hpp"
#include "support/test_database.hpp"

#include <libsql/atomically.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

namespace libsql {

using namespace testing;

namespace {

/// Inserts 1 and then what makes it fail, if that is wanted.
result<int> insert_both(executor& e, int second) {
    if (auto done = e.execute("INSERT INTO t VALUES (1)"); !done) {
        return done.error();
    }
    if (auto done = e.execute("INSERT INTO t VALUES (?)", second); !done) {
        return done.error();
    }
    return 2;
}

}  // namespace

TEST(atomically, on_a_connection_it_is_a_transaction) {
    auto conn = with_table();
    EXPECT_EQ(atomically(conn,
                         [&](executor& e) {
                             EXPECT_FALSE(conn.is_autocommit());
                             return insert_both(e, 2);
                         })
                  .value(),
              2);
    EXPECT_TRUE(conn.is_autocommit());
    EXPECT_EQ(rows_of(conn), (std::vector{1, 2}));
}

TEST(atomically, a_callable_that_fails_or_throws_is_undone) {
    auto conn = with_table();
    const auto failed = atomically(conn, [](executor& e) { return insert_both(e, 1); });
    EXPECT_TRUE(failed_with(failed, error_kind::constraint));
    EXPECT_THROW(static_cast<void>(atomically(conn,
                                              [](executor& e) -> result<int> {
                                                  static_cast<void>(insert_both(e, 2));
                                                  throw std::runtime_error("no");
                                              })),
                 std::runtime_error);
    EXPECT_TRUE(conn.is_autocommit());
    EXPECT_TRUE(rows_of(conn).empty());
}

TEST(atomically, inside_a_transaction_it_is_a_savepoint) {
    auto conn = with_table();
    auto tx = conn.begin().value();
    ASSERT_TRUE(succeeded(tx.execute("INSERT INTO t VALUES (5)")));
    EXPECT_TRUE(failed_with(atomically(tx, [](executor& e) { return insert_both(e, 1); }),
                            error_kind::constraint));
    EXPECT_EQ(rows_of(tx), std::vector{5});
    const auto nested = atomically(tx, [](executor& outer) {
        EXPECT_FALSE(atomically(outer, [](executor& e) { return insert_both(e, 1); }));
        return atomically(outer, [](executor& e) { return insert_both(e, 2); });
    });
    EXPECT_TRUE(succeeded(nested));
    // Also through the connection, whoever opened the transaction.
    EXPECT_TRUE(succeeded(
        atomically(conn, [](executor& e) { return e.execute("INSERT INTO t VALUES (7)"); })));
    ASSERT_TRUE(succeeded(tx.commit()));
    EXPECT_EQ(rows_of(conn), (std::vector{1, 2, 5, 7}));
}

TEST(atomically, works_in_a_transaction_opened_by_sql_text) {
    auto conn = with_table();
    ASSERT_TRUE(succeeded(conn.execute("BEGIN")));
    EXPECT_TRUE(succeeded(atomically(conn, [](executor& e) { return insert_both(e, 2); })));
    EXPECT_FALSE(atomically(conn, [](executor& e) { return insert_both(e, 3); }));
    ASSERT_TRUE(succeeded(conn.execute("COMMIT")));
    EXPECT_EQ(rows_of(conn), (std::vector{1, 2}));
}

TEST(atomically, a_transaction_ended_inside_is_an_error) {
    auto conn = with_table();
    const auto ended = atomically(conn, [](executor& e) -> result<int> {
        static_cast<void>(e.execute("INSERT INTO t VALUES (1)"));
        static_cast<void>(e.execute("ROLLBACK"));
        return 1;
    });
    ASSERT_TRUE(failed_with(ended, error_kind::transaction));
    EXPECT_EQ(ended.error().outcome(), error_outcome::unknown);
    EXPECT_TRUE(rows_of(conn).empty());
}

TEST(atomically, a_deadline_that_has_passed_opens_nothing) {
    auto conn = with_table();
    const auto late = atomically(conn, deadline::in(std::chrono::milliseconds(0)),
                                 [](executor& e) { return insert_both(e, 2); });
    EXPECT_TRUE(failed_with(late, error_kind::timeout));
    EXPECT_TRUE(rows_of(conn).empty());
    EXPECT_TRUE(conn.is_autocommit());
}

TEST(atomically, a_closed_handle_is_an_error) {
    auto conn = with_table();
    ASSERT_TRUE(succeeded(conn.close()));
    EXPECT_TRUE(failed_with(atomically(conn, [](executor& e) { return insert_both(e, 2); }),
                            error_kind::closed));
}

TEST(atomically, nothing_runs_after_the_end_of_a_transaction_opened_by_sql_text) {
    auto conn = with_table();
    ASSERT_TRUE(succeeded(conn.execute("INSERT INTO t VALUES (1)")));
    for (const char* const end : {"INSERT OR ROLLBACK INTO t VALUES (1)", "ROLLBACK"}) {
        ASSERT_TRUE(succeeded(conn.execute("BEGIN")));
        const auto ended = atomically(conn, [&](executor& e) -> result<int> {
            static_cast<void>(e.execute(end));
            EXPECT_TRUE(
                failed_with(e.execute("INSERT INTO t VALUES (2)"), error_kind::transaction));
            return 1;
        });
        EXPECT_TRUE(failed_with(ended, error_kind::transaction)) << end;
        EXPECT_EQ(ended.error().outcome(), error_outcome::unknown) << end;
        EXPECT_TRUE(conn.is_autocommit());
        EXPECT_EQ(rows_of(conn), std::vector{1}) << end;
    }
    ASSERT_TRUE(succeeded(conn.execute("BEGIN")));
    const auto committed = atomically(conn, [](executor& e) -> result<int> {
        static_cast<void>(e.execute("INSERT INTO t VALUES (3)"));
        static_cast<void>(e.execute("COMMIT"));
        return 1;
    });
    ASSERT_FALSE(committed);
    EXPECT_EQ(committed.error().outcome(), error_outcome::unknown);
    EXPECT_EQ(rows_of(conn), (std::vector{1, 3}));
}

TEST(atomically, work_that_cannot_be_committed_in_time_is_undone) {
    auto conn = with_table();
    const auto expect_undone = [](executor& on) {
        const auto until = deadline::in(std::chrono::milliseconds(200));
        const auto late = atomically(on, until, [&](executor& e) {
            auto done = insert_both(e, 2);
            while (!until.passed()) {
                std::this_thread::yield();
            }
            return done;
        });
        ASSERT_FALSE(late);
        EXPECT_EQ(late.error().kind(), error_kind::timeout);
        EXPECT_EQ(late.error().outcome(), error_outcome::undone);
        EXPECT_TRUE(rows_of(on).empty());
    };
    expect_undone(conn);
    auto tx = conn.begin().value();
    expect_undone(tx);
    ASSERT_TRUE(succeeded(tx.commit()));
    EXPECT_TRUE(rows_of(conn).empty());
}

}  // namespace libsql
