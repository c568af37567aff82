#include "libsql/sql/statement_kind.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string_view>

namespace libsql {

namespace {

void expect_kind(statement_kind kind, std::initializer_list<std::string_view> statements) {
    for (const std::string_view sql : statements) {
        EXPECT_EQ(classify_statement(sql_scanner(sql)), kind) << sql;
    }
}

TEST(statement_kind, create_trigger_is_recognised) {
    expect_kind(statement_kind::create_trigger,
                {"CREATE TRIGGER", "create temp trigger x", "CREATE TEMPORARY TRIGGER",
                 "EXPLAIN CREATE TRIGGER", "EXPLAIN QUERY PLAN CREATE TEMP TRIGGER",
                 "/**/ EXPLAIN -- ;\n CREATE/**/TRIGGER"});
}

TEST(statement_kind, create_virtual_table_is_recognised) {
    expect_kind(statement_kind::create_virtual_table,
                {"CREATE VIRTUAL TABLE x", "explain query plan create virtual table x"});
}

TEST(statement_kind, other_statements_are_of_no_special_kind) {
    expect_kind(statement_kind::other,
                {"", "SELECT 1", "CREATE", "CREATE TABLE trigger", "CREATE TEMP VIRTUAL TABLE x",
                 "CREATE \"TRIGGER\" x", "'CREATE' TRIGGER x", "DROP TRIGGER x", "EXPLAIN",
                 "EXPLAIN; CREATE TRIGGER x", "EXPLAIN QUERY CREATE TRIGGER x", "CREATE; TRIGGER x",
                 "; CREATE TRIGGER x"});
}

}  // namespace

}  // namespace libsql
