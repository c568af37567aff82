#include "libsql/sql/statement_effect.hpp"

#include <gtest/gtest.h>

namespace libsql {
namespace {

using enum statement_effect;

TEST(statement_effect, statements_that_only_read_are_recognised) {
    for (const char* sql :
         {"SELECT 1", "  select 1;", "-- a\nSELECT 1", "VALUES (1)", "EXPLAIN DELETE FROM t",
          "EXPLAIN QUERY PLAN INSERT INTO t VALUES (1)", "WITH a AS (DELETE_ME) SELECT * FROM a",
          "WITH a(insert_) AS (SELECT 1), b AS NOT MATERIALIZED (VALUES (1)) SELECT * FROM a",
          "WITH RECURSIVE c(x) AS (VALUES(1) UNION ALL SELECT x+1 FROM c) VALUES (1)",
          "PRAGMA user_version", "PRAGMA main.user_version;", "PRAGMA table_info(t)",
          "PRAGMA main.table_xinfo('t')", "PRAGMA integrity_check(3)", "PRAGMA foreign_key_check",
          "EXPLAIN PRAGMA user_version"}) {
        EXPECT_EQ(effect_of(sql), reads) << sql;
    }
}

TEST(statement_effect, statements_that_may_write_are_recognised) {
    for (const char* sql : {"",
                            ";",
                            "INSERT INTO t VALUES (1)",
                            "replace into t values (1)",
                            "UPDATE t SET a = 1",
                            "DELETE FROM t",
                            "CREATE TABLE t (a)",
                            "DROP TABLE t",
                            "ALTER TABLE t RENAME TO u",
                            "VACUUM",
                            "ATTACH 'a' AS b",
                            "REINDEX",
                            "ANALYZE",
                            "nonsense",
                            "EXPLAIN PRAGMA foreign_keys = OFF",
                            "EXPLAIN QUERY PLAN PRAGMA cache_size(7)",
                            "WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a",
                            "WITH a AS (SELECT 1) UPDATE t SET a = (SELECT 1)",
                            "WITH a AS (SELECT 1) DELETE FROM t",
                            "WITH a AS (SELECT 1) REPLACE INTO t SELECT * FROM a",
                            "WITH",
                            "PRAGMA user_version = 3",
                            "PRAGMA user_version(3)",
                            "PRAGMA main.foreign_keys = on",
                            "PRAGMA wal_checkpoint",
                            "PRAGMA optimize",
                            "PRAGMA incremental_vacuum;"}) {
        EXPECT_EQ(effect_of(sql), writes) << sql;
    }
}

TEST(statement_effect, statements_that_control_transactions_are_recognised) {
    EXPECT_EQ(effect_of("BEGIN IMMEDIATE"), begins);
    for (const std::string_view sql :
         {"/* x */ commit", "END TRANSACTION", "ROLLBACK", "ROLLBACK TRANSACTION"}) {
        EXPECT_EQ(effect_of(sql), ends) << sql;
    }
    for (const std::string_view sql : {"ROLLBACK TO a", "ROLLBACK TRANSACTION TO SAVEPOINT a"}) {
        EXPECT_EQ(effect_of(sql), rollback_to) << sql;
    }
    EXPECT_EQ(effect_of("SAVEPOINT a"), savepoint);
    EXPECT_EQ(effect_of("RELEASE a"), release);
}

}  // namespace

TEST(statement_effect, leading_semicolons_are_ignored) {
    EXPECT_EQ(effect_of(" ; ;COMMIT"), statement_effect::ends);
    EXPECT_EQ(effect_of(";/**/; SELECT 1"), statement_effect::reads);
    EXPECT_TRUE(changes_rows("; UPDATE t SET x = 1"));
    EXPECT_TRUE(changes_rows("WITH c AS (SELECT 1) INSERT INTO t SELECT * FROM c"));
    EXPECT_FALSE(changes_rows("WITH c AS (SELECT 1) SELECT * FROM c"));
    EXPECT_FALSE(changes_rows("CREATE TABLE t(x)"));
}

}  // namespace libsql
