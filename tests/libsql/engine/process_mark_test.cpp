// fork(): what was opened before it belongs to the parent.

#include "libsql/engine/process_mark.hpp"

#include "support/outcome.hpp"
#include "support/replica_test.hpp"
#include "support/temporary_directory.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace {
bool in_child = false;
}

/// What a child leaves in memory on purpose is its parent's: no leak.
extern "C" int __lsan_is_turned_off();

extern "C" int __lsan_is_turned_off() {
    return in_child ? 1 : 0;
}

namespace libsql {
namespace {

using testing::succeeded;

/// What runs in a child. It fails the parent's test by its exit code, and by what it writes.
class child {
public:
    /// The child runs `work`, which says whether all is well, and ends as a program does: with the
    /// destructors of what is static. A hang ends it with SIGALRM.
    explicit child(const std::function<bool()>& work) : id_(::fork()) {
        if (id_ == 0) {
            in_child = true;
            ::alarm(30);
            bool well = false;
            try {
                well = work();
            } catch (const std::exception& e) {
                std::cerr << "in the child: " << e.what() << '\n';
            }
            std::exit(well ? 0 : 1);
        }
    }

    /// Its exit code; minus the signal that ended it.
    int wait() const {
        int status = 0;
        ::waitpid(id_, &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }

private:
    ::pid_t id_;
};

template <class T>
bool is_misuse(const char* what, const result<T>& outcome) {
    if (!outcome && outcome.error().kind() == error_kind::misuse &&
        outcome.error().message().find("fork()") != std::string::npos) {
        return true;
    }
    std::cerr << "in the child: " << what << ": "
              << (outcome ? std::string("it succeeded") : outcome.error().to_string()) << '\n';
    return false;
}

/// All that one connection can have open.
struct handles {
    explicit handles(const database& from)
        : db(from), conn(db.connect().value()), other(db.connect().value()) {
        prepared.emplace(other.prepare("SELECT 1").value());
        held.emplace(other.query("SELECT x FROM t").value());
        paged.emplace(other.cursor("SELECT x FROM t").value());
        tx.emplace(conn.begin(transaction_mode::immediate).value());
        tx->execute("INSERT INTO t VALUES (100)").value();
        inner.emplace(tx->savepoint("s").value());
        of_tx.emplace(tx->query("SELECT x FROM t").value());
    }

    /// Each call is misuse; and so it stays when all is dropped, in the usual order.
    bool refuse() {
        bool ok = is_misuse("connect", db.connect());
        ok = is_misuse("execute", other.execute("INSERT INTO t VALUES (1)")) && ok;
        ok = is_misuse("query", other.query("SELECT 1")) && ok;
        ok = is_misuse("fetch", other.fetch<int>("SELECT 1")) && ok;
        ok = is_misuse("cursor", other.cursor("SELECT 1")) && ok;
        ok = is_misuse("run", other.run(batch())) && ok;
        ok = is_misuse("run_script", other.run_script("SELECT 1")) && ok;
        ok = is_misuse("prepare", other.prepare("SELECT 1")) && ok;
        ok = is_misuse("begin", other.begin()) && ok;
        ok = is_misuse("ping", other.ping()) && ok;
        ok = is_misuse("reset", other.reset()) && ok;
        ok = is_misuse("close", other.close()) && ok;
        ok = is_misuse("prepared.execute", prepared->execute()) && ok;
        ok = is_misuse("prepared.query", prepared->query()) && ok;
        ok = is_misuse("tx.execute", tx->execute("INSERT INTO t VALUES (1)")) && ok;
        ok = is_misuse("savepoint.execute", inner->execute("INSERT INTO t VALUES (1)")) && ok;
        ok = is_misuse("savepoint.rollback", inner->rollback()) && ok;
        ok = is_misuse("savepoint.release", inner->release()) && ok;
        ok = is_misuse("tx.commit", tx->commit()) && ok;
        ok = is_misuse("tx.rollback", tx->rollback()) && ok;
        conn.interrupter().interrupt();
        of_tx.reset();
        inner.reset();
        tx.reset();
        paged.reset();
        held.reset();
        prepared.reset();
        other = connection(nullptr);
        return ok;
    }

    /// The parent's transaction is as it was.
    void expect_whole() {
        int n = 0;
        for (auto& row : *of_tx) {
            ASSERT_TRUE(succeeded(row));
            ++n;
        }
        EXPECT_EQ(n, 3);
        EXPECT_TRUE(succeeded(inner->execute("INSERT INTO t VALUES (101)")));
        EXPECT_TRUE(succeeded(inner->release()));
        EXPECT_TRUE(succeeded(tx->commit()));
        held.reset();  // what it reads is of before
        paged.reset();
        EXPECT_EQ(other.fetch_one<int>("SELECT count(*) FROM t").value(), 4);
    }

    database db;
    connection conn;
    connection other;
    std::optional<statement> prepared;
    std::optional<rows> held;
    std::optional<cursor> paged;
    std::optional<transaction> tx;
    std::optional<savepoint> inner;
    std::optional<rows> of_tx;
};

void fill(const database& db) {
    auto conn = db.connect().value();
    conn.run_script("CREATE TABLE t(x); INSERT INTO t VALUES (1), (2)").value();
}

class process_mark : public testing::replica_test {
protected:
    database open_local() { return database::open({.database = dir.file("local.db")}).value(); }

    /// Also a writer, and a transaction, that are out; and the parent goes on.
    void expect_pool_refused_in_child(const options& chosen) {
        auto whole = pool::open(chosen, {.pool_size = 3}).value();
        auto out = std::make_optional(whole.checkout_writer().value());
        auto tx = std::make_optional((*out)->begin(transaction_mode::immediate).value());
        ASSERT_TRUE(succeeded(tx->execute("INSERT INTO t VALUES (3)")));
        EXPECT_EQ(child([&] {
                      const auto nothing = [](connection&) { return result<void>(); };
                      bool ok = is_misuse("read", whole.read(nothing));
                      ok = is_misuse("write", whole.write(nothing)) && ok;
                      ok = is_misuse("checkout_reader", whole.checkout_reader()) && ok;
                      ok = is_misuse("checkout_writer", whole.checkout_writer()) && ok;
                      ok = is_misuse("execute", (*out)->execute("SELECT 1")) && ok;
                      ok = is_misuse("tx.execute", tx->execute("SELECT 1")) && ok;
                      ok = is_misuse("tx.commit", tx->commit()) && ok;
                      ok = is_misuse("close", whole.close()) && ok;
                      ok = whole.metrics().writer.checkouts == 0 && ok;
                      tx.reset();
                      out.reset();
                      const auto gone = std::move(whole);
                      return ok;
                  }).wait(),
                  0);
        EXPECT_TRUE(succeeded(tx->commit()));
        out->release();
        EXPECT_EQ(
            whole.read([](connection& c) { return c.fetch_single<int>("SELECT count(*) FROM t"); })
                .value(),
            3);
    }

    void expect_refused_in_child(const database& db) {
        fill(db);
        handles all(db);
        EXPECT_EQ(child([&] { return all.refuse(); }).wait(), 0);
        all.expect_whole();
    }
};

TEST_F(process_mark, a_child_cannot_use_its_parents_local_connections) {
    expect_refused_in_child(open_local());
}

TEST_F(process_mark, a_child_cannot_use_its_parents_remote_connections) {
    expect_refused_in_child(database::open({.uri = server.url()}).value());
}

TEST_F(process_mark, a_child_cannot_use_its_parents_replica) {
    auto chosen = options_of_replica();
    chosen.sync.interval = std::chrono::milliseconds(10);
    const auto db = database::open(chosen).value();
    auto copy = db.replica().value();
    expect_refused_in_child(db);
    EXPECT_EQ(child([&] {
                  bool ok = is_misuse("sync", copy.sync());
                  ok = is_misuse("sync_until", copy.sync_until(1)) && ok;
                  ok = is_misuse("flush", copy.flush()) && ok;
                  ok = is_misuse("freeze", copy.freeze()) && ok;
                  copy.interrupt();
                  return ok && copy.status().last_error.has_value();
              }).wait(),
              0);
    EXPECT_TRUE(succeeded(copy.sync()));
}

TEST_F(process_mark, a_child_cannot_use_its_parents_pool) {
    fill(open_local());
    expect_pool_refused_in_child({.database = dir.file("local.db")});
}

TEST_F(process_mark, a_child_cannot_use_its_parents_pool_on_a_server) {
    fill(database::open({.uri = server.url()}).value());
    expect_pool_refused_in_child({.uri = server.url()});
}

TEST_F(process_mark, a_child_cannot_use_its_parents_pool_on_a_replica) {
    fill(database::open({.uri = server.url()}).value());
    auto chosen = options_of_replica();
    chosen.sync.interval = std::chrono::milliseconds(10);
    expect_pool_refused_in_child(chosen);
}

TEST_F(process_mark, a_child_cannot_use_its_parents_blobs_and_backups) {
    auto conn = open_local().connect().value();
    conn.run_script("CREATE TABLE t(b); INSERT INTO t VALUES (zeroblob(100000))").value();
    auto blob =
        std::make_optional(blob_io::open(conn, {.table = "t", .column = "b", .rowid = 1}).value());
    auto to = database::open({.database = dir.file("copy.db")}).value().connect().value();
    auto copy = std::make_optional(backup::start(conn, to).value());
    EXPECT_EQ(copy->step(1).value(), false);
    EXPECT_EQ(child([&] {
                  bool ok = is_misuse("blob.size", blob->size());
                  ok = is_misuse("blob.close", blob->close()) && ok;
                  ok = is_misuse("backup.step", copy->step(1)) && ok;
                  ok = is_misuse("backup.finish", copy->finish()) && ok;
                  blob.reset();
                  copy.reset();
                  return ok;
              }).wait(),
              0);
    EXPECT_EQ(blob->size().value(), 100'000U);
    EXPECT_EQ(copy->step(-1).value(), true);
}

/// A child that does nothing but end, whatever its parent has open and whichever threads it runs.
TEST_F(process_mark, a_child_that_only_exits_disturbs_nobody) {
    static std::optional<database> follows;  // ends after main()
    auto chosen = options_of_replica();
    chosen.sync.interval = std::chrono::milliseconds(1);
    follows = database::open(chosen).value();
    fill(*follows);
    static std::optional<handles> remote;
    remote.emplace(database::open({.uri = server.url()}).value());
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(child([] { return true; }).wait(), 0);
    }
    remote->expect_whole();
    remote.reset();
    follows.reset();
}

/// The parent's locks are not the child's: a file that it opens anew is locked for itself.
TEST_F(process_mark, a_child_that_opens_the_file_again_has_its_own_locks) {
    fill(open_local());
    auto conn = std::make_optional(open_local().connect().value());
    conn->fetch_one<int>("SELECT count(*) FROM t").value();
    std::array<int, 2> opened{};
    std::array<int, 2> closed{};
    ASSERT_EQ(::pipe(opened.data()), 0);
    ASSERT_EQ(::pipe(closed.data()), 0);
    const child other([&] {
        auto mine = open_local().connect().value();
        mine.fetch_one<int>("SELECT count(*) FROM t").value();
        char byte = 'x';
        if (::write(opened[1], &byte, 1) != 1 || ::read(closed[0], &byte, 1) != 1) {
            return false;
        }
        mine.execute("INSERT INTO t VALUES (3)").value();
        ::_exit(0);  // what is committed stays in the log
    });
    char byte = 'x';
    ASSERT_EQ(::read(opened[0], &byte, 1), 1);
    conn.reset();  // not the last connection: the log must stay
    ASSERT_EQ(::write(closed[1], &byte, 1), 1);
    EXPECT_EQ(other.wait(), 0);
    EXPECT_EQ(open_local().connect().value().fetch_one<int>("SELECT count(*) FROM t").value(), 3);
}

TEST_F(process_mark, a_child_waits_for_its_parents_transaction) {
    fill(open_local());
    auto conn = open_local().connect().value();
    auto tx = conn.begin(transaction_mode::immediate).value();
    const auto writes = [&] {
        auto mine = database::open({.database = dir.file("local.db"),
                                    .busy_timeout = std::chrono::milliseconds(0)})
                        .value()
                        .connect()
                        .value();
        const auto done = mine.execute("INSERT INTO t VALUES (3)");
        return !done && done.error().kind() == error_kind::busy;
    };
    EXPECT_EQ(child(writes).wait(), 0);
    EXPECT_TRUE(succeeded(tx.commit()));
}

/// A child has threads of its own for what it opens.
TEST_F(process_mark, a_child_has_its_own_transactions_on_a_server) {
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "thread sanitizer knows no threads in a child of a process with threads";
#endif
    const auto db = database::open({.uri = server.url()}).value();
    fill(db);
    auto conn = db.connect().value();
    auto tx = conn.begin(transaction_mode::deferred).value();
    ASSERT_TRUE(succeeded(tx.fetch_one<int>("SELECT count(*) FROM t")));
    EXPECT_EQ(
        child([&] {
            auto mine = database::open({.uri = server.url()}).value().connect().value();
            return mine
                .transact([](transaction& t) { return t.execute("INSERT INTO t VALUES (3)"); })
                .has_value();
        }).wait(),
        0);
    EXPECT_TRUE(succeeded(tx.commit()));
    EXPECT_EQ(conn.fetch_one<int>("SELECT count(*) FROM t").value(), 3);
}

}  // namespace
}  // namespace libsql
