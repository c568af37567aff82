// What the corrections of queries mend that a golden test cannot show: docs/engine/queries.md.
#include "support/test_database.hpp"

#include <libsql/authorizer.hpp>
#include <libsql/connection.hpp>
#include <libsql/function.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace libsql {

namespace {

std::string error_of(connection& c, const std::string& sql) {
    const auto done = c.execute(sql);
    return done ? std::string() : done.error().to_string();
}

/// common table expressions c1 to cN, each over the one before
std::string chain(int length, const std::string& select) {
    std::string sql = "WITH c0(x) AS (SELECT 1)";
    for (int i = 1; i <= length; ++i) {
        auto one = select;
        for (auto at = one.find('@'); at != std::string::npos; at = one.find('@')) {
            one.replace(at, 1, "c" + std::to_string(i - 1));
        }
        sql += ", c" + std::to_string(i) + "(x) AS (" + one + ")";
    }
    return sql + " SELECT count(*) FROM c" + std::to_string(length);
}

TEST(engine_queries, collations_count_towards_the_depth_of_an_expression) {
    auto c = testing::open_fresh();
    std::string sql = "SELECT 'a'";
    for (int i = 0; i < 900; ++i) {
        sql += " COLLATE nocase";
    }
    EXPECT_EQ(error_of(c, sql), "");
    for (int i = 0; i < 100; ++i) {
        sql += " COLLATE nocase";
    }
    EXPECT_THAT(error_of(c, sql), ::testing::HasSubstr("maximum depth 1000"));
}

TEST(engine_queries, nested_queries_count_towards_the_depth_limit) {
    auto c = testing::open_fresh();
    EXPECT_EQ(error_of(c, chain(300, "SELECT x FROM @")), "");
    EXPECT_THAT(error_of(c, chain(1200, "SELECT x FROM @")),
                ::testing::HasSubstr("nested too deep"));
}

TEST(engine_queries, queries_that_grow_exponentially_are_refused) {
    auto c = testing::open_fresh();
    EXPECT_EQ(error_of(c, chain(5, "SELECT a.x FROM @ a, @ b")), "");
    EXPECT_THAT(error_of(c, chain(40, "SELECT a.x FROM @ a, @ b")),
                ::testing::HasSubstr("nested too deep"));
}

TEST(engine_queries, order_by_in_an_aggregate_is_limited_to_the_column_limit) {
    auto c = testing::open_fresh("CREATE TABLE t(a)");
    const auto ordered = [](int terms) {
        std::string sql = "SELECT group_concat(a ORDER BY a";
        for (int i = 1; i < terms; ++i) {
            sql += ", a + " + std::to_string(i);
        }
        return sql + ") FROM t";
    };
    EXPECT_EQ(error_of(c, ordered(1000)), "");
    EXPECT_THAT(error_of(c, ordered(2001)), ::testing::HasSubstr("too many terms in ORDER BY"));
}

TEST(engine_queries, the_authorizer_is_asked_for_columns_of_using) {
    auto c = testing::open_fresh("CREATE TABLE a(k, x); CREATE TABLE b(k, y)");
    for (const std::string join : {"FULL", "RIGHT", "LEFT"}) {
        std::vector<std::string> read;
        set_authorizer(c, [&](const authorizer_request& r) {
            if (r.action == authorizer_action::read && r.second == "k") {
                read.emplace_back(r.first);
            }
            return authorization::allow;
        }).value();
        EXPECT_EQ(error_of(c, "SELECT k FROM a " + join + " JOIN b USING (k)"), "");
        set_authorizer(c, {}).value();
        EXPECT_THAT(read, ::testing::Not(::testing::IsEmpty())) << join;
        if (join == "FULL") {
            EXPECT_THAT(read, ::testing::AllOf(::testing::Contains("a"), ::testing::Contains("b")));
        }
    }
}

TEST(engine_queries, an_untrusted_schema_may_not_call_our_functions_in_a_check) {
    auto c = testing::open_fresh();
    int calls = 0;
    create_function(c, "counted", [&](std::int64_t) {
        ++calls;
        return std::int64_t{1};
    }).value();
    EXPECT_EQ(error_of(c, "CREATE TABLE t(a CHECK (counted(a)))"), "");
    EXPECT_EQ(error_of(c, "INSERT INTO t VALUES (1)"), "");
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(error_of(c, "PRAGMA trusted_schema = OFF"), "");
    EXPECT_THAT(error_of(c, "INSERT INTO t VALUES (2)"),
                ::testing::HasSubstr("unsafe use of counted"));
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(error_of(c, "SELECT * FROM t"), "");
}

}  // namespace

}  // namespace libsql
