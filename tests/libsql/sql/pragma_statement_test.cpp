#include "libsql/sql/pragma_statement.hpp"

#include <gtest/gtest.h>

namespace libsql {

TEST(pragma_statement, is_recognised_in_every_spelling) {
    for (const char* sql :
         {"PRAGMA foreign_keys = ON", "pragma Foreign_Keys=on", "PRAGMA main.foreign_keys(ON)",
          "PRAGMA \"main\" . \"FOREIGN_keys\" = 'on'", "/* so */ PRAGMA [foreign_keys] = on ;",
          "; -- and so\n PRAGMA temp.`foreign_keys`(\"ON\")"}) {
        const auto found = parse_pragma(sql);
        ASSERT_TRUE(found) << sql;
        EXPECT_TRUE(found->is("foreign_keys")) << sql;
        EXPECT_TRUE(found->has_argument) << sql;
        EXPECT_TRUE(found->has_value("on")) << sql;
        EXPECT_FALSE(found->is_explained) << sql;
    }
    const auto schema = parse_pragma("PRAGMA main.journal_mode");
    ASSERT_TRUE(schema);
    EXPECT_EQ(schema->schema.text, "main");
    EXPECT_FALSE(schema->has_argument);
    EXPECT_FALSE(schema->has_value("wal"));
}

TEST(pragma_statement, is_recognised_behind_explain) {
    for (const char* sql : {"EXPLAIN PRAGMA x = 1", "EXPLAIN QUERY PLAN PRAGMA x = 1"}) {
        const auto found = parse_pragma(sql);
        ASSERT_TRUE(found) << sql;
        EXPECT_TRUE(found->is_explained && found->is("x") && found->has_value("1")) << sql;
    }
}

TEST(pragma_statement, other_statements_are_not_pragmas) {
    for (const char* sql : {"", "SELECT 1", "PRAGMAS x", "SELECT 'PRAGMA x'", "-- PRAGMA x"}) {
        EXPECT_FALSE(parse_pragma(sql)) << sql;
    }
    const auto broken = parse_pragma("PRAGMA");
    ASSERT_TRUE(broken);
    EXPECT_FALSE(broken->is("x"));
    EXPECT_FALSE(parse_pragma("PRAGMA foreign_keysx")->is("foreign_keys"));
    EXPECT_FALSE(parse_pragma("PRAGMA foreign_key")->is("foreign_keys"));
}

}  // namespace libsql
