#include "support/test_database.hpp"

#include <libsql/database.hpp>
#include <libsql/foreign_key.hpp>

#include <gtest/gtest.h>

#include <ostream>

namespace libsql {

void PrintTo(const foreign_key_violation& v, std::ostream* out) {
    *out << v.schema << '.' << v.table << " rowid=" << v.rowid.value_or(-1)
         << " parent=" << v.parent << " name=" << v.name;
    for (const auto& column : v.columns) {
        *out << " c:" << column;
    }
    for (const auto& column : v.parent_columns) {
        *out << " p:" << column;
    }
}

namespace {

using violations = std::vector<foreign_key_violation>;

class foreign_key : public ::testing::Test {
protected:
    void run(std::string_view script) { connection_.run_script(script).value(); }

    /// Runs what must fail, then asks why; the data must be as before.
    template <class... Args>
    violations why(std::string_view sql, const Args&... args) {
        const auto failed = connection_.execute(sql, args...);
        EXPECT_FALSE(failed) << sql;
        const bool autocommit = connection_.is_autocommit();
        auto found = foreign_key_violations(connection_, sql, args...);
        EXPECT_TRUE(found) << found.error().to_string();
        EXPECT_EQ(connection_.is_autocommit(), autocommit);
        EXPECT_FALSE(connection_.execute(sql, args...))
            << "foreign keys are still deferred: " << sql;
        return found.value_or(violations());
    }

    connection connection_{testing::open_fresh()};
};

TEST_F(foreign_key, is_found_for_an_inserted_child) {
    run("CREATE TABLE users(id INTEGER PRIMARY KEY); CREATE TABLE posts(id INTEGER PRIMARY KEY, "
        "user_id CONSTRAINT "
        "posts_user_fk REFERENCES users(id), other REFERENCES users)");
    EXPECT_EQ(why("INSERT INTO posts VALUES (?, ?, NULL)", 5, 9),
              (violations{{"main", "posts", 5, "users", {"user_id"}, {"id"}, "posts_user_fk"}}));
    EXPECT_EQ(why("INSERT INTO posts VALUES (6, NULL, 8)"),
              (violations{{"main", "posts", 6, "users", {"other"}, {"id"}, ""}}));
    EXPECT_EQ(connection_.fetch_one<int>("SELECT count(*) FROM posts").value(), 0);
}

TEST_F(foreign_key, is_found_for_a_deleted_or_changed_parent) {
    run("CREATE TABLE users(id INTEGER PRIMARY KEY); CREATE TABLE posts(u INT, CONSTRAINT \"the "
        "user\" FOREIGN KEY (u) "
        "REFERENCES users ON UPDATE NO ACTION); INSERT INTO users VALUES (1); INSERT INTO posts "
        "VALUES (1), (1)");
    const violations both{{"main", "posts", 1, "users", {"u"}, {"id"}, "the user"},
                          {"main", "posts", 2, "users", {"u"}, {"id"}, "the user"}};
    EXPECT_EQ(why("DELETE FROM users WHERE id = :id", named{{"id", 1}}), both);
    EXPECT_EQ(why("UPDATE users SET id = 2"), both);
    EXPECT_EQ(connection_.fetch_one<int>("SELECT id FROM users").value(), 1);
}

TEST_F(foreign_key, is_found_with_several_columns) {
    run("CREATE TABLE p(a, b, PRIMARY KEY (b, a)); CREATE TABLE c(x, y, z INTEGER REFERENCES q, "
        "CONSTRAINT pair FOREIGN KEY (y, X) "
        "REFERENCES p, CONSTRAINT named FOREIGN KEY (x, y) REFERENCES p(a, b)); CREATE TABLE q(id "
        "INTEGER PRIMARY KEY)");
    EXPECT_EQ(why("INSERT INTO c VALUES (1, 2, 3)"),
              (violations{{"main", "c", 1, "p", {"x", "y"}, {"a", "b"}, "named"},
                          {"main", "c", 1, "p", {"y", "x"}, {"b", "a"}, "pair"},
                          {"main", "c", 1, "q", {"z"}, {"id"}, ""}}));
}

TEST_F(foreign_key, earlier_violations_are_left_out) {
    run("CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p CONSTRAINT f REFERENCES p); "
        "PRAGMA foreign_keys = OFF; "
        "INSERT INTO c VALUES (7), (7); PRAGMA foreign_keys = ON");
    EXPECT_EQ(why("INSERT INTO c VALUES (7)"),
              (violations{{"main", "c", 3, "p", {"p"}, {"id"}, "f"}}));
    EXPECT_EQ(foreign_key_check(connection_).value().size(), 2U);
}

TEST_F(foreign_key, is_found_without_rowid_and_in_a_table_that_refers_to_itself) {
    run("CREATE TABLE c(k TEXT PRIMARY KEY, up CONSTRAINT up_fk REFERENCES c) WITHOUT ROWID; "
        "INSERT INTO c VALUES ('a', 'a')");
    EXPECT_EQ(why("INSERT INTO c VALUES ('b', 'x')"),
              (violations{{"main", "c", std::nullopt, "c", {"up"}, {"k"}, "up_fk"}}));
}

TEST_F(foreign_key, is_found_in_a_trigger_and_a_cascade) {
    run("CREATE TABLE a(id INTEGER PRIMARY KEY); CREATE TABLE b(id INTEGER PRIMARY KEY, a "
        "REFERENCES a ON DELETE CASCADE); "
        "CREATE TABLE c(b CONSTRAINT c_b REFERENCES b); INSERT INTO a VALUES (1); INSERT INTO b "
        "VALUES (2, 1); "
        "INSERT INTO c VALUES (2); CREATE TABLE t(x); CREATE TRIGGER g AFTER INSERT ON t BEGIN "
        "INSERT INTO c VALUES (new.x); END");
    EXPECT_EQ(why("DELETE FROM a"), (violations{{"main", "c", 1, "b", {"b"}, {"id"}, "c_b"}}));
    EXPECT_EQ(why("INSERT INTO t VALUES (9)"),
              (violations{{"main", "c", 2, "b", {"b"}, {"id"}, "c_b"}}));
}

TEST_F(foreign_key, is_found_with_restrict) {
    run("CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p CONSTRAINT f REFERENCES p ON "
        "DELETE RESTRICT); "
        "INSERT INTO p VALUES (1); INSERT INTO c VALUES (1)");
    EXPECT_EQ(why("DELETE FROM p"), (violations{{"main", "c", 1, "p", {"p"}, {"id"}, "f"}}));
}

TEST_F(foreign_key, is_found_in_attached_and_temporary_databases) {
    run("ATTACH ':memory:' AS \"o'ther\"; CREATE TABLE \"o'ther\".p(id INTEGER PRIMARY KEY); "
        "CREATE TABLE \"o'ther\".c(p "
        "CONSTRAINT there REFERENCES p); CREATE TEMP TABLE p(id INTEGER PRIMARY KEY); CREATE TEMP "
        "TABLE c(p CONSTRAINT "
        "temporary REFERENCES p)");
    EXPECT_EQ(why("INSERT INTO \"o'ther\".c VALUES (1)"),
              (violations{{"o'ther", "c", 1, "p", {"p"}, {"id"}, "there"}}));
    EXPECT_EQ(why("INSERT INTO temp.c VALUES (1)"),
              (violations{{"temp", "c", 1, "p", {"p"}, {"id"}, "temporary"}}));
}

TEST_F(foreign_key, is_found_inside_a_transaction_that_continues) {
    run("CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p CONSTRAINT f REFERENCES p)");
    auto tx = connection_.begin().value();
    tx.execute("INSERT INTO p VALUES (1)").value();
    auto sp = tx.savepoint("s").value();
    EXPECT_FALSE(sp.execute("INSERT INTO c VALUES (2)"));
    EXPECT_EQ(foreign_key_violations(sp, "INSERT INTO c VALUES (2)").value().size(), 1U);
    EXPECT_TRUE(sp.execute("INSERT INTO c VALUES (1)"));
    EXPECT_FALSE(sp.execute("INSERT INTO c VALUES (2)"));
    EXPECT_TRUE(sp.release());
    EXPECT_TRUE(tx.commit());
    EXPECT_EQ(connection_.fetch<int>("SELECT p FROM c").value(), std::vector<int>{1});
}

TEST_F(foreign_key, is_found_when_deferred_before_the_rollback) {
    run("CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p CONSTRAINT late REFERENCES p "
        "DEFERRABLE INITIALLY DEFERRED)");
    auto tx = connection_.begin().value();
    tx.execute("INSERT INTO c VALUES (3)").value();
    EXPECT_EQ(foreign_key_violations(tx, "INSERT INTO c VALUES (4)").value(),
              (violations{{"main", "c", 2, "p", {"p"}, {"id"}, "late"}}));
    EXPECT_FALSE(tx.commit());
    EXPECT_EQ(foreign_key_check(tx).value(),
              (violations{{"main", "c", 1, "p", {"p"}, {"id"}, "late"}}));
    tx.execute("INSERT INTO p VALUES (3)").value();
    EXPECT_TRUE(tx.commit());
}

TEST_F(foreign_key, keeps_the_transactions_own_deferral) {
    run("CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p REFERENCES p)");
    auto tx = connection_.begin().value();
    tx.execute("PRAGMA defer_foreign_keys = ON").value();
    tx.execute("INSERT INTO c VALUES (3)").value();
    EXPECT_EQ(foreign_key_violations(tx, "INSERT INTO c VALUES (4)").value().size(), 1U);
    EXPECT_TRUE(tx.execute("INSERT INTO c VALUES (5)"));
    EXPECT_FALSE(tx.commit());
    EXPECT_TRUE(tx.rollback());
}

TEST_F(foreign_key, a_statement_that_violates_nothing_gives_an_empty_list) {
    run("CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p REFERENCES p); INSERT INTO p "
        "VALUES (1)");
    EXPECT_EQ(foreign_key_violations(connection_, "INSERT INTO c VALUES (1)").value(),
              violations{});
    EXPECT_EQ(connection_.fetch_one<int>("SELECT count(*) FROM c").value(), 0);
    EXPECT_FALSE(connection_.execute("INSERT INTO c VALUES (2)"));
}

TEST_F(foreign_key, refuses_statements_that_do_not_change_rows) {
    for (const auto* sql :
         {"COMMIT", "ROLLBACK", "SELECT 1", "PRAGMA foreign_keys = OFF", "", "-- INSERT"}) {
        const auto refused = foreign_key_violations(connection_, sql);
        ASSERT_FALSE(refused) << sql;
        EXPECT_EQ(refused.error().kind(), error_kind::invalid_argument) << sql;
    }
    EXPECT_TRUE(connection_.is_autocommit());
}

TEST_F(foreign_key, another_error_of_the_statement_is_returned) {
    run("CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p REFERENCES p, n NOT NULL)");
    const auto other = foreign_key_violations(connection_, "INSERT INTO c VALUES (1, NULL)");
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().constraint()->kind, constraint_kind::not_null);
    EXPECT_FALSE(foreign_key_violations(connection_, "INSERT INTO missing VALUES (1)"));
    EXPECT_FALSE(foreign_key_violations(connection_, "INSERT INTO c VALUES (?, ?)", 1));
    EXPECT_TRUE(connection_.is_autocommit());
    EXPECT_FALSE(connection_.execute("INSERT INTO c VALUES (1, 1)"));
}

/// With 10,001 rows that refer to others: too many to be looked at for each refusal.
class violated_foreign_key_of_large_tables : public foreign_key {
protected:
    violated_foreign_key_of_large_tables() {
        run("CREATE TABLE p(id INTEGER PRIMARY KEY, a, b, UNIQUE (a, b)); "
            "CREATE TABLE c(id INTEGER PRIMARY KEY, p CONSTRAINT to_p REFERENCES p, x, y, "
            "CONSTRAINT pair FOREIGN KEY (y, x) REFERENCES p(b, a)); CREATE INDEX cp ON c(p); "
            "CREATE INDEX cxy ON c(x, y); INSERT INTO p VALUES (1, 'a', 'b'), (2, 'c', 'd'), "
            "(3, NULL, NULL); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE "
            "i < 10001) INSERT INTO c SELECT i, 1, 'a', 'b' FROM n");
    }

    /// The name of the key that refuses a statement; "" when none is found.
    template <class... Args>
    std::string refused_by(std::string_view sql, const Args&... args) {
        EXPECT_FALSE(connection_.execute(sql, args...)) << sql;
        const auto found = violated_foreign_key(connection_, sql, args...);
        EXPECT_TRUE(found) << found.error().to_string();
        EXPECT_FALSE(connection_.execute(sql, args...)) << "still deferred: " << sql;
        EXPECT_EQ(connection_.fetch_one<int>("SELECT count(*) FROM c").value(), 10001);
        return found && *found ? (*found)->name : "";
    }
};

TEST_F(violated_foreign_key_of_large_tables, is_found_for_a_row_that_refers_to_nothing) {
    EXPECT_EQ(refused_by("INSERT INTO c(p) VALUES (1), (2), (?)", 9), "to_p");
    EXPECT_EQ(refused_by("INSERT INTO c(x, y) VALUES ('b', 'a') RETURNING id, ?1", 7), "pair");
    EXPECT_EQ(refused_by("UPDATE c SET p = 9 WHERE id = 77; -- a comment"), "to_p");
    EXPECT_EQ(refused_by("UPDATE main.c SET y = :y WHERE id = :id", named{{"id", 5}, {"y", "d"}}),
              "pair");
    EXPECT_EQ(
        refused_by("WITH replace(i) AS (SELECT 9) REPLACE INTO \"c\"(p) SELECT i FROM replace "
                   "-- the last"),
        "to_p");
    EXPECT_EQ(refused_by("INSERT INTO c(id, p) VALUES (1, 2) ON CONFLICT DO UPDATE SET p = 12"),
              "to_p");
}

TEST_F(violated_foreign_key_of_large_tables, is_found_for_a_row_that_others_refer_to) {
    EXPECT_EQ(refused_by("DELETE FROM p"), "pair");
    EXPECT_EQ(refused_by("DELETE FROM p WHERE id = ?1 RETURNING a", 1), "pair");
    run("UPDATE c SET x = NULL");
    EXPECT_EQ(refused_by("DELETE FROM [p] WHERE id < ?", 3), "to_p");
}

TEST_F(violated_foreign_key_of_large_tables, is_left_out_if_finding_it_needs_a_scan) {
    EXPECT_EQ(refused_by("UPDATE p SET id = 11 WHERE id = 1"), "");
    run("CREATE TABLE t(x); CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO c(p) VALUES "
        "(new.x); END");
    EXPECT_EQ(refused_by("INSERT INTO t VALUES (9)"), "");
}

TEST_F(violated_foreign_key_of_large_tables, is_found_by_a_scan_of_few_rows) {
    run("DELETE FROM c WHERE id > 100; CREATE TABLE t(x); CREATE TRIGGER g AFTER INSERT ON t BEGIN "
        "INSERT INTO c(p) VALUES (new.x); END");
    const auto found = violated_foreign_key(connection_, "INSERT INTO t VALUES (?)", 9).value();
    ASSERT_TRUE(found);
    EXPECT_EQ(found->name, "to_p");
    EXPECT_EQ(violated_foreign_key(connection_, "UPDATE p SET id = 11 WHERE id = 1").value()->name,
              "to_p");
    EXPECT_FALSE(violated_foreign_key(connection_, "INSERT INTO t VALUES (1)").value());
    EXPECT_EQ(violated_foreign_key(connection_, "SELECT 1").error().kind(),
              error_kind::invalid_argument);
}

}  // namespace

}  // namespace libsql
