#include "libsql/engine/engine_error.hpp"

#include "support/outcome.hpp"
#include "support/temporary_directory.hpp"

#include <libsql/database.hpp>
#include <libsql/identifier.hpp>

#include <gtest/gtest.h>

#include <utility>

namespace libsql::detail {

namespace {

using names = std::vector<std::string>;

class engine_error_of : public ::testing::Test {
protected:
    void run(std::string_view script) {
        ASSERT_TRUE(libsql::testing::succeeded(connection_.run_script(script)));
    }

    /// The violation that `sql` must fail with.
    constraint_violation violation(std::string_view sql) {
        const auto done = connection_.execute(sql);
        if (done) {
            ADD_FAILURE() << "it did not fail: " << sql;
            return {};
        }
        EXPECT_EQ(done.error().kind(), error_kind::constraint) << done.error().to_string();
        EXPECT_EQ(done.error().code(), SQLITE_CONSTRAINT);
        EXPECT_NE(done.error().constraint(), nullptr);
        return done.error().constraint() != nullptr ? *done.error().constraint()
                                                    : constraint_violation{};
    }

    void expect(std::string_view sql, constraint_kind kind, const std::string& table,
                const names& columns, const std::string& name) {
        const auto found = violation(sql);
        EXPECT_EQ(found.kind, kind) << sql << ": " << to_string(found.kind);
        EXPECT_EQ(found.table, table) << sql;
        EXPECT_EQ(found.columns, columns) << sql;
        EXPECT_EQ(found.name, name) << sql;
    }

    connection connection_{database::open({.database = ":memory:"}).value().connect().value()};
};

TEST_F(engine_error_of, a_unique_index_names_it_and_its_columns) {
    run("CREATE TABLE users(a, b); CREATE UNIQUE INDEX users_a_b ON users(a, b); CREATE UNIQUE "
        "INDEX part ON users(b) "
        "WHERE b > 5; INSERT INTO users VALUES (1, 2), (1, 7)");
    expect("INSERT INTO users VALUES (1, 2)", constraint_kind::unique, "users", {"a", "b"},
           "users_a_b");
    expect("INSERT INTO users VALUES (2, 7)", constraint_kind::unique, "users", {"b"}, "part");
    expect("CREATE UNIQUE INDEX new ON users(a)", constraint_kind::unique, "users", {"a"}, "");
}

TEST_F(engine_error_of, a_unique_constraint_names_its_columns) {
    run("CREATE TABLE t(a UNIQUE, b CONSTRAINT only_b UNIQUE, c, d, e, CONSTRAINT \"the pair\" "
        "UNIQUE (D, c), UNIQUE (e)); "
        "INSERT INTO t VALUES (1, 2, 3, 4, 5)");
    expect("INSERT INTO t(a) VALUES (1)", constraint_kind::unique, "t", {"a"}, "");
    expect("INSERT INTO t(b) VALUES (2)", constraint_kind::unique, "t", {"b"}, "only_b");
    expect("INSERT INTO t(c, d) VALUES (3, 4)", constraint_kind::unique, "t", {"d", "c"},
           "the pair");
    expect("INSERT INTO t(e) VALUES (5)", constraint_kind::unique, "t", {"e"}, "");
}

TEST_F(engine_error_of, a_unique_index_on_expressions_names_it) {
    run("CREATE TABLE t(a); CREATE UNIQUE INDEX \"lower's\" ON t(lower(a)); INSERT INTO t VALUES "
        "('x')");
    expect("INSERT INTO t VALUES ('X')", constraint_kind::unique, "t", {}, "lower's");
    run("CREATE TABLE \"index 'a\"(\"b'\" UNIQUE); INSERT INTO \"index 'a\" VALUES (1)");
    expect("INSERT INTO \"index 'a\" VALUES (1)", constraint_kind::unique, "index 'a", {"b'"}, "");
}

TEST_F(engine_error_of, a_primary_key_names_its_columns) {
    run("CREATE TABLE i(id INTEGER PRIMARY KEY); CREATE TABLE n(id INTEGER CONSTRAINT i_pk PRIMARY "
        "KEY); "
        "CREATE TABLE x(a TEXT PRIMARY KEY); CREATE TABLE w(a, b, c, CONSTRAINT w_pk PRIMARY KEY "
        "(b, a)) WITHOUT ROWID;"
        "INSERT INTO i VALUES (1); INSERT INTO n VALUES (1); INSERT INTO x VALUES (1); INSERT INTO "
        "w VALUES (1, 2, 3)");
    expect("INSERT INTO i VALUES (1)", constraint_kind::primary_key, "i", {"id"}, "");
    expect("INSERT INTO n VALUES (1)", constraint_kind::primary_key, "n", {"id"}, "i_pk");
    expect("INSERT INTO x VALUES (1)", constraint_kind::primary_key, "x", {"a"}, "");
    expect("INSERT INTO w VALUES (1, 2, 4)", constraint_kind::primary_key, "w", {"b", "a"}, "w_pk");
}

TEST_F(engine_error_of, a_rowid_names_its_column) {
    run("CREATE TABLE t(a); INSERT INTO t VALUES (1)");
    expect("INSERT INTO t(rowid, a) VALUES (1, 2)", constraint_kind::rowid, "t", {"rowid"}, "");
}

TEST_F(engine_error_of, a_not_null_constraint_names_its_column) {
    run("CREATE TABLE t(a NOT NULL, b CONSTRAINT needs_b NOT NULL, c GENERATED ALWAYS AS "
        "(nullif(a, 9)) NOT NULL)");
    expect("INSERT INTO t(b) VALUES (1)", constraint_kind::not_null, "t", {"a"}, "");
    expect("INSERT INTO t(a) VALUES (1)", constraint_kind::not_null, "t", {"b"}, "needs_b");
    expect("INSERT INTO t(a, b) VALUES (9, 1)", constraint_kind::not_null, "t", {"c"}, "");
    run("CREATE TABLE w(a, b, PRIMARY KEY (a, b)) WITHOUT ROWID");
    expect("INSERT INTO w(a) VALUES (1)", constraint_kind::not_null, "w", {"b"}, "");
}

TEST_F(engine_error_of, a_check_constraint_gives_its_name) {
    run("CREATE TABLE decoy(note DEFAULT 'positive', x CHECK (x <> 'a > 0')); CREATE TABLE t(a "
        "CHECK (a > 0), b "
        "CONSTRAINT positive CHECK (b > 0), CONSTRAINT \"it's, too\" CHECK (a <> b))");
    expect("INSERT INTO t VALUES (0, 1)", constraint_kind::check, "t", {}, "a > 0");
    expect("INSERT INTO t VALUES (1, 0)", constraint_kind::check, "t", {}, "positive");
    expect("INSERT INTO t VALUES (1, 1)", constraint_kind::check, "t", {}, "it's, too");
    run("CREATE TABLE other(a CHECK (a > 0))");  // which of the two is not said
    expect("INSERT INTO t VALUES (0, 1)", constraint_kind::check, "", {}, "a > 0");
}

TEST_F(engine_error_of, a_foreign_key_has_no_names) {
    run("CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p CONSTRAINT f REFERENCES p)");
    expect("INSERT INTO c VALUES (1)", constraint_kind::foreign_key, "", {}, "");
}

TEST_F(engine_error_of, a_strict_table_names_the_column) {
    run("CREATE TABLE \"t column x\"(\"an int\" INTEGER, b TEXT, c BLOB, d REAL) STRICT");
    expect("INSERT INTO \"t column x\"(\"an int\") VALUES ('x')", constraint_kind::data_type,
           "t column x", {"an int"}, "");
    expect("INSERT INTO \"t column x\"(b) VALUES (x'00')", constraint_kind::data_type, "t column x",
           {"b"}, "");
    expect("INSERT INTO \"t column x\"(d) VALUES ('one')", constraint_kind::data_type, "t column x",
           {"d"}, "");
}

TEST_F(engine_error_of, raise_in_a_trigger_is_a_trigger_constraint) {
    run("CREATE TABLE t(a UNIQUE); CREATE TRIGGER g BEFORE INSERT ON t WHEN new.a < 0 BEGIN "
        "SELECT RAISE(ABORT, 'UNIQUE constraint failed: t.a'); END");
    expect("INSERT INTO t VALUES (-1)", constraint_kind::trigger, "", {}, "");
}

// The engine has a trigger inside for it, and says so by the code.
TEST_F(engine_error_of, on_delete_restrict_is_a_foreign_key_constraint) {
    run("CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p REFERENCES p ON DELETE "
        "RESTRICT); "
        "INSERT INTO p VALUES (1); INSERT INTO c VALUES (1)");
    expect("DELETE FROM p", constraint_kind::foreign_key, "", {}, "");
}

TEST_F(engine_error_of, a_statement_in_a_trigger_names_its_own_table) {
    run("CREATE TABLE log(a CONSTRAINT once UNIQUE); CREATE TABLE t(a); CREATE TRIGGER g AFTER "
        "INSERT ON t BEGIN "
        "INSERT INTO log VALUES (new.a); END; INSERT INTO t VALUES (1)");
    expect("INSERT INTO t VALUES (1)", constraint_kind::unique, "log", {"a"}, "once");
}

TEST_F(engine_error_of, names_may_contain_any_character) {
    const std::string table = "a.b, \"c'd";
    const names columns{"x.y", "x.y, a.b, \"c'd.z", "z", "%", ""};
    const auto q = [](const std::string& name) { return quote_identifier(name); };
    run("CREATE TABLE " + q(table) + "(" + q(columns[0]) + ", " + q(columns[1]) + ", " +
        q(columns[2]) + " NOT NULL, " + q(columns[3]) + ", " + q(columns[4]) +
        "); CREATE UNIQUE INDEX " + q("i.\"1, 2") + " ON " + q(table) + "(" + q(columns[3]) + ", " +
        q(columns[4]) + "); INSERT INTO " + q(table) + " VALUES (1, 2, 3, 4, 5)");
    expect("INSERT INTO " + q(table) + " VALUES (0, 0, 0, 4, 5)", constraint_kind::unique, table,
           {"%", ""}, "i.\"1, 2");
    expect("INSERT INTO " + q(table) + " VALUES (0, 0, NULL, 0, 0)", constraint_kind::not_null,
           table, {"z"}, "");
}

TEST_F(engine_error_of, ambiguous_names_are_left_out) {
    run("CREATE TABLE a(\"b.c\" UNIQUE); CREATE TABLE \"a.b\"(c UNIQUE); INSERT INTO a VALUES (1)");
    expect("INSERT INTO a VALUES (1)", constraint_kind::unique, "", {}, "");
}

TEST_F(engine_error_of, attached_and_temporary_tables_are_found) {
    run("ATTACH ':memory:' AS \"o.ther\"; CREATE TABLE \"o.ther\".t(a, CONSTRAINT there UNIQUE "
        "(a)); "
        "INSERT INTO \"o.ther\".t VALUES (1); CREATE TEMP TABLE u(a, b CHECK (b > 7)); CREATE "
        "UNIQUE INDEX temp.u_a ON "
        "u(a); INSERT INTO u(a) VALUES (1)");
    expect("INSERT INTO \"o.ther\".t VALUES (1)", constraint_kind::unique, "t", {"a"}, "there");
    expect("INSERT INTO u(a) VALUES (1)", constraint_kind::unique, "u", {"a"}, "u_a");
    expect("INSERT INTO u(b) VALUES (1)", constraint_kind::check, "u", {}, "b > 7");
}

TEST_F(engine_error_of, a_constraint_name_is_left_out_if_tables_of_one_name_disagree) {
    run("ATTACH ':memory:' AS other; CREATE TABLE other.t(a UNIQUE, b NOT NULL); CREATE TABLE "
        "main.t(a CONSTRAINT here UNIQUE, b NOT NULL); "
        "INSERT INTO main.t VALUES (1, 1)");
    expect("INSERT INTO main.t VALUES (1, 1)", constraint_kind::unique, "t", {"a"}, "");
    expect("INSERT INTO main.t VALUES (2, NULL)", constraint_kind::not_null, "t", {"b"}, "");
}

TEST_F(engine_error_of, an_altered_table_gives_its_new_names) {
    run("CREATE TABLE t(a); ALTER TABLE t ADD COLUMN b CONSTRAINT big CHECK (b > 9); ALTER TABLE t "
        "RENAME COLUMN b TO c; "
        "ALTER TABLE t RENAME TO \"t 2\"; CREATE UNIQUE INDEX i ON \"t 2\"(c); INSERT INTO \"t 2\" "
        "VALUES (1, 10)");
    expect("INSERT INTO \"t 2\" VALUES (1, 1)", constraint_kind::check, "t 2", {}, "big");
    expect("INSERT INTO \"t 2\" VALUES (1, 10)", constraint_kind::unique, "t 2", {"c"}, "i");
}

TEST_F(engine_error_of, an_rtree_constraint_names_its_table) {
    run("CREATE VIRTUAL TABLE r USING rtree(id, x0, x1); INSERT INTO r VALUES (1, 0, 1)");
    expect("INSERT INTO r VALUES (1, 0, 1)", constraint_kind::unique, "r", {"id"}, "");
    expect("INSERT INTO r VALUES (2, 1, 0)", constraint_kind::other, "", {}, "");
}

TEST_F(engine_error_of, lookups_leave_the_connections_change_counts_unchanged) {
    run("CREATE TABLE t(a UNIQUE); INSERT INTO t VALUES (1), (2)");
    violation("INSERT INTO t VALUES (1)");
    EXPECT_EQ(connection_.last_insert_rowid(), 2);
    EXPECT_EQ(connection_.total_changes(), 2);
}

TEST(engine_error, result_codes_map_to_kinds) {
    EXPECT_EQ(kind_of(SQLITE_CONSTRAINT_UNIQUE), error_kind::constraint);
    EXPECT_EQ(kind_of(SQLITE_BUSY_SNAPSHOT), error_kind::busy);
    EXPECT_EQ(kind_of(SQLITE_LOCKED_SHAREDCACHE), error_kind::locked);
    EXPECT_EQ(kind_of(SQLITE_READONLY_DIRECTORY), error_kind::permission);
    EXPECT_EQ(kind_of(SQLITE_READONLY), error_kind::read_only);
    EXPECT_EQ(kind_of(SQLITE_IOERR_NOMEM), error_kind::out_of_memory);
    EXPECT_EQ(kind_of(SQLITE_IOERR_READ), error_kind::io);
    EXPECT_EQ(kind_of(SQLITE_CORRUPT_VTAB), error_kind::corrupt);
    EXPECT_EQ(kind_of(SQLITE_NOTADB), error_kind::not_a_database);
    EXPECT_EQ(kind_of(SQLITE_ERROR), error_kind::sql);
}

TEST(engine_error, a_stale_snapshot_says_to_begin_in_mode_immediate) {
    const testing::temporary_directory folder;
    auto db = database::open({.database = folder.file("a.db")}).value();
    auto reader = db.connect().value();
    auto writer = db.connect().value();
    ASSERT_TRUE(writer.execute("CREATE TABLE t(x)"));
    auto transaction = reader.begin().value();
    ASSERT_TRUE(transaction.fetch<std::int64_t>("SELECT x FROM t"));
    ASSERT_TRUE(writer.execute("INSERT INTO t VALUES (1)"));
    const auto failed = transaction.execute("INSERT INTO t VALUES (2)");
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().kind(), error_kind::busy);
    EXPECT_EQ(failed.error().extended_code(), SQLITE_BUSY_SNAPSHOT);
    EXPECT_NE(failed.error().message().find("mode immediate"), std::string::npos)
        << failed.error().message();
}

TEST(engine_error, a_syntax_error_has_its_offset) {
    auto c = database::open({.database = ":memory:"}).value().connect().value();
    const auto failed = c.execute("SELECT 1 FRM t");
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().kind(), error_kind::sql);
    EXPECT_EQ(failed.error().sql(), "SELECT 1 FRM t");
    EXPECT_EQ(failed.error().offset(), 13U);
    EXPECT_EQ(failed.error().constraint(), nullptr);
}

TEST(kind_of, rare_result_codes_have_their_kinds) {
    const std::pair<int, error_kind> all[] = {
        {SQLITE_ABORT_ROLLBACK, error_kind::transaction},
        {SQLITE_LOCKED_SHAREDCACHE, error_kind::locked},
        {SQLITE_READONLY_DIRECTORY, error_kind::permission},
        {SQLITE_READONLY_DBMOVED, error_kind::permission},
        {SQLITE_READONLY_ROLLBACK, error_kind::read_only},
        {SQLITE_IOERR_NOMEM, error_kind::out_of_memory},
        {SQLITE_IOERR_FSYNC, error_kind::io},
        {SQLITE_NOMEM, error_kind::out_of_memory},
        {SQLITE_PERM, error_kind::permission},
        {SQLITE_SCHEMA, error_kind::schema},
        {SQLITE_MISUSE, error_kind::misuse},
        {SQLITE_RANGE, error_kind::invalid_argument},
        {SQLITE_INTERNAL, error_kind::internal},
        {SQLITE_ERROR, error_kind::sql},
    };
    for (const auto& [code, kind] : all) {
        EXPECT_EQ(kind_of(code), kind) << code;
    }
}

}  // namespace

}  // namespace libsql::detail
