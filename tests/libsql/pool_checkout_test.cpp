#include "support/outcome.hpp"
#include "support/pool_test.hpp"

#include <libsql/blob_io.hpp>
#include <libsql/pool.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <thread>
#include <tuple>
#include <utility>

/// @file
/// Connections that are checked out: what ends when they are returned, and nested checkouts.

namespace libsql {
namespace {

using namespace std::chrono_literals;
using namespace testing;

// --- giving back ---

TEST_F(pool_test, returning_a_connection_rolls_back) {
    auto p = open();
    {
        auto taken = p.checkout_writer().value();
        auto tx = taken->begin().value();
        ASSERT_TRUE(tx.execute("INSERT INTO t VALUES (1)"));
        taken.release();
        EXPECT_EQ(kind_of(tx.execute("INSERT INTO t VALUES (2)")), error_kind::transaction);
        EXPECT_NE(tx.status(), transaction_status::active);
    }
    ASSERT_TRUE(p.write([](connection& c) { return c.execute("BEGIN"); }));
    ASSERT_TRUE(p.write([](connection& c) {
        EXPECT_TRUE(c.is_autocommit());
        return insert(c, 3);
    }));
    EXPECT_EQ(count(p), 1);
    EXPECT_EQ(p.metrics().writer.reconnects, 0U);
}

TEST_F(pool_test, returning_a_connection_ends_rows_and_statements) {
    auto p = open();
    ASSERT_TRUE(
        p.write([](connection& c) { return c.execute("INSERT INTO t VALUES (1), (2), (3)"); }));
    auto taken = p.checkout_reader().value();
    auto rows = taken->query("SELECT n FROM t").value();
    ASSERT_TRUE(rows.next().value());
    auto statement = taken->prepare("SELECT n FROM t").value();
    auto statement_rows = statement.query().value();
    ASSERT_TRUE(statement_rows.next().value());
    taken.release();
    EXPECT_EQ(kind_of(rows.next()), error_kind::closed);
    EXPECT_EQ(rows.current().size(), 0U);
    EXPECT_EQ(kind_of(statement_rows.next()), error_kind::closed);
    const auto after = statement.query();
    ASSERT_EQ(kind_of(after), error_kind::closed);
    EXPECT_EQ(after.error().message(),
              "the connection went back to its pool, which ended this statement");
    EXPECT_EQ(kind_of(taken->execute("SELECT 1")), error_kind::closed);
    taken.release();
    EXPECT_EQ(p.metrics().readers.ready, 4U);
    // No reader is left that would keep the WAL from being checkpointed.
    const auto checkpoint = p.write([](connection& c) {
        return c.fetch_one<std::tuple<int, int, int>>("PRAGMA wal_checkpoint(TRUNCATE)");
    });
    EXPECT_EQ(std::get<0>(checkpoint.value().value()), 0) << "busy";
}

TEST_F(pool_test, returning_a_connection_ends_blobs) {
    auto p = open();
    auto taken = p.checkout_writer().value();
    taken->execute("INSERT INTO t(rowid, n) VALUES (1, zeroblob(3))").value();
    auto blob =
        blob_io::open(*taken, {.table = "t", .column = "n", .rowid = 1}, blob_access::read_write)
            .value();
    taken.release();
    std::array<std::byte, 3> bytes{};
    EXPECT_EQ(kind_of(blob.read(bytes, 0)), error_kind::closed);
    EXPECT_EQ(kind_of(blob.write(bytes, 0)), error_kind::closed);
    EXPECT_TRUE(p.write([](connection& c) { return insert(c, 1); }));
}

TEST_F(pool_test, assignment_closes_the_previous_pool) {
    auto first = open();
    auto taken = first.checkout_writer().value();
    taken.release();
    first = open({.pool_size = 2});
    EXPECT_EQ(first.metrics().readers.ready, 1U);
    EXPECT_TRUE(first.write([](connection& c) { return insert(c, 1); }));
    auto& same = first;
    first = std::move(same);
    EXPECT_EQ(count(first), 1);
}

TEST_F(pool_test, rows_returned_from_a_callable_report_that_they_ended) {
    auto p = open();
    ASSERT_TRUE(p.write([](connection& c) { return insert(c, 1); }));
    auto rows = p.read([](connection& c) { return c.query("SELECT n FROM t"); }).value();
    EXPECT_EQ(kind_of(rows.next()), error_kind::closed);
}

TEST_F(pool_test, returning_a_connection_keeps_the_statement_cache) {
    auto p = open({.pool_size = 2});
    const auto compiled = [&] {
        return p
            .read([](connection& c) {
                return c.fetch_one<int>(
                    "SELECT count(*) FROM sqlite_stmt WHERE sql = 'SELECT count(*) FROM t'");
            })
            .value();
    };
    EXPECT_EQ(compiled(), 0);
    count(p);
    EXPECT_EQ(compiled(), 1);
    {
        auto taken = p.checkout_reader().value();
        auto open_rows = taken->query("SELECT n FROM t").value();
        taken.release();
    }
    EXPECT_EQ(compiled(), 1);
}

TEST_F(pool_test, returning_a_connection_forgets_the_last_rowid) {
    auto p = open();
    ASSERT_TRUE(p.write([](connection& c) { return insert(c, 1); }));
    EXPECT_EQ(p.write([](connection& c) -> result<std::int64_t> {
                   return c.last_insert_rowid();
               }).value(),
              0);
}

TEST_F(pool_test, handles_that_outlive_the_checkout_can_be_dropped_on_another_thread) {
    auto p = open({.pool_size = 2});
    ASSERT_TRUE(p.write([](connection& c) { return insert(c, 1); }));
    for (int i = 0; i < 100; ++i) {
        auto taken = p.checkout_reader().value();
        auto rows = taken->query("SELECT n FROM t").value();
        auto statement = taken->prepare("SELECT n FROM t").value();
        taken.release();
        std::thread other([&] { EXPECT_EQ(count(p), 1); });
        rows.close();
        statement.close();
        other.join();
    }
}

TEST_F(pool_test, an_exception_propagates_and_the_connection_is_returned) {
    auto p = open();
    EXPECT_THROW(static_cast<void>(p.write([](connection& c) -> result<execution> {
                     static_cast<void>(c.execute("BEGIN"));
                     static_cast<void>(insert(c, 1));
                     throw std::runtime_error("no");
                 })),
                 std::runtime_error);
    EXPECT_EQ(p.metrics().writer.in_use, 0U);
    EXPECT_EQ(count(p), 0);
    EXPECT_TRUE(p.write([](connection& c) { return insert(c, 1); }));
}

TEST_F(pool_test, a_failed_statement_does_not_replace_the_connection) {
    auto p = open();
    EXPECT_EQ(kind_of(p.write([](connection& c) { return c.execute("SELEC"); })), error_kind::sql);
    EXPECT_EQ(p.metrics().writer.ready, 1U);
    EXPECT_EQ(p.metrics().writer.reconnects, 0U);
}

TEST_F(pool_test, a_handle_can_be_moved_and_used_on_another_thread) {
    auto p = open();
    auto taken = p.checkout_writer().value();
    std::thread other([moved = std::move(taken)]() mutable { EXPECT_TRUE(insert(*moved, 1)); });
    other.join();
    EXPECT_EQ(kind_of(taken->execute("SELECT 1")), error_kind::closed);
    EXPECT_EQ(p.metrics().writer.ready, 1U);
    auto a = p.checkout_reader().value();
    a = p.checkout_reader().value();
    EXPECT_EQ(p.metrics().readers.in_use, 1U);
}

// --- nesting ---

TEST_F(pool_test, a_nested_checkout_that_could_never_succeed_is_misuse) {
    auto p = open({.pool_size = 3, .queue_interval = 0ms});
    const auto nested_write =
        p.write([&](connection&) { return p.write([](connection& c) { return insert(c, 1); }); });
    EXPECT_EQ(kind_of(nested_write), error_kind::misuse);
    const auto nested_handle = p.write([&](connection&) { return p.checkout_writer(); });
    EXPECT_EQ(kind_of(nested_handle), error_kind::misuse);
    const auto third_reader = p.read([&](connection&) {
        return p.read([&](connection&) {
            return p.read([](connection& c) { return c.execute("SELECT 1"); });
        });
    });
    EXPECT_EQ(kind_of(third_reader), error_kind::misuse);
    auto one = open({.database = ":memory:"});
    const auto write_in_read = one.read(
        [&](connection&) { return one.write([](connection& c) { return insert(c, 1); }); });
    EXPECT_EQ(kind_of(write_in_read), error_kind::misuse);
    EXPECT_TRUE(one.write([](connection& c) { return insert(c, 1); }));
}

TEST_F(pool_test, nested_checkouts_that_can_succeed_succeed) {
    auto p = open({.pool_size = 3});
    auto q = open({.database = ":memory:"});
    const auto done = p.write([&](connection& writer) {
        return p.read([&](connection&) {
            return p.read([&](connection&) {
                return q.write([&](connection& other) {
                    return insert(other, 1).and_then([&](auto) { return insert(writer, 1); });
                });
            });
        });
    });
    EXPECT_TRUE(done);
    EXPECT_EQ(count(p), 1);
    EXPECT_EQ(count(q), 1);
}

}  // namespace
}  // namespace libsql
