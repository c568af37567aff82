#include "support/open_connection.hpp"
#include "support/outcome.hpp"
#include "support/pool_test.hpp"

#include <libsql/pool.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <latch>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

/// @file
/// Closing a pool.

namespace libsql {
namespace {

using namespace std::chrono_literals;
using namespace testing;
using ::testing::HasSubstr;

TEST_F(pool_test, a_closed_pool_refuses_checkouts) {
    auto p = open();
    EXPECT_TRUE(p.is_open());
    ASSERT_TRUE(p.close());
    EXPECT_FALSE(p.is_open());
    EXPECT_EQ(kind_of(p.close()), error_kind::pool);
    EXPECT_EQ(kind_of(p.checkout_reader()), error_kind::pool);
    EXPECT_EQ(kind_of(p.checkout_writer()), error_kind::pool);
    const auto refused = p.read([](connection& c) { return c.execute("SELECT 1"); });
    ASSERT_EQ(kind_of(refused), error_kind::pool);
    EXPECT_EQ(refused.error().message(), "the pool is closed");
    auto moved_from = open();
    const auto to = std::move(moved_from);
    EXPECT_EQ(kind_of(moved_from.checkout_reader()), error_kind::pool);
    EXPECT_EQ(kind_of(moved_from.close()), error_kind::pool);
    EXPECT_EQ(moved_from.metrics().readers.size, 0U);
}

TEST_F(pool_test, closing_checkpoints_and_removes_the_log) {
    auto p = open();
    ASSERT_TRUE(p.write([](connection& c) { return insert(c, 1); }));
    EXPECT_TRUE(std::filesystem::exists(path().string() + "-wal"));
    ASSERT_TRUE(p.close());
    EXPECT_FALSE(std::filesystem::exists(path().string() + "-wal"));
    auto again = open();
    EXPECT_EQ(count(again), 1);
}

TEST_F(pool_test, closing_waits_for_connections_in_use) {
    auto p = open();
    auto taken = p.checkout_writer().value();
    std::atomic<bool> closed{false};
    std::thread closes([&] {
        EXPECT_TRUE(p.close());
        closed = true;
    });
    ASSERT_TRUE(eventually([&] { return !p.is_open(); }));
    std::this_thread::sleep_for(20ms);
    EXPECT_FALSE(closed);
    EXPECT_TRUE(insert(*taken, 1)) << "what is out still works";
    taken.release();
    closes.join();
}

TEST_F(pool_test, closing_refuses_waiting_requests) {
    auto p = open();
    auto taken = p.checkout_writer().value();
    std::thread waits([&] {
        const auto refused = p.checkout_writer();
        ASSERT_EQ(kind_of(refused), error_kind::pool);
        EXPECT_EQ(refused.error().message(), "the pool is closed");
    });
    ASSERT_TRUE(eventually([&] { return p.metrics().writer.waiting == 1; }));
    std::thread closes([&] { EXPECT_TRUE(p.close()); });
    waits.join();
    taken.release();
    closes.join();
}

TEST_F(pool_test, closing_interrupts_when_its_deadline_passes) {
    auto p = open();
    std::latch running(2);
    std::thread reads([&] {
        const auto done = p.read([&](connection& c) -> result<execution> {
            running.count_down();
            auto first = c.execute(endless_count);
            EXPECT_EQ(kind_of(first), error_kind::interrupted);
            return c.execute("SELECT 1");
        });
        EXPECT_EQ(kind_of(done), error_kind::closed) << "no further statement starts";
    });
    std::thread steps([&] {
        const auto done = p.read([&](connection& c) -> result<void> {
            auto all = c.query("SELECT value FROM generate_series(1, 1000000000)").value();
            running.count_down();
            for (;;) {
                if (auto more = all.next(); !more) {
                    return more.error();
                }
            }
        });
        EXPECT_EQ(kind_of(done), error_kind::interrupted);
    });
    running.wait();
    EXPECT_TRUE(p.close(deadline::in(50ms)));
    reads.join();
    steps.join();
    EXPECT_FALSE(std::filesystem::exists(path().string() + "-wal"));
}

TEST_F(pool_test, a_connection_that_is_not_returned_stays_valid_and_is_closed_at_the_end) {
    std::optional<pooled_connection> kept;
    {
        auto p = open({.close_timeout = 1ms});
        kept.emplace(p.checkout_writer().value());
        ASSERT_TRUE(insert(**kept, 1));
        const auto closed = p.close(deadline::in(1ms));
        ASSERT_EQ(kind_of(closed), error_kind::pool);
        EXPECT_THAT(closed.error().message(), HasSubstr("1 connections are still in use"));
    }
    EXPECT_EQ(kind_of(insert(**kept, 2)), error_kind::closed);
    EXPECT_TRUE(std::filesystem::exists(path().string() + "-wal"));
    kept.reset();
    EXPECT_FALSE(std::filesystem::exists(path().string() + "-wal"));
}

TEST_F(pool_test, the_destructor_waits_and_interrupts) {
    std::thread reads;
    {
        auto p = open({.close_timeout = 20ms});
        std::latch running(1);
        reads = std::thread([taken = p.checkout_reader().value(), &running]() mutable {
            running.count_down();
            EXPECT_EQ(kind_of(taken->execute(endless_count)), error_kind::interrupted);
        });
        running.wait();
        std::this_thread::sleep_for(20ms);
    }
    reads.join();
}

TEST_F(pool_test, cannot_be_closed_inside_a_callable) {
    auto p = open();
    EXPECT_EQ(kind_of(p.read([&](connection&) { return p.close(); })), error_kind::misuse);
    EXPECT_TRUE(p.is_open());
    EXPECT_TRUE(p.close());
}

TEST_F(pool_test, can_be_closed_while_many_threads_use_it) {
    for (int round = 0; round < 10; ++round) {
        auto p = open({.pool_size = 3, .idle_interval = 1ms});
        std::vector<std::thread> threads;
        std::atomic<int> unexpected{0};
        for (int i = 0; i < 6; ++i) {
            threads.emplace_back([&, i] {
                for (;;) {
                    const auto done = i % 2 == 0
                                          ? p.read([](connection& c) {
                                                return c.execute("SELECT count(*) FROM t");
                                            })
                                          : p.write([](connection& c) { return insert(c, 1); });
                    if (!done) {
                        unexpected += done.error().kind() == error_kind::pool ? 0 : 1;
                        return;
                    }
                }
            });
        }
        std::this_thread::sleep_for(5ms);
        EXPECT_TRUE(p.close());
        for (auto& t : threads) {
            t.join();
        }
        EXPECT_EQ(unexpected, 0);
    }
}

}  // namespace
}  // namespace libsql
