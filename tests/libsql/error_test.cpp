#include "support/open_connection.hpp"
#include "support/outcome.hpp"
#include "support/temporary_directory.hpp"
#include "support/test_database.hpp"

#include <libsql/authorizer.hpp>
#include <libsql/batch.hpp>
#include <libsql/error.hpp>
#include <libsql/function.hpp>
#include <libsql/hooks.hpp>
#include <libsql/transaction.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <new>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace libsql {

using namespace testing;

TEST(error, a_moved_from_error_keeps_its_content) {
    error first(error_kind::busy, "locked");
    const error second = std::move(first);
    EXPECT_EQ(first.message(), "locked");  // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(second.kind(), error_kind::busy);
    exception thrown(second);
    const exception caught = std::move(thrown);
    EXPECT_STREQ(thrown.what(), caught.what());  // NOLINT(bugprone-use-after-move)
}

TEST(error, every_kind_has_its_own_name) {
    EXPECT_EQ(to_string(error_outcome::not_run), "not_run");
    EXPECT_EQ(to_string(error_outcome::undone), "undone");
    EXPECT_EQ(to_string(error_outcome::stands), "stands");
    EXPECT_EQ(to_string(error_outcome::unknown), "unknown");
    std::set<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(error_kind::internal); ++i) {
        names.insert(to_string(static_cast<error_kind>(i)));
    }
    EXPECT_EQ(names.size(), static_cast<std::size_t>(error_kind::internal) + 1);
    std::set<std::string_view> constraints;
    for (int i = 0; i <= static_cast<int>(constraint_kind::other); ++i) {
        constraints.insert(to_string(static_cast<constraint_kind>(i)));
    }
    EXPECT_EQ(constraints.size(), static_cast<std::size_t>(constraint_kind::other) + 1);
}

TEST(error, its_text_marks_the_place) {
    const error plain(error_kind::pool, "closed");
    EXPECT_EQ(plain.to_string(), "pool: closed");
    const error marked({.kind = error_kind::sql,
                        .code = 1,
                        .extended_code = 1,
                        .message = "near \"FRM\"",
                        .sql = "SELECT 1\nFRM t",
                        .offset = 9});
    EXPECT_EQ(marked.to_string(), "sql: near \"FRM\" (SQLite code 1)\n  FRM t\n  ^");
    const error long_line(
        {.kind = error_kind::sql, .message = "m", .sql = std::string(500, 'x'), .offset = 250});
    const std::string text = long_line.to_string();
    EXPECT_LT(text.size(), 300U);
    EXPECT_EQ(text.back(), '^');
    for (const std::size_t offset : {std::size_t{0}, std::size_t{500}, std::size_t{9999}}) {
        EXPECT_FALSE(error({.kind = error_kind::sql,
                            .message = "m",
                            .sql = std::string(500, 'x'),
                            .offset = offset})
                         .to_string()
                         .empty());
    }
}

TEST(error, contains_no_bound_value) {
    auto conn = open_fresh("CREATE TABLE t(x UNIQUE)");
    static_cast<void>(conn.execute("INSERT INTO t VALUES (?)", "a secret"));
    const auto why = conn.execute("INSERT INTO t VALUES (?)", "a secret").error();
    EXPECT_EQ(why.to_string().find("secret"), std::string::npos);
    EXPECT_EQ(why.kind(), error_kind::constraint);
}

TEST(error, names_the_violated_constraint) {
    auto conn = open_fresh(
        "CREATE TABLE p(id INTEGER PRIMARY KEY);"
        "CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE, b, c NOT NULL DEFAULT 0, d, p "
        "REFERENCES p, k TEXT,"
        " CONSTRAINT positive CHECK (d > 0));"
        "CREATE UNIQUE INDEX pair ON t(b, k); CREATE TABLE s(i INTEGER) STRICT;"
        "INSERT INTO t(id, a, b, k, d) VALUES (1, 1, 1, 'k', 1);"
        "CREATE TRIGGER no BEFORE DELETE ON t BEGIN SELECT RAISE(ABORT, 'never'); END");
    const auto refused = [&](std::string_view sql) {
        const auto why = conn.execute(sql).error();
        EXPECT_EQ(why.kind(), error_kind::constraint) << why.to_string();
        EXPECT_EQ(why.code(), 19);
        return *why.constraint();
    };
    const auto key = refused("INSERT INTO t(id, d) VALUES (1, 1)");
    EXPECT_EQ(key.kind, constraint_kind::primary_key);
    EXPECT_EQ(key.table, "t");
    EXPECT_EQ(key.columns, std::vector<std::string>{"id"});
    const auto unique = refused("INSERT INTO t(a, d) VALUES (1, 1)");
    EXPECT_EQ(unique.kind, constraint_kind::unique);
    EXPECT_EQ(unique.columns, std::vector<std::string>{"a"});
    const auto pair = refused("INSERT INTO t(b, k, d) VALUES (1, 'k', 1)");
    EXPECT_EQ(pair.name, "pair");
    EXPECT_EQ(pair.columns, (std::vector<std::string>{"b", "k"}));
    const auto missing = refused("INSERT INTO t(c, d) VALUES (NULL, 1)");
    EXPECT_EQ(missing.kind, constraint_kind::not_null);
    EXPECT_EQ(missing.columns, std::vector<std::string>{"c"});
    const auto check = refused("INSERT INTO t(d) VALUES (-1)");
    EXPECT_EQ(check.kind, constraint_kind::check);
    EXPECT_EQ(check.name, "positive");
    EXPECT_EQ(check.table, "t");
    EXPECT_EQ(refused("INSERT INTO t(d, p) VALUES (1, 9)").kind, constraint_kind::foreign_key);
    EXPECT_EQ(refused("INSERT INTO s VALUES ('x')").kind, constraint_kind::data_type);
    EXPECT_EQ(refused("DELETE FROM t").kind, constraint_kind::trigger);
    EXPECT_EQ(conn.execute("syntax").error().constraint(), nullptr);
}

// --- what happened, in each mode ---

namespace {

constexpr const char* schema =
    "CREATE TABLE t(x UNIQUE CHECK (x < 100), y DEFAULT 'a'); INSERT INTO t(x) VALUES (1)";

bool is_local() {
    return testing::mode() == testing::test_mode::local;
}

}  // namespace

TEST(error_outcome, what_cannot_be_compiled_or_bound_has_not_run) {
    auto c = open_fresh(schema);
    const auto is_not_run = [](const auto& outcome) {
        return !outcome && outcome.error().outcome() == error_outcome::not_run;
    };
    EXPECT_TRUE(is_not_run(c.execute("INSERT INTO")));
    EXPECT_TRUE(is_not_run(c.execute("INSERT INTO t(x) VALUES (?)")));
    EXPECT_TRUE(is_not_run(c.execute("INSERT INTO t(x) VALUES (2); DELETE FROM t")));
    EXPECT_TRUE(is_not_run(c.execute("")));
    EXPECT_TRUE(is_not_run(c.execute("INSERT INTO t(x) VALUES ('\xff')")));
    EXPECT_TRUE(is_not_run(c.query("SELECT nothing FROM t")));
    EXPECT_TRUE(is_not_run(
        c.execute(deadline::in(std::chrono::seconds(-1)), "INSERT INTO t(x) VALUES (2)")));
    // A server does not say whether it was compiling then.
    const auto nowhere = c.execute("INSERT INTO nowhere VALUES (1)");
    EXPECT_EQ(nowhere.error().outcome(),
              is_local() ? error_outcome::not_run : error_outcome::undone);
    EXPECT_EQ(rows_of(c), std::vector{1});
    ASSERT_TRUE(succeeded(c.close()));
    EXPECT_TRUE(is_not_run(c.execute("INSERT INTO t(x) VALUES (2)")));
}

TEST(error_outcome, a_statement_that_fails_is_undone) {
    auto c = open_fresh(schema);
    for (const char* sql : {"INSERT INTO t(x) VALUES (2), (3), (1)", "UPDATE t SET x = 100",
                            "INSERT INTO t(x) SELECT abs(-9223372036854775807 - 1)",
                            "INSERT OR ROLLBACK INTO t(x) VALUES (2), (1)"}) {
        const auto failed = c.execute(sql);
        ASSERT_FALSE(failed) << sql;
        EXPECT_EQ(failed.error().outcome(), error_outcome::undone) << sql;
        EXPECT_EQ(rows_of(c), std::vector{1}) << sql;
    }
}

TEST(error_outcome, rows_before_a_failure_stand_with_conflict_fail) {
    auto c = open_fresh(schema);
    const auto wanted = is_local() ? error_outcome::stands : error_outcome::unknown;
    const auto failed = c.execute("INSERT OR FAIL INTO t(x) VALUES (2), (1), (3)");
    ASSERT_TRUE(failed_with(failed, error_kind::constraint));
    EXPECT_EQ(failed.error().outcome(), wanted);
    EXPECT_EQ(rows_of(c), (std::vector{1, 2}));

    // Where only the schema says so
    run_all(c, "CREATE TABLE f(x UNIQUE ON CONFLICT FAIL); INSERT INTO f VALUES (1)");
    const auto by_schema = c.execute("INSERT INTO f VALUES (2), (1)");
    ASSERT_TRUE(failed_with(by_schema, error_kind::constraint));
    EXPECT_EQ(by_schema.error().outcome(), wanted);
    EXPECT_EQ(scalar<int>(c, "SELECT count(*) FROM f"), 2);

    batch steps;
    steps.add("INSERT INTO f VALUES (3), (1)");
    const auto step = c.run(steps).value().steps.at(0).error();
    EXPECT_EQ(step.outcome(), wanted);
    EXPECT_EQ(scalar<int>(c, "SELECT count(*) FROM f"), 3);
}

TEST(error_outcome, a_mismatched_value_does_not_undo_its_statement) {
    auto c = open_fresh(schema);
    const auto failed = c.fetch<int>("INSERT INTO t(x) VALUES (2) RETURNING y");
    ASSERT_TRUE(failed_with(failed, error_kind::mismatch));
    EXPECT_EQ(failed.error().outcome(), error_outcome::stands);
    EXPECT_EQ(rows_of(c), (std::vector{1, 2}));
}

TEST(error_outcome, a_refused_commit_leaves_the_transaction_open) {
    auto c = open_fresh(
        "CREATE TABLE p(id INTEGER PRIMARY KEY, fail_count);"
        "CREATE TABLE k(p REFERENCES p DEFERRABLE INITIALLY DEFERRED)");
    auto tx = c.begin().value();
    ASSERT_TRUE(succeeded(tx.execute("INSERT INTO k VALUES (1)")));
    const auto failed = tx.commit();
    ASSERT_TRUE(failed_with(failed, error_kind::constraint));
    EXPECT_EQ(failed.error().outcome(), error_outcome::undone);
    EXPECT_EQ(tx.status(), transaction_status::active);
    ASSERT_TRUE(succeeded(tx.execute("INSERT INTO p VALUES (1, 0)")));
    EXPECT_TRUE(succeeded(tx.commit()));
}

TEST(error_outcome, a_transactional_batch_that_fails_is_undone) {
    auto c = open_fresh(schema);
    batch steps;
    steps.add("INSERT INTO t(x) VALUES (2)");
    steps.add("INSERT OR FAIL INTO t(x) VALUES (3), (1)");
    const auto failed = c.run(steps, batch_mode::transactional);
    ASSERT_TRUE(failed_with(failed, error_kind::constraint));
    EXPECT_EQ(failed.error().outcome(), error_outcome::undone);
    EXPECT_EQ(failed.error().statement_index(), 1U);
    EXPECT_EQ(rows_of(c), std::vector{1});
}

TEST(error_outcome, a_transactional_batch_whose_step_failed_is_not_ok) {
    auto c = open_fresh(schema);
    batch steps;
    steps.add("INSERT INTO t(x) VALUES (1)");
    EXPECT_THROW(c.run(steps, batch_mode::transactional).value(), exception);
    EXPECT_THROW(c.run_script("INSERT INTO t(x) VALUES (2); INSERT INTO t(x) VALUES (2)").value(),
                 exception);
    EXPECT_EQ(rows_of(c), (std::vector{1, 2}));
}

TEST(error_outcome, a_script_that_fails_undoes_the_transaction_that_it_is_in) {
    auto c = open_fresh(schema);
    const auto failed = c.transact([](transaction& tx) {
        return tx.run_script("INSERT INTO t(x) VALUES (10); INSERT INTO t(x) VALUES (10)");
    });
    EXPECT_TRUE(failed_with(failed, error_kind::constraint));
    EXPECT_EQ(failed.error().statement_index(), 1U);
    EXPECT_EQ(rows_of(c), std::vector{1});
}

TEST(error_outcome, a_write_whose_rows_exceed_a_reply_stands) {
    auto c = open_fresh("CREATE TABLE t(x, b)");
    ASSERT_TRUE(succeeded(
        c.execute("INSERT INTO t SELECT value, zeroblob(4000000) FROM generate_series(1, 5)")));
    const auto done = c.fetch<int>("UPDATE t SET x = x + 10 RETURNING x, b");
    if (is_local()) {
        EXPECT_TRUE(failed_with(done, error_kind::mismatch));  // two columns
    } else {
        ASSERT_TRUE(failed_with(done, error_kind::too_big));
    }
    EXPECT_EQ(done.error().outcome(), error_outcome::stands);
    EXPECT_EQ(scalar<int>(c, "SELECT count(*) FROM t WHERE x > 10"), 5);
}

TEST(error_outcome, a_script_reports_what_ran_before_a_reply_that_is_too_large) {
    auto c = open_fresh(
        "CREATE TABLE t(x, b); INSERT INTO t SELECT value, zeroblob(4000000) FROM "
        "generate_series(1, 5)");
    const auto done = c.run_script(
        "INSERT INTO t(x) VALUES (0); INSERT INTO t(x) VALUES (-1);"
        "UPDATE t SET x = x + 10 RETURNING x, b; INSERT INTO t(x) VALUES (-2)");
    if (is_local()) {
        ASSERT_TRUE(succeeded(done));
        return;
    }
    ASSERT_TRUE(failed_with(done, error_kind::too_big));
    EXPECT_EQ(done.error().statement_index(), 2U);
    EXPECT_EQ(done.error().completed().size(), 2U);
    EXPECT_EQ(done.error().outcome(), error_outcome::stands);
    EXPECT_EQ(scalar<int>(c, "SELECT count(*) FROM t WHERE x >= 9"), 7);
    EXPECT_EQ(scalar<int>(c, "SELECT count(*) FROM t WHERE x = -2"), 0);
}

/// For EXPECT_TRUE: the call failed with `kind`, and with this outcome.
template <class T>
::testing::AssertionResult failed_so(const result<T>& done, error_kind kind,
                                     error_outcome outcome) {
    auto as_wanted = failed_with(done, kind);
    if (as_wanted && done.error().outcome() != outcome) {
        return ::testing::AssertionFailure()
               << "wanted " << to_string(outcome) << ", it is " << to_string(done.error().outcome())
               << " of " << done.error().to_string();
    }
    return as_wanted;
}

namespace {

/// The failure of a call whose deadline passed while it ran, not before.
template <class Run>
auto run_out_of_time(Run run) {
    for (auto wait = std::chrono::milliseconds(20);; wait *= 2) {
        auto done = run(deadline::in(wait));
        if (done || done.error().outcome() != error_outcome::not_run) {
            return done;
        }
    }
}

/// A write that does not end.
constexpr const char* endless_write =
    "WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n) "
    "INSERT INTO e SELECT i FROM n";

}  // namespace

TEST(error_outcome, a_write_in_a_read_only_transaction_changes_nothing) {
    auto c = open_fresh(schema);
    auto tx = c.begin(transaction_mode::read_only).value();
    // The engine says it when the statement runs; a server is not asked.
    const bool is_remote = testing::mode() == testing::test_mode::remote;
    EXPECT_TRUE(failed_so(tx.execute("INSERT INTO t(x) VALUES (2)"), error_kind::read_only,
                          is_remote ? error_outcome::not_run : error_outcome::undone));
    EXPECT_EQ(tx.status(), transaction_status::active);
    EXPECT_TRUE(succeeded(tx.commit()));
    EXPECT_EQ(rows_of(c), std::vector{1});
}

TEST(error_outcome, a_statement_whose_rows_are_open_does_not_run_again) {
    auto c = open_fresh(schema);
    auto s = c.prepare("SELECT x FROM t WHERE x <> ?").value();
    auto rows = s.query(0).value();
    EXPECT_TRUE(failed_so(s.execute(0), error_kind::misuse, error_outcome::not_run));
    EXPECT_TRUE(failed_so(s.query(0), error_kind::misuse, error_outcome::not_run));
    EXPECT_TRUE(rows.next().value());
}

TEST(error_outcome, a_deadline_within_a_write_of_a_transaction_undoes_it) {
    auto c = open_fresh("CREATE TABLE e(x)");
    auto tx = c.begin(transaction_mode::immediate).value();
    EXPECT_TRUE(
        failed_so(run_out_of_time([&](deadline until) { return tx.execute(until, endless_write); }),
                  error_kind::timeout, error_outcome::undone));
    if (tx.status() == transaction_status::active) {
        EXPECT_EQ(scalar<int>(tx, "SELECT count(*) FROM e"), 0);
    }
    static_cast<void>(tx.rollback());
    EXPECT_EQ(scalar<int>(c, "SELECT count(*) FROM e"), 0);
}

// --- what only the engine in this process says ---

TEST(error_outcome_of_engine, a_deadline_within_a_write_undoes_it) {
    auto c = testing::open_memory();
    run_all(c, "CREATE TABLE e(x); INSERT INTO e VALUES (1)");
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(failed_so(
            run_out_of_time([&](deadline until) { return c.execute(until, endless_write); }),
            error_kind::timeout, error_outcome::undone));
        EXPECT_EQ(scalar<int>(c, "SELECT count(*) FROM e"), 1);
    }
}

TEST(error_outcome_of_engine, a_full_database_undoes_the_statement) {
    auto c = testing::open_memory();
    run_all(c, "CREATE TABLE t(x, y); INSERT INTO t(x) VALUES (1); PRAGMA max_page_count = 20");
    constexpr const char* too_much = "INSERT INTO t VALUES (2, zeroblob(1000000))";
    EXPECT_TRUE(failed_so(c.execute(too_much), error_kind::full, error_outcome::undone));
    EXPECT_EQ(rows_of(c), std::vector{1});
    EXPECT_TRUE(failed_so(c.run_script(too_much), error_kind::full, error_outcome::undone));
    auto tx = c.begin().value();
    ASSERT_TRUE(succeeded(tx.execute("INSERT INTO t(x) VALUES (3)")));
    EXPECT_TRUE(failed_so(tx.execute(too_much), error_kind::full, error_outcome::undone));
    static_cast<void>(tx.rollback());
    EXPECT_EQ(rows_of(c), std::vector{1});
}

TEST(error_outcome_of_engine, a_damaged_page_undoes_the_statement) {
    const testing::temporary_directory directory;
    const options chosen{.database = directory.file("a.db"),
                         .journal_mode = journal_mode::delete_file};
    {
        auto c = open_with(chosen);
        run_all(c,
                "CREATE TABLE t(x INTEGER PRIMARY KEY, y); WITH RECURSIVE n(i) AS (SELECT 1 UNION "
                "ALL SELECT i + 1 FROM n WHERE i < 100) INSERT INTO t SELECT i, zeroblob(3000) "
                "FROM n");
    }
    {
        std::fstream file(chosen.database, std::ios::binary | std::ios::in | std::ios::out);
        const auto size = static_cast<std::streamoff>(std::filesystem::file_size(chosen.database));
        file.seekp(size / 2 / 4096 * 4096);
        file << std::string(static_cast<std::size_t>(size / 2), '\xee');
    }
    auto c = open_with(chosen);
    EXPECT_TRUE(
        failed_so(c.execute("UPDATE t SET y = 'z'"), error_kind::corrupt, error_outcome::undone));
    EXPECT_EQ(scalar<int>(c, "SELECT count(*) FROM t WHERE x < 10 AND y = 'z'"), 0);
}

TEST(error_outcome_of_engine, a_table_that_is_read_is_not_dropped) {
    auto c = testing::open_memory();
    run_all(c, "CREATE TABLE t(x); INSERT INTO t VALUES (1), (2)");
    auto rows = c.query("SELECT x FROM t").value();
    ASSERT_TRUE(rows.next().value());
    EXPECT_TRUE(failed_so(c.execute("DROP TABLE t"), error_kind::locked, error_outcome::undone));
    EXPECT_TRUE(rows.next().value());
    rows.close();
    EXPECT_EQ(rows_of(c), (std::vector{1, 2}));
}

TEST(error_outcome_of_engine, a_database_that_is_only_read_is_not_changed) {
    const testing::temporary_directory directory;
    auto writer = open_file(directory.file("a.db"));
    run_all(writer, "CREATE TABLE t(x); INSERT INTO t VALUES (1)");
    auto c = open_with({.database = directory.file("a.db"), .mode = open_mode::read_only});
    EXPECT_TRUE(failed_so(c.execute("INSERT INTO t VALUES (2)"), error_kind::read_only,
                          error_outcome::undone));
    EXPECT_EQ(rows_of(writer), std::vector{1});
}

TEST(error_outcome_of_engine, what_is_not_permitted_is_not_done) {
    const testing::temporary_directory directory;
    const options chosen{.database = directory.file("a.db"),
                         .journal_mode = journal_mode::delete_file};
    auto c = open_with(chosen);
    run_all(c, "CREATE TABLE t(x); INSERT INTO t VALUES (1)");
    ASSERT_TRUE(succeeded(set_authorizer(c, [](const authorizer_request& r) {
        return r.action == authorizer_action::insert ? authorization::deny : authorization::allow;
    })));
    EXPECT_TRUE(failed_so(c.execute("INSERT INTO t VALUES (2)"), error_kind::permission,
                          error_outcome::not_run));
    ASSERT_TRUE(succeeded(set_authorizer(c, nullptr)));
    EXPECT_EQ(rows_of(c), std::vector{1});
    // A file that somebody has moved: a journal at its old place would not be found.
    std::filesystem::rename(chosen.database, directory.file("b.db"));
    EXPECT_TRUE(failed_so(c.execute("INSERT INTO t VALUES (2)"), error_kind::permission,
                          error_outcome::undone));
    std::filesystem::rename(directory.file("b.db"), chosen.database);
    EXPECT_EQ(rows_of(c), std::vector{1});
}

TEST(error_outcome_of_engine, no_memory_within_a_statement_undoes_it) {
    auto c = testing::open_memory();
    run_all(c, "CREATE TABLE t(x); INSERT INTO t VALUES (1), (2), (3)");
    int left = 2;
    ASSERT_TRUE(succeeded(set_update_hook(c, [&](const update_event&) {
        if (--left == 0) {
            throw std::bad_alloc();
        }
    })));
    EXPECT_TRUE(failed_so(c.execute("UPDATE t SET x = x + 10"), error_kind::out_of_memory,
                          error_outcome::undone));
    EXPECT_EQ(rows_of(c), (std::vector{1, 2, 3}));
}

TEST(error_outcome_of_engine, a_call_from_its_own_callback_does_not_run) {
    auto c = testing::open_memory();
    run_all(c, "CREATE TABLE t(x); INSERT INTO t VALUES (1)");
    result<execution> inside = execution();
    ASSERT_TRUE(succeeded(create_function(c, "inside", [&](std::int64_t x) {
        inside = c.execute("INSERT INTO t VALUES (2)");
        return x;
    })));
    EXPECT_EQ(scalar<int>(c, "SELECT inside(7)"), 7);
    EXPECT_TRUE(failed_so(inside, error_kind::misuse, error_outcome::not_run));
    EXPECT_EQ(rows_of(c), std::vector{1});
}

TEST(error_outcome_of_engine, a_busy_commit_leaves_the_transaction_open) {
    const testing::temporary_directory directory;
    const options chosen{.database = directory.file("a.db"),
                         .busy_timeout = std::chrono::milliseconds(0),
                         .journal_mode = journal_mode::delete_file};
    auto reader = open_with(chosen);
    auto writer = open_with(chosen);
    run_all(writer, "CREATE TABLE t(x); INSERT INTO t VALUES (1), (2)");
    auto open = reader.query("SELECT x FROM t").value();
    ASSERT_TRUE(open.next().value());
    auto tx = writer.begin(transaction_mode::immediate).value();
    ASSERT_TRUE(succeeded(tx.execute("INSERT INTO t VALUES (3)")));
    EXPECT_TRUE(failed_so(tx.commit(), error_kind::busy, error_outcome::undone));
    EXPECT_EQ(tx.status(), transaction_status::active);
    // Without a transaction the commit is the statement's.
    ASSERT_TRUE(succeeded(tx.rollback()));
    EXPECT_TRUE(failed_so(writer.execute("INSERT INTO t VALUES (4)"), error_kind::busy,
                          error_outcome::undone));
    open.close();
    EXPECT_EQ(rows_of(writer), (std::vector{1, 2}));
}

}  // namespace libsql
