#include "libsql/local_features/on_local.hpp"
#include "support/open_connection.hpp"
#include "support/temporary_directory.hpp"

#include <libsql/database.hpp>
#include <libsql/hooks.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <vector>

namespace libsql {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::open_memory;

std::int64_t count(connection& c, std::string_view table) {
    return c.fetch_one<std::int64_t>("SELECT count(*) FROM " + std::string(table)).value().value();
}

struct seen_update {
    change_kind kind;
    std::string database;
    std::string table;
    std::int64_t rowid;

    friend bool operator==(const seen_update&, const seen_update&) = default;

    friend void PrintTo(const seen_update& u, std::ostream* out) {
        *out << static_cast<int>(u.kind) << ' ' << u.database << '.' << u.table << ' ' << u.rowid;
    }
};

std::vector<seen_update> updates_of(connection& c, std::string_view script) {
    std::vector<seen_update> seen;
    set_update_hook(c, [&](const update_event& e) {
        seen.push_back({e.kind, std::string(e.database), std::string(e.table), e.rowid});
    }).value();
    EXPECT_TRUE(c.run_script(script).has_value());
    set_update_hook(c, {}).value();
    return seen;
}

// --- update hook ---

TEST(hooks, update_hook_sees_each_row) {
    auto c = open_memory("CREATE TABLE t (a); CREATE TEMP TABLE u (a)");
    EXPECT_THAT(
        updates_of(
            c,
            "INSERT INTO t VALUES (1), (2); UPDATE t SET a = 3 WHERE rowid = 2; "
            "DELETE FROM t WHERE rowid = 1; INSERT INTO u (rowid) VALUES (-9223372036854775807)"),
        ElementsAre(seen_update{change_kind::inserted, "main", "t", 1},
                    seen_update{change_kind::inserted, "main", "t", 2},
                    seen_update{change_kind::updated, "main", "t", 2},
                    seen_update{change_kind::deleted, "main", "t", 1},
                    seen_update{change_kind::inserted, "temp", "u", -9223372036854775807}));
}

TEST(hooks, update_hook_sees_an_attached_database_by_its_name) {
    auto c = open_memory("ATTACH ':memory:' AS other; CREATE TABLE other.t (a)");
    EXPECT_THAT(updates_of(c, "INSERT INTO other.t VALUES (1)"),
                ElementsAre(seen_update{change_kind::inserted, "other", "t", 1}));
}

TEST(hooks, update_hook_sees_a_changed_rowid_as_the_new_one) {
    auto c = open_memory("CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)");
    EXPECT_THAT(updates_of(c, "UPDATE t SET id = 7"),
                ::testing::Contains(seen_update{change_kind::updated, "main", "t", 7}));
}

TEST(hooks, update_hook_sees_a_delete_without_where_row_by_row) {
    auto c = open_memory("CREATE TABLE t (a); INSERT INTO t VALUES (1), (2)");
    ASSERT_TRUE(c.execute("DELETE FROM t"));  // now it is compiled, and in the cache
    ASSERT_TRUE(c.execute("INSERT INTO t VALUES (3), (4)"));
    EXPECT_THAT(updates_of(c, "DELETE FROM t"),
                ElementsAre(seen_update{change_kind::deleted, "main", "t", 1},
                            seen_update{change_kind::deleted, "main", "t", 2}));
}

TEST(hooks, update_hook_is_not_called_where_documented) {
    auto c = open_memory(
        "CREATE TABLE w (a PRIMARY KEY) WITHOUT ROWID; "
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE); INSERT INTO t VALUES (1, 'x')");
    EXPECT_THAT(updates_of(c, "INSERT INTO w VALUES (1)"), IsEmpty());
    EXPECT_THAT(updates_of(c, "INSERT OR REPLACE INTO t VALUES (2, 'x')"),
                ElementsAre(seen_update{change_kind::inserted, "main", "t", 2}));
}

/// An update hook that throws "no" at the row of this number.
void refuse_row(connection& c, std::int64_t rowid) {
    set_update_hook(c, [rowid](const update_event& e) {
        if (e.rowid == rowid) {
            throw std::runtime_error("no");
        }
    }).value();
}

TEST(hooks, update_hook_that_throws_undoes_the_statement) {
    auto c = open_memory("CREATE TABLE t (a)");
    refuse_row(c, 3);
    const auto outcome = c.execute("INSERT INTO t VALUES (1), (2), (3), (4)");
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().message(), "no");
    EXPECT_EQ(count(c, "t"), 0);
}

TEST(hooks, update_hook_that_throws_undoes_the_transaction_and_reports_it) {
    auto c = open_memory("CREATE TABLE t (a); INSERT INTO t VALUES ('before')");
    auto tx = c.begin(transaction_mode::immediate).value();
    ASSERT_TRUE(tx.execute("INSERT INTO t VALUES ('in it')"));
    set_update_hook(c, [](const update_event&) { throw std::runtime_error("no"); }).value();
    EXPECT_FALSE(tx.execute("INSERT INTO t VALUES ('refused')"));
    EXPECT_NE(tx.status(), transaction_status::active);
    EXPECT_EQ(tx.commit().error().kind(), error_kind::transaction);
    EXPECT_TRUE(c.is_autocommit());
    EXPECT_EQ(count(c, "t"), 1);
}

TEST(hooks, update_hook_that_throws_fails_the_rows_of_returning) {
    auto c = open_memory("CREATE TABLE t (a)");
    set_update_hook(c, [](const update_event&) { throw std::runtime_error("no"); }).value();
    EXPECT_EQ(c.query("INSERT INTO t VALUES (1), (2) RETURNING a").error().message(), "no");
    EXPECT_EQ(count(c, "t"), 0);
}

TEST(hooks, update_hook_that_throws_in_a_virtual_tables_own_statement_fails_it) {
    auto c = open_memory("CREATE VIRTUAL TABLE f USING fts5(a)");
    int calls = 0;
    set_update_hook(c, [&](const update_event&) {
        ++calls;
        throw std::runtime_error("no");
    }).value();
    const auto outcome = c.execute("INSERT INTO f VALUES ('words')");
    ASSERT_EQ(calls > 0, !outcome.has_value());
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().message(), "no");
    set_update_hook(c, {}).value();
    EXPECT_EQ(count(c, "f"), 0);
    EXPECT_TRUE(c.execute("INSERT INTO f(f) VALUES ('integrity-check')"));
}

TEST(hooks, update_hook_is_called_in_batches_and_fails_its_step) {
    auto c = open_memory("CREATE TABLE t (a)");
    refuse_row(c, 2);
    batch steps;
    steps.add("INSERT INTO t VALUES (1)");
    steps.add("INSERT INTO t VALUES (2)");
    const auto outcome = c.run(steps, batch_mode::transactional);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().statement_index(), 1U);
    EXPECT_EQ(outcome.error().message(), "no");
    EXPECT_EQ(count(c, "t"), 0);
    EXPECT_TRUE(c.is_autocommit());
}

// --- preupdate hook ---

struct seen_change {
    change_kind kind;
    std::int64_t old_rowid;
    std::int64_t new_rowid;
    int depth;
    std::string table;
    std::vector<value> before;
    std::vector<value> after;
};

std::vector<seen_change> changes_of(connection& c, std::string_view script) {
    std::vector<seen_change> seen;
    set_preupdate_hook(c, [&](const preupdate_event& e) {
        auto& s = seen.emplace_back(seen_change{
            e.kind(), e.old_rowid(), e.new_rowid(), e.depth(), std::string(e.table()), {}, {}});
        for (std::size_t i = 0; i < e.count(); ++i) {
            if (e.kind() != change_kind::inserted) {
                s.before.push_back(e.old_value(i).value().get<value>());
            }
            if (e.kind() != change_kind::deleted) {
                s.after.push_back(e.new_value(i).value().get<value>());
            }
        }
    }).value();
    c.run_script(script).value();
    set_preupdate_hook(c, {}).value();
    return seen;
}

std::vector<value> values(std::initializer_list<value> all) {
    return all;
}

TEST(hooks, preupdate_hook_gives_every_type_before_and_after) {
    auto c = open_memory("CREATE TABLE t (id INTEGER PRIMARY KEY, a, b REAL)");
    const auto seen = changes_of(c,
                                 "INSERT INTO t VALUES (1, 'x' || char(0) || 'y', 2); UPDATE t SET "
                                 "a = x'00ff', b = 3, id = 5; "
                                 "UPDATE t SET a = 9223372036854775807, b = NULL; DELETE FROM t");
    ASSERT_EQ(seen.size(), 4U);
    EXPECT_EQ(seen[0].kind, change_kind::inserted);
    EXPECT_EQ(seen[0].new_rowid, 1);
    EXPECT_THAT(seen[0].before, IsEmpty());
    const auto text = std::string("x\0y", 3);
    EXPECT_EQ(seen[0].after, values({1, text, 2.0}));
    const blob bytes{std::byte{0}, std::byte{0xff}};
    EXPECT_EQ(seen[1].kind, change_kind::updated);
    EXPECT_EQ(seen[1].old_rowid, 1);
    EXPECT_EQ(seen[1].new_rowid, 5);
    EXPECT_EQ(seen[1].before, values({1, text, 2.0}));
    EXPECT_EQ(seen[1].after, values({5, bytes, 3.0}));
    EXPECT_EQ(seen[2].after, values({5, std::int64_t{9223372036854775807}, nullptr}));
    EXPECT_EQ(seen[3].kind, change_kind::deleted);
    EXPECT_EQ(seen[3].old_rowid, 5);
    EXPECT_EQ(seen[3].before, values({5, std::int64_t{9223372036854775807}, nullptr}));
    EXPECT_THAT(seen[3].after, IsEmpty());
}

TEST(hooks, preupdate_hook_reads_a_database_in_utf_16) {
    auto c = open_memory("PRAGMA encoding = 'UTF-16le'; CREATE TABLE t (a)");
    const auto seen = changes_of(c, "INSERT INTO t VALUES ('žluť'); UPDATE t SET a = a || '!'");
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_EQ(seen[0].after, values({"žluť"}));
    EXPECT_EQ(seen[1].before, values({"žluť"}));
    EXPECT_EQ(seen[1].after, values({"žluť!"}));
}

TEST(hooks, preupdate_hook_gives_the_default_of_an_added_column) {
    auto c = open_memory(
        "CREATE TABLE t (a); INSERT INTO t VALUES (1); ALTER TABLE t ADD COLUMN b TEXT DEFAULT "
        "'was not there'");
    const auto seen = changes_of(c, "DELETE FROM t");
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0].before, values({1, "was not there"}));
}

TEST(hooks, preupdate_hook_sees_tables_without_rowid_and_replaced_rows) {
    auto c = open_memory(
        "CREATE TABLE w (b, a PRIMARY KEY) WITHOUT ROWID; INSERT INTO w VALUES ('old', 1)");
    const auto seen = changes_of(c, "INSERT OR REPLACE INTO w VALUES ('new', 1)");
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_EQ(seen[0].kind, change_kind::deleted);
    EXPECT_EQ(seen[0].before, values({"old", 1}));
    EXPECT_EQ(seen[1].kind, change_kind::inserted);
    EXPECT_EQ(seen[1].after, values({"new", 1}));
    EXPECT_EQ(seen[1].new_rowid, 0);
}

TEST(hooks, preupdate_hook_gives_the_depth_of_triggers) {
    auto c = open_memory(
        "CREATE TABLE t (a); CREATE TABLE log (a); CREATE TABLE loglog (a);"
        "CREATE TRIGGER r AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.a); END;"
        "CREATE TRIGGER s AFTER INSERT ON log BEGIN INSERT INTO loglog VALUES (new.a); END");
    const auto seen = changes_of(c, "INSERT INTO t VALUES (1)");
    ASSERT_EQ(seen.size(), 3U);
    EXPECT_EQ(seen[0].depth, 0);
    EXPECT_EQ(seen[1].depth, 1);
    EXPECT_EQ(seen[1].table, "log");
    EXPECT_EQ(seen[2].depth, 2);
}

TEST(hooks, preupdate_hook_refuses_values_that_are_not_there) {
    auto c = open_memory("CREATE TABLE t (a)");
    std::vector<std::string> messages;
    set_preupdate_hook(c, [&](const preupdate_event& e) {
        for (const auto& outcome :
             {e.kind() == change_kind::inserted ? e.old_value(0) : e.new_value(0),
              e.kind() == change_kind::inserted ? e.new_value(1) : e.old_value(1)}) {
            EXPECT_EQ(outcome.error().kind(), error_kind::invalid_argument);
            messages.push_back(outcome.error().message());
        }
        EXPECT_FALSE(e.blob_column());
    }).value();
    ASSERT_TRUE(c.execute("INSERT INTO t VALUES (1)"));
    ASSERT_TRUE(c.execute("DELETE FROM t"));
    EXPECT_THAT(messages, ElementsAre("this change has no old values",
                                      "there is no column 1: the table has 1 columns",
                                      "this change has no new values",
                                      "there is no column 1: the table has 1 columns"));
}

TEST(hooks, preupdate_hook_that_throws_undoes_the_statement) {
    auto c = open_memory("CREATE TABLE t (a); INSERT INTO t VALUES (1), (2)");
    set_preupdate_hook(c, [](const preupdate_event& e) {
        static_cast<void>(e.old_value(0).value().get<std::string_view>());  // it is an integer
    }).value();
    const auto outcome = c.execute("DELETE FROM t");
    ASSERT_FALSE(outcome);
    EXPECT_THAT(outcome.error().message(),
                ::testing::HasSubstr("the value is integer and cannot be read as text"));
    EXPECT_EQ(count(c, "t"), 2);
}

TEST(hooks, preupdate_hook_sees_an_incremental_blob_write) {
    auto c = open_memory("CREATE TABLE t (a, b); INSERT INTO t VALUES (1, x'000000')");
    std::optional<std::size_t> column;
    change_kind kind{};
    set_preupdate_hook(c, [&](const preupdate_event& e) {
        column = e.blob_column();
        kind = e.kind();
    }).value();
    auto& engine = *local::connection_of(c, "test").value();
    {
        const local::connection::call inside(engine);
        sqlite3_blob* handle = nullptr;
        ASSERT_EQ(sqlite3_blob_open(engine.handle(), "main", "t", "b", 1, 1, &handle), SQLITE_OK);
        EXPECT_EQ(sqlite3_blob_write(handle, "abc", 3, 0), SQLITE_OK);
        EXPECT_EQ(sqlite3_blob_close(handle), SQLITE_OK);
    }
    EXPECT_EQ(column, 1U);
    EXPECT_EQ(kind, change_kind::deleted);
}

TEST(hooks, update_and_preupdate_hooks_work_side_by_side) {
    auto c = open_memory("CREATE TABLE t (a)");
    std::string order;
    set_update_hook(c, [&](const update_event&) { order += "update "; }).value();
    set_preupdate_hook(c, [&](const preupdate_event&) { order += "preupdate "; }).value();
    ASSERT_TRUE(c.execute("INSERT INTO t VALUES (1)"));
    set_preupdate_hook(c, {}).value();
    ASSERT_TRUE(c.execute("DELETE FROM t"));
    EXPECT_EQ(order, "preupdate update update ");
}

// --- commit and rollback hooks ---

TEST(hooks, commit_hook_may_refuse_a_statement) {
    auto c = open_memory("CREATE TABLE t (a)");
    int rollbacks = 0;
    set_commit_hook(c, [] { return commit_decision::roll_back; }).value();
    set_rollback_hook(c, [&] { ++rollbacks; }).value();
    const auto outcome = c.execute("INSERT INTO t VALUES (1)");
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind(), error_kind::constraint);
    EXPECT_EQ(outcome.error().extended_code(), SQLITE_CONSTRAINT_COMMITHOOK);
    EXPECT_EQ(outcome.error().message(), "the commit hook refused the commit");
    EXPECT_NE(outcome.error().constraint(), nullptr);
    EXPECT_EQ(rollbacks, 1);
    set_commit_hook(c, {}).value();
    EXPECT_EQ(count(c, "t"), 0);
}

TEST(hooks, commit_hook_may_refuse_a_transaction) {
    auto c = open_memory("CREATE TABLE t (a)");
    set_commit_hook(c, [] { return commit_decision::roll_back; }).value();
    auto tx = c.begin(transaction_mode::immediate).value();
    ASSERT_TRUE(tx.execute("INSERT INTO t VALUES (1)"));
    EXPECT_EQ(tx.commit().error().message(), "the commit hook refused the commit");
    EXPECT_NE(tx.status(), transaction_status::active);
    EXPECT_TRUE(c.is_autocommit());
    set_commit_hook(c, {}).value();
    EXPECT_EQ(count(c, "t"), 0);
    EXPECT_TRUE(c.begin());
}

TEST(hooks, commit_hook_is_called_for_writes_only) {
    auto c = open_memory("CREATE TABLE t (a)");
    int commits = 0;
    set_commit_hook(c, [&] {
        ++commits;
        return commit_decision::proceed;
    }).value();
    ASSERT_TRUE(c.execute("SELECT * FROM t"));
    EXPECT_EQ(commits, 0);
    ASSERT_TRUE(c.execute("INSERT INTO t VALUES (1)"));
    EXPECT_EQ(commits, 1);
    ASSERT_TRUE(c.transact([](transaction& tx) {
        tx.execute("INSERT INTO t VALUES (2)").value();
        return tx.execute("INSERT INTO t VALUES (3)");
    }));
    EXPECT_EQ(commits, 2);
}

TEST(hooks, rollback_hook_is_called_for_statements_that_fail) {
    auto c = open_memory("CREATE TABLE t (a PRIMARY KEY); INSERT INTO t VALUES (1)");
    int rollbacks = 0;
    set_rollback_hook(c, [&] { ++rollbacks; }).value();
    EXPECT_EQ(c.execute("INSERT INTO t VALUES (1)").error().kind(), error_kind::constraint);
    EXPECT_EQ(rollbacks, 1);
    { auto tx = c.begin(transaction_mode::immediate).value(); }
    EXPECT_EQ(rollbacks, 2);
}

TEST(hooks, rollback_hook_that_throws_does_not_hide_the_statements_error) {
    auto c = open_memory("CREATE TABLE t (a PRIMARY KEY); INSERT INTO t VALUES (1)");
    set_rollback_hook(c, [] { throw std::runtime_error("no"); }).value();
    const auto outcome = c.execute("INSERT INTO t VALUES (1)");
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind(), error_kind::constraint);
    EXPECT_EQ(outcome.error().constraint()->table, "t");
}

TEST(hooks, rollback_hook_that_throws_leaves_the_transaction_over) {
    auto c = open_memory("CREATE TABLE t (a)");
    auto tx = c.begin(transaction_mode::read_only).value();
    set_rollback_hook(c, [] { throw std::runtime_error("no"); }).value();
    EXPECT_EQ(tx.rollback().error().message(), "no");
    EXPECT_EQ(tx.status(), transaction_status::rolled_back);
    EXPECT_TRUE(c.execute("INSERT INTO t VALUES (1)"));
}

TEST(hooks, rollback_hook_is_called_when_a_transaction_ends_with_its_connection) {
    int rollbacks = 0;
    {
        auto c = open_memory("CREATE TABLE t (a)");
        set_rollback_hook(c, [&] { ++rollbacks; }).value();
        ASSERT_TRUE(c.execute("BEGIN"));
        ASSERT_TRUE(c.execute("INSERT INTO t VALUES (1)"));
    }
    EXPECT_EQ(rollbacks, 1);
}

// --- progress handler ---

constexpr auto forever =
    "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

TEST(hooks, progress_handler_may_interrupt) {
    auto c = open_memory("");
    int calls = 0;
    set_progress_handler(c, 100, [&] {
        return ++calls == 10 ? progress_decision::interrupt : progress_decision::proceed;
    }).value();
    EXPECT_EQ(c.execute(forever).error().kind(), error_kind::interrupted);
    EXPECT_EQ(calls, 10);
    EXPECT_TRUE(c.execute("SELECT 1"));
}

TEST(hooks, progress_handler_and_deadline_work_together) {
    auto c = open_memory("");
    int calls = 0;
    set_progress_handler(c, 100, [&] {
        ++calls;
        return progress_decision::proceed;
    }).value();
    EXPECT_EQ(c.execute(deadline::in(std::chrono::milliseconds(20)), forever).error().kind(),
              error_kind::timeout);
    EXPECT_GT(calls, 0);
}

TEST(hooks, progress_handler_is_called_equally_often_with_a_deadline) {
    auto c = open_memory("");
    int calls = 0;
    set_progress_handler(c, 100'000, [&] {
        ++calls;
        return progress_decision::proceed;
    }).value();
    const auto bounded =
        "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n LIMIT 100000) SELECT "
        "count(*) FROM n";
    ASSERT_TRUE(c.execute(bounded));
    const int without = calls;
    calls = 0;
    ASSERT_TRUE(c.execute(deadline::in(std::chrono::minutes(1)), bounded));
    EXPECT_GT(without, 2);
    EXPECT_NEAR(calls, without, 1);
}

TEST(hooks, progress_handler_needs_positive_steps) {
    auto c = open_memory("");
    for (const int steps : {0, -1}) {
        const auto outcome =
            set_progress_handler(c, steps, [] { return progress_decision::proceed; });
        EXPECT_EQ(outcome.error().kind(), error_kind::invalid_argument);
    }
}

// --- busy handler ---

class busy_handler_test : public ::testing::Test {
protected:
    connection locked_by_other() {
        EXPECT_TRUE(other_.execute("CREATE TABLE t (a)"));
        lock_ = other_.begin(transaction_mode::immediate).value();
        return testing::open_file(folder_.file("busy.db"));
    }

    testing::temporary_directory folder_;
    connection other_ = testing::open_file(folder_.file("busy.db"));
    std::optional<transaction> lock_;
};

TEST_F(busy_handler_test, gives_up_at_once_and_the_statement_may_be_run_again) {
    auto c = locked_by_other();
    std::vector<int> tries;
    set_busy_handler(c, [&](int attempt) {
        tries.push_back(attempt);
        return attempt < 2 ? busy_decision::wait : busy_decision::give_up;
    }).value();
    EXPECT_EQ(c.execute("INSERT INTO t VALUES (1)").error().kind(), error_kind::busy);
    EXPECT_THAT(tries, ElementsAre(0, 1, 2));
    EXPECT_EQ(c.begin(transaction_mode::immediate).error().kind(), error_kind::busy);
    EXPECT_TRUE(c.is_autocommit());
    lock_->rollback().value();
    EXPECT_TRUE(c.execute("INSERT INTO t VALUES (1)"));
    EXPECT_EQ(count(c, "t"), 1);
}

TEST_F(busy_handler_test, is_not_asked_where_waiting_cannot_help) {
    auto c = locked_by_other();
    int asked = 0;
    set_busy_handler(c, [&](int) {
        ++asked;
        return busy_decision::give_up;
    }).value();
    auto reader = c.begin().value();
    EXPECT_EQ(reader.fetch_one<int>("SELECT count(*) FROM t").value().value(), 0);
    EXPECT_EQ(reader.execute("INSERT INTO t VALUES (1)").error().kind(), error_kind::busy);
    reader.rollback().value();
    ASSERT_TRUE(c.execute("PRAGMA busy_timeout = 0"));
    EXPECT_EQ(c.execute("INSERT INTO t VALUES (1)").error().kind(), error_kind::busy);
    EXPECT_EQ(asked, 0);
}

TEST_F(busy_handler_test, that_throws_gives_its_message) {
    auto c = locked_by_other();
    set_busy_handler(c, [](int) -> busy_decision {
        throw std::runtime_error("no retry_policy");
    }).value();
    EXPECT_EQ(c.execute("INSERT INTO t VALUES (1)").error().message(), "no retry_policy");
    set_busy_handler(c, {}).value();
    EXPECT_EQ(c.execute(deadline::in(std::chrono::milliseconds(20)), "INSERT INTO t VALUES (1)")
                  .error()
                  .kind(),
              error_kind::timeout);
}

}  // namespace

}  // namespace libsql
