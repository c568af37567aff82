#include "libsql/replication/connection.hpp"

#include "libsql/local_features/on_local.hpp"
#include "support/outcome.hpp"
#include "support/replica_test.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <latch>
#include <optional>
#include <string>
#include <thread>

namespace libsql::replication {
namespace {

using namespace std::chrono_literals;
using testing::failed_with;
using testing::succeeded;

class replica_connection_test : public testing::replica_test {
protected:
    explicit replica_connection_test(testing::sqld_options chosen = {})
        : replica_test(std::move(chosen)) {}

    void SetUp() override {
        on_primary("CREATE TABLE t(id INTEGER PRIMARY KEY, x UNIQUE)");
        auto o = options_of_replica();
        o.auth_token = token;
        db.emplace(database::open(o).value());
        conn.emplace(db->connect().value());
    }

    /// What the primary has and nobody has synced.
    void insert_behind_the_back(int x) {
        on_primary("INSERT INTO t(x) VALUES (" + std::to_string(x) + ")");
    }

    std::int64_t rows() { return number(*conn, "SELECT count(*) FROM t"); }

    std::string token;
    std::optional<database> db;
    std::optional<libsql::connection> conn;
};

TEST_F(replica_connection_test, reads_are_local) {
    insert_behind_the_back(1);
    EXPECT_EQ(rows(), 0);
    server.kill();
    EXPECT_EQ(rows(), 0);
    EXPECT_EQ(number(*conn, "WITH n(i) AS (VALUES (7)) SELECT i FROM n"), 7);
    EXPECT_TRUE(succeeded(conn->query("EXPLAIN QUERY PLAN INSERT INTO t(x) VALUES (1)")));
    EXPECT_EQ(conn->fetch<std::string>("SELECT name FROM pragma_table_info('t')").value().size(),
              2U);
    EXPECT_TRUE(succeeded(conn->query("PRAGMA table_info(t)")));
    EXPECT_EQ(number(*conn, "PRAGMA user_version"), 0);
    EXPECT_TRUE(succeeded(conn->prepare("SELECT * FROM t")));
    EXPECT_TRUE(succeeded(conn->cursor("SELECT * FROM t")));
}

TEST_F(replica_connection_test, a_write_goes_to_the_primary_and_can_be_read_at_once) {
    const auto done = conn->execute("INSERT INTO t(x) VALUES (?)", 5).value();
    EXPECT_EQ(done.rows_affected, 1);
    EXPECT_EQ(rows(), 1);
    EXPECT_EQ(conn->last_insert_rowid(), 1);
    EXPECT_EQ(conn->changes(), 1);
    auto primary = connect_to_primary();
    EXPECT_EQ(number(primary, "SELECT x FROM t"), 5);
    EXPECT_EQ(number(*conn, "INSERT INTO t(x) VALUES (6) RETURNING id"), 2);
    EXPECT_EQ(rows(), 2);
    EXPECT_TRUE(succeeded(conn->execute("CREATE TABLE more(y)")));
    EXPECT_EQ(number(*conn, "SELECT count(*) FROM more"), 0);
    EXPECT_TRUE(succeeded(conn->execute("PRAGMA user_version = 12")));
    EXPECT_EQ(number(*conn, "PRAGMA user_version"), 12);
    for (int i = 10; i < 30; ++i) {
        ASSERT_TRUE(succeeded(conn->execute("INSERT INTO t(x) VALUES (?)", i)));
        ASSERT_EQ(number(*conn, "SELECT max(x) FROM t"), i);
    }
    const auto replica = db->replica().value();
    EXPECT_EQ(replica.max_write_frame(), replica.frame_number());
}

TEST_F(replica_connection_test, a_transaction_and_its_reads_run_on_the_primary) {
    auto tx = conn->begin().value();
    ASSERT_TRUE(succeeded(tx.execute("INSERT INTO t(x) VALUES (1)")));
    EXPECT_FALSE(conn->is_autocommit());
    EXPECT_EQ(number(tx, "SELECT count(*) FROM t"), 1);
    EXPECT_EQ(rows(), 1);
    {
        auto other = db->connect().value();
        EXPECT_EQ(number(other, "SELECT count(*) FROM t"), 0);
    }
    auto sp = tx.savepoint("s").value();
    ASSERT_TRUE(succeeded(sp.execute("INSERT INTO t(x) VALUES (2)")));
    ASSERT_TRUE(succeeded(sp.rollback()));
    ASSERT_TRUE(succeeded(tx.commit()));
    EXPECT_TRUE(conn->is_autocommit());
    server.kill();  // from here on what is read is local
    EXPECT_EQ(rows(), 1);
}

TEST_F(replica_connection_test, a_transaction_that_is_rolled_back_leaves_nothing) {
    {
        auto tx = conn->begin(transaction_mode::immediate).value();
        ASSERT_TRUE(succeeded(tx.execute("INSERT INTO t(x) VALUES (1)")));
        EXPECT_EQ(number(tx, "SELECT count(*) FROM t"), 1);
    }
    EXPECT_TRUE(conn->is_autocommit());
    EXPECT_EQ(rows(), 0);
}

TEST_F(replica_connection_test, a_read_only_transaction_is_a_local_snapshot) {
    auto tx = conn->begin(transaction_mode::read_only).value();
    EXPECT_EQ(number(tx, "SELECT count(*) FROM t"), 0);
    insert_behind_the_back(1);
    ASSERT_TRUE(succeeded(db->replica().value().sync()));
    EXPECT_EQ(number(tx, "SELECT count(*) FROM t"), 0);
    EXPECT_TRUE(failed_with(tx.execute("INSERT INTO t(x) VALUES (2)"), error_kind::read_only));
    ASSERT_TRUE(succeeded(tx.commit()));
    EXPECT_EQ(tx.status(), transaction_status::committed);
    EXPECT_EQ(rows(), 1);
    EXPECT_TRUE(succeeded(conn->execute("INSERT INTO t(x) VALUES (3)")));
    EXPECT_EQ(rows(), 2);
}

TEST_F(replica_connection_test, a_transaction_begun_by_text_runs_where_a_handles_would) {
    ASSERT_TRUE(succeeded(conn->execute("BEGIN READONLY")));
    server.stop_process();
    EXPECT_EQ(rows(), 0);
    EXPECT_FALSE(conn->is_autocommit());
    EXPECT_TRUE(failed_with(conn->execute("DELETE FROM t"), error_kind::read_only));
    ASSERT_TRUE(succeeded(conn->execute("COMMIT")));
    server.continue_process();
    ASSERT_TRUE(succeeded(conn->execute("BEGIN")));
    ASSERT_TRUE(succeeded(conn->execute("INSERT INTO t(x) VALUES (1)")));
    ASSERT_TRUE(succeeded(conn->execute("COMMIT")));
    EXPECT_TRUE(conn->is_autocommit());
    EXPECT_EQ(rows(), 1);
}

TEST_F(replica_connection_test, a_transaction_ended_by_text_is_over_for_its_handle) {
    auto tx = conn->begin(transaction_mode::read_only).value();
    auto open_rows = tx.query("SELECT 1 UNION ALL SELECT 2").value();
    ASSERT_TRUE(succeeded(conn->execute("COMMIT")));
    EXPECT_EQ(tx.status(), transaction_status::ended);
    EXPECT_TRUE(failed_with(tx.execute("SELECT 1"), error_kind::transaction));
    auto writes = conn->begin().value();
    ASSERT_TRUE(succeeded(writes.execute("INSERT INTO t(x) VALUES (1)")));
    ASSERT_TRUE(succeeded(conn->execute("ROLLBACK")));
    EXPECT_EQ(writes.status(), transaction_status::ended);
    EXPECT_EQ(rows(), 0);
}

TEST_F(replica_connection_test, errors_are_those_of_local_mode) {
    ASSERT_TRUE(succeeded(conn->execute("INSERT INTO t(x) VALUES (1)")));
    const auto failed = conn->execute("INSERT INTO t(x) VALUES (1)");
    ASSERT_TRUE(failed_with(failed, error_kind::constraint));
    ASSERT_NE(failed.error().constraint(), nullptr);
    EXPECT_EQ(failed.error().constraint()->table, "t");
    EXPECT_TRUE(failed_with(conn->query("SELECT * FROM nowhere"), error_kind::sql));
    EXPECT_TRUE(failed_with(conn->execute("INSERT INTO nowhere VALUES (1)"), error_kind::sql));
    EXPECT_TRUE(failed_with(conn->execute("nonsense"), error_kind::sql));
    EXPECT_FALSE(conn->execute("ATTACH 'x' AS y"));
    EXPECT_FALSE(conn->execute("VACUUM"));
}

TEST_F(replica_connection_test, only_a_batch_of_reads_is_local) {
    insert_behind_the_back(1);
    batch reads;
    reads.add("SELECT count(*) FROM t");
    reads.add("SELECT 2");
    for (const auto mode : {batch_mode::independent, batch_mode::transactional}) {
        const auto done = conn->run(reads, mode).value();
        EXPECT_EQ(done.steps[0].rows().at(0).at(0), value(0));
        EXPECT_TRUE(done.steps[1].ok());
        EXPECT_TRUE(conn->is_autocommit());
    }
    batch mixed;
    mixed.add("SELECT count(*) FROM t");
    mixed.add("INSERT INTO t(x) VALUES (?)", 2);
    for (const auto mode : {batch_mode::independent, batch_mode::transactional}) {
        const auto done = conn->run(mixed, mode);
        const auto& steps = done ? done->steps : done.error().completed();
        EXPECT_EQ(steps[0].rows().at(0).at(0), value(mode == batch_mode::independent ? 1 : 2));
        EXPECT_EQ(done.has_value(), mode == batch_mode::independent);
    }
    EXPECT_EQ(rows(), 2);
}

TEST_F(replica_connection_test, a_batchs_writes_can_be_read_at_once) {
    for (int i = 1; i < 20; ++i) {
        batch steps;
        steps.add("INSERT INTO t(x) VALUES (?)", 2 * i);
        steps.add("INSERT INTO t(x) VALUES (?)", 2 * i + 1);
        const auto mode = i % 2 == 0 ? batch_mode::independent : batch_mode::transactional;
        ASSERT_TRUE(conn->run(steps, mode).value().ok());
        ASSERT_EQ(rows(), 2 * i);
    }
}

TEST_F(replica_connection_test, foreign_keys_is_a_setting_of_the_primarys_connection) {
    EXPECT_EQ(number(*conn, "PRAGMA foreign_keys"), 1);
    ASSERT_TRUE(succeeded(conn->execute("PRAGMA foreign_keys = OFF")));
    EXPECT_EQ(number(*conn, "PRAGMA foreign_keys"), 0);
    ASSERT_TRUE(succeeded(conn->execute("PRAGMA foreign_keys = ON")));
    EXPECT_EQ(number(*conn, "PRAGMA foreign_keys"), 1);
    // Prepared, it goes the same way.
    ASSERT_TRUE(succeeded(conn->prepare("PRAGMA foreign_keys = OFF").value().execute()));
    EXPECT_EQ(number(*conn, "PRAGMA foreign_keys"), 0);
    auto asked = conn->prepare("PRAGMA foreign_keys").value();
    EXPECT_EQ(asked.query().value().first<int>().value(), 0);
}

TEST_F(replica_connection_test, two_threads_at_once_are_misuse_on_either_side) {
    std::latch inside(1);
    std::latch may_end(1);
    ASSERT_TRUE(succeeded(create_function(*conn, "pause", [&] {
        inside.count_down();
        may_end.wait();
        return 1;
    })));
    std::thread other([&] { EXPECT_TRUE(succeeded(conn->execute("SELECT pause()"))); });
    inside.wait();
    EXPECT_TRUE(failed_with(conn->execute("INSERT INTO t(x) VALUES (1)"), error_kind::misuse));
    EXPECT_TRUE(failed_with(conn->begin(), error_kind::misuse));
    EXPECT_TRUE(failed_with(conn->close(), error_kind::misuse));
    may_end.count_down();
    other.join();
    EXPECT_TRUE(succeeded(conn->execute("INSERT INTO t(x) VALUES (1)")));
}

TEST_F(replica_connection_test, a_prepared_statement_is_routed_at_every_call) {
    auto count = conn->prepare("SELECT count(*) FROM t").value();
    auto insert = conn->prepare("INSERT INTO t(x) VALUES (?)").value();
    EXPECT_TRUE(count.is_read_only().value());
    EXPECT_EQ(insert.parameter_count().value(), 1U);
    ASSERT_TRUE(succeeded(insert.execute(1)));
    const auto counted = [&] {
        auto found = count.query().value();
        return found.first<std::int64_t>().value().value();
    };
    EXPECT_EQ(counted(), 1);
    {
        auto tx = conn->begin().value();
        ASSERT_TRUE(succeeded(insert.execute(2)));
        EXPECT_EQ(counted(), 2);
        ASSERT_TRUE(succeeded(tx.rollback()));
    }
    EXPECT_EQ(counted(), 1);
    server.kill();
    EXPECT_EQ(counted(), 1);
}

TEST_F(replica_connection_test, only_syncs_write_to_the_file) {
    auto& backend = *local::connection_of(*conn, "a test").value();
    const auto stray = backend.execute("INSERT INTO t(x) VALUES (1)", {}, {});
    EXPECT_TRUE(failed_with(stray, error_kind::read_only));
    EXPECT_TRUE(failed_with(backend.execute("CREATE TABLE u(x)", {}, {}), error_kind::read_only));
    // Also after the connection was reset or went to another user.
    ASSERT_TRUE(succeeded(conn->reset()));
    EXPECT_TRUE(failed_with(backend.execute("DELETE FROM t", {}, {}), error_kind::read_only));
    { const auto tx = conn->begin(transaction_mode::read_only).value(); }
    EXPECT_TRUE(failed_with(backend.execute("DELETE FROM t", {}, {}), error_kind::read_only));
    // A pragma cannot take that back: it goes to the server.
    static_cast<void>(conn->execute("PRAGMA query_only = 0"));
    EXPECT_TRUE(failed_with(backend.execute("DELETE FROM t", {}, {}), error_kind::read_only));

    EXPECT_TRUE(failed_with(rekey(*conn, "key"), error_kind::unsupported, "rekey"));
    auto source = database::open({.database = dir.file("other.db")}).value().connect().value();
    EXPECT_TRUE(failed_with(backup::start(source, *conn), error_kind::unsupported,
                            "a backup into this database"));
    // It reads, and would go to the server, with a path of this machine.
    EXPECT_TRUE(failed_with(vacuum_into(*conn, dir.file("copy.db")), error_kind::unsupported,
                            "use back_up"));
}

TEST_F(replica_connection_test, no_pragma_lets_anything_else_write_to_the_file) {
    const auto expect_refused = [](libsql::executor& on) {
        EXPECT_FALSE(succeeded(on.execute("PRAGMA query_only = OFF")) &&
                     succeeded(on.execute("INSERT INTO t(x) VALUES (666)")));
    };
    {
        auto tx = conn->begin(transaction_mode::read_only).value();
        expect_refused(tx);
        ASSERT_TRUE(succeeded(tx.commit()));
    }
    static_cast<void>(
        conn->run_script("BEGIN READONLY; PRAGMA query_only = 0; INSERT INTO t(x) VALUES (666)"));
    static_cast<void>(conn->execute("ROLLBACK"));
    auto readers = pool::open(options_of_replica(), {.pool_size = 2}).value();
    static_cast<void>(readers.read([&](libsql::connection& c) -> result<void> {
        expect_refused(c);
        return {};
    }));
    readers.close().value();
    auto only_reads = options_of_replica();
    only_reads.uri.clear();
    only_reads.mode = open_mode::read_only;
    auto reader = database::open(only_reads).value().connect().value();
    expect_refused(reader);
    EXPECT_EQ(number(*conn, "SELECT count(*) FROM t WHERE x = 666"), 0);
}

TEST_F(replica_connection_test, a_write_with_unknown_outcome_is_pulled_before_the_next_read) {
    ASSERT_TRUE(succeeded(conn->execute("INSERT INTO t(x) VALUES (0)")));
    server.stop_process();
    const auto lost = conn->execute(deadline::in(200ms), "INSERT INTO t(x) VALUES (1)");
    ASSERT_TRUE(failed_with(lost, error_kind::timeout));
    EXPECT_EQ(lost.error().outcome(), error_outcome::unknown);
    EXPECT_TRUE(
        failed_with(conn->query(deadline::in(200ms), "SELECT x FROM t"), error_kind::timeout));
    server.continue_process();
    on_primary("INSERT INTO t(x) VALUES (77)");
    EXPECT_EQ(number(*conn, "SELECT count(*) FROM t WHERE x = 77"), 1);
}

TEST_F(replica_connection_test, local_features_work_on_the_file) {
    ASSERT_TRUE(succeeded(conn->execute("INSERT INTO t(x) VALUES (21)")));
    ASSERT_TRUE(succeeded(create_function(*conn, "twice", [](std::int64_t x) { return 2 * x; })));
    EXPECT_EQ(number(*conn, "SELECT twice(x) FROM t"), 42);
    auto copy = database::open({.database = dir.file("copy.db")}).value().connect().value();
    auto work = backup::start(*conn, copy).value();
    EXPECT_TRUE(work.step(-1).value());
    ASSERT_TRUE(succeeded(work.finish()));
    EXPECT_EQ(number(copy, "SELECT x FROM t"), 21);
}

TEST_F(replica_connection_test, writes_fail_and_reads_continue_while_the_server_is_unreachable) {
    server.stop();
    EXPECT_TRUE(failed_with(conn->execute(deadline::in(300ms), "INSERT INTO t(x) VALUES (1)"),
                            error_kind::timeout) ||
                failed_with(conn->execute(deadline::in(300ms), "INSERT INTO t(x) VALUES (1)"),
                            error_kind::network));
    EXPECT_EQ(rows(), 0);
    server.restart();
    EXPECT_TRUE(succeeded(conn->execute("INSERT INTO t(x) VALUES (1)")));
    EXPECT_EQ(rows(), 1);
}

TEST_F(replica_connection_test, a_write_is_read_after_the_primary_was_replaced) {
    for (int i = 0; i < 10; ++i) {
        ASSERT_TRUE(succeeded(conn->execute("INSERT INTO t(x) VALUES (?)", i)));
    }
    server.stop();
    server.restart(testing::sqld_data::empty);
    // Its frames are counted from 0 again: fewer than the replica has.
    ASSERT_TRUE(succeeded(conn->execute("CREATE TABLE t(x)")));
    EXPECT_EQ(rows(), 0);
    ASSERT_TRUE(succeeded(conn->execute("INSERT INTO t VALUES (1)")));
    EXPECT_EQ(rows(), 1);
}

TEST_F(replica_connection_test, without_read_your_writes_a_write_does_not_wait) {
    auto o = options_of_replica();
    o.sync.read_your_writes = false;
    o.database = dir.file("lazy.db");
    auto lazy = database::open(o).value();
    auto c = lazy.connect().value();
    const auto before = lazy.replica().value().frame_number();
    ASSERT_TRUE(succeeded(c.execute("INSERT INTO t(x) VALUES (1)")));
    EXPECT_EQ(number(c, "SELECT count(*) FROM t"), 0);
    EXPECT_EQ(lazy.replica().value().frame_number(), before);
    EXPECT_GT(lazy.replica().value().max_write_frame(), before);
    ASSERT_TRUE(succeeded(lazy.replica().value().sync()));
    EXPECT_EQ(number(c, "SELECT count(*) FROM t"), 1);
}

TEST_F(replica_connection_test, rows_that_are_being_read_keep_their_snapshot) {
    ASSERT_TRUE(succeeded(conn->execute("INSERT INTO t(x) VALUES (1), (2), (3)")));
    auto open_rows = conn->query("SELECT x FROM t ORDER BY x").value();
    auto at = open_rows.begin();
    auto other = db->connect().value();
    ASSERT_TRUE(succeeded(other.execute("DELETE FROM t")));
    int seen = 0;
    for (; at != open_rows.end(); ++at) {
        ++seen;
    }
    EXPECT_EQ(seen, 3);
    EXPECT_EQ(number(other, "SELECT count(*) FROM t"), 0);
}

TEST_F(replica_connection_test, closing_it_closes_both_sides) {
    ASSERT_TRUE(succeeded(conn->close()));
    EXPECT_FALSE(conn->is_open());
    EXPECT_TRUE(failed_with(conn->execute("INSERT INTO t(x) VALUES (1)"), error_kind::closed));
    EXPECT_TRUE(failed_with(conn->query("SELECT 1"), error_kind::closed));
    EXPECT_TRUE(failed_with(conn->close(), error_kind::closed));
}

class replica_with_read_only_token : public replica_connection_test {
protected:
    replica_with_read_only_token() : replica_connection_test({.authentication = true}) {}

    void SetUp() override {
        {
            auto o = options_of_replica();
            o.database.clear();
            o.auth_token = server.token();
            auto primary = database::open(o).value().connect().value();
            primary.execute("CREATE TABLE t(x)").value();
        }
        auto o = options_of_replica();
        o.auth_token = server.token({.read_only = true});
        db.emplace(database::open(o).value());
        conn.emplace(db->connect().value());
    }
};

TEST_F(replica_with_read_only_token, syncs_and_reads_but_does_not_write) {
    EXPECT_EQ(rows(), 0);
    EXPECT_TRUE(succeeded(db->replica().value().sync()));
    EXPECT_TRUE(failed_with(conn->execute("INSERT INTO t VALUES (1)"), error_kind::authentication));
    EXPECT_EQ(rows(), 0);
}

TEST_F(replica_connection_test, writes_are_seen_while_earlier_rows_are_open) {
    for (int i = 1; i <= 3; ++i) {
        conn->execute("INSERT INTO t(x) VALUES (?)", i).value();
    }
    {
        auto open = conn->query("SELECT x FROM t").value();
        ASSERT_TRUE(open.next().value());
        ASSERT_TRUE(succeeded(conn->execute("INSERT INTO t(x) VALUES (4)")));
        EXPECT_EQ(rows(), 4);
        auto statement = conn->prepare("SELECT max(x) FROM t").value();
        EXPECT_EQ(statement.query().value().first<int>().value(), 4);
        batch reads;
        reads.add("SELECT count(*) FROM t");
        EXPECT_EQ(conn->run(reads).value().steps.at(0).rows().at(0).at(0), value(4));
        ASSERT_TRUE(succeeded(conn->execute("CREATE TABLE more(y)")));
        EXPECT_EQ(number(*conn, "SELECT count(*) FROM more"), 0);
        EXPECT_TRUE(failed_with(conn->begin(transaction_mode::read_only), error_kind::locked,
                                "still open"));
        int left = 0;
        while (open.next().value()) {
            ++left;
        }
        EXPECT_EQ(left, 2);  // of then
    }
    server.kill();
    EXPECT_EQ(rows(), 4);  // the file again
}

TEST_F(replica_connection_test, results_have_the_rowid_of_its_last_insert) {
    ASSERT_TRUE(succeeded(conn->execute("INSERT INTO t(id, x) VALUES (43, 1)")));
    EXPECT_EQ(conn->execute("SELECT 1").value().last_insert_rowid, 43);
    EXPECT_EQ(materialise(conn->query("SELECT 1").value()).value().executed.last_insert_rowid, 43);
    EXPECT_EQ(number(*conn, "SELECT last_insert_rowid()"), 43);
}

TEST_F(replica_connection_test, a_statement_has_the_columns_of_a_schema_changed_before_it) {
    ASSERT_TRUE(succeeded(conn->query("SELECT * FROM t")));
    ASSERT_TRUE(succeeded(conn->execute("ALTER TABLE t RENAME COLUMN x TO y")));
    ASSERT_TRUE(succeeded(conn->execute("ALTER TABLE t ADD COLUMN z")));
    const auto columns = conn->prepare("SELECT * FROM t").value().columns().value();
    ASSERT_EQ(columns.size(), 3U);
    EXPECT_EQ(columns[1].name, "y");
    ASSERT_TRUE(succeeded(conn->execute("DROP TABLE t")));
    EXPECT_FALSE(conn->prepare("SELECT * FROM t"));
}

TEST_F(replica_connection_test, its_state_is_beside_the_target_of_a_symbolic_link) {
    const std::string folder = dir.file("disk");
    std::filesystem::create_directory(folder);
    const std::string link = dir.file("link.db");
    std::filesystem::create_symlink("disk/n.db", link);
    auto o = options_of_replica();
    o.database = link;
    ASSERT_TRUE(succeeded(database::open(o)));
    EXPECT_TRUE(std::filesystem::exists(folder + "/n.db-client_wal_index"));
    for (const auto& name : {link, folder + "/n.db"}) {
        EXPECT_TRUE(failed_with(database::open({.database = name}), error_kind::cannot_open));
    }
    o.database = folder + "/n.db";
    EXPECT_TRUE(succeeded(database::open(o)));
}

TEST_F(replica_connection_test, its_file_cannot_be_attached_for_writing) {
    auto other = database::open({.database = dir.file("other.db")}).value().connect().value();
    EXPECT_TRUE(failed_with(attach(other, path, "r"), error_kind::cannot_open, "replica"));
    EXPECT_TRUE(failed_with(other.execute("ATTACH ? AS r", path), error_kind::cannot_open));
    EXPECT_TRUE(failed_with(other.query("ATTACH ? AS r", path), error_kind::cannot_open));
    EXPECT_FALSE(other.execute("INSERT INTO r.t(x) VALUES (1)"));
    ASSERT_TRUE(succeeded(other.execute("ATTACH ? AS r", "file:" + path + "?mode=ro")));
    EXPECT_EQ(number(other, "SELECT count(*) FROM r.t"), 0);
    EXPECT_FALSE(other.execute("INSERT INTO r.t(x) VALUES (1)"));
}

}  // namespace
}  // namespace libsql::replication
