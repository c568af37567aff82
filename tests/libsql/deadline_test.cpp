#include <libsql/database.hpp>
#include <libsql/deadline.hpp>

#include <gtest/gtest.h>

#include <chrono>

namespace libsql {

using namespace std::chrono_literals;

TEST(deadline, an_unset_deadline_never_passes) {
    EXPECT_FALSE(deadline().is_set());
    EXPECT_FALSE(deadline::never().passed());
    EXPECT_FALSE(
        deadline::in(std::chrono::nanoseconds::max()).is_set());  // no overflow into the past
}

TEST(deadline, passes_at_its_time) {
    EXPECT_TRUE(deadline::in(-1ns).passed());
    EXPECT_TRUE(deadline::in(0ns).passed());
    EXPECT_TRUE(deadline::in(-1h).is_set());
    const auto later = deadline::in(1h);
    EXPECT_FALSE(later.passed());
    EXPECT_GT(later.at(), deadline::clock::now() + 59min);
    EXPECT_TRUE(deadline(deadline::clock::time_point::min()).passed());
}

TEST(deadline, a_deadline_beyond_the_clocks_range_never_passes) {
    using namespace std::chrono;
    EXPECT_FALSE(deadline::in(milliseconds::max()).is_set());
    EXPECT_FALSE(deadline::in(hours::max()).is_set());
    EXPECT_TRUE(deadline::in(milliseconds::min()).passed());
    EXPECT_FALSE(deadline::in(hours(24 * 365)).passed());
    auto conn = database::open({.database = ":memory:",
                                .busy_timeout = milliseconds::max(),
                                .timeout = milliseconds::max()})
                    .value()
                    .connect()
                    .value();
    EXPECT_EQ(conn.fetch_one<int>("SELECT 1").value(), 1);
}

}  // namespace libsql
