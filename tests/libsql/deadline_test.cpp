#include <libsql/deadline.hpp>

#include <gtest/gtest.h>

#include <chrono>

namespace libsql {

using namespace std::chrono_literals;

TEST(deadline, one_that_is_not_set_never_comes) {
    EXPECT_FALSE(deadline().is_set());
    EXPECT_FALSE(deadline::never().passed());
    EXPECT_FALSE(
        deadline::in(std::chrono::nanoseconds::max()).is_set());  // no overflow into the past
}

TEST(deadline, passes_when_its_moment_comes) {
    EXPECT_TRUE(deadline::in(-1ns).passed());
    EXPECT_TRUE(deadline::in(0ns).passed());
    EXPECT_TRUE(deadline::in(-1h).is_set());
    const auto later = deadline::in(1h);
    EXPECT_FALSE(later.passed());
    EXPECT_GT(later.at(), deadline::clock::now() + 59min);
    EXPECT_TRUE(deadline(deadline::clock::time_point::min()).passed());
}

}  // namespace libsql
