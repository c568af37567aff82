#include "support/stored_form.hpp"

#include <ecto/datetime.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <optional>

namespace ecto {

namespace {

using namespace std::chrono_literals;
using testing::loaded;
using testing::stored;

constexpr auto day = std::chrono::sys_days(std::chrono::year(2026) / 1 / 31);
constexpr std::int64_t first = -62167219200;
constexpr std::int64_t last = 253402300799;

rc::Gen<std::int64_t> any_second() {
    return rc::gen::inRange<std::int64_t>(first, last + 1);
}

}  // namespace

RC_GTEST_PROP(ecto_datetime, survives, ()) {
    const std::chrono::seconds s(*any_second());
    const std::chrono::microseconds us(s + 1us * *rc::gen::inRange(0, 1000000));
    RC_ASSERT(testing::survives(utc_datetime(s)));
    RC_ASSERT(testing::survives(naive_datetime(s)));
    RC_ASSERT(testing::survives(utc_datetime_usec(us)));
    RC_ASSERT(testing::survives(naive_datetime_usec(us)));
    RC_ASSERT(testing::survives(date(std::chrono::floor<std::chrono::days>(utc_datetime(s)))));
    const std::chrono::seconds of_day(*rc::gen::inRange(0, 86400));
    RC_ASSERT(testing::survives(ecto::time{of_day}));
    RC_ASSERT(testing::survives(time_usec{of_day + 999999us}));
}

TEST(ecto_datetime, has_the_forms_of_elixirs_adapter) {
    EXPECT_EQ(stored(utc_datetime(day + 12h)), "text 2026-01-31T12:00:00Z");
    EXPECT_EQ(stored(utc_datetime_usec(day + 5us)), "text 2026-01-31T00:00:00.000005Z");
    EXPECT_EQ(stored(naive_datetime((day + 12h).time_since_epoch())), "text 2026-01-31T12:00:00");
    EXPECT_EQ(stored(naive_datetime_usec((day + 5us).time_since_epoch())),
              "text 2026-01-31T00:00:00.000005");
    EXPECT_EQ(stored(date(day)), "text 2026-01-31");
    EXPECT_EQ(stored(ecto::time{23h + 59min + 1s}), "text 23:59:01");
    EXPECT_EQ(stored(time_usec{1us}), "text 00:00:00.000001");
    EXPECT_EQ(stored(utc_datetime_usec(-1us)), "text 1969-12-31T23:59:59.999999Z");
}

TEST(ecto_datetime, forms_of_others_are_read) {
    const auto noon = utc_datetime(day + 12h);
    for (const auto* text : {"2026-01-31T12:00:00Z", "2026-01-31 12:00:00", "2026-01-31T12:00:00.9",
                             "2026-01-31T14:30:00+02:30", "2026-01-31T11:00:00-01",
                             "2026-01-31T13:00:00+0100", "2026-01-31T12:00:00.1234567Z"}) {
        EXPECT_EQ(loaded<utc_datetime>(text), noon) << text;
    }
    EXPECT_EQ(loaded<utc_datetime>("2026-01-31"), utc_datetime(day));
    EXPECT_EQ(loaded<naive_datetime>("2026-01-31T12:00:00+02:00"),
              naive_datetime(noon.time_since_epoch()));
    EXPECT_EQ(testing::loaded_integer<utc_datetime>(0), utc_datetime());
    EXPECT_EQ(loaded<date>("2026-01-31 12:00:00"), date(day));
    EXPECT_EQ(loaded<utc_datetime>("1969-12-31T23:59:59.5Z"), utc_datetime(-1s));
}

TEST(ecto_datetime, refuses_what_is_on_no_clock_or_calendar) {
    for (const auto* text :
         {"", "2026-02-30", "2026-1-31", "2026-01-31T24:00:00Z", "2026-01-31T23:60:00Z",
          "2026-01-31T23:59:60Z", "2026-01-31T12:00", "2026-01-31T12:00:00.", "2026-01-31T",
          "2026-01-31T12:00:00Zx", "2026-01-31T12:00:00+25:00", "2026-01-31x12:00:00",
          "0000-01-01T00:00:00+01:00", "-0001-01-01", "now"}) {
        EXPECT_EQ(loaded<utc_datetime>(text), std::nullopt) << text;
        EXPECT_EQ(testing::casted<utc_datetime>(text), std::nullopt) << text;
    }
    EXPECT_EQ(testing::loaded_integer<utc_datetime>(last + 1), std::nullopt);
    EXPECT_EQ(loaded<ecto::time>("24:00:00"), std::nullopt);
    EXPECT_EQ(loaded<date>("2026-13-01"), std::nullopt);
}

TEST(ecto_datetime, years_that_cannot_be_stored_are_refused) {
    EXPECT_EQ(stored(utc_datetime(std::chrono::seconds(last + 1))), "invalid");
    EXPECT_EQ(stored(utc_datetime(std::chrono::seconds(first - 1))), "invalid");
    EXPECT_EQ(stored(utc_datetime::max()), "invalid");
    EXPECT_EQ(stored(date(std::chrono::year(10000) / 1 / 1)), "invalid");
    EXPECT_EQ(stored(date(std::chrono::year(2026) / 2 / 30)), "invalid");
    EXPECT_EQ(stored(ecto::time{24h}), "invalid");
    EXPECT_EQ(stored(ecto::time{-1s}), "invalid");
}

TEST(ecto_datetime, utc_now_is_near_the_clock) {
    EXPECT_LT(std::chrono::system_clock::now() - utc_now(), 1min);
}

}  // namespace ecto
