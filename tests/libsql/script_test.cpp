#include "support/open_connection.hpp"
#include "support/outcome.hpp"
#include "support/test_database.hpp"

#include <libsql/script.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace libsql {

using namespace testing;

TEST(script, stops_at_the_first_error_and_keeps_what_ran) {
    auto conn = open_fresh();
    const auto failed = conn.run_script(
        "CREATE TABLE t(x UNIQUE); INSERT INTO t VALUES (1); INSERT INTO t VALUES (1);"
        "INSERT INTO t VALUES (2)");
    ASSERT_TRUE(failed_with(failed, error_kind::constraint));
    const error& why = failed.error();
    EXPECT_EQ(why.statement_index(), 2U);
    EXPECT_EQ(why.completed().size(), 2U);
    EXPECT_EQ(why.completed()[1].executed().rows_affected, 1);
    EXPECT_EQ(why.outcome(), error_outcome::stands);
    EXPECT_EQ(why.sql(), "INSERT INTO t VALUES (1)");
    EXPECT_EQ(scalar<int>(conn, "SELECT count(*) FROM t"), 1);
}

TEST(script, a_statement_with_parameters_fails) {
    auto conn = open_fresh();
    const auto failed = conn.run_script("SELECT 1; SELECT ?");
    ASSERT_TRUE(failed_with(failed, error_kind::invalid_argument, "1 parameters, but 0"));
    EXPECT_EQ(failed.error().statement_index(), 1U);
    EXPECT_EQ(failed.error().completed().at(0).rows().at(0).at(0), value(1));
    EXPECT_EQ(failed.error().outcome(), error_outcome::not_run);
}

TEST(script, text_that_cannot_be_a_statement_fails) {
    auto conn = open_fresh();
    EXPECT_TRUE(failed_with(conn.run_script(std::string_view("SELECT 1; SELECT '\0'", 20)),
                            error_kind::invalid_argument));
    EXPECT_TRUE(
        failed_with(conn.run_script("SELECT 1; SELECT '\xff'"), error_kind::invalid_argument));
}

TEST(script, a_script_without_a_statement_does_nothing) {
    auto conn = open_fresh();
    for (const std::string_view text : {"", " ;; ", "-- only this", "/* or that */;"}) {
        EXPECT_TRUE(conn.run_script(text).value().empty());
    }
}

TEST(script, gives_a_result_for_each_statement) {
    auto conn = open_fresh();
    const auto all = conn.run_script(R"(
        CREATE TABLE t(x); CREATE TABLE log(y); -- a comment; with a semicolon
        CREATE TRIGGER copy AFTER INSERT ON t BEGIN
            INSERT INTO log VALUES (new.x); INSERT INTO log VALUES (';');
        END;
        INSERT INTO t VALUES ('a;b'), ('c');
        SELECT * FROM t;
        UPDATE log SET y = 1 RETURNING y)")
                         .value();
    ASSERT_EQ(all.size(), 6U);
    EXPECT_EQ(all[3].executed.rows_affected, 2);
    EXPECT_EQ(all[3].executed.last_insert_rowid, 2);
    EXPECT_EQ(all[4].rows, (std::vector<std::vector<value>>{{"a;b"}, {"c"}}));
    EXPECT_EQ(all[4].columns.at(0).name, "x");
    EXPECT_EQ(all[4].executed.rows_affected, 0);
    EXPECT_EQ(all[5].executed.rows_affected, 4);
}

TEST(script, can_contain_transactions) {
    auto conn = open_fresh();
    EXPECT_TRUE(
        succeeded(conn.run_script("CREATE TABLE t(x); BEGIN; INSERT INTO t VALUES (1); COMMIT")));
    EXPECT_TRUE(conn.is_autocommit());
    EXPECT_FALSE(conn.run_script("BEGIN; INSERT INTO t VALUES (2); SELECT nothing"));
    EXPECT_FALSE(conn.is_autocommit());  // what the script began is the caller's to end
    ASSERT_TRUE(succeeded(conn.reset()));
    EXPECT_EQ(scalar<int>(conn, "SELECT count(*) FROM t"), 1);
}

TEST(script, a_deadline_applies_to_the_whole_script) {
    auto conn = open_fresh();
    std::string text;
    for (int i = 0; i < 100'000; ++i) {
        text += "SELECT 1;";
    }
    const auto failed = conn.run_script(text, deadline::in(std::chrono::milliseconds(5)));
    ASSERT_TRUE(failed_with(failed, error_kind::timeout));
    EXPECT_LT(failed.error().completed().size(), 100'000U);
}

TEST(script, split_gives_views_with_their_offsets) {
    constexpr std::string_view text = " SELECT 1 ; -- c\n/* d */ SELECT ';' ;;";
    const auto all = split_script(text);
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].sql, "SELECT 1");
    EXPECT_EQ(all[0].offset, 1U);
    EXPECT_EQ(all[1].sql, "SELECT ';'");
    EXPECT_EQ(text.substr(all[1].offset, all[1].sql.size()), all[1].sql);
    EXPECT_TRUE(split_script("").empty());
}

TEST(script, that_commits_earlier_work_reports_that_it_stands) {
    auto conn = open_fresh("CREATE TABLE t(x)");
    const auto outcome_of = [&](const char* script) {
        run_all(conn, "BEGIN; INSERT INTO t VALUES (1)");
        const auto why = conn.run_script(script).error().outcome();
        if (!conn.is_autocommit()) {
            conn.execute("ROLLBACK").value();
        }
        return to_string(why);
    };
    EXPECT_EQ(outcome_of("COMMIT; SELEC"), to_string(error_outcome::stands));
    EXPECT_EQ(outcome_of("ROLLBACK; SELEC"), to_string(error_outcome::not_run));
    EXPECT_EQ(outcome_of("SELECT 1; SELEC"), to_string(error_outcome::not_run));
    EXPECT_EQ(outcome_of("ROLLBACK; BEGIN; COMMIT; SELEC"), to_string(error_outcome::not_run));
}

TEST(script, its_error_says_whether_any_change_stands) {
    struct expected {
        const char* script;
        error_outcome outcome;
        int rows;
    };

    for (const auto& e : {
             expected{"INSERT INTO t VALUES (1); INSERT INTO t VALUES (1)", error_outcome::stands,
                      1},
             expected{"INSERT INTO t VALUES (1); SELEC", error_outcome::stands, 1},
             expected{"SELECT * FROM t; SELEC", error_outcome::not_run, 0},
             expected{"BEGIN; INSERT INTO t VALUES (1); ROLLBACK; SELEC", error_outcome::not_run,
                      0},
             expected{"BEGIN; INSERT INTO t VALUES (1); COMMIT; SELEC", error_outcome::stands, 1},
             expected{"SAVEPOINT s; INSERT INTO t VALUES (1); RELEASE s; SELEC",
                      error_outcome::stands, 1},
             expected{"SAVEPOINT s; RELEASE s; INSERT INTO t VALUES (1); SELEC",
                      error_outcome::stands, 1},
             expected{
                 "SAVEPOINT s; COMMIT; BEGIN; INSERT INTO t VALUES (1); SAVEPOINT x; RELEASE x;"
                 "INSERT OR ROLLBACK INTO t VALUES (1)",
                 error_outcome::undone, 0},
             expected{"BEGIN; INSERT INTO t VALUES (1); INSERT OR ROLLBACK INTO t VALUES (1)",
                      error_outcome::undone, 0},
             expected{"BEGIN; INSERT INTO t VALUES (1); SELEC", error_outcome::stands, 1},
         }) {
        auto conn = open_fresh("CREATE TABLE t(x UNIQUE)");
        const auto done = conn.run_script(e.script);
        ASSERT_FALSE(succeeded(done)) << e.script;
        EXPECT_EQ(to_string(done.error().outcome()), to_string(e.outcome)) << e.script;
        EXPECT_EQ(scalar<int>(conn, "SELECT count(*) FROM t"), e.rows) << e.script;
    }
}

}  // namespace libsql
