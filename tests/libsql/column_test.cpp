#include "support/test_database.hpp"

#include <libsql/column.hpp>
#include <libsql/database.hpp>

#include <gtest/gtest.h>

namespace libsql {

namespace {

TEST(column, has_a_name_and_the_type_of_its_declaration) {
    auto conn = testing::open_fresh("CREATE TABLE t (a INTEGER, b VARCHAR(9))");
    const auto columns = conn.query("SELECT a AS x, b, a + 1 FROM t").value().columns().value();
    ASSERT_EQ(columns.size(), 3U);
    EXPECT_EQ(columns[0].name, "x");
    EXPECT_EQ(columns[0].declared_type, "INTEGER");
    EXPECT_EQ(columns[1].declared_type, "VARCHAR(9)");
    EXPECT_EQ(columns[2].name, "a + 1");
    EXPECT_EQ(columns[2].declared_type, std::nullopt);
    EXPECT_NE(columns[0], columns[1]);
}

TEST(column, names_its_origin) {
    auto conn = testing::open_fresh();
    conn.execute("CREATE TABLE t (a INTEGER, b VARCHAR(9))").value();
    const auto columns = conn.query("SELECT a AS x, b, a + 1 FROM t").value().columns().value();
    ASSERT_EQ(columns.size(), 3U);
    EXPECT_EQ(columns[0], (column{"x", "INTEGER", "main", "t", "a"}));
    EXPECT_EQ(columns[1], (column{"b", "VARCHAR(9)", "main", "t", "b"}));
    EXPECT_EQ(columns[2],
              (column{"a + 1", std::nullopt, std::nullopt, std::nullopt, std::nullopt}));
    EXPECT_NE(columns[0], columns[1]);
}

}  // namespace

}  // namespace libsql
