#include "support/outcome.hpp"

#include <libsql/options.hpp>
#include <libsql/sync.hpp>

#include <gtest/gtest.h>

#include <chrono>

namespace libsql {

using namespace std::chrono_literals;
using testing::failed_with;

TEST(sync, a_replica_syncs_on_open_and_reads_its_writes_unless_told_otherwise) {
    const sync_options usual;
    EXPECT_TRUE(usual.on_open);
    EXPECT_EQ(usual.interval, 0ms);
    EXPECT_TRUE(usual.read_your_writes);
    EXPECT_FALSE(usual.offline_writes);
    EXPECT_FALSE(usual.progress);
}

TEST(sync, each_option_needs_a_replica) {
    const auto refused = [](sync_options chosen) {
        return failed_with(validate({.uri = "http://host", .sync = std::move(chosen)}),
                           error_kind::invalid_argument, "for a replica");
    };
    EXPECT_TRUE(refused({.on_open = false}));
    EXPECT_TRUE(refused({.interval = 1s}));
    EXPECT_TRUE(refused({.read_your_writes = false}));
    EXPECT_TRUE(refused({.offline_writes = true}));
    EXPECT_TRUE(refused({.progress = [](const sync_progress&) {}}));
    EXPECT_TRUE(failed_with(
        validate({.database = "r.db", .uri = "http://host", .sync = {.interval = -1ms}}),
        error_kind::invalid_argument, "negative"));
}

}  // namespace libsql
