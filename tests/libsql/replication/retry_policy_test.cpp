#include "libsql/replication/retry_policy.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace libsql::replication {
namespace {

using namespace std::chrono_literals;

/// What it waited, and until when it may.
struct waits {
    bool has_time{true};
    std::vector<std::chrono::milliseconds> durations{};
    std::vector<deadline> ends{};

    auto recorder() {
        return [this](std::chrono::milliseconds duration, deadline end) {
            durations.push_back(duration);
            ends.push_back(end);
            return has_time;
        };
    }
};

error unreachable() {
    return error(error_kind::network, "unreachable");
}

TEST(retry_policy, waits_after_what_passes_only) {
    for (const auto& [why, passes] : {
             std::pair(unreachable(), true),
             std::pair(error(error_kind::busy, "locked"), true),
             std::pair(
                 error({.kind = error_kind::network, .message = "refused", .http_status = 500}),
                 false),
             std::pair(error(error_kind::protocol, "nonsense"), false),
             std::pair(error(error_kind::interrupted, "interrupted"), false),
         }) {
        retry_policy left{deadline()};
        waits w;
        const auto gave_up = left.after(why, w.recorder());
        EXPECT_EQ(!gave_up, passes) << why.to_string();
        EXPECT_EQ(w.durations.size(), passes ? 1U : 0U) << why.to_string();
        if (gave_up) {
            EXPECT_EQ(gave_up->message(), why.message());
        }
    }
}

TEST(retry_policy, lasts_half_a_minute_without_a_deadline_from_the_first_failure_on) {
    retry_policy left{deadline()};
    waits w;
    const auto before = deadline::clock::now();
    for (int i = 0; i < 20; ++i) {
        EXPECT_FALSE(left.after(unreachable(), w.recorder()));
    }
    const auto after = deadline::clock::now();
    for (const auto& end : w.ends) {
        EXPECT_EQ(end.at(), w.ends.front().at());
    }
    EXPECT_GE(w.ends.front().at(), before + 30s);
    EXPECT_LE(w.ends.front().at(), after + 30s);
    for (const auto duration : w.durations) {
        EXPECT_GE(duration, 100ms);
        EXPECT_LE(duration, 5s);
    }
    w.has_time = false;
    const auto gave_up = left.after(unreachable(), w.recorder());
    ASSERT_TRUE(gave_up);
    EXPECT_EQ(gave_up->kind(), error_kind::network);
}

TEST(retry_policy, begins_anew_when_way_was_made) {
    retry_policy left{deadline()};
    waits w;
    EXPECT_FALSE(left.after(unreachable(), w.recorder()));
    left.on_progress();
    EXPECT_FALSE(left.after(unreachable(), w.recorder()));
    EXPECT_GT(w.ends[1].at(), w.ends[0].at());
    EXPECT_LE(w.durations[1], 300ms);  // as after the first failure
}

TEST(retry_policy, ends_with_the_deadline_and_says_what_was_last) {
    const auto until = deadline::in(1h);
    retry_policy left{until};
    waits w{.has_time = false};
    const auto gave_up = left.after(unreachable(), w.recorder());
    ASSERT_TRUE(gave_up);
    EXPECT_EQ(w.ends.front().at(), until.at());
    EXPECT_EQ(gave_up->kind(), error_kind::timeout);
    EXPECT_EQ(gave_up->message(), "the deadline passed; the last error was: unreachable");
}

}  // namespace
}  // namespace libsql::replication
