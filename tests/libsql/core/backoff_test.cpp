#include "libsql/core/backoff.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>

namespace libsql::detail {
namespace {

using std::chrono::milliseconds;

RC_GTEST_PROP(backoff, stays_within_its_bounds_and_grows_at_most_threefold, ()) {
    const auto min = *rc::gen::inRange(1, 1000);
    const auto max = *rc::gen::inRange(min, 100'000);
    backoff waits{milliseconds(min), milliseconds(max)};
    milliseconds last(min);
    for (int i = 0; i < 50; ++i) {
        const auto wait = waits.next();
        RC_ASSERT(wait >= milliseconds(min));
        RC_ASSERT(wait <= milliseconds(max));
        RC_ASSERT(wait <= last * 3);
        last = wait;
    }
}

TEST(backoff, becomes_long_after_many_failures) {
    backoff waits(milliseconds(10), milliseconds(10'000));
    milliseconds longest(0);
    for (int i = 0; i < 200; ++i) {
        longest = std::max(longest, waits.next());
    }
    EXPECT_GT(longest, milliseconds(1000));
}

TEST(backoff, is_jittered) {
    std::set<milliseconds> first_waits;
    for (int i = 0; i < 50; ++i) {
        first_waits.insert(backoff(milliseconds(1000), milliseconds(30'000)).next());
    }
    EXPECT_GT(first_waits.size(), 10U);
}

TEST(backoff, starts_over_after_a_success) {
    backoff waits(milliseconds(10), milliseconds(10'000));
    for (int i = 0; i < 100; ++i) {
        static_cast<void>(waits.next());
    }
    waits.succeeded();
    EXPECT_LE(waits.next(), milliseconds(30));
}

}  // namespace
}  // namespace libsql::detail
