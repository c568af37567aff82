#include <libsql/version.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace {

using testing::Contains;
using testing::Each;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

TEST(version, names_the_driver_and_its_pinned_engine) {
    const auto info = libsql::engine();
    EXPECT_EQ(info.driver_version, LIBSQL_EXPECTED_VERSION);
    EXPECT_EQ(info.sqlite_version, "3.47.0");
    EXPECT_EQ(info.libsql_version, "0.2.3");
}

TEST(version, source_id_is_a_date_a_time_and_a_hash) {
    EXPECT_THAT(std::string(libsql::engine().sqlite_source_id),
                MatchesRegex("20[0-9]+-[0-9]+-[0-9]+ [0-9]+:[0-9]+:[0-9]+ [0-9a-f]+(alt[0-9])?"));
}

TEST(version, default_cipher_is_that_of_other_libsql_clients) {
    EXPECT_EQ(libsql::engine().cipher, "aes256cbc");
}

TEST(version, names_the_corrections_of_its_engine) {
    EXPECT_THAT(libsql::engine().corrections, Contains("random_rowid_forgotten"));
    EXPECT_THAT(libsql::engine().corrections, Each(MatchesRegex("[a-z0-9_]+")));
}

TEST(version, its_views_outlive_the_call) {
    const auto first = libsql::engine();
    const auto second = libsql::engine();
    EXPECT_EQ(first.cipher.data(), second.cipher.data());
    EXPECT_EQ(first.sqlite_version.data(), second.sqlite_version.data());
}

TEST(compile_options, are_those_that_the_design_requires) {
    const auto options = libsql::compile_options();
    for (const auto* wanted :
         {"THREADSAFE=2", "DQS=0", "DEFAULT_FOREIGN_KEYS", "TEMP_STORE=2", "ENABLE_FTS5",
          "ENABLE_RTREE", "ENABLE_GEOPOLY", "ENABLE_MATH_FUNCTIONS", "ENABLE_PREUPDATE_HOOK",
          "ENABLE_SESSION", "ENABLE_COLUMN_METADATA"})
        EXPECT_THAT(options, Contains(wanted));
}

TEST(compile_options, exclude_options_that_change_sql_or_touch_files) {
    const auto options = libsql::compile_options();
    for (const auto* unwanted : {"LIKE_DOESNT_MATCH_BLOBS", "ENABLE_FILEIO", "ENABLE_CSV"})
        EXPECT_THAT(options, Not(Contains(unwanted)));
    EXPECT_THAT(options, Each(Not(StartsWith("SQLITE_"))));
}

}  // namespace
