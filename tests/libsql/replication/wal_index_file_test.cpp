#include "libsql/replication/wal_index_file.hpp"

#include "support/outcome.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace libsql::replication {
namespace {

using namespace std::string_literals;
using testing::failed_with;
using testing::succeeded;
using testing::temporary_directory;

// What the official client wrote, byte by byte.
const std::string official =
    "\x13\xc7\xaa\xf3\x94\x08\xba\x97\xfb\x47\x01\x36\x61\xb5\xa4\xa1"
    "\x02\x00\x00\x00\x00\x00\x00\x00"
    "\x00\x00\x00\x00\x00\x00\x00\x00"s;

const auto its_log = parse_log_id("a1a4b561-3601-47fb-97ba-0894f3aac713");

std::string content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

TEST(wal_index_file, has_the_format_of_the_official_clients) {
    EXPECT_EQ(write_state({.log = its_log, .committed = 2}), official);
    EXPECT_EQ(read_state(official), (replica_state{.log = its_log, .committed = 2}));
}

TEST(wal_index_file, a_mark_is_in_the_bytes_that_official_clients_ignore) {
    const replica_state marked{.log = its_log, .committed = 2, .committing = 0};
    const std::string bytes = write_state(marked);
    EXPECT_EQ(bytes.substr(0, 24), official.substr(0, 24));
    EXPECT_EQ(bytes.substr(24), "\x01\x00\x00\x00\x00\x00\x00\x00"s);
    EXPECT_EQ(read_state(bytes), marked);
}

RC_GTEST_PROP(wal_index_file, every_state_survives_a_round_trip,
              (std::uint64_t frame, bool has, bool marks)) {
    replica_state state{.log = its_log};
    frame /= 2;
    if (has) {
        state.committed = frame;
    }
    if (marks) {
        state.committing = frame + 1;
    }
    RC_ASSERT(read_state(write_state(state)) == state);
}

replica_state proved() {
    return {.log = its_log,
            .committed = 2,
            .proof = state_proof{.checksum = 1,
                                 .session = 2,
                                 .page = 3,
                                 .content = 4,
                                 .salts = 5,
                                 .log_end = 6,
                                 .moved = 0,
                                 .moved_checksum = 8},
            .schema_shift = 9};
}

TEST(wal_index_file, a_proof_follows_the_part_that_official_clients_read) {
    const std::string bytes = write_state(proved());
    EXPECT_EQ(bytes.substr(0, official.size()), official);
    EXPECT_EQ(read_state(bytes), proved());
    auto shifted = proved();
    shifted.proof.reset();
    EXPECT_EQ(read_state(write_state(shifted)), shifted);
}

TEST(wal_index_file, a_proof_of_another_state_is_ignored) {
    auto bytes = write_state(proved());
    bytes[16] = 3;  // an official client goes on
    EXPECT_EQ(read_state(bytes), (replica_state{.log = its_log, .committed = 3}));
    bytes = write_state(proved());
    bytes[40] = 7;
    EXPECT_EQ(read_state(bytes), (replica_state{.log = its_log, .committed = 2}));
}

TEST(wal_index_file, a_short_file_is_a_replica_without_content) {
    for (std::size_t size = 0; size < official.size(); ++size) {
        EXPECT_EQ(read_state(official.substr(0, size)), replica_state());
    }
    EXPECT_EQ(read_state(write_state({})), replica_state());
}

TEST(wal_index_file, keeps_its_content) {
    const temporary_directory dir;
    const std::string database = dir.file("r.db");
    const wal_index_file file(database);
    EXPECT_FALSE(file.exists());
    EXPECT_TRUE(succeeded(file.create()));
    EXPECT_TRUE(file.exists());
    EXPECT_EQ(file.read().value(), replica_state());
    EXPECT_TRUE(succeeded(file.write(proved())));
    EXPECT_EQ(file.read().value(), proved());
    EXPECT_TRUE(succeeded(file.write({.log = its_log, .committed = 2})));
    EXPECT_EQ(content_of(database + "-client_wal_index"), official);
    EXPECT_TRUE(succeeded(file.create()));  // does not touch it
    EXPECT_EQ(file.read().value().committed, 2U);
    EXPECT_TRUE(succeeded(file.remove()));
    EXPECT_TRUE(succeeded(file.remove()));
    EXPECT_FALSE(file.exists());
}

TEST(wal_index_file, that_was_removed_is_not_created_again) {
    const temporary_directory dir;
    const wal_index_file file(dir.file("r.db"));
    EXPECT_TRUE(failed_with(file.read(), error_kind::closed, "is gone"));
    EXPECT_TRUE(failed_with(file.write({}), error_kind::closed, "is gone"));
    EXPECT_FALSE(file.exists());
}

TEST(wal_index_file, errors_say_why_it_cannot_be_created) {
    const temporary_directory dir;
    const wal_index_file file(dir.file("no such folder/r.db"));
    EXPECT_TRUE(failed_with(file.create(), error_kind::io, "No such file or directory"));
}

}  // namespace
}  // namespace libsql::replication
