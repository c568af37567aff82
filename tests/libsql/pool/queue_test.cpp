#include "support/outcome.hpp"
#include "support/pool_test.hpp"

#include <libsql/pool.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

/// @file
/// The queue for connections.

namespace libsql {
namespace {

using namespace std::chrono_literals;
using namespace testing;
using clock = std::chrono::steady_clock;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// --- the queue ---

TEST_F(pool_test, the_queue_is_first_in_first_out) {
    auto p = open({.queue_interval = 0ms});
    auto held = p.checkout_writer().value();
    std::vector<int> order;
    std::vector<std::thread> threads;
    for (int i = 0; i < 6; ++i) {
        threads.emplace_back([&, i] {
            const auto taken = p.checkout_writer();
            order.push_back(i);  // only the holder of the writer gets here
        });
        ASSERT_TRUE(eventually(
            [&] { return p.metrics().writer.waiting == static_cast<std::size_t>(i) + 1; }));
    }
    held.release();
    for (auto& t : threads) {
        t.join();
    }
    EXPECT_THAT(order, ElementsAre(0, 1, 2, 3, 4, 5));
}

/// Whoever runs may take again what it gave back after a short use; but not for ever.
TEST_F(pool_test, a_thread_that_always_comes_back_does_not_starve_others) {
    auto p = open({.queue_interval = 0ms});
    std::atomic<bool> stop{false};
    std::atomic<int> served{0};
    std::vector<std::thread> greedy;
    for (int i = 0; i < 2; ++i) {
        greedy.emplace_back([&] {
            while (!stop) {
                served += p.write([](connection& c) { return c.execute("SELECT 1"); }) ? 1 : 0;
            }
        });
    }
    EXPECT_TRUE(eventually([&] { return served > 100; }));
    for (int i = 0; i < 20; ++i) {
        EXPECT_TRUE(p.checkout_writer(deadline::in(300s)));
    }
    stop = true;
    for (auto& t : greedy) {
        t.join();
    }
    EXPECT_EQ(p.metrics().writer.timeouts, 0U);
}

/// Handing each short use to a thread that sleeps would cost a switch of threads each time.
TEST_F(pool_test, short_uses_do_not_switch_threads_every_time) {
    auto p = open({.queue_interval = 0ms});
    constexpr int threads = 4;
    constexpr int uses = 2000;
    rusage before{};
    rusage after{};
    ::getrusage(RUSAGE_SELF, &before);
    std::vector<std::thread> all;
    for (int i = 0; i < threads; ++i) {
        all.emplace_back([&] {
            for (int n = 0; n < uses; ++n) {
                EXPECT_TRUE(p.write([](connection& c) { return c.execute("SELECT 1"); }));
            }
        });
    }
    for (auto& t : all) {
        t.join();
    }
    ::getrusage(RUSAGE_SELF, &after);
    EXPECT_LT(after.ru_nvcsw - before.ru_nvcsw, threads * uses / 4);
}

TEST_F(pool_test, a_late_request_does_not_overtake_the_queue) {
    auto p = open({.queue_interval = 0ms});
    auto held = p.checkout_writer().value();
    std::atomic<bool> first_served{false};
    std::thread first([&] { first_served = p.checkout_writer().has_value(); });
    ASSERT_TRUE(eventually([&] { return p.metrics().writer.waiting == 1; }));
    held.release();
    EXPECT_TRUE(p.checkout_writer());
    first.join();
    EXPECT_TRUE(first_served);
}

TEST_F(pool_test, a_deadline_ends_the_wait) {
    auto p = open({.pool_size = 2});
    auto writer = p.checkout_writer().value();
    auto reader = p.checkout_reader().value();
    for (const bool writes : {true, false}) {
        const auto refused =
            writes ? p.checkout_writer(deadline::in(30ms)) : p.checkout_reader(deadline::in(30ms));
        ASSERT_EQ(kind_of(refused), error_kind::pool);
        EXPECT_THAT(refused.error().message(),
                    HasSubstr("connection not available: the deadline passed in the queue after "));
    }
    EXPECT_EQ(kind_of(p.write(deadline::in(1ms), [](connection& c) { return insert(c, 1); })),
              error_kind::pool);
    EXPECT_EQ(p.metrics().writer.timeouts, 2U);
    EXPECT_EQ(p.metrics().readers.timeouts, 1U);
    EXPECT_EQ(p.metrics().writer.waiting, 0U);
    writer.release();
    EXPECT_TRUE(p.checkout_writer(deadline(deadline::clock::now() - 1s)))
        << "a free one is given past the deadline";
}

TEST_F(pool_test, the_next_request_is_served_after_the_first_gave_up) {
    auto p = open({.queue_interval = 0ms});
    auto held = p.checkout_writer().value();
    std::thread impatient([&] { EXPECT_FALSE(p.checkout_writer(deadline::in(20ms))); });
    ASSERT_TRUE(eventually([&] { return p.metrics().writer.waiting == 1; }));
    std::thread patient([&] { EXPECT_TRUE(p.checkout_writer()); });
    impatient.join();
    ASSERT_TRUE(eventually([&] { return p.metrics().writer.waiting == 1; }));
    held.release();
    patient.join();
}

TEST_F(pool_test, a_stalled_queue_is_dropped) {
    auto p = open({.queue_target = 5ms, .queue_interval = 30ms});
    auto held = p.checkout_writer().value();
    const auto refused = p.checkout_writer();
    ASSERT_EQ(kind_of(refused), error_kind::pool);
    EXPECT_THAT(refused.error().message(),
                ::testing::MatchesRegex(
                    "connection not available and request was dropped from queue after [0-9]+ ms"));
    EXPECT_EQ(p.metrics().writer.dropped, 1U);
}

TEST_F(pool_test, a_slow_queue_drops_requests_that_waited_too_long) {
    auto p = open({.queue_target = 5ms, .queue_interval = 50ms});
    std::atomic<int> served{0};
    std::atomic<int> dropped{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 40; ++i) {
        threads.emplace_back([&] {
            const auto done = p.write([](connection& c) {
                std::this_thread::sleep_for(10ms);
                return insert(c, 1);
            });
            served += done ? 1 : 0;
            dropped += !done && done.error().kind() == error_kind::pool ? 1 : 0;
        });
    }
    for (auto& t : threads) {
        t.join();
    }
    EXPECT_EQ(served + dropped, 40);
    EXPECT_GT(served, 0);
    EXPECT_GT(dropped, 0);
    EXPECT_EQ(p.metrics().writer.dropped, static_cast<std::uint64_t>(dropped));
    EXPECT_EQ(count(p), served);
    EXPECT_TRUE(p.write([](connection& c) { return insert(c, 1); })) << "it recovers";
}

// --- metrics ---

TEST_F(pool_test, metrics_count_checkouts_and_waits) {
    auto p = open({.pool_size = 3});
    auto reader = p.checkout_reader().value();
    auto writer = p.checkout_writer().value();
    EXPECT_LT(reader.queue_time(), 1s);
    const auto now = p.metrics();
    EXPECT_EQ(now.readers.size, 2U);
    EXPECT_EQ(now.readers.ready, 1U);
    EXPECT_EQ(now.readers.in_use, 1U);
    EXPECT_EQ(now.readers.checkouts, 1U);
    EXPECT_EQ(now.writer.checkouts, 2U);
    std::chrono::nanoseconds waited{};
    std::thread waits([&] { waited = p.checkout_writer().value().queue_time(); });
    ASSERT_TRUE(eventually([&] { return p.metrics().writer.waiting == 1; }));
    std::this_thread::sleep_for(20ms);
    writer.release();
    waits.join();
    EXPECT_GE(waited, 20ms);
    const auto after = p.metrics().writer;
    EXPECT_EQ(after.checkouts, 3U);
    EXPECT_GE(after.queue_time_max, 20ms);
    EXPECT_GE(after.queue_time_total, after.queue_time_max);
    EXPECT_GE(after.use_time_max, 20ms);
    EXPECT_GE(after.use_time_total, after.use_time_max);
}

}  // namespace
}  // namespace libsql
