#include "libsql/replication/sync_info_file.hpp"

#include "support/outcome.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace libsql::replication {
namespace {

using testing::failed_with;
using testing::succeeded;

TEST(crc32, equals_that_of_zip) {
    EXPECT_EQ(crc32("123456789"), 0xcbf43926U);
    EXPECT_EQ(crc32(""), 0U);
}

TEST(sync_info_file, is_written_as_other_clients_write_it) {
    EXPECT_EQ(write_info({.generation = 1}),
              R"({"hash":3278479626,"version":0,"durable_frame_num":0,"generation":1})");
}

TEST(sync_info_file, is_read_as_other_clients_write_it) {
    const auto info = read_info(
        R"({"generation":1,"hash":3278479626,"durable_frame_num":0,"version":0,"new":[{}]})");
    ASSERT_TRUE(succeeded(info));
    EXPECT_EQ(*info, replica_info{.generation = 1});
}

RC_GTEST_PROP(info_file_property, content_survives_a_round_trip, ()) {
    replica_info info{.generation = *rc::gen::positive<std::uint32_t>(),
                      .durable = *rc::gen::arbitrary<std::uint32_t>(),
                      .emptying = *rc::gen::arbitrary<bool>()};
    if (*rc::gen::arbitrary<bool>()) {
        info.log = *rc::gen::arbitrary<std::uint64_t>();
    }
    RC_ASSERT(read_info(write_info(info)).value() == info);
}

TEST(sync_info_file, the_mark_of_an_incomplete_first_export_is_read) {
    EXPECT_EQ(read_info(write_info({})).value(), replica_info());
}

TEST(sync_info_file, errors_say_what_is_wrong) {
    const std::string good = write_info({.generation = 3, .durable = 5});
    for (std::size_t size = 0; size < good.size(); ++size) {
        EXPECT_TRUE(failed_with(read_info(good.substr(0, size)), error_kind::corrupt)) << size;
    }
    const auto with = [&](const std::string& from, const std::string& to) {
        std::string bad = good;
        bad.replace(bad.find(from), from.size(), to);
        return read_info(bad);
    };
    EXPECT_TRUE(failed_with(with("_num\":5", "_num\":6"), error_kind::corrupt, "hash"));
    EXPECT_TRUE(failed_with(with("generation\":3", "generation\":4"), error_kind::corrupt, "hash"));
    EXPECT_TRUE(failed_with(with("_num\":5", "_num\":\"5\""), error_kind::corrupt, "durable"));
    EXPECT_TRUE(failed_with(with("_num\":5", "_num\":-5"), error_kind::corrupt, "durable"));
    EXPECT_TRUE(failed_with(with("_num\":5", "_num\":4294967296"), error_kind::corrupt, "durable"));
    EXPECT_TRUE(failed_with(with("version\":0", "version\":1"), error_kind::unsupported, "is 1"));
    EXPECT_TRUE(failed_with(with("generation", "generating"), error_kind::corrupt, "generation"));
    EXPECT_TRUE(failed_with(read_info("[]"), error_kind::corrupt, "JSON"));
    // hash of (0, 0, 0)
    EXPECT_TRUE(failed_with(
        read_info(R"({"hash":2077607535,"version":0,"durable_frame_num":0,"generation":0})"),
        error_kind::corrupt, "generation is 0"));
}

TEST(sync_info_file, replaces_the_file_and_leaves_no_temporary_file) {
    const testing::temporary_directory dir;
    const sync_info_file file(dir.file("r.db"));
    EXPECT_FALSE(file.exists());
    EXPECT_TRUE(failed_with(file.read(), error_kind::closed, "gone"));
    ASSERT_TRUE(succeeded(file.write({.generation = 1})));
    ASSERT_TRUE(succeeded(file.write({.generation = 2, .durable = 7})));
    EXPECT_EQ(file.read().value(), (replica_info{.generation = 2, .durable = 7}));
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir.path()), {}), 1);
    ASSERT_TRUE(succeeded(file.remove()));
    EXPECT_FALSE(file.exists());
}

TEST(sync_info_file, an_error_names_the_file) {
    const testing::temporary_directory dir;
    const sync_info_file file(dir.file("r.db"));
    std::ofstream(file.path()) << "{";
    EXPECT_TRUE(failed_with(file.read(), error_kind::corrupt, file.path()));
    EXPECT_TRUE(failed_with(sync_info_file(dir.file("none/r.db")).write({.generation = 1}),
                            error_kind::io, "cannot write"));
}

}  // namespace
}  // namespace libsql::replication
