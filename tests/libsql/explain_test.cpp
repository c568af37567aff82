#include "support/test_database.hpp"

#include <libsql/database.hpp>
#include <libsql/explain.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>

namespace libsql {
namespace {

using ::testing::HasSubstr;
using testing::open_fresh;

class explain_test : public ::testing::Test {
protected:
    connection c = open_fresh(
        "CREATE TABLE t(id INTEGER PRIMARY KEY, a); CREATE INDEX ta ON t(a); CREATE TABLE u(b)");
};

TEST_F(explain_test, refuses_what_cannot_be_explained) {
    EXPECT_EQ(explain(c, "SELEC").error().kind(), error_kind::sql);
    EXPECT_EQ(explain(c, "SELECT * FROM missing").error().kind(), error_kind::sql);
    EXPECT_EQ(explain(c, "").error().kind(), error_kind::sql);
    EXPECT_EQ(explain(c, "EXPLAIN SELECT 1").error().kind(), error_kind::sql);
    EXPECT_EQ(explain(c, "SELECT 1; SELECT 2").error().kind(), error_kind::invalid_argument);
    EXPECT_EQ(explain(c, "SELECT ?").error().kind(), error_kind::invalid_argument);
    EXPECT_EQ(explain_query_plan(c, "SELEC").error().kind(), error_kind::sql);
    c.close().value();
    EXPECT_EQ(explain(c, "SELECT 1").error().kind(), error_kind::closed);
}

TEST_F(explain_test, a_plan_follows_a_schema_change) {
    const auto db = testing::fresh_database();
    auto writer = db.connect().value();
    auto other = db.connect().value();
    writer.run_script("CREATE TABLE t(a)").value();
    const auto plan = [&other] {
        const auto row = other.fetch_one<std::tuple<int, int, int, std::string>>(
            "EXPLAIN QUERY PLAN SELECT * FROM t WHERE a = 1");
        return std::get<3>(row.value().value());
    };
    EXPECT_THAT(plan(), HasSubstr("SCAN t"));
    writer.execute("CREATE INDEX ta ON t(a)").value();
    EXPECT_THAT(plan(), HasSubstr("USING COVERING INDEX ta"));
    EXPECT_THAT(to_string(explain_query_plan(other, "SELECT * FROM t WHERE a = 1").value()),
                HasSubstr("USING COVERING INDEX ta"));
    writer.execute("DROP INDEX ta").value();
    EXPECT_THAT(plan(), HasSubstr("SCAN t"));
}

TEST_F(explain_test, gives_the_program_and_runs_nothing) {
    const auto program = explain(c, "DELETE FROM t WHERE id = :id", named{{"id", 3}}).value();
    ASSERT_GT(program.size(), 4U);
    EXPECT_EQ(program.front().address, 0);
    EXPECT_EQ(program.front().opcode, "Init");
    EXPECT_EQ(program.at(2).address, 2);
    explain(c, "INSERT INTO t VALUES (?, ?)", 1, "a").value();
    EXPECT_EQ(c.fetch_one<std::int64_t>("SELECT count(*) FROM t").value(), 0);
}

TEST_F(explain_test, the_plan_is_a_tree) {
    const auto plan =
        explain_query_plan(c, "SELECT * FROM t WHERE a = ? UNION SELECT 1, b FROM u ORDER BY 1", 5)
            .value();
    ASSERT_EQ(plan.size(), 1U);
    EXPECT_THAT(plan[0].detail, HasSubstr("MERGE (UNION)"));
    ASSERT_EQ(plan[0].children.size(), 2U);
    EXPECT_EQ(plan[0].children[0].detail, "LEFT");
    EXPECT_THAT(plan[0].children[0].children.at(0).detail,
                HasSubstr("USING COVERING INDEX ta (a=?)"));
    EXPECT_TRUE(explain_query_plan(c, "SELECT 1").value().at(0).children.empty());
    EXPECT_TRUE(explain_query_plan(c, "CREATE TABLE x(a)").value().empty());
}

TEST_F(explain_test, the_plan_is_printed_as_in_the_sqlite_shell) {
    EXPECT_EQ(
        to_string(explain_query_plan(c, "SELECT * FROM u JOIN t ON t.id = u.b ORDER BY a").value()),
        "QUERY PLAN\n"
        "|--SCAN u\n"
        "|--SEARCH t USING INTEGER PRIMARY KEY (rowid=?)\n"
        "`--USE TEMP B-TREE FOR ORDER BY\n");
    EXPECT_EQ(to_string({{1, "a", {{2, "b", {}}, {3, "c", {{4, "d", {}}}}}}, {5, "e", {}}}),
              "QUERY PLAN\n|--a\n|  |--b\n|  `--c\n|     `--d\n`--e\n");
}

}  // namespace
}  // namespace libsql
