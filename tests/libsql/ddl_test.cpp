#include "support/outcome.hpp"
#include "support/test_database.hpp"

#include <libsql/database.hpp>
#include <libsql/ddl.hpp>
#include <libsql/pragma.hpp>

#include <gtest/gtest.h>

#include <set>

namespace libsql::ddl {

using testing::kind_of;

namespace {

class ddl : public ::testing::Test {
protected:
    /// Of random rowids there are none: by chance two of 200 once in 10^14 times.
    int neighbours(const std::string& table) {
        return c
            .fetch_one<int>("SELECT count(*) FROM " + table + " a JOIN " + table +
                            " b ON b.rowid = a.rowid + 1")
            .value()
            .value();
    }

    void run(std::string_view script) {
        ASSERT_TRUE(libsql::testing::succeeded(c.run_script(script)));
    }

    void alter(const std::string& column, const std::string& definition) {
        const auto done =
            alter_column(c, {.table = "t", .column = column, .definition = definition});
        ASSERT_TRUE(done) << done.error().to_string();
        EXPECT_TRUE(c.is_autocommit());
        EXPECT_EQ(pragma::integrity_check(c).value(), std::vector<std::string>{});
    }

    /// The schema and the rows stay as they are.
    error_kind refused(const std::string& column, const std::string& definition) {
        const std::string state = "SELECT group_concat(sql) FROM sqlite_schema";
        const auto before = c.fetch_one<std::string>(state).value();
        const auto done =
            alter_column(c, {.table = "t", .column = column, .definition = definition});
        EXPECT_EQ(c.fetch_one<std::string>(state).value(), before);
        EXPECT_TRUE(c.is_autocommit());
        EXPECT_EQ(pragma::integrity_check(c).value(), std::vector<std::string>{});
        return kind_of(done);
    }

    connection c{testing::open_fresh()};
};

TEST_F(ddl, table_options_are_written_as_sql) {
    EXPECT_EQ(table_options_sql({}).value(), "");
    EXPECT_EQ(table_options_sql({.strict = true, .random_rowid = true}).value(),
              " STRICT, RANDOM ROWID");
    EXPECT_EQ(table_options_sql({.strict = true, .without_rowid = true}).value(),
              " STRICT, WITHOUT ROWID");
    EXPECT_EQ(kind_of(table_options_sql({.without_rowid = true, .random_rowid = true})),
              error_kind::invalid_argument);
}

TEST_F(ddl, random_rowids_are_random_and_positive) {
    const auto options = table_options_sql({.random_rowid = true}).value();
    run("CREATE TABLE t(a)" + options + "; CREATE TABLE k(id INTEGER PRIMARY KEY, a)" + options);
    for (const std::string table : {"t", "k"}) {
        std::set<std::int64_t> ids;
        for (int i = 0; i < 200; ++i) {
            c.execute("INSERT INTO " + table + "(a) VALUES (?)", i).value();
            EXPECT_GT(c.last_insert_rowid(), 0);
            ids.insert(c.last_insert_rowid());
        }
        EXPECT_EQ(ids.size(), 200U);
        EXPECT_EQ(neighbours(table), 0);
        c.execute("INSERT INTO " + table + "(rowid, a) VALUES (5, 0)").value();
        EXPECT_EQ(c.last_insert_rowid(), 5);
    }
    EXPECT_EQ(kind_of(c.execute("CREATE TABLE x(id INTEGER PRIMARY KEY AUTOINCREMENT)" + options)),
              error_kind::sql);
    // Why table_options_sql refuses it: the engine does not.
    EXPECT_TRUE(c.execute("CREATE TABLE x(id INTEGER PRIMARY KEY) RANDOM ROWID, WITHOUT ROWID"));
}

TEST_F(ddl, a_trigger_inserts_random_rowids) {
    run("CREATE TABLE t(a) RANDOM ROWID; CREATE TABLE s(a); CREATE TRIGGER x AFTER INSERT ON s "
        "BEGIN INSERT INTO t(a) VALUES (NEW.a); END; "
        "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) "
        "INSERT INTO s SELECT i FROM n");
    EXPECT_EQ(c.fetch_one<int>("SELECT count(*) FROM t").value(), 200);
    EXPECT_EQ(neighbours("t"), 0);
}

TEST_F(ddl, alter_column_converts_and_checks_rows) {
    run("CREATE TABLE t(id INTEGER PRIMARY KEY, \"a b\" INT, z); INSERT INTO t VALUES (1, 5, 0), "
        "(2, 6, 0)");
    alter("a b", "TEXT NOT NULL DEFAULT 'none' CHECK (length(\"a b\") < 5)");
    EXPECT_EQ(c.fetch<std::string>("SELECT \"a b\" FROM t").value(),
              (std::vector<std::string>{"5", "6"}));
    EXPECT_EQ(c.fetch_one<std::string>("SELECT sql FROM sqlite_schema").value(),
              "CREATE TABLE t(id INTEGER PRIMARY KEY, \"a b\" TEXT NOT NULL DEFAULT 'none' CHECK "
              "(length(\"a b\") < 5), z)");
    EXPECT_FALSE(c.execute("INSERT INTO t VALUES (3, NULL, 0)"));
    EXPECT_FALSE(c.execute("INSERT INTO t VALUES (3, 'longer', 0)"));
    EXPECT_TRUE(c.execute("INSERT INTO t(id) VALUES (3)"));
    alter("Z", "REAL");
    EXPECT_EQ(c.fetch_one<double>("SELECT z FROM t").value(), 0.0);
}

TEST_F(ddl, alter_column_keeps_the_default_values_of_rows) {
    run("CREATE TABLE t(a); INSERT INTO t VALUES (1); ALTER TABLE t ADD COLUMN b DEFAULT 'old'");
    alter("b", "DEFAULT 'new'");
    EXPECT_EQ(c.fetch_one<std::string>("SELECT b FROM t").value(), "old");
    run("INSERT INTO t(a) VALUES (2)");
    EXPECT_EQ(c.fetch<std::string>("SELECT b FROM t").value(),
              (std::vector<std::string>{"old", "new"}));
}

TEST_F(ddl, alter_column_rebuilds_indexes) {
    run("CREATE TABLE t(a TEXT); CREATE INDEX i ON t(a); INSERT INTO t VALUES ('b'), ('A'), ('a'), "
        "('B')");
    alter("a", "TEXT COLLATE NOCASE");
    EXPECT_EQ(c.fetch_one<int>("SELECT count(*) FROM t INDEXED BY i WHERE a = 'A'").value(), 2);
    alter("a", "TEXT");
    EXPECT_EQ(c.fetch_one<int>("SELECT count(*) FROM t INDEXED BY i WHERE a = 'A'").value(), 1);
}

TEST_F(ddl, alter_column_refuses_rows_that_do_not_fit) {
    run("CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE t(a, b TEXT); CREATE UNIQUE INDEX u "
        "ON t(b); "
        "INSERT INTO t VALUES (NULL, 'x'), (7, 'X')");
    EXPECT_EQ(refused("a", "NOT NULL"), error_kind::constraint);
    EXPECT_EQ(refused("a", "CHECK (a <> 7)"), error_kind::constraint);
    EXPECT_EQ(refused("b", "TEXT COLLATE NOCASE"), error_kind::constraint);
    const auto reference =
        alter_column(c, {.table = "t", .column = "a", .definition = "REFERENCES p"});
    ASSERT_FALSE(reference);
    EXPECT_EQ(reference.error().constraint()->kind, constraint_kind::foreign_key);
    run("CREATE TABLE s(a INT) STRICT; INSERT INTO s VALUES (1)");
    EXPECT_TRUE(alter_column(c, {.table = "s", .column = "a", .definition = "TEXT"}));
    run("DELETE FROM s; INSERT INTO s VALUES ('x')");
    EXPECT_EQ(kind_of(alter_column(c, {.table = "s", .column = "a", .definition = "INT"})),
              error_kind::constraint);
}

TEST_F(ddl, alter_column_refuses_what_the_engine_refuses) {
    run("CREATE TABLE t(a INT, u INT UNIQUE)");
    EXPECT_EQ(refused("missing", "INT"), error_kind::sql);
    EXPECT_EQ(refused("a", "INT UNIQUE"), error_kind::sql);
    EXPECT_EQ(refused("a", "INT PRIMARY KEY"), error_kind::sql);
    EXPECT_EQ(refused("a", "INT AS (5)"), error_kind::sql);
    EXPECT_EQ(refused("u", "INT"), error_kind::sql);
    EXPECT_EQ(refused("a", "INT, b INT"), error_kind::sql);
    EXPECT_EQ(refused("a", "INT CHECK (nope)"), error_kind::sql);
    EXPECT_EQ(refused("a", "INT; DROP TABLE t"), error_kind::invalid_argument);
    EXPECT_EQ(kind_of(alter_column(c, {.table = "missing", .column = "a", .definition = "INT"})),
              error_kind::sql);
    run("CREATE VIEW v AS SELECT 1 AS a");
    EXPECT_EQ(kind_of(alter_column(c, {.table = "v", .column = "a", .definition = "INT"})),
              error_kind::sql);
}

TEST_F(ddl, alter_column_refuses_what_libsql_would_damage) {
    run("CREATE TABLE t(id INTEGER, a INT -- first, second INT\n, b DECIMAL(10, 2), c TEXT DEFAULT "
        "'(', d TEXT DEFAULT ')', "
        "e AS (a) STORED, f INT /* fine */, PRIMARY KEY (id))");
    for (const auto* column : {"id", "a", "b", "d", "e"}) {
        EXPECT_EQ(refused(column, "INT"), error_kind::unsupported) << column;
    }
    alter("c", "TEXT");
    alter("F", "TEXT");
    EXPECT_EQ(pragma::table_info(c, "t").value().back().name, "f");
    // A server's engine makes a column that nobody asked for; ours is corrected.
    run("CREATE TABLE raw(a INT -- first, second INT\n, b INT); ALTER TABLE raw ALTER COLUMN a TO "
        "a TEXT");
    EXPECT_EQ(pragma::table_info(c, "raw").value().size(),
              testing::mode() == testing::test_mode::local ? 2U : 3U);
}

TEST_F(ddl, alter_column_works_inside_a_transaction) {
    run("CREATE TABLE \"t\"\"1\"(a INT)");
    auto tx = c.begin().value();
    const auto done = alter_column(tx, {.table = "t\"1", .column = "a", .definition = "TEXT"});
    ASSERT_TRUE(done) << done.error().to_string();
    EXPECT_EQ(pragma::table_info(tx, "t\"1").value().at(0).type, "TEXT");
    tx.rollback().value();
    EXPECT_EQ(pragma::table_info(c, "t\"1").value().at(0).type, "INT");
}

TEST_F(ddl, alter_column_works_in_an_attached_database) {
    run("ATTACH ':memory:' AS \"o ther\"; CREATE TABLE \"o ther\".\"t\"\"1\"(a INT)");
    auto tx = c.begin().value();
    const auto done = alter_column(
        tx, {.table = "t\"1", .column = "a", .definition = "TEXT", .schema = "o ther"});
    ASSERT_TRUE(done) << done.error().to_string();
    EXPECT_EQ(pragma::table_info(tx, "t\"1", "o ther").value().at(0).type, "TEXT");
    tx.rollback().value();
    EXPECT_EQ(pragma::table_info(c, "t\"1", "o ther").value().at(0).type, "INT");
}

}  // namespace

}  // namespace libsql::ddl
