#include "support/open_connection.hpp"
#include "support/outcome.hpp"
#include "support/test_database.hpp"

#include <libsql/batch.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace libsql {

using namespace testing;

namespace {

batch steps_of(std::initializer_list<std::string_view> texts) {
    batch steps;
    for (const auto text : texts) {
        steps.add(text);
    }
    return steps;
}

/// "o" ok, "e" error, "-" skipped, for each step.
std::string outcomes(const batch_result& all) {
    std::string out;
    for (const auto& step : all.steps) {
        out += step.skipped() ? '-' : step.ok() ? 'o' : 'e';
    }
    return out;
}

}  // namespace

// --- faults ---

TEST(batch, a_condition_may_only_refer_to_earlier_steps) {
    auto conn = with_table();
    for (const auto& bad :
         {condition::ok(1), condition::error(2), !condition::ok(1),
          condition::ok(0) && condition::error(7), condition::any_of({!condition::ok(9)})}) {
        batch steps;
        steps.add("INSERT INTO t VALUES (1)");
        steps.add_if(bad, "INSERT INTO t VALUES (2)");
        EXPECT_TRUE(failed_with(conn.run(steps), error_kind::invalid_argument, "step 1"));
    }
    EXPECT_TRUE(rows_of(conn).empty());
}

TEST(batch, an_empty_batch_does_nothing) {
    auto conn = with_table();
    EXPECT_TRUE(conn.run(batch()).value().steps.empty());
    EXPECT_TRUE(conn.run(batch(), batch_mode::transactional).value().ok());
    EXPECT_TRUE(conn.is_autocommit());
}

TEST(batch, independent_steps_continue_after_an_error) {
    auto conn = with_table();
    auto steps =
        steps_of({"INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (1)", "not sql", "",
                  "SELECT 1; SELECT 2", "INSERT INTO t VALUES (?)", "INSERT INTO t VALUES (2)"});
    const auto all = conn.run(steps).value();
    EXPECT_EQ(outcomes(all), "oeeeeeo");
    EXPECT_FALSE(all.ok());
    EXPECT_TRUE(is_error(*all.first_error(), error_kind::constraint));
    EXPECT_EQ(all.steps[1].error().sql(), "INSERT INTO t VALUES (1)");
    EXPECT_TRUE(
        is_error(all.steps[5].error(), error_kind::invalid_argument, "1 parameters, but 0"));
    EXPECT_EQ(rows_of(conn), (std::vector{1, 2}));
}

TEST(batch, a_transactional_batch_undoes_everything_at_the_first_error) {
    auto conn = with_table();
    auto steps = steps_of(
        {"INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)"});
    const auto failed = conn.run(steps, batch_mode::transactional);
    ASSERT_TRUE(failed_with(failed, error_kind::constraint));
    EXPECT_EQ(failed.error().statement_index(), 1U);
    EXPECT_EQ(failed.error().outcome(), error_outcome::undone);
    EXPECT_EQ(failed.error().completed().at(0).executed().rows_affected, 1);
    EXPECT_EQ(failed.error().completed().size(), 1U);
    EXPECT_TRUE(conn.is_autocommit());
    EXPECT_TRUE(rows_of(conn).empty());
}

TEST(batch, a_transactional_batch_whose_commit_fails_fails_as_a_whole) {
    auto conn = open_fresh(
        "CREATE TABLE p(id INTEGER PRIMARY KEY);"
        "CREATE TABLE t(x REFERENCES p DEFERRABLE INITIALLY DEFERRED)");
    batch steps;
    steps.add("INSERT INTO t VALUES (7)");
    EXPECT_TRUE(failed_with(conn.run(steps, batch_mode::transactional), error_kind::constraint));
    EXPECT_TRUE(conn.is_autocommit());
    EXPECT_TRUE(rows_of(conn).empty());
}

TEST(batch, a_step_that_makes_the_engine_roll_back_ends_the_batch) {
    auto conn = with_table();
    auto steps = steps_of({"INSERT INTO t VALUES (1)", "INSERT OR ROLLBACK INTO t VALUES (1)",
                           "INSERT INTO t VALUES (2)"});
    EXPECT_TRUE(failed_with(conn.run(steps, batch_mode::transactional), error_kind::constraint));
    EXPECT_TRUE(conn.is_autocommit());
    EXPECT_TRUE(rows_of(conn).empty());

    auto tx = conn.begin().value();
    ASSERT_TRUE(succeeded(tx.execute("INSERT INTO t VALUES (9)")));
    EXPECT_TRUE(failed_with(tx.run(steps, batch_mode::transactional), error_kind::constraint));
    EXPECT_EQ(tx.status(), transaction_status::ended);
    EXPECT_TRUE(rows_of(conn).empty());
}

/// The ways in which a step ends the transaction that it stands in.
constexpr std::string_view ends[] = {"INSERT OR ROLLBACK INTO t VALUES (9)", "ROLLBACK", "COMMIT",
                                     "INSERT INTO refused VALUES (1)"};

connection with_ways_to_end() {
    auto conn = with_table();
    run_all(conn,
            "CREATE TABLE refused(x); CREATE TRIGGER refuse BEFORE INSERT ON refused BEGIN "
            "SELECT RAISE(ROLLBACK, 'no'); END; INSERT INTO t VALUES (9)");
    return conn;
}

TEST(batch, steps_after_the_end_of_their_transaction_do_not_run) {
    for (const auto end : ends) {
        auto conn = with_ways_to_end();
        auto steps = steps_of({"INSERT INTO t VALUES (1)", end, "INSERT INTO t VALUES (2)"});
        steps.add_if(condition::is_autocommit(), "INSERT INTO t VALUES (3)");
        steps.add("SELECT 1");
        auto tx = conn.begin().value();
        const auto all = tx.run(steps).value();
        EXPECT_TRUE(all.steps[3].skipped()) << end;
        for (const std::size_t i : {2U, 4U}) {
            ASSERT_TRUE(all.steps[i].failed()) << end << i;
            EXPECT_TRUE(is_error(all.steps[i].error(), error_kind::transaction, "not run")) << end;
            EXPECT_EQ(all.steps[i].error().outcome(), error_outcome::not_run);
        }
        EXPECT_EQ(rows_of(conn), end == "COMMIT" ? (std::vector{1, 9}) : std::vector{9}) << end;
    }
}

TEST(batch, steps_after_the_end_of_a_savepoints_transaction_do_not_run) {
    for (const auto end : ends) {
        auto conn = with_ways_to_end();
        auto steps = steps_of({end, "INSERT INTO t VALUES (2)"});
        auto tx = conn.begin().value();
        auto sp = tx.savepoint("s").value();
        const auto all = sp.run(steps).value();
        EXPECT_TRUE(is_error(all.steps[1].error(), error_kind::transaction)) << end;
        EXPECT_EQ(rows_of(conn), std::vector{9}) << end;
    }
}

TEST(batch, steps_between_begin_and_commit_do_not_run_when_the_engine_has_rolled_back) {
    auto conn = with_ways_to_end();
    auto steps = steps_of(
        {"BEGIN", "INSERT OR ROLLBACK INTO t VALUES (9)", "INSERT INTO t VALUES (2)", "COMMIT"});
    steps.add("INSERT INTO t VALUES (3)");  // behind it, and so by itself
    const auto all = conn.run(steps).value();
    EXPECT_EQ(outcomes(all), "oeeeo");
    EXPECT_TRUE(is_error(all.steps[2].error(), error_kind::transaction, "not run"));
    EXPECT_EQ(rows_of(conn), (std::vector{3, 9}));
}

TEST(batch, a_transaction_opened_by_text_may_be_ended_by_text) {
    auto conn = with_ways_to_end();
    run_all(conn, "BEGIN; INSERT INTO t VALUES (1)");
    auto steps = steps_of({"COMMIT", "INSERT INTO t VALUES (2)"});
    EXPECT_EQ(outcomes(conn.run(steps).value()), "oo");
    EXPECT_EQ(rows_of(conn), (std::vector{1, 2, 9}));
}

TEST(batch, a_step_cannot_end_the_transaction_of_a_transactional_batch) {
    for (const std::string_view text :
         {"COMMIT", "end", "ROLLBACK", "rollback transaction", "-- so\nCOMMIT TRANSACTION"}) {
        auto conn = with_table();
        auto steps = steps_of({"INSERT INTO t VALUES (1)", text, "INSERT INTO t VALUES (2)"});
        EXPECT_TRUE(failed_with(conn.run(steps, batch_mode::transactional),
                                error_kind::invalid_argument, "the batch ends it itself"))
            << text;
        EXPECT_TRUE(conn.is_autocommit());
        EXPECT_TRUE(rows_of(conn).empty());
    }
}

TEST(batch, savepoints_work_inside_a_transactional_batch) {
    auto conn = with_table();
    auto steps = steps_of({"INSERT INTO t VALUES (1)", "SAVEPOINT s", "INSERT INTO t VALUES (2)",
                           "ROLLBACK TO s", "ROLLBACK TRANSACTION TO s", "RELEASE s"});
    EXPECT_TRUE(conn.run(steps, batch_mode::transactional).value().ok());
    EXPECT_EQ(rows_of(conn), std::vector{1});
}

TEST(batch, each_change_is_counted_once_also_beside_a_step_that_cannot_be_sent) {
    auto conn = with_table();
    const auto before = conn.total_changes();
    batch steps;
    steps.add("INSERT INTO t VALUES (1), (2)");
    steps.add("INSERT INTO t VALUES (?)");  // lacks its argument
    steps.add("INSERT INTO t VALUES (3)");
    const auto done = conn.run(steps);
    ASSERT_TRUE(succeeded(done));
    EXPECT_EQ(outcomes(*done), "oeo");
    EXPECT_EQ(conn.total_changes() - before, 3);
    EXPECT_EQ(conn.changes(), 1);
}

TEST(batch, a_transactional_batch_leaves_the_savepoints_around_it) {
    for (const char* const leaves :
         {"RELEASE outer", "RELEASE SAVEPOINT \"OUTER\"", "ROLLBACK TO outer",
          "ROLLBACK TRANSACTION TO SAVEPOINT outer", "RELEASE libsql_batch", "; RELEASE outer"}) {
        auto conn = with_table();
        auto tx = conn.begin().value();
        ASSERT_TRUE(succeeded(tx.execute("INSERT INTO t VALUES (1)")));
        ASSERT_TRUE(succeeded(tx.execute("SAVEPOINT outer")));
        auto steps = steps_of({"SAVEPOINT inner", "INSERT INTO t VALUES (2)", "RELEASE inner",
                               leaves, "INSERT INTO t VALUES (3)"});
        const auto done = tx.run(steps, batch_mode::transactional);
        ASSERT_TRUE(failed_with(done, error_kind::invalid_argument)) << leaves;
        EXPECT_EQ(done.error().outcome(), error_outcome::undone) << leaves;
        EXPECT_EQ(done.error().statement_index(), 3U) << leaves;
        EXPECT_EQ(scalar<int>(tx, "SELECT count(*) FROM t"), 1) << leaves;
        EXPECT_TRUE(succeeded(tx.execute("RELEASE outer"))) << leaves;
        EXPECT_TRUE(succeeded(tx.commit())) << leaves;
    }
}

TEST(batch, a_transactional_batch_inside_a_transaction_is_undone_alone) {
    auto conn = with_table();
    auto tx = conn.begin().value();
    ASSERT_TRUE(succeeded(tx.execute("INSERT INTO t VALUES (1)")));
    batch good;
    good.add("INSERT INTO t VALUES (2)");
    auto bad = steps_of({"INSERT INTO t VALUES (3)", "INSERT INTO t VALUES (3)"});
    EXPECT_EQ(outcomes(tx.run(good, batch_mode::transactional).value()), "o");
    EXPECT_TRUE(failed_with(tx.run(bad, batch_mode::transactional), error_kind::constraint));
    EXPECT_EQ(tx.status(), transaction_status::active);
    EXPECT_EQ(rows_of(conn), (std::vector{1, 2}));
    ASSERT_TRUE(succeeded(tx.rollback()));
    EXPECT_TRUE(rows_of(conn).empty());
}

TEST(batch, rows_that_were_open_before_it_stay_open_until_their_transaction_ends) {
    auto conn = with_table();
    run_all(conn, "INSERT INTO t VALUES (1), (2), (3)");
    auto tx = conn.begin().value();
    auto open = tx.query("SELECT x FROM t ORDER BY x").value();
    ASSERT_TRUE(open.next().value());
    batch steps;
    steps.add("SELECT x FROM t ORDER BY x");  // the same text, so not the same compiled statement
    steps.add("SELECT count(*) FROM t");
    steps.add("SELECT count(*) FROM t");
    EXPECT_TRUE(tx.run(steps).value().ok());
    ASSERT_TRUE(open.next().value());
    EXPECT_EQ(open.current().get<int>(0), 2);
    ASSERT_TRUE(succeeded(tx.commit()));
    EXPECT_TRUE(failed_with(open.next(), error_kind::transaction));
}

TEST(batch, a_deadline_stops_between_short_steps) {
    auto conn = with_table();
    batch steps;
    for (int i = 0; i < 200'000; ++i) {  // shorter than what the engine looks at the clock for
        steps.add("SELECT count(*) FROM generate_series(1, 200)");
    }
    const auto all =
        conn.run(steps, batch_mode::independent, deadline::in(std::chrono::milliseconds(200)))
            .value();
    EXPECT_TRUE(is_error(all.steps.back().error(), error_kind::timeout));
    EXPECT_TRUE(all.steps.front().ok());
}

TEST(batch, foreign_keys_set_by_a_step_apply_to_the_connection) {
    auto conn =
        open_fresh("CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE t(x REFERENCES p)");
    const auto enforced = [&] {
        const int asked = scalar<int>(conn, "PRAGMA foreign_keys");
        EXPECT_EQ(scalar<int>(conn, "PRAGMA main.foreign_keys"), asked);
        batch ask;
        ask.add("pragma Foreign_Keys");
        EXPECT_EQ(conn.run(ask).value().steps[0].rows()[0][0], value(asked));
        const bool refused = !conn.execute("INSERT INTO t VALUES (7)");
        EXPECT_EQ(refused, asked == 1);
        return refused;
    };
    EXPECT_TRUE(enforced());
    auto off = steps_of({"SELECT 1", "PRAGMA foreign_keys = OFF"});
    ASSERT_TRUE(conn.run(off).value().ok());
    EXPECT_FALSE(enforced());
    ASSERT_TRUE(
        succeeded(conn.run_script("PRAGMA main.foreign_keys(1); INSERT INTO p VALUES (1)")));
    EXPECT_TRUE(enforced());
    batch conditional;
    conditional.add("SELECT 1");
    conditional.add_if(condition::ok(0), "pragma Main.Foreign_Keys = off");
    ASSERT_TRUE(conn.run(conditional).value().ok());
    EXPECT_FALSE(enforced());
    ASSERT_TRUE(succeeded(conn.run_script("PRAGMA foreign_keys = ON")));
    EXPECT_TRUE(enforced());

    // In a transaction SQLite ignores it.
    auto inside = steps_of({"BEGIN", "PRAGMA foreign_keys = OFF", "COMMIT"});
    ASSERT_TRUE(conn.run(inside).value().ok());
    EXPECT_TRUE(enforced());
}

// --- conditions ---

TEST(batch, conditions_decide_which_steps_run) {
    auto conn = with_table();
    const auto runs = [&](const condition& when) {
        batch steps;
        steps.add("SELECT 'ok'");                             // 0
        steps.add("SELECT fails");                            // 1
        steps.add_if(!condition::ok(0), "SELECT 'skipped'");  // 2
        steps.add_if(when, "SELECT 1");
        return conn.run(steps).value().steps.at(3).ok();
    };
    EXPECT_TRUE(runs(condition::ok(0)));
    EXPECT_FALSE(runs(condition::ok(1)));
    EXPECT_FALSE(runs(condition::ok(2)));
    EXPECT_FALSE(runs(condition::error(0)));
    EXPECT_TRUE(runs(condition::error(1)));
    EXPECT_TRUE(runs(condition::error(2)));
    EXPECT_TRUE(runs(!condition::ok(1)));
    EXPECT_FALSE(runs(!!condition::ok(1)));
    EXPECT_TRUE(runs(condition::ok(0) && condition::error(1)));
    EXPECT_FALSE(runs(condition::ok(0) && condition::ok(1)));
    EXPECT_TRUE(runs(condition::ok(1) || condition::ok(0)));
    EXPECT_FALSE(runs(condition::ok(1) || condition::error(0)));
    EXPECT_TRUE(runs(condition::all_of({})));
    EXPECT_FALSE(runs(condition::any_of({})));
    EXPECT_TRUE(runs(!(condition::ok(1) || (condition::ok(0) && !condition::error(1)))));
    EXPECT_TRUE(runs(condition::is_autocommit()));
}

TEST(batch, is_autocommit_is_evaluated_when_its_step_is_reached) {
    auto conn = with_table();
    batch steps;
    steps.add("BEGIN");
    steps.add_if(condition::is_autocommit(), "SELECT 1");
    steps.add_if(!condition::is_autocommit(), "INSERT INTO t VALUES (1)");
    steps.add_if(condition::ok(2), "COMMIT");
    steps.add_if(!condition::ok(3), "ROLLBACK");
    steps.add_if(condition::is_autocommit(), "SELECT 1");
    EXPECT_EQ(outcomes(conn.run(steps).value()), "o-oo-o");
    EXPECT_EQ(rows_of(conn), std::vector{1});
}

TEST(batch, a_skipped_step_does_not_fail_a_transactional_batch) {
    auto conn = with_table();
    batch steps;
    steps.add("INSERT INTO t VALUES (1)");
    steps.add_if(condition::error(0), "INSERT INTO t VALUES (2)");
    const auto all = conn.run(steps, batch_mode::transactional).value();
    EXPECT_EQ(outcomes(all), "o-");
    EXPECT_TRUE(all.ok());
    EXPECT_EQ(rows_of(conn), std::vector{1});
}

// --- results ---

TEST(batch, each_step_has_its_whole_result) {
    auto conn = with_table();
    batch steps;
    steps.add("INSERT INTO t VALUES (?), (?)", 1, 2);
    steps.add("INSERT INTO t VALUES (:x) RETURNING x AS y, 'text'", named{{"x", 3}});
    steps.add("SELECT x FROM t WHERE x > ?", 99);
    const auto all = conn.run(steps).value();
    ASSERT_TRUE(all.ok());
    EXPECT_EQ(all.first_error(), nullptr);
    EXPECT_EQ(all.steps[0].executed().rows_affected, 2);
    EXPECT_TRUE(all.steps[0].columns().empty());
    const auto& returned = all.steps[1];
    EXPECT_EQ(returned.executed().rows_affected, 1);
    EXPECT_EQ(returned.executed().last_insert_rowid, 3);
    EXPECT_EQ(returned.columns().at(0).name, "y");
    EXPECT_EQ(returned.rows(), (std::vector<std::vector<value>>{{3, "text"}}));
    EXPECT_EQ(all.steps[2].columns().size(), 1U);
    EXPECT_TRUE(all.steps[2].rows().empty());
}

// --- the value itself ---

TEST(batch, owns_its_text_and_arguments) {
    auto conn = open_fresh();
    batch steps;
    {
        std::string sql = "SELECT :a, :b, :c";
        std::string name = "a";
        std::string text(50, 'x');
        blob bytes(10, std::byte{7});
        steps.add(sql, named{{name, text}, {"b", bytes}, {"c", ""}});
        sql.assign(sql.size(), '!');
        name = "!";
        text.assign(text.size(), '!');
        bytes.assign(bytes.size(), std::byte{0});
    }
    const auto all = conn.run(steps).value();
    EXPECT_EQ(all.steps[0].rows().at(0),
              (std::vector<value>{std::string(50, 'x'), blob(10, std::byte{7}), ""}));
}

TEST(batch, copies_are_independent) {
    auto conn = open_fresh();
    batch first;
    first.add("SELECT ?", "first's own");
    batch second = first;
    first.add("SELECT ?", "of the first");
    second.add("SELECT ?", "of the other");
    batch third;
    third = second;
    third.add("SELECT ?", "of the third");
    second.add("SELECT ?", "and one more");
    const auto texts = [&](const batch& steps) {
        std::vector<std::string> all;
        const auto outcome = conn.run(steps).value();
        for (const auto& step : outcome.steps) {
            all.push_back(*step.rows().at(0).at(0).if_text());
        }
        return all;
    };
    EXPECT_EQ(texts(first), (std::vector<std::string>{"first's own", "of the first"}));
    EXPECT_EQ(texts(second),
              (std::vector<std::string>{"first's own", "of the other", "and one more"}));
    EXPECT_EQ(texts(third),
              (std::vector<std::string>{"first's own", "of the other", "of the third"}));
    first.clear();
    first.add("SELECT ?", "after clear");
    EXPECT_EQ(texts(second).at(0), "first's own");
    const batch moved = std::move(second);
    second.clear();  // NOLINT(bugprone-use-after-move)
    second.add("SELECT ?", "after the move");
    EXPECT_EQ(texts(moved),
              (std::vector<std::string>{"first's own", "of the other", "and one more"}));
    EXPECT_EQ(texts(second), std::vector<std::string>{"after the move"});
}

// --- properties ---

namespace {

struct random_step {
    std::string sql;
    std::vector<value> arguments;
};

rc::Gen<random_step> any_step() {
    return rc::gen::map(
        rc::gen::tuple(rc::gen::inRange(0, 8), rc::gen::inRange(0, 6), rc::gen::inRange(0, 6)),
        [](const std::tuple<int, int, int>& t) -> random_step {
            const auto& [what, a, b] = t;
            switch (what) {
                case 0:
                    return {"INSERT INTO t VALUES (?)", {a}};
                case 1:
                    return {"INSERT INTO t VALUES (?), (?)", {a, b}};
                case 2:
                    return {"UPDATE t SET x = ? WHERE x = ? RETURNING x", {a, b}};
                case 3:
                    return {"DELETE FROM t WHERE x > ?", {a}};
                case 4:
                    return {"SELECT x, typeof(x) FROM t ORDER BY x", {}};
                case 5:
                    return {"SELECT nothing", {}};
                case 6:
                    return {"INSERT INTO t VALUES (?)", {a, b}};
                default:
                    return {"INSERT OR REPLACE INTO t VALUES (?) RETURNING *", {std::to_string(a)}};
            }
        });
}

}  // namespace

TEST(batch, gives_the_same_results_as_its_statements_one_by_one) {
    EXPECT_TRUE(rc::check([] {
        const auto chosen = *rc::gen::container<std::vector<random_step>>(any_step());
        auto together = with_table();
        auto apart = with_table();
        batch steps;
        for (const auto& step : chosen) {
            steps.add(step.sql, positional(step.arguments));
        }
        const auto all = together.run(steps).value();
        for (std::size_t i = 0; i < chosen.size(); ++i) {
            auto one = apart.query(chosen[i].sql, positional(chosen[i].arguments))
                           .and_then([](rows&& found) { return materialise(std::move(found)); });
            const auto& other = all.steps[i];
            RC_ASSERT(one.has_value() == other.ok());
            if (!one) {
                RC_ASSERT(one.error().to_string() == other.error().to_string());
                continue;
            }
            RC_ASSERT(one->rows == other.rows());
            if (testing::mode() != testing::test_mode::replica) {
                RC_ASSERT(one->columns == other.columns());
            } else {  // what runs on the server has no origins
                RC_ASSERT(one->columns.size() == other.columns().size());
            }
            RC_ASSERT(one->executed.rows_affected == other.executed().rows_affected);
        }
        RC_ASSERT(together.fetch<value>("SELECT x FROM t").value() ==
                  apart.fetch<value>("SELECT x FROM t").value());
    }));
}

TEST(batch, that_ends_a_transaction_and_begins_another_ends_the_handles_transaction) {
    for (const auto* const end : {"COMMIT", "ROLLBACK"}) {
        auto conn = with_table();
        auto tx = conn.begin().value();
        ASSERT_TRUE(succeeded(tx.execute("INSERT INTO t VALUES (1)")));
        auto steps = steps_of({end, "BEGIN IMMEDIATE", "INSERT INTO t VALUES (2)"});
        ASSERT_TRUE(succeeded(conn.run(steps)));
        EXPECT_EQ(tx.status(), transaction_status::ended) << end;
        EXPECT_TRUE(failed_with(tx.execute("INSERT INTO t VALUES (3)"), error_kind::transaction));
        EXPECT_FALSE(conn.is_autocommit());
        ASSERT_TRUE(succeeded(conn.execute("COMMIT")));
        EXPECT_EQ(rows_of(conn), end == std::string_view("COMMIT") ? (std::vector<int>{1, 2})
                                                                   : std::vector<int>{2});
    }
}

TEST(batch, a_transactional_batch_with_too_many_rows_for_a_reply_is_undone_as_a_whole) {
    auto conn = open_fresh("CREATE TABLE t(x); CREATE TABLE large(v)");
    for (int i = 0; i < 3; ++i) {
        conn.execute("INSERT INTO large VALUES (zeroblob(4000000))").value();
    }
    auto steps =
        steps_of({"INSERT INTO t VALUES (1)", "SELECT v FROM large", "INSERT INTO t VALUES (2)"});
    auto tx = conn.begin().value();
    ASSERT_TRUE(succeeded(tx.execute("INSERT INTO t VALUES (0)")));
    const auto done = tx.run(steps, batch_mode::transactional);
    if (testing::mode() == testing::test_mode::local) {
        EXPECT_TRUE(succeeded(done));
        return;
    }
    EXPECT_TRUE(failed_with(done, error_kind::too_big));
    EXPECT_EQ(done.error().outcome(), error_outcome::undone);
    EXPECT_EQ(rows_of(tx), std::vector<int>{0});
    ASSERT_TRUE(succeeded(tx.commit()));
    EXPECT_EQ(rows_of(conn), std::vector<int>{0});
    const auto alone = conn.run(steps, batch_mode::transactional);
    EXPECT_TRUE(failed_with(alone, error_kind::too_big));
    EXPECT_EQ(alone.error().outcome(), error_outcome::unknown);
    EXPECT_TRUE(conn.is_autocommit());
    EXPECT_EQ(rows_of(conn), std::vector<int>{0});
}

}  // namespace libsql
