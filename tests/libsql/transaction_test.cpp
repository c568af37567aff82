#include "support/child_process.hpp"
#include "support/open_connection.hpp"
#include "support/outcome.hpp"
#include "support/temporary_directory.hpp"
#include "support/test_database.hpp"
#include "support/two_connections.hpp"

#include <libsql/function.hpp>
#include <libsql/transaction.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <chrono>
#include <cstdint>
#include <future>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace libsql {

using namespace std::chrono_literals;
using namespace testing;

namespace {

static_assert(!std::is_copy_constructible_v<transaction> &&
              std::is_nothrow_move_constructible_v<transaction>);

/// Every call of a transaction that is over.
void expect_over(transaction& tx, error_kind kind) {
    EXPECT_TRUE(failed_with(tx.execute("INSERT INTO t VALUES (99)"), kind));
    EXPECT_TRUE(failed_with(tx.query("SELECT 1"), kind));
    EXPECT_TRUE(failed_with(tx.prepare("SELECT 1"), kind));
    EXPECT_TRUE(failed_with(tx.cursor("SELECT 1"), kind));
    EXPECT_TRUE(failed_with(tx.run(batch()), kind));
    EXPECT_TRUE(failed_with(tx.run_script("SELECT 1"), kind));
    EXPECT_TRUE(failed_with(tx.savepoint("s"), kind));
    EXPECT_TRUE(failed_with(tx.commit(), kind));
    EXPECT_TRUE(failed_with(tx.rollback(), kind));
    EXPECT_NE(tx.status(), transaction_status::active);
}

/// Tables p(id) and t(x). Whether each x is an id is checked when a transaction is committed.
constexpr std::string_view deferred_key =
    "CREATE TABLE p(id INTEGER PRIMARY KEY);"
    "CREATE TABLE t(x REFERENCES p DEFERRABLE INITIALLY DEFERRED)";

}  // namespace

// --- faults ---

TEST(transaction, a_transaction_that_is_over_refuses_everything) {
    auto conn = with_table();
    auto committed = conn.begin().value();
    ASSERT_TRUE(succeeded(committed.commit()));
    expect_over(committed, error_kind::transaction);
    EXPECT_EQ(committed.status(), transaction_status::committed);

    auto undone = conn.begin().value();
    ASSERT_TRUE(succeeded(undone.rollback()));
    expect_over(undone, error_kind::transaction);
    EXPECT_EQ(undone.status(), transaction_status::rolled_back);
    EXPECT_EQ(row_count(conn), 0);
}

TEST(transaction, an_old_handle_does_not_act_on_its_successor) {
    auto conn = with_table();
    auto old = conn.begin().value();
    ASSERT_TRUE(succeeded(old.commit()));
    auto next = conn.begin().value();
    ASSERT_TRUE(succeeded(next.execute("INSERT INTO t VALUES (1)")));
    expect_over(old, error_kind::transaction);
    { const auto dropped = std::move(old); }
    EXPECT_EQ(next.status(), transaction_status::active);
    ASSERT_TRUE(succeeded(next.commit()));
    EXPECT_EQ(row_count(conn), 1);
}

TEST(transaction, a_second_transaction_on_the_same_connection_is_refused) {
    auto conn = with_table();
    auto tx = conn.begin().value();
    EXPECT_TRUE(failed_with(conn.begin(), error_kind::transaction, "savepoint"));
    EXPECT_TRUE(failed_with(tx.execute("BEGIN"), error_kind::sql));
    EXPECT_EQ(tx.status(), transaction_status::active);
}

TEST(transaction, a_transaction_begun_by_text_counts_as_open) {
    auto conn = with_table();
    ASSERT_TRUE(succeeded(conn.execute("BEGIN")));
    EXPECT_TRUE(failed_with(conn.begin(), error_kind::transaction));
    ASSERT_TRUE(succeeded(conn.execute("ROLLBACK")));
    EXPECT_TRUE(succeeded(conn.begin()));
}

TEST(transaction, a_moved_from_transaction_is_closed) {
    auto conn = with_table();
    auto first = conn.begin().value();
    auto second = std::move(first);
    expect_over(first, error_kind::closed);  // NOLINT(bugprone-use-after-move)
    auto& same = second;
    second = std::move(same);
    EXPECT_EQ(second.status(), transaction_status::active);
    ASSERT_TRUE(succeeded(second.execute("INSERT INTO t VALUES (1)")));
    auto other = open_fresh();
    second = other.begin().value();  // the assigned-to one is rolled back
    EXPECT_TRUE(conn.is_autocommit());
    EXPECT_EQ(row_count(conn), 0);
}

TEST(transaction, dropping_it_rolls_back) {
    auto conn = with_table();
    {
        auto tx = conn.begin().value();
        ASSERT_TRUE(succeeded(tx.execute("INSERT INTO t VALUES (1)")));
        EXPECT_EQ(row_count(conn), 1);
    }
    EXPECT_TRUE(conn.is_autocommit());
    EXPECT_EQ(row_count(conn), 0);
}

TEST(transaction, closing_the_connection_ends_it) {
    const auto db = testing::fresh_database();
    auto conn = db.connect().value();
    run_all(conn, "CREATE TABLE t(x)");
    auto tx = conn.begin(transaction_mode::immediate).value();
    ASSERT_TRUE(succeeded(tx.execute("INSERT INTO t VALUES (1)")));
    ASSERT_TRUE(succeeded(conn.close()));
    expect_over(tx, error_kind::closed);
    EXPECT_EQ(tx.status(), transaction_status::ended);
    auto again = db.connect().value();
    EXPECT_EQ(row_count(again), 0);
    EXPECT_TRUE(succeeded(again.begin(transaction_mode::immediate)));
}

TEST(transaction, text_that_ends_it_is_noticed) {
    for (const std::string_view text :
         {"COMMIT", "END TRANSACTION", "ROLLBACK", "/* so */ rollback"}) {
        auto conn = with_table();
        auto tx = conn.begin().value();
        ASSERT_TRUE(succeeded(tx.execute("INSERT INTO t VALUES (1)")));
        auto open = tx.query("SELECT column1 FROM (VALUES (1), (2))").value();
        ASSERT_TRUE(open.next().value());
        ASSERT_TRUE(succeeded(conn.execute(text)));
        expect_over(tx, error_kind::transaction);
        EXPECT_EQ(tx.status(), transaction_status::ended);
        EXPECT_TRUE(failed_with(open.next(), error_kind::transaction));
        EXPECT_EQ(row_count(conn), text == "COMMIT" || text.starts_with("END") ? 1 : 0);
    }
}

TEST(transaction, text_that_ends_it_by_query_script_batch_or_statement_is_noticed) {
    auto conn = with_table();
    const auto check = [&](auto end) {
        auto tx = conn.begin().value();
        end();
        expect_over(tx, error_kind::transaction);
        EXPECT_TRUE(conn.is_autocommit());
    };
    check([&] { ASSERT_TRUE(succeeded(conn.query("ROLLBACK"))); });
    check([&] { ASSERT_TRUE(conn.run_script("SELECT 1; ROLLBACK").has_value()); });
    check([&] {
        batch steps;
        steps.add("ROLLBACK");
        ASSERT_TRUE(conn.run(steps).value().ok());
    });
    auto held = conn.prepare("ROLLBACK").value();
    check([&] { ASSERT_TRUE(succeeded(held.execute())); });
}

TEST(transaction, an_error_that_makes_the_engine_roll_back_is_noticed) {
    auto conn = with_table();
    run_all(conn,
            "INSERT INTO t VALUES (1); CREATE TRIGGER no BEFORE INSERT ON t WHEN new.x = 7 BEGIN"
            " SELECT RAISE(ROLLBACK, 'seven'); END");
    for (const std::string_view sql :
         {"INSERT OR ROLLBACK INTO t VALUES (1)", "INSERT INTO t VALUES (7)"}) {
        auto tx = conn.begin().value();
        ASSERT_TRUE(succeeded(tx.execute("INSERT INTO t VALUES (2)")));
        EXPECT_TRUE(failed_with(tx.execute(sql), error_kind::constraint));
        expect_over(tx, error_kind::transaction);
        EXPECT_EQ(tx.status(), transaction_status::ended);
        EXPECT_EQ(row_count(conn), 1);

        auto queried = conn.begin().value();
        EXPECT_TRUE(failed_with(queried.query(sql), error_kind::constraint));
        expect_over(queried, error_kind::transaction);
    }
}

TEST(transaction, an_ordinary_error_leaves_it_active) {
    auto conn = with_table();
    auto tx = conn.begin().value();
    ASSERT_TRUE(succeeded(tx.execute("INSERT INTO t VALUES (1)")));
    EXPECT_TRUE(failed_with(tx.execute("INSERT INTO t VALUES (2), (1)"), error_kind::constraint));
    EXPECT_TRUE(failed_with(tx.execute("no such thing"), error_kind::sql));
    EXPECT_EQ(tx.status(), transaction_status::active);
    ASSERT_TRUE(succeeded(tx.commit()));
    EXPECT_EQ(row_count(conn), 1);
}

TEST(transaction, a_deferred_foreign_key_fails_the_commit_and_can_be_repaired) {
    auto conn = open_fresh(deferred_key);
    auto tx = conn.begin().value();
    ASSERT_TRUE(succeeded(tx.execute("INSERT INTO t VALUES (7)")));
    const auto outcome = tx.commit();
    ASSERT_TRUE(failed_with(outcome, error_kind::constraint));
    EXPECT_EQ(outcome.error().constraint()->kind, constraint_kind::foreign_key);
    EXPECT_EQ(tx.status(), transaction_status::active);
    ASSERT_TRUE(succeeded(tx.execute("INSERT INTO p VALUES (7)")));
    EXPECT_TRUE(succeeded(tx.commit()));
    EXPECT_EQ(row_count(conn), 1);
}

TEST(transaction, a_busy_commit_can_be_retried) {
    two_connections opened({.busy_timeout = 10ms, .journal_mode = journal_mode::delete_file},
                           "CREATE TABLE t(x); INSERT INTO t VALUES (1), (2)");
    auto& writer = opened.first;
    auto& reader = opened.second;
    auto open = reader.query("SELECT x FROM t").value();
    ASSERT_TRUE(open.next().value());
    auto tx = writer.begin(transaction_mode::immediate).value();
    ASSERT_TRUE(succeeded(tx.execute("INSERT INTO t VALUES (3)")));
    EXPECT_TRUE(failed_with(tx.commit(), error_kind::busy));
    EXPECT_TRUE(failed_with(tx.commit(deadline::in(1ms)), error_kind::timeout));
    EXPECT_EQ(tx.status(), transaction_status::active);
    open.close();
    EXPECT_TRUE(succeeded(tx.commit()));
    EXPECT_EQ(row_count(reader), 3);
}

TEST(transaction, an_interrupted_write_rolls_back_itself_or_the_transaction) {
    auto conn = with_table();
    auto tx = conn.begin().value();
    ASSERT_TRUE(succeeded(tx.execute("INSERT INTO t VALUES (-1)")));
    const auto outcome = tx.execute(deadline::in(20ms),
                                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM "
                                    "n) INSERT INTO t SELECT i FROM n");
    EXPECT_TRUE(failed_with(outcome, error_kind::timeout));
    // Whichever the engine chose, the handle and the engine agree.
    EXPECT_EQ(tx.status() == transaction_status::active, !conn.is_autocommit());
    if (tx.status() == transaction_status::active) {
        EXPECT_EQ(row_count(conn), 1);
        EXPECT_TRUE(succeeded(tx.rollback()));
    }
    EXPECT_EQ(row_count(conn), 0);
    EXPECT_TRUE(succeeded(conn.execute("INSERT INTO t VALUES (1)")));
}

// --- what ends with it ---

TEST(transaction, a_rollback_during_a_call_of_another_thread_reports_that_it_did_nothing) {
    auto conn = with_table();
    std::promise<void> is_inside;
    std::promise<void> may_leave;
    ASSERT_TRUE(succeeded(create_function(conn, "wait", [&] {
        is_inside.set_value();
        may_leave.get_future().wait();
        return 1;
    })));
    auto tx = conn.begin(transaction_mode::read_only).value();
    std::thread other([&] { EXPECT_TRUE(succeeded(conn.execute("SELECT wait()"))); });
    is_inside.get_future().wait();
    EXPECT_TRUE(failed_with(tx.rollback(), error_kind::misuse));
    EXPECT_EQ(tx.status(), transaction_status::active);
    may_leave.set_value();
    other.join();
    EXPECT_TRUE(succeeded(tx.rollback()));
    EXPECT_TRUE(succeeded(conn.execute("INSERT INTO t VALUES (1)")));
}

TEST(transaction, its_rows_and_cursors_end_with_it) {
    for (const bool commits : {true, false}) {
        auto conn = with_table();
        run_all(conn, "INSERT INTO t VALUES (1), (2), (3)");
        auto tx = conn.begin().value();
        auto open = tx.query("SELECT x FROM t").value();
        auto cursor = tx.cursor("SELECT x FROM t").value();
        ASSERT_TRUE(open.next().value());
        ASSERT_EQ(cursor.fetch(1).value().size(), 1U);
        ASSERT_TRUE(succeeded(commits ? tx.commit() : tx.rollback()));
        EXPECT_TRUE(failed_with(open.next(), error_kind::transaction));
        EXPECT_TRUE(failed_with(cursor.fetch(1), error_kind::transaction));
        EXPECT_TRUE(succeeded(conn.execute("DROP TABLE t")));  // nothing holds a lock
    }
}

TEST(transaction, half_read_returning_rows_do_not_prevent_a_commit) {
    auto conn = with_table();
    auto tx = conn.begin().value();
    auto open = tx.query("INSERT INTO t VALUES (1), (2), (3) RETURNING x").value();
    ASSERT_TRUE(open.next().value());
    EXPECT_TRUE(succeeded(tx.commit()));
    EXPECT_TRUE(failed_with(open.next(), error_kind::transaction));
    EXPECT_EQ(row_count(conn), 3);
}

TEST(transaction, rows_from_before_it_outlive_its_commit) {
    auto conn = with_table();
    run_all(conn, "INSERT INTO t VALUES (1), (2), (3)");
    auto open = conn.query("SELECT x FROM t").value();
    ASSERT_TRUE(open.next().value());
    auto tx = conn.begin().value();
    ASSERT_TRUE(succeeded(tx.commit()));
    EXPECT_EQ(open.collect<int>().value(), (std::vector{2, 3}));
}

TEST(transaction, a_statement_prepared_in_it_ends_with_it) {
    auto conn = with_table();
    auto tx = conn.begin().value();
    auto held = tx.prepare("INSERT INTO t VALUES (?)").value();
    auto longer = conn.prepare("INSERT INTO t VALUES (?)").value();
    ASSERT_TRUE(succeeded(held.execute(1)));
    ASSERT_TRUE(succeeded(tx.rollback()));
    EXPECT_TRUE(failed_with(held.execute(2), error_kind::transaction));
    EXPECT_TRUE(failed_with(held.columns(), error_kind::transaction));
    EXPECT_TRUE(succeeded(longer.execute(3)));
    EXPECT_EQ(row_count(conn), 1);
}

// --- the callable form ---

TEST(transaction, transact_commits_on_success) {
    auto conn = with_table();
    const auto outcome = conn.transact([](transaction& tx) -> result<std::int64_t> {
        return tx.execute("INSERT INTO t VALUES (1)").transform([](const execution& e) {
            return e.rows_affected;
        });
    });
    EXPECT_EQ(outcome.value(), 1);
    EXPECT_TRUE(conn.is_autocommit());
    EXPECT_EQ(row_count(conn), 1);
}

TEST(transaction, transact_takes_a_callable_that_returns_nothing) {
    auto conn = with_table();
    EXPECT_TRUE(succeeded(conn.transact([](transaction& tx) {
        EXPECT_TRUE(succeeded(tx.execute("INSERT INTO t VALUES (1)")));
        EXPECT_TRUE(succeeded(tx.nested("s", [](savepoint& s) {
            EXPECT_TRUE(succeeded(s.execute("INSERT INTO t VALUES (2)")));
        })));
    })));
    EXPECT_THROW(static_cast<void>(conn.transact([](transaction& tx) {
                     EXPECT_TRUE(succeeded(tx.execute("INSERT INTO t VALUES (3)")));
                     tx.execute("INSERT INTO nowhere VALUES (1)").value();
                 })),
                 exception);
    EXPECT_EQ(conn.fetch<int>("SELECT * FROM t").value(), (std::vector{1, 2}));
}

TEST(transaction, transact_notices_that_its_callable_ended_the_transaction) {
    auto conn = with_table();
    EXPECT_TRUE(succeeded(conn.transact([](transaction& tx) -> result<void> {
        if (auto done = tx.execute("INSERT INTO t VALUES (1)"); !done) {
            return done.error();
        }
        return tx.commit();
    })));
    for (const char* const end : {"COMMIT", "ROLLBACK"}) {
        const auto done = conn.transact([&](transaction& tx) -> result<void> {
            for (const char* const sql : {"INSERT INTO t SELECT 1 + max(x) FROM t", end}) {
                if (auto one = tx.execute(sql); !one) {
                    return one.error();
                }
            }
            return {};
        });
        ASSERT_TRUE(failed_with(done, error_kind::transaction)) << end;
        EXPECT_EQ(done.error().outcome(), error_outcome::unknown) << end;
    }
    EXPECT_EQ(row_count(conn), 2);
    const auto released = conn.transact([](transaction& tx) -> result<void> {
        return tx.nested("s", [](savepoint& s) { return s.release(); });
    });
    ASSERT_TRUE(failed_with(released, error_kind::transaction));
    EXPECT_EQ(released.error().outcome(), error_outcome::unknown);
}

TEST(transaction, transact_rolls_back_on_an_error_and_returns_it) {
    auto conn = with_table();
    const auto outcome =
        conn.transact(transaction_mode::deferred, [](transaction& tx) -> result<void> {
            tx.execute("INSERT INTO t VALUES (1)").value();
            return error(error_kind::mismatch, "not what I wanted");
        });
    EXPECT_TRUE(failed_with(outcome, error_kind::mismatch, "not what I wanted"));
    EXPECT_EQ(row_count(conn), 0);
    EXPECT_TRUE(conn.is_autocommit());
}

TEST(transaction, transact_rolls_back_on_an_exception_and_rethrows_it) {
    auto conn = with_table();
    EXPECT_THROW(static_cast<void>(conn.transact([](transaction& tx) -> result<void> {
                     tx.execute("INSERT INTO t VALUES (1)").value();
                     throw std::runtime_error("oh");
                 })),
                 std::runtime_error);
    EXPECT_TRUE(conn.is_autocommit());
    EXPECT_EQ(row_count(conn), 0);
}

TEST(transaction, transact_returns_the_errors_of_begin_and_commit) {
    auto conn = open_fresh(deferred_key);
    auto open = conn.begin().value();
    EXPECT_TRUE(failed_with(conn.transact([](transaction&) -> result<void> {
        ADD_FAILURE();
        return {};
    }),
                            error_kind::transaction));
    ASSERT_TRUE(succeeded(open.rollback()));
    EXPECT_TRUE(failed_with(
        conn.transact([](transaction& tx) { return tx.execute("INSERT INTO t VALUES (7)"); }),
        error_kind::constraint));
    EXPECT_TRUE(conn.is_autocommit());
    EXPECT_EQ(row_count(conn), 0);
}

TEST(transaction, nested_keeps_changes_on_success_and_undoes_them_on_failure) {
    auto conn = with_table();
    auto tx = conn.begin().value();
    EXPECT_TRUE(succeeded(
        tx.nested("a", [](savepoint& s) { return s.execute("INSERT INTO t VALUES (1)"); })));
    EXPECT_TRUE(failed_with(tx.nested("b",
                                      [](savepoint& s) -> result<void> {
                                          s.execute("INSERT INTO t VALUES (2)").value();
                                          return error(error_kind::mismatch, "no");
                                      }),
                            error_kind::mismatch));
    EXPECT_THROW(static_cast<void>(tx.nested("c",
                                             [](savepoint& s) -> result<void> {
                                                 s.execute("INSERT INTO t VALUES (3)").value();
                                                 throw 3;
                                             })),
                 int);
    ASSERT_TRUE(succeeded(tx.commit()));
    EXPECT_EQ(conn.fetch<int>("SELECT x FROM t").value(), std::vector{1});
}

// --- a writer that dies ---

TEST(transaction, a_killed_writer_leaves_exactly_its_commits) {
    const temporary_directory directory;
    const std::string file = directory.file("a.db");
    {
        auto conn = open_file(file);
        run_all(conn, "CREATE TABLE entry(tx INTEGER, i INTEGER, filler BLOB)");
    }
    std::int64_t last_said = 0;
    for (int round = 0; round < 50; ++round) {
        {
            child_process writer({"write", file});
            const int lines = 1 + round % 7;
            for (int i = 0; i < lines; ++i) {
                const auto line = writer.read_line();
                ASSERT_TRUE(line) << "round " << round;
                last_said = std::stoll(*line);
            }
            std::this_thread::sleep_for(std::chrono::microseconds(round * 137 % 1500));
            writer.finish();
            while (const auto line = writer.read_line()) {  // what it said before it died counts
                last_said = std::stoll(*line);
            }
        }
        auto conn = open_file(file);
        ASSERT_EQ(scalar<std::string>(conn, "PRAGMA integrity_check"), "ok");
        // One more may be committed than it could say.
        const auto last = scalar<std::int64_t>(conn, "SELECT max(tx) FROM entry");
        ASSERT_TRUE(last == last_said || last == last_said + 1) << last << " after " << last_said;
        ASSERT_EQ(scalar<std::int64_t>(conn, "SELECT count(*) FROM entry"), 10 * last);
        ASSERT_EQ(
            scalar<int>(
                conn,
                "SELECT count(*) FROM (SELECT tx FROM entry GROUP BY tx HAVING count(*) <> 10)"),
            0);
        last_said = last;
    }
}

// --- no space ---

TEST(transaction, a_full_disk_fails_the_statement_and_keeps_the_old_rows) {
    const temporary_directory directory;
    const std::string file = directory.file("a.db");
    {
        auto conn = open_file(file);
        run_all(conn, "CREATE TABLE t(x); INSERT INTO t VALUES (1), (2), (3)");
    }
    child_process process({"fill", file, "2000000"});
    const auto kind = process.read_line();
    EXPECT_TRUE(kind == "io" || kind == "full") << kind.value_or("nothing");
    EXPECT_EQ(process.read_line(), "over");
    EXPECT_EQ(process.read_line(), "3");
    EXPECT_EQ(process.read_line(), "usable");
    EXPECT_EQ(process.wait(), 0);
    auto conn = open_file(file);
    EXPECT_EQ(scalar<std::string>(conn, "PRAGMA integrity_check"), "ok");
    EXPECT_EQ(row_count(conn), 2);
}

TEST(transaction, a_database_at_its_page_limit_is_full) {
    auto conn = with_table();
    ASSERT_TRUE(succeeded(conn.execute("INSERT INTO t VALUES (1)")));
    ASSERT_TRUE(succeeded(conn.execute("PRAGMA max_page_count = 20")));
    auto tx = conn.begin().value();
    ASSERT_TRUE(succeeded(tx.execute("INSERT INTO t VALUES (2)")));
    EXPECT_TRUE(
        failed_with(tx.execute("INSERT INTO t VALUES (zeroblob(1000000))"), error_kind::full));
    EXPECT_EQ(tx.status() == transaction_status::active, !conn.is_autocommit());
    static_cast<void>(tx.rollback());
    EXPECT_EQ(row_count(conn), 1);
    EXPECT_TRUE(succeeded(conn.execute("INSERT INTO t VALUES (3)")));
}

// --- a model ---

namespace {

using state = std::map<int, int>;

/// A transaction with savepoints in it, beside what it should hold: `saved[0]` is the committed
/// state, the others are what the open savepoints go back to.
struct walk {
    connection conn = open_fresh();
    std::optional<transaction> tx{};
    std::vector<savepoint> open{};
    state now{};
    std::vector<state> saved{};

    walk() { run_all(conn, "CREATE TABLE t(k INTEGER PRIMARY KEY, v)"); }

    void write(int key, int v) {
        executor& target = !open.empty() ? static_cast<executor&>(open.back())
                           : tx          ? static_cast<executor&>(*tx)
                                         : conn;
        target
            .execute("INSERT INTO t VALUES (?, ?) ON CONFLICT DO UPDATE SET v = excluded.v", key, v)
            .value();
        now[key] = v;
    }

    void begin() {
        if (!tx) {
            tx.emplace(conn.begin().value());
            saved.push_back(now);
        }
    }

    void end(bool commits) {
        if (!tx) {
            return;
        }
        if (commits) {
            tx->commit().value();
        } else {
            tx->rollback().value();
            now = saved.front();
        }
        for (auto& s : open) {
            RC_ASSERT(!s.is_active());
            RC_ASSERT(s.release().error().kind() == error_kind::transaction);
        }
        open.clear();
        tx.reset();
        saved.clear();
    }

    void save() {
        if (tx) {
            auto made = open.empty() ? tx->savepoint("s") : open.back().nest("s");
            open.push_back(std::move(made).value());
            saved.push_back(now);
        }
    }

    void release(std::size_t at) {
        if (!open.empty()) {
            at %= open.size();
            open[at].release().value();
            forget_from(at);
        }
    }

    void go_back(std::size_t at) {
        if (!open.empty()) {
            at %= open.size();
            open[at].rollback().value();
            now = saved[at + 1];
            forget_from(at + 1);
        }
    }

    void drop(std::size_t at) {
        if (!open.empty()) {
            at %= open.size();
            now = saved[at + 1];
            { const savepoint dropped = std::move(open[at]); }
            forget_from(at);
        }
    }

    void forget_from(std::size_t at) {
        for (std::size_t i = at; i < open.size(); ++i) {
            RC_ASSERT(!open[i].is_active());
        }
        open.erase(open.begin() + static_cast<std::ptrdiff_t>(at), open.end());
        saved.resize(at + 1);
    }

    void check() {
        state found;
        for (const auto& [k, v] : conn.fetch<std::pair<int, int>>("SELECT k, v FROM t").value()) {
            found[k] = v;
        }
        RC_ASSERT(found == now);
        RC_ASSERT(conn.is_autocommit() == !tx.has_value());
    }
};

}  // namespace

TEST(transaction, a_random_walk_agrees_with_a_model) {
    EXPECT_TRUE(rc::check([] {
        walk w;
        const auto steps = *rc::gen::container<std::vector<std::pair<int, int>>>(
            rc::gen::pair(rc::gen::inRange(0, 10), rc::gen::inRange(0, 8)));
        for (const auto& [what, number] : steps) {
            const auto at = static_cast<std::size_t>(number);
            switch (what) {
                case 0:
                case 1:
                    w.begin();
                    break;
                case 2:
                    w.end(number < 5);
                    break;
                case 3:
                case 4:
                    w.save();
                    break;
                case 5:
                    w.release(at);
                    break;
                case 6:
                    w.go_back(at);
                    break;
                case 7:
                    w.drop(at);
                    break;
                default:
                    w.write(number, what * 10 + static_cast<int>(w.now.size()));
            }
            w.check();
        }
    }));
}

}  // namespace libsql
