#include "support/outcome.hpp"
#include "support/pool_test.hpp"

#include <libsql/database.hpp>
#include <libsql/pool.hpp>
#include <libsql/trace.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <utility>

/// @file
/// Connections that are lost, broken or old, and their replacement.

namespace libsql {
namespace {

using namespace std::chrono_literals;
using namespace testing;
using ::testing::HasSubstr;

TEST_F(pool_test, a_connection_that_was_closed_is_replaced) {
    for (const bool background : {true, false}) {
        auto p = open({.pool_size = 2, .background = background});
        ASSERT_TRUE(p.read([](connection& c) -> result<void> { return c.close(); }));
        ASSERT_TRUE(p.read([](connection& c) -> result<void> {
            const connection stolen(std::move(c));
            return {};
        }));
        ASSERT_TRUE(p.write([&](connection& c) -> result<void> {
            c = database::open({.database = ":memory:"}).value().connect().value();
            return {};
        }));
        EXPECT_EQ(count(p), 0) << "the pool's database, not the one that was given back";
        EXPECT_TRUE(p.write([](connection& c) { return c.execute("DELETE FROM t"); }));
        EXPECT_EQ(p.metrics().readers.reconnects, 2U);
        EXPECT_EQ(p.metrics().writer.reconnects, 1U);
    }
}

TEST_F(pool_test, a_waiting_request_gets_the_replacement_at_once) {
    auto p = open({.queue_interval = 0ms, .background = false, .backoff_min = 10s});
    auto held = p.checkout_writer().value();
    std::thread other([&] { EXPECT_TRUE(p.write([](connection& c) { return insert(c, 1); })); });
    ASSERT_TRUE(eventually([&] { return p.metrics().writer.waiting == 1; }));
    ASSERT_TRUE(held->close());
    held.release();
    other.join();
    EXPECT_EQ(p.metrics().writer.reconnects, 1U);
}

TEST_F(pool_test, reconnecting_is_retried_until_it_works) {
    ASSERT_TRUE(open().close());
    options existing = file();
    existing.mode = open_mode::read_write;  // else a try could make a new file
    for (const bool background : {true, false}) {
        auto p = open(existing, {.pool_size = 1,
                                 .queue_interval = 0ms,
                                 .background = background,
                                 .backoff_min = 5ms,
                                 .backoff_max = 20ms});
        ASSERT_TRUE(p.write([](connection& c) { return c.close(); }));
        if (background) {
            ASSERT_TRUE(eventually([&] { return p.metrics().writer.reconnects == 1; }));
            ASSERT_TRUE(p.write(
                [](connection& c) { return c.execute("PRAGMA wal_checkpoint(TRUNCATE)"); }));
        }
        const auto away = path().string() + ".away";
        std::filesystem::rename(path(), away);
        std::filesystem::create_directory(path());
        ASSERT_TRUE(!background || p.write([](connection& c) { return c.close(); }));
        const auto refused = p.checkout_writer(deadline::in(100ms));
        ASSERT_EQ(kind_of(refused), error_kind::pool);
        EXPECT_THAT(refused.error().message(), HasSubstr("the last attempt to reconnect failed: "));
        EXPECT_THAT(refused.error().message(), HasSubstr("is a directory"));

        std::thread waits(
            [&] { EXPECT_TRUE(p.write([](connection& c) { return insert(c, 1); })); });
        std::this_thread::sleep_for(50ms);
        std::filesystem::remove(path());
        std::filesystem::rename(away, path());
        waits.join();
        EXPECT_EQ(p.metrics().writer.ready, 1U);
    }
}

TEST_F(pool_test, a_corrupt_page_replaces_the_connection_but_not_the_pool) {
    {
        auto p = open();
        ASSERT_TRUE(p.write([](connection& c) {
            return c.execute("INSERT INTO t SELECT value FROM generate_series(1, 5000)");
        }));
    }
    std::fstream(path(), std::ios::in | std::ios::out | std::ios::binary).seekp(4096)
        << std::string(4096 * 4, '\x7f');
    auto opened = pool::open(file(), {.pool_size = 2, .background = false}).value();
    const auto broken =
        opened.read([](connection& c) { return c.fetch_one<int>("SELECT sum(n) FROM t"); });
    EXPECT_EQ(kind_of(broken), error_kind::corrupt);
    EXPECT_EQ(opened.metrics().readers.down, 1U);
    EXPECT_TRUE(opened.read([](connection& c) { return c.fetch_one<int>("SELECT 1"); }));
    EXPECT_EQ(opened.metrics().readers.reconnects, 1U);
}

TEST_F(pool_test, a_lost_database_in_memory_is_not_replaced_by_an_empty_one) {
    auto p = open({.database = ":memory:"});
    ASSERT_TRUE(p.write([](connection& c) { return c.close(); }));
    for (int i = 0; i < 3; ++i) {
        const auto refused = p.checkout_writer();
        ASSERT_EQ(kind_of(refused), error_kind::closed);
        EXPECT_THAT(refused.error().message(), HasSubstr("content is lost"));
    }
    EXPECT_EQ(p.metrics().writer.down, 1U);
}

TEST_F(pool_test, rows_dropped_late_do_not_reach_the_next_user) {
    auto p = open({.pool_size = 2});
    ASSERT_TRUE(p.write([](connection& c) { return insert(c, 1); }));
    ASSERT_TRUE(p.write([](connection& c) { return insert(c, 2); }));
    constexpr const char* sql = "UPDATE t SET n = n WHERE n < ?1 RETURNING n";
    std::optional<rows> late;
    {
        auto first = p.checkout_writer().value();
        late = first->query(sql, 10).value();
        ASSERT_TRUE(late->next().value());
    }
    late.reset();
    {
        auto second = p.checkout_writer().value();
        const auto held = second->prepare("SELECT 1").value();
        second.release();
    }
    auto third = p.checkout_writer().value();
    EXPECT_TRUE(third->fetch<int>(sql, 0).value().empty());
}

TEST_F(pool_test, connections_are_replaced_after_their_lifetime) {
    auto p = open({.pool_size = 2,
                   .background = false,
                   .max_lifetime = lifetime_range{.min = 20ms, .max = 30ms}});
    EXPECT_EQ(p.metrics().readers.reconnects, 0U);
    std::this_thread::sleep_for(40ms);
    count(p);  // at the end of its life when it is given back
    EXPECT_EQ(p.metrics().readers.down, 1U);
    count(p);
    EXPECT_EQ(p.metrics().readers.reconnects, 1U);
    EXPECT_EQ(count(p), 0);
}

TEST_F(pool_test, the_background_thread_replaces_old_connections_and_pings_idle_ones) {
    auto p = open({.pool_size = 2,
                   .idle_interval = 10ms,
                   .max_lifetime = lifetime_range{.min = 50ms, .max = 60ms}});
    EXPECT_TRUE(eventually(
        [&] { return p.metrics().readers.reconnects >= 2 && p.metrics().writer.reconnects >= 2; }));

    // A ping is a statement that nobody here has run.
    using clock = std::chrono::steady_clock;
    std::atomic<int> pings{0};
    std::atomic<clock::duration> last_ping{};
    const auto count_pings = [&](connection& c) {
        return set_trace(c, {}, [&](const trace_event&) {
            last_ping = clock::now().time_since_epoch();
            ++pings;
        });
    };
    auto q =
        pool::open(file(), {.pool_size = 1, .idle_interval = 10ms, .after_connect = count_pings})
            .value();
    auto r = open({.pool_size = 2, .background = false});
    const auto opened = clock::now();
    pings = 0;
    ASSERT_TRUE(eventually([&] { return pings > 3; }));
    const auto of_q = q.checkout_writer().value().idle_time();
    EXPECT_LE(of_q, clock::now().time_since_epoch() - last_ping.load()) << "a ping counts as use";
    const auto elapsed = clock::now() - opened;
    EXPECT_GE(r.checkout_reader().value().idle_time(), elapsed);
    EXPECT_EQ(q.metrics().writer.reconnects, 0U);
}

}  // namespace
}  // namespace libsql
