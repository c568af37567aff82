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

TEST(retry_policy, waits_only_after_temporary_errors) {
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

TEST(retry_policy, gives_up_half_a_minute_after_the_first_failure_without_a_deadline) {
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

TEST(retry_policy, starts_over_after_progress) {
    retry_policy left{deadline()};
    waits w;
    EXPECT_FALSE(left.after(unreachable(), w.recorder()));
    left.on_progress();
    EXPECT_FALSE(left.after(unreachable(), w.recorder()));
    EXPECT_GT(w.ends[1].at(), w.ends[0].at());
    EXPECT_LE(w.durations[1], 300ms);  // as after the first failure
}

TEST(retry_policy, ends_at_the_deadline_and_names_the_last_error) {
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
