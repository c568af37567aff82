#include "libsql/sql/write_statement.hpp"

#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

namespace libsql {
namespace {

struct parsed {
    const char* sql;
    write_kind kind;
    const char* schema;
    const char* table;
    const char* text;
    bool returns = false;
};

TEST(write_statement, table_last_word_and_returning_are_found) {
    for (const auto& c : std::vector<parsed>{
             {"INSERT INTO t VALUES (1)", write_kind::insert, "", "t", "INSERT INTO t VALUES (1)"},
             {" ;replace/**/into t values(';')  ; ", write_kind::insert, "", "t",
              " ;replace/**/into t values(';')"},
             {"insert or ignore into a.[b c] select 1 -- end", write_kind::insert, "a", "b c",
              "insert or ignore into a.[b c] select 1"},
             {"UPDATE OR FAIL \"t\" SET a = 1 RETURNING a, b;", write_kind::update, "", "t",
              "UPDATE OR FAIL \"t\" SET a = 1 RETURNING a, b", true},
             {"DELETE FROM `t` WHERE a IN (SELECT returning FROM u) RETURNING *",
              write_kind::remove, "", "t",
              "DELETE FROM `t` WHERE a IN (SELECT returning FROM u) RETURNING *", true},
             {"WITH x AS (DELETE FROM y), replace AS (SELECT 1) UPDATE m.t SET a = 2",
              write_kind::update, "m", "t",
              "WITH x AS (DELETE FROM y), replace AS (SELECT 1) UPDATE m.t SET a = 2"},
             {"DELETE FROM t", write_kind::remove, "", "t", "DELETE FROM t"},
         }) {
        const auto found = parse_write(c.sql);
        ASSERT_TRUE(found) << c.sql;
        EXPECT_EQ(found->kind, c.kind) << c.sql;
        EXPECT_EQ(found->schema, c.schema) << c.sql;
        EXPECT_EQ(found->table, c.table) << c.sql;
        EXPECT_EQ(found->text, c.text) << c.sql;
        EXPECT_EQ(found->returns, c.returns) << c.sql;
    }
}

TEST(write_statement, other_texts_are_not_recognised) {
    for (const auto* sql :
         {"", ";", "SELECT 1", "WITH x AS (SELECT 1) SELECT * FROM x", "WITH", "WITH x AS (",
          "INSERT", "INSERT OR", "INSERT INTO", "UPDATE OR", "DELETE FROM", "DELETE FROM t.",
          "UPDATE 1", "CREATE TABLE t(x)", "EXPLAIN DELETE FROM t", "-- INSERT INTO t"}) {
        EXPECT_FALSE(parse_write(sql)) << sql;
    }
}

}  // namespace
}  // namespace libsql
