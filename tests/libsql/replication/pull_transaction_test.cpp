#include "libsql/replication/pull_transaction.hpp"

#include "support/outcome.hpp"
#include "support/page_source.hpp"
#include "support/temporary_directory.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace libsql::replication {
namespace {

using namespace testing;

const auto log_of_primary = parse_log_id("a1a4b561-3601-47fb-97ba-0894f3aac713").value();

/// What other clients know of it, too.
replica_state bare(replica_state state) {
    state.proof.reset();
    return state;
}

class pull_transaction_test : public ::testing::Test {
protected:
    void SetUp() override { state.create().value(); }

    pull_transaction begin(std::uint64_t next, std::optional<std::uint64_t> at_least = {}) {
        return pull_transaction(*into, state,
                                {.base = state.read().value(),
                                 .log = log_of_primary,
                                 .next = next,
                                 .at_least = at_least},
                                {}, [this] {
                                    ++seen;
                                    return std::optional<error>();
                                });
    }

    static bool feed(pull_transaction& to, const std::vector<std::string>& frames,
                     bool as_snapshot = false) {
        to.begin_call(as_snapshot);
        return std::all_of(frames.begin(), frames.end(), [&](const std::string& bytes) {
            return to.on_frame(read_frame(bytes).value());
        });
    }

    std::int64_t tables() {
        return reader.fetch_one<std::int64_t>("SELECT count(*) FROM sqlite_schema").value().value();
    }

    temporary_directory dir;
    std::string path{dir.file("r.db")};
    std::unique_ptr<injector> into{injector::open({.database = path}).value()};
    // Opened as a plain one, before it becomes a replica.
    libsql::connection reader{database::open({.database = path}).value().connect().value()};
    wal_index_file state{path};
    page_source source;
    int seen{0};
};

TEST_F(pull_transaction_test, frames_become_one_transaction_and_then_the_state) {
    auto all = begin(0);
    ASSERT_TRUE(feed(all, source.frames_after("CREATE TABLE a(x)", 0)));
    EXPECT_EQ(tables(), 0);
    ASSERT_TRUE(succeeded(all.end_call()));
    EXPECT_EQ(tables(), 0);
    ASSERT_TRUE(all.is_complete());
    const auto now = all.commit().value();
    EXPECT_EQ(tables(), 1);
    EXPECT_EQ(bare(now), (replica_state{.log = log_of_primary, .committed = 1}));
    EXPECT_EQ(state.read().value(), now);
    EXPECT_EQ(seen, 2);
    EXPECT_FALSE(into->has_begun());
}

TEST_F(pull_transaction_test, many_transactions_of_the_primary_become_one_transaction) {
    auto frames = source.frames_after("CREATE TABLE a(x)", 0);
    const auto more = source.frames_after("CREATE TABLE b(x)", 2);
    frames.insert(frames.end(), more.begin(), more.end());
    auto all = begin(0);
    ASSERT_TRUE(feed(all, frames));
    ASSERT_TRUE(succeeded(all.end_call()));
    EXPECT_EQ(all.next(), 5U);
    ASSERT_TRUE(succeeded(all.commit()));
    EXPECT_EQ(tables(), 2);
    EXPECT_EQ(state.read().value().committed, 4U);
}

TEST_F(pull_transaction_test, dropping_it_before_its_commit_changes_nothing) {
    {
        auto all = begin(0);
        ASSERT_TRUE(feed(all, source.frames_after("CREATE TABLE a(x)", 0)));
        ASSERT_TRUE(succeeded(all.end_call()));
        EXPECT_TRUE(into->has_begun());
    }
    EXPECT_FALSE(into->has_begun());
    EXPECT_EQ(tables(), 0);
    EXPECT_EQ(state.read().value(), replica_state());
}

TEST_F(pull_transaction_test, a_snapshot_comes_newest_first_and_counts_up_to_its_first_frame) {
    auto frames = source.frames_after("CREATE TABLE a(x)", 0);
    // As the server does it: numbers fall, the commit is on the last that comes.
    const std::vector<std::string> snapshot{
        testing::frame_bytes(7, 2, 0, frames[1].substr(24)),
        testing::frame_bytes(3, 1, 2, frames[0].substr(24)),
    };
    auto all = begin(0);
    ASSERT_TRUE(feed(all, snapshot, true));
    ASSERT_TRUE(succeeded(all.end_call()));
    ASSERT_TRUE(succeeded(all.commit()));
    EXPECT_EQ(tables(), 1);
    EXPECT_EQ(state.read().value().committed, 7U);
}

TEST_F(pull_transaction_test, is_not_complete_without_its_last_required_frame) {
    auto all = begin(0, 4);
    ASSERT_TRUE(feed(all, source.frames_after("CREATE TABLE a(x)", 0)));
    ASSERT_TRUE(succeeded(all.end_call()));
    EXPECT_FALSE(all.is_complete());
    EXPECT_EQ(all.next(), 2U);
    ASSERT_TRUE(feed(all, source.frames_after("CREATE TABLE b(x)", 2)));
    EXPECT_EQ(tables(), 0);
    ASSERT_TRUE(succeeded(all.end_call()));
    ASSERT_TRUE(all.is_complete());
    ASSERT_TRUE(succeeded(all.commit()));
    EXPECT_EQ(tables(), 2);
}

TEST_F(pull_transaction_test, frames_out_of_order_are_refused_and_nothing_is_committed) {
    const auto frames = source.frames_after("CREATE TABLE a(x); CREATE TABLE b(x)", 10);
    ASSERT_EQ(frames.size(), 3U);
    const auto refuses = [&](std::uint64_t next, const std::vector<std::string>& some,
                             bool as_snapshot) {
        auto all = begin(next);
        EXPECT_FALSE(feed(all, some, as_snapshot));
        ASSERT_TRUE(all.failure());
        EXPECT_EQ(all.failure()->kind(), error_kind::protocol);
    };
    refuses(9, {frames[0]}, false);              // one is missing before
    refuses(11, {frames[0]}, false);             // an old one
    refuses(10, {frames[0], frames[2]}, false);  // a gap
    refuses(10, {frames[0], frames[0]}, false);  // twice
    refuses(10, {frames[0], frames[1]}, true);   // a snapshot does not rise
    refuses(10, {frames[0], frames[0]}, true);
    refuses(12, {frames[2], frames[1]}, true);  // nor does it go below what was asked for
    EXPECT_EQ(tables(), 0);
    EXPECT_EQ(state.read().value(), replica_state());
}

TEST_F(pull_transaction_test, a_call_that_ends_inside_a_transaction_is_refused) {
    auto frames = source.frames_after("CREATE TABLE a(x)", 0);
    frames.pop_back();
    auto all = begin(0);
    ASSERT_TRUE(feed(all, frames));
    EXPECT_TRUE(failed_with(all.end_call(), error_kind::protocol, "middle of a transaction"));
}

TEST_F(pull_transaction_test, a_pull_overtaken_by_another_process_stops) {
    auto all = begin(0);
    const replica_state theirs{.log = log_of_primary, .committed = 5};
    state.write(theirs).value();
    EXPECT_FALSE(feed(all, source.frames_after("CREATE TABLE a(x)", 0)));
    EXPECT_TRUE(all.was_overtaken());
    EXPECT_FALSE(all.failure());
    EXPECT_EQ(state.read().value(), theirs);
}

TEST_F(pull_transaction_test, a_frozen_replica_receives_nothing) {
    auto all = begin(0);
    state.remove().value();
    EXPECT_FALSE(feed(all, source.frames_after("CREATE TABLE a(x)", 0)));
    ASSERT_TRUE(all.failure());
    EXPECT_EQ(all.failure()->kind(), error_kind::closed);
    EXPECT_FALSE(state.exists());
}

TEST_F(pull_transaction_test, a_pull_of_another_log_marks_the_state_until_it_is_complete) {
    {
        auto all = begin(0);
        ASSERT_TRUE(feed(all, source.frames_after("CREATE TABLE a(x)", 0)));
        ASSERT_TRUE(succeeded(all.end_call()));
        ASSERT_TRUE(succeeded(all.commit()));
    }
    const auto other = parse_log_id("00000000-0000-0000-0000-000000000001").value();
    pull_transaction all(*into, state, {.base = state.read().value(), .log = other, .next = 0}, {},
                         [] { return std::optional<error>(); });
    ASSERT_TRUE(feed(all, source.frames_after("CREATE TABLE b(x)", 0)));
    ASSERT_TRUE(succeeded(all.end_call()));
    EXPECT_EQ(state.read().value().log, log_of_primary);
    ASSERT_TRUE(succeeded(all.commit()));
    EXPECT_EQ(bare(state.read().value()), (replica_state{.log = other, .committed = 2}));
}

}  // namespace
}  // namespace libsql::replication
