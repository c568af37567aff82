#include "support/open_connection.hpp"

#include <libsql/database.hpp>
#include <libsql/limits.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace libsql {
namespace {

using ::testing::HasSubstr;
using testing::open_memory;

TEST(limits, an_impossible_value_is_an_error_and_changes_nothing) {
    auto c = open_memory();
    const int before = get_limit(c, limit::attached).value();
    EXPECT_EQ(set_limit(c, limit::attached, -1).error().kind(), error_kind::invalid_argument);
    const auto why = set_limit(c, limit::attached, 1000).error();
    EXPECT_EQ(why.kind(), error_kind::invalid_argument);
    EXPECT_THAT(why.message(), HasSubstr("attached"));
    EXPECT_THAT(why.message(), HasSubstr(std::to_string(before)));
    EXPECT_EQ(get_limit(c, limit::attached).value(), before);
    EXPECT_EQ(set_limit(c, limit::length, 0).error().kind(), error_kind::invalid_argument);
    c.close().value();
    EXPECT_EQ(get_limit(c, limit::attached).error().kind(), error_kind::closed);
    EXPECT_EQ(set_limit(c, limit::attached, 1).error().kind(), error_kind::closed);
}

TEST(limits, each_has_a_name_and_a_value_per_connection) {
    auto c = open_memory();
    auto other = open_memory();
    for (int i = 0; i <= static_cast<int>(limit::worker_threads); ++i) {
        const auto which = static_cast<limit>(i);
        EXPECT_NE(to_string(which), "unknown");
        EXPECT_GE(get_limit(c, which).value(), 0);
    }
    const int before = get_limit(c, limit::trigger_depth).value();
    EXPECT_EQ(set_limit(c, limit::trigger_depth, 5).value(), before);
    EXPECT_EQ(get_limit(c, limit::trigger_depth).value(), 5);
    EXPECT_EQ(get_limit(other, limit::trigger_depth).value(), before);
}

TEST(limits, are_enforced) {
    auto c = open_memory("CREATE TABLE t(a, b, c)");
    set_limit(c, limit::length, 1000).value();
    EXPECT_EQ(c.execute("INSERT INTO t(a) VALUES (?)", std::string(2000, 'x')).error().kind(),
              error_kind::too_big);
    set_limit(c, limit::sql_length, 100).value();
    EXPECT_EQ(c.execute("SELECT '" + std::string(100, 'x') + "'").error().kind(),
              error_kind::too_big);
    set_limit(c, limit::column_count, 2).value();
    EXPECT_EQ(c.execute("SELECT 1, 2, 3").error().kind(), error_kind::sql);
    set_limit(c, limit::attached, 0).value();
    EXPECT_EQ(c.execute("ATTACH ':memory:' AS x").error().kind(), error_kind::sql);
    set_limit(c, limit::parameter_count, 2).value();
    EXPECT_EQ(c.execute("SELECT ?3").error().kind(), error_kind::sql);
}

}  // namespace
}  // namespace libsql
