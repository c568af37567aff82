#include "libsql/sql/table_constraints.hpp"

#include "support/test_database.hpp"

#include <libsql/database.hpp>
#include <libsql/identifier.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <ostream>

namespace libsql {

void PrintTo(const table_constraint& c, std::ostream* out) {
    *out << to_string(c.kind) << " name=" << c.name << " columns=";
    for (const auto& column : c.columns) {
        *out << column << ';';
    }
    *out << " expression=" << c.expression;
}

namespace {

using enum constraint_kind;
using constraints = std::vector<table_constraint>;

/// The constraints of a text that the engine accepts.
constraints parsed(std::string_view sql) {
    auto c = testing::open_fresh();
    const auto made = c.execute(sql);
    EXPECT_TRUE(made) << made.error().to_string();
    // What SQLite stores says the same.
    const auto stored = c.fetch<std::string>(
                             "SELECT sql FROM sqlite_schema WHERE type = 'table' UNION ALL "
                             "SELECT sql FROM sqlite_temp_schema WHERE type = 'table'")
                            .value();
    EXPECT_EQ(table_constraints(stored.at(0)), table_constraints(sql)) << stored.at(0);
    return table_constraints(sql);
}

TEST(table_constraints, are_read_from_columns) {
    EXPECT_EQ(parsed("CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT NOT NULL UNIQUE, "
                     "b INT CHECK (b > 0), "
                     "c REFERENCES t(id))"),
              (constraints{{primary_key, "", {"id"}, ""},
                           {not_null, "", {"a"}, ""},
                           {unique, "", {"a"}, ""},
                           {check, "", {"b"}, "b > 0"},
                           {foreign_key, "", {"c"}, ""}}));
}

TEST(table_constraints, are_read_from_tables) {
    EXPECT_EQ(
        parsed(
            "CREATE TABLE t(a, b, CONSTRAINT pk PRIMARY KEY (a, b DESC), CONSTRAINT u UNIQUE (b "
            "COLLATE NOCASE, a) "
            "ON CONFLICT FAIL, CONSTRAINT c CHECK (a > b), CONSTRAINT f FOREIGN KEY (a, b) "
            "REFERENCES p(x, y) "
            "ON DELETE SET NULL ON UPDATE SET DEFAULT MATCH FULL DEFERRABLE INITIALLY DEFERRED)"),
        (constraints{{primary_key, "pk", {"a", "b"}, ""},
                     {unique, "u", {"b", "a"}, ""},
                     {check, "c", {}, "a > b"},
                     {foreign_key, "f", {"a", "b"}, ""}}));
}

TEST(table_constraints, names_may_be_quoted_in_any_way) {
    EXPECT_EQ(parsed("CREATE TABLE \"t(\"(\"a \"\"b\" INT CONSTRAINT [x )] UNIQUE, `c,``d` "
                     "CONSTRAINT 'it''s' NOT NULL, "
                     "CONSTRAINT \"k\"\"1\" UNIQUE ('a \"b', [c,`d]))"),
              (constraints{{unique, "x )", {"a \"b"}, ""},
                           {not_null, "it's", {"c,`d"}, ""},
                           {unique, "k\"1", {"a \"b", "c,`d"}, ""}}));
}

TEST(table_constraints, comments_and_nested_brackets_are_skipped) {
    EXPECT_EQ(parsed("CREATE /* TABLE x( */ TABLE IF NOT EXISTS t -- (\n (a INT /* UNIQUE */ "
                     "CONSTRAINT /* no */ c -- ,\n"
                     "CHECK ( (a + (1)) IN (2, 3) AND a <> ')' ), b DECIMAL(10, 2) UNIQUE)"),
              (constraints{{check, "c", {"a"}, "(a + (1)) IN (2, 3) AND a <> ')'"},
                           {unique, "", {"b"}, ""}}));
}

TEST(table_constraints, defaults_are_not_constraints) {
    EXPECT_EQ(parsed("CREATE TABLE t(a DEFAULT NULL UNIQUE, b DEFAULT -1 NOT NULL, c DEFAULT (1 "
                     "NOT NULL) UNIQUE, "
                     "d DEFAULT 'UNIQUE', e DEFAULT CURRENT_TIMESTAMP UNIQUE, f DEFAULT +1.5 NULL "
                     "UNIQUE, g DEFAULT x'00')"),
              (constraints{{unique, "", {"a"}, ""},
                           {not_null, "", {"b"}, ""},
                           {unique, "", {"c"}, ""},
                           {unique, "", {"e"}, ""},
                           {unique, "", {"f"}, ""}}));
}

TEST(table_constraints, references_are_read_to_their_end) {
    EXPECT_EQ(
        parsed(
            "CREATE TABLE t(a REFERENCES p ON DELETE SET NULL NOT NULL, b REFERENCES p(x) NOT "
            "DEFERRABLE INITIALLY "
            "IMMEDIATE UNIQUE, c REFERENCES p ON UPDATE NO ACTION ON DELETE SET DEFAULT CHECK (c), "
            "d CONSTRAINT f REFERENCES p ON DELETE CASCADE ON UPDATE RESTRICT)"),
        (constraints{{foreign_key, "", {"a"}, ""},
                     {not_null, "", {"a"}, ""},
                     {foreign_key, "", {"b"}, ""},
                     {unique, "", {"b"}, ""},
                     {foreign_key, "", {"c"}, ""},
                     {check, "", {"c"}, "c"},
                     {foreign_key, "f", {"d"}, ""}}));
}

TEST(table_constraints, generated_columns_may_have_constraints) {
    EXPECT_EQ(parsed("CREATE TABLE t(a INT, b INT GENERATED ALWAYS AS (a * (2)) STORED UNIQUE, c "
                     "AS (a) VIRTUAL NOT NULL)"),
              (constraints{{unique, "", {"b"}, ""}, {not_null, "", {"c"}, ""}}));
}

TEST(table_constraints, a_name_applies_to_one_constraint_and_to_later_checks) {
    EXPECT_EQ(
        parsed("CREATE TABLE t(a CONSTRAINT n NOT NULL UNIQUE CHECK (a > 1), b CHECK (b > 2), "
               "CHECK (a > 3) CONSTRAINT m CHECK (a > 4) CHECK (a > 5), CONSTRAINT x CONSTRAINT y "
               "CHECK (a > 6))"),
        (constraints{{not_null, "n", {"a"}, ""},
                     {unique, "", {"a"}, ""},
                     {check, "n", {"a"}, "a > 1"},
                     {check, "", {"b"}, "b > 2"},
                     {check, "", {}, "a > 3"},
                     {check, "m", {}, "a > 4"},
                     {check, "m", {}, "a > 5"},
                     {check, "y", {}, "a > 6"}}));
}

TEST(table_constraints, columns_may_have_no_constraints) {
    EXPECT_EQ(parsed("CREATE TABLE t(a, b \"long type\" (3), \"unique\" TEXT, c NOT NULL)"),
              (constraints{{not_null, "", {"c"}, ""}}));
}

TEST(table_constraints, unusual_syntax_of_a_temporary_table_is_read) {
    EXPECT_EQ(parsed("CREATE TEMP TABLE t(a \v, c MATCH NOT NULL)"),
              (constraints{{not_null, "", {"c"}, ""}}));
}

TEST(table_constraints, other_statements_have_none) {
    EXPECT_EQ(parsed("CREATE TABLE t AS SELECT 1 AS a, (2) AS b"), constraints{});
    EXPECT_EQ(parsed("CREATE VIRTUAL TABLE t USING fts5(a, UNIQUE)"), constraints{});
    for (const auto* sql : {"", "CREATE", "CREATE TABLE", "SELECT (a UNIQUE)",
                            "CREATE INDEX i ON t(a UNIQUE)", "\"CREATE\" TABLE t(a UNIQUE)"}) {
        EXPECT_EQ(table_constraints(sql), constraints{}) << sql;
    }
}

TEST(table_constraints, a_truncated_text_is_read_to_its_end) {
    const std::string sql =
        "CREATE TABLE t(a CONSTRAINT n NOT NULL CHECK (a > (1)), CONSTRAINT u UNIQUE (a, b), "
        "FOREIGN KEY (a) REFERENCES p(b) ON DELETE SET NULL)";
    const std::size_t whole = table_constraints(sql).size();
    ASSERT_EQ(whole, 4U);
    for (std::size_t n = 0; n < sql.size(); ++n) {
        EXPECT_LE(table_constraints(std::string_view(sql).substr(0, n)).size(), whole);
    }
}

TEST(table_constraints, any_text_is_read_without_a_crash) {
    EXPECT_TRUE(rc::check([] {
        const auto words =
            *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
                "CREATE", "TABLE", "t", "(", ")", ",", "UNIQUE", "PRIMARY", "KEY", "CHECK",
                "CONSTRAINT", "\"a", "'", "NOT", "NULL", "REFERENCES", "ON", "SET", "DEFAULT", "-",
                "/*", "--\n", "[", "FOREIGN", ";"));
        std::string sql = "CREATE TABLE t(";
        for (const auto& word : words) {
            sql += word + " ";
        }
        RC_ASSERT(table_constraints(sql).size() <= words.size());
    }));
}

TEST(table_constraints, checks_are_named_as_the_engine_names_them) {
    auto c = testing::open_fresh();
    for (const std::string definition :
         {"a CHECK (a > 10)", "a CHECK (\n a\t> 10 )", "a CHECK ('x' = a)", "a CHECK (\"a\" > 10)",
          "a CHECK ([a]>10)", "a CHECK (`a` > 10)", "a CONSTRAINT \"the \"\"name\" CHECK (a > 10)",
          "a CONSTRAINT n NULL CHECK (a > 10)", "a, CHECK (/* c */ a > 10 -- d\n)",
          "a, CONSTRAINT 'it''s' CHECK (a > 10) CHECK (a > 11)", "a CHECK ('it''s' = a)",
          "a CHECK ((a) > 10)"}) {
        const std::string sql = "CREATE TABLE t(" + definition + ")";
        c.execute("DROP TABLE IF EXISTS t").value();
        c.execute(sql).value();
        const auto refused = c.execute("INSERT INTO t VALUES (1)");
        ASSERT_FALSE(refused) << sql;
        EXPECT_EQ("CHECK constraint failed: " + table_constraints(sql).at(0).reported(),
                  refused.error().message())
            << sql;
    }
}

}  // namespace

}  // namespace libsql
