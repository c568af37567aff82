#include "support/open_connection.hpp"
#include "support/outcome.hpp"
#include "support/temporary_directory.hpp"
#include "support/test_database.hpp"
#include "support/two_connections.hpp"

#include <libsql/transaction.hpp>
#include <libsql/transaction_mode.hpp>

#include <gtest/gtest.h>

#include <chrono>

namespace libsql {

using namespace std::chrono_literals;
using namespace testing;

TEST(transaction_mode, modes_take_the_locks_they_name) {
    two_connections opened({.busy_timeout = 0ms, .journal_mode = journal_mode::delete_file});
    auto& conn = opened.first;
    auto& other = opened.second;
    {
        auto tx = conn.begin(transaction_mode::deferred).value();
        EXPECT_EQ(tx.mode(), transaction_mode::deferred);
        EXPECT_TRUE(succeeded(other.execute("INSERT INTO t VALUES (1)")));
    }
    {
        auto tx = conn.begin(transaction_mode::immediate).value();
        EXPECT_TRUE(failed_with(other.execute("INSERT INTO t VALUES (1)"), error_kind::busy));
        EXPECT_TRUE(failed_with(other.begin(transaction_mode::immediate), error_kind::busy));
        EXPECT_EQ(row_count(other), 1);
    }
    {
        auto tx = conn.begin(transaction_mode::exclusive).value();
        EXPECT_TRUE(failed_with(other.query("SELECT x FROM t"), error_kind::busy));
    }
    EXPECT_EQ(row_count(other), 1);
}

TEST(transaction_mode, the_default_mode_is_an_option) {
    auto chosen = testing::fresh_options();
    chosen.default_transaction_mode = transaction_mode::read_only;
    auto conn = open_with(chosen);
    EXPECT_EQ(conn.begin().value().mode(), transaction_mode::read_only);
    EXPECT_EQ(open_fresh().begin().value().mode(), transaction_mode::deferred);
}

TEST(transaction_mode, read_only_refuses_every_write) {
    auto conn = with_table();
    auto tx = conn.begin(transaction_mode::read_only).value();
    EXPECT_TRUE(failed_with(tx.execute("INSERT INTO t VALUES (1)"), error_kind::read_only));
    EXPECT_TRUE(failed_with(conn.execute("INSERT INTO t VALUES (1)"), error_kind::read_only));
    EXPECT_TRUE(failed_with(tx.query("DELETE FROM t RETURNING x"), error_kind::read_only));
    EXPECT_TRUE(failed_with(tx.execute("CREATE TABLE u(x)"), error_kind::read_only));
    EXPECT_TRUE(failed_with(tx.execute("DROP TABLE t"), error_kind::read_only));
    EXPECT_TRUE(failed_with(tx.execute("PRAGMA user_version = 3"), error_kind::read_only));
    EXPECT_EQ(row_count(tx), 0);
    EXPECT_EQ(tx.status(), transaction_status::active);
    ASSERT_TRUE(succeeded(tx.commit()));
    EXPECT_TRUE(succeeded(conn.execute("INSERT INTO t VALUES (1)")));
}

TEST(transaction_mode, writes_work_after_a_read_only_transaction_however_it_ended) {
    auto conn = with_table();
    const auto writes = [&] {
        return succeeded(conn.execute("INSERT INTO t VALUES (abs(random()))"));
    };
    { auto dropped = conn.begin(transaction_mode::read_only).value(); }
    EXPECT_TRUE(writes());
    ASSERT_TRUE(succeeded(conn.begin(transaction_mode::read_only).value().rollback()));
    EXPECT_TRUE(writes());
    {
        auto tx = conn.begin(transaction_mode::read_only).value();
        ASSERT_TRUE(succeeded(conn.execute("COMMIT")));
        EXPECT_TRUE(writes());
    }
    EXPECT_TRUE(writes());
    {
        auto tx = conn.begin(transaction_mode::read_only).value();
        ASSERT_TRUE(succeeded(conn.reset()));
        EXPECT_TRUE(writes());
    }
    EXPECT_TRUE(writes());
}

TEST(transaction_mode, a_read_only_transaction_leaves_the_pragma_query_only_unchanged) {
    auto conn = with_table();
    ASSERT_TRUE(succeeded(conn.execute("PRAGMA query_only = ON")));
    { auto tx = conn.begin(transaction_mode::read_only).value(); }
    EXPECT_TRUE(failed_with(conn.execute("INSERT INTO t VALUES (1)"), error_kind::read_only));
}

TEST(transaction_mode, a_read_only_transaction_cannot_be_made_to_write) {
    auto conn = with_table();
    for (const char* const off : {"PRAGMA query_only = OFF", "PRAGMA main.query_only(0)"}) {
        auto tx = conn.begin(transaction_mode::read_only).value();
        EXPECT_FALSE(succeeded(tx.execute(off)) &&
                     succeeded(tx.execute("INSERT INTO t VALUES (1)")))
            << off;
        EXPECT_TRUE(failed_with(tx.execute("INSERT INTO t VALUES (2)"), error_kind::read_only));
        EXPECT_TRUE(succeeded(tx.rollback()));
    }
    EXPECT_TRUE(succeeded(conn.execute("INSERT INTO t VALUES (3)")));
    EXPECT_EQ(row_count(conn), 1);
}

}  // namespace libsql
