#include "libsql/pool/codel.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace libsql::detail {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using clock = codel::clock;

constexpr milliseconds target(50);
constexpr milliseconds interval(2000);

/// A control, and the time that passes for it.
struct queue {
    codel control{target, interval};
    clock::time_point now{hours(1)};

    bool serves_after(milliseconds step, milliseconds delay) {
        now += step;
        return control.should_serve(now, delay);
    }
};

TEST(codel, serves_every_request_while_one_per_interval_is_in_time) {
    queue q;
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(
            q.serves_after(milliseconds(500), i % 3 == 0 ? milliseconds(50) : milliseconds(5000)));
    }
}

TEST(codel, drops_late_requests_after_an_interval_in_which_all_were_late) {
    queue q;
    ASSERT_TRUE(q.serves_after(milliseconds(0), milliseconds(51)));  // the first interval starts
    ASSERT_TRUE(q.serves_after(milliseconds(1999), milliseconds(500)));  // not yet slow
    ASSERT_TRUE(q.serves_after(milliseconds(1), milliseconds(500)));     // slow from here
    EXPECT_FALSE(q.serves_after(milliseconds(0), milliseconds(101)));
    EXPECT_TRUE(
        q.serves_after(milliseconds(0), milliseconds(100)));  // twice the target is the limit
    EXPECT_FALSE(q.serves_after(milliseconds(1), milliseconds(300)));
}

TEST(codel, recovers_after_an_interval_with_a_request_in_time) {
    queue q;
    ASSERT_TRUE(q.serves_after(milliseconds(0), milliseconds(60)));
    ASSERT_TRUE(q.serves_after(interval, milliseconds(60)));
    ASSERT_FALSE(q.serves_after(milliseconds(1), milliseconds(500)));
    ASSERT_TRUE(q.serves_after(milliseconds(1), milliseconds(10)));
    ASSERT_TRUE(q.serves_after(interval, milliseconds(500)));
    EXPECT_TRUE(q.serves_after(milliseconds(1), milliseconds(500)));
}

TEST(codel, recovers_when_no_request_waits) {
    queue q;
    ASSERT_TRUE(q.serves_after(milliseconds(0), milliseconds(60)));
    ASSERT_TRUE(q.serves_after(interval, milliseconds(60)));
    q.control.nobody_waits(q.now);
    ASSERT_TRUE(q.serves_after(interval, milliseconds(500)));
    EXPECT_TRUE(q.serves_after(milliseconds(1), milliseconds(500)));
}

TEST(codel, a_stalled_queue_is_dropped_in_its_second_interval) {
    queue q;
    const auto since = q.now;
    EXPECT_EQ(q.control.next_check(since), since + interval);
    EXPECT_FALSE(q.control.stalled(since, milliseconds(0)));
    EXPECT_FALSE(q.control.stalled(since + interval, interval));
    EXPECT_EQ(q.control.next_check(since), since + 2 * interval);
    EXPECT_FALSE(q.control.stalled(since + interval + target, interval + target));
    EXPECT_TRUE(q.control.stalled(since + 2 * interval, 2 * interval));
    EXPECT_EQ(q.control.limit(), 2 * target);
}

TEST(codel, drops_nothing_without_an_interval) {
    codel control(target, milliseconds(0));
    auto now = clock::time_point(hours(1));
    for (int i = 0; i < 10; ++i) {
        now += hours(1);
        EXPECT_TRUE(control.should_serve(now, hours(1)));
        EXPECT_FALSE(control.stalled(now, hours(1)));
    }
    EXPECT_EQ(control.next_check(now), clock::time_point::max());
}

RC_GTEST_PROP(codel, never_drops_a_request_that_waited_less_than_the_limit, ()) {
    queue q;
    for (int i = 0; i < 200; ++i) {
        const milliseconds step(*rc::gen::inRange(0, 1500));
        const milliseconds delay(*rc::gen::inRange(0, 400));
        if (!q.serves_after(step, delay)) {
            RC_ASSERT(delay > q.control.limit());
        }
    }
}

}  // namespace
}  // namespace libsql::detail
