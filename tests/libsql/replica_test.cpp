#include "support/replica_test.hpp"

#include "support/child_process.hpp"
#include "support/file_locks.hpp"
#include "support/outcome.hpp"
#include "support/while_interrupted.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace libsql {
namespace {

namespace fs = std::filesystem;

using namespace std::chrono_literals;
using namespace testing;
using replica_test = testing::replica_test;

std::string content_of(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

TEST_F(replica_test, a_new_replica_shows_the_primarys_content) {
    auto db = open_replica_of("CREATE TABLE t(x); INSERT INTO t VALUES (42)");
    auto conn = db.connect().value();
    EXPECT_EQ(number(conn, "SELECT x FROM t"), 42);
}

TEST_F(replica_test, a_sync_pulls_newer_writes) {
    auto db = open_replica_of("CREATE TABLE t(x)");
    auto conn = db.connect().value();
    auto replica = db.replica().value();
    const auto before = replica.frame_number().value();
    EXPECT_EQ(replica.sync().value().frames_synced, 0U);

    on_primary("INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)");
    EXPECT_EQ(number(conn, "SELECT count(*) FROM t"), 0);
    const auto done = replica.sync().value();
    EXPECT_EQ(done.frames_synced, 2U);
    EXPECT_EQ(done.frame_number, before + 2);
    EXPECT_EQ(replica.frame_number(), before + 2);
    EXPECT_EQ(number(conn, "SELECT count(*) FROM t"), 2);
}

TEST_F(replica_test, the_first_sync_can_be_postponed) {
    on_primary("CREATE TABLE t(x)");
    auto db = open_unsynced();
    auto conn = db.connect().value();
    EXPECT_EQ(number(conn, "SELECT count(*) FROM sqlite_schema"), 0);
    EXPECT_FALSE(db.replica().value().frame_number());
    EXPECT_TRUE(succeeded(db.replica().value().sync()));
    EXPECT_EQ(number(conn, "SELECT count(*) FROM sqlite_schema"), 1);
}

TEST_F(replica_test, is_empty_until_the_primary_has_data) {
    auto db = open_replica();
    auto conn = db.connect().value();
    auto replica = db.replica().value();
    EXPECT_EQ(replica.sync().value().frames_synced, 0U);
    EXPECT_FALSE(replica.sync().value().frame_number);
    EXPECT_EQ(number(conn, "SELECT count(*) FROM sqlite_schema"), 0);
    on_primary("CREATE TABLE t(x)");
    EXPECT_GT(replica.sync().value().frames_synced, 0U);
    EXPECT_EQ(number(conn, "SELECT count(*) FROM sqlite_schema"), 1);
}

TEST_F(replica_test, can_be_closed_and_opened_again_without_its_server) {
    open_replica_of("CREATE TABLE t(x); INSERT INTO t VALUES (1)");
    on_primary("INSERT INTO t VALUES (2)");
    {
        auto db = open_replica();
        auto conn = db.connect().value();
        EXPECT_EQ(number(conn, "SELECT count(*) FROM t"), 2);
    }
    server.kill();
    auto db = open_unsynced();
    auto conn = db.connect().value();
    EXPECT_EQ(number(conn, "SELECT count(*) FROM t"), 2);
    EXPECT_TRUE(succeeded(conn.ping()));
}

TEST_F(replica_test, is_encrypted_with_a_key_and_continues_to_sync) {
    on_primary("CREATE TABLE secret_table(x); INSERT INTO secret_table VALUES ('hidden word')");
    auto o = options_of_replica();
    o.encryption_key = "key";
    const auto holds_plain = [&](const std::string& file) {
        std::ifstream in(file, std::ios::binary);
        const std::string all{std::istreambuf_iterator<char>(in), {}};
        EXPECT_FALSE(all.empty()) << file;
        return all.find("hidden") != std::string::npos || all.find("secret_") != std::string::npos;
    };
    {
        auto db = database::open(o).value();
        EXPECT_FALSE(holds_plain(path + "-wal"));
        ASSERT_TRUE(succeeded(db.replica().value().flush()));
        EXPECT_FALSE(holds_plain(path));
        auto conn = db.connect().value();
        EXPECT_EQ(conn.fetch_one<std::string>("SELECT x FROM secret_table").value(), "hidden word");
        on_primary("INSERT INTO secret_table VALUES ('hidden, too')");
        ASSERT_TRUE(succeeded(db.replica().value().sync()));
        EXPECT_FALSE(holds_plain(path + "-wal"));
        EXPECT_EQ(number(conn, "SELECT count(*) FROM secret_table"), 2);
    }
    EXPECT_TRUE(failed_with(database::open(options_of_replica()), error_kind::wrong_key));
    EXPECT_TRUE(succeeded(database::open(o)));
}

/// A file that is opened and closed beside the engine would drop them (POSIX).
TEST_F(replica_test, a_wrong_key_leaves_the_locks_of_the_process) {
    on_primary("CREATE TABLE t(x); INSERT INTO t VALUES (1)");
    auto o = options_of_replica();
    o.encryption_key = "key";
    const auto db = database::open(o).value();
    auto conn = db.connect().value();
    auto tx = conn.begin(transaction_mode::read_only).value();
    ASSERT_EQ(number(tx, "SELECT count(*) FROM t"), 1);
    ASSERT_TRUE(testing::is_locked_here(path));
    ASSERT_TRUE(testing::is_locked_here(path + "-shm"));
    for (const char* const key : {"", "wrong"}) {
        auto other = o;
        other.encryption_key = key;
        EXPECT_TRUE(failed_with(database::open(other), error_kind::wrong_key));
        EXPECT_TRUE(testing::is_locked_here(path)) << key;
        EXPECT_TRUE(testing::is_locked_here(path + "-shm")) << key;
    }
    EXPECT_EQ(number(tx, "SELECT count(*) FROM t"), 1);
}

TEST_F(replica_test, its_file_cannot_be_opened_as_a_plain_database_before_it_is_frozen) {
    auto db = open_replica_of("CREATE TABLE t(x); INSERT INTO t VALUES (1)");
    auto conn = db.connect().value();
    EXPECT_TRUE(
        failed_with(database::open({.database = path}), error_kind::cannot_open, "is a replica"));
    EXPECT_TRUE(failed_with(database::open({.database = "file:" + path}), error_kind::cannot_open,
                            "is a replica"));

    auto replica = db.replica().value();
    ASSERT_TRUE(succeeded(replica.freeze()));
    EXPECT_FALSE(std::filesystem::exists(path + "-client_wal_index"));
    EXPECT_EQ(number(conn, "SELECT x FROM t"), 1);
    EXPECT_TRUE(failed_with(conn.execute("INSERT INTO t VALUES (2)"), error_kind::closed));
    EXPECT_TRUE(failed_with(replica.sync(), error_kind::closed, "frozen"));
    EXPECT_TRUE(failed_with(replica.freeze(), error_kind::closed, "frozen"));

    auto plain = database::open({.database = path}).value().connect().value();
    EXPECT_TRUE(succeeded(plain.execute("INSERT INTO t VALUES (2)")));
    EXPECT_EQ(number(plain, "SELECT count(*) FROM t"), 2);
    EXPECT_TRUE(failed_with(database::open(options_of_replica()), error_kind::cannot_open,
                            "plain database"));
}

TEST_F(replica_test, a_plain_database_is_not_overwritten) {
    {
        auto plain = database::open({.database = path}).value().connect().value();
        plain.execute("CREATE TABLE mine(x)").value();
    }
    EXPECT_TRUE(failed_with(database::open(options_of_replica()), error_kind::cannot_open,
                            "plain database"));
    EXPECT_FALSE(std::filesystem::exists(path + "-client_wal_index"));
    EXPECT_TRUE(succeeded(database::open({.database = path})));
}

TEST_F(replica_test, an_invalid_state_of_the_newer_protocol_is_refused) {
    std::ofstream(path + "-info") << "{}";
    EXPECT_TRUE(failed_with(database::open(options_of_replica()), error_kind::corrupt, "-info"));
    EXPECT_TRUE(
        failed_with(database::open({.database = path}), error_kind::cannot_open, "is a replica"));
}

TEST_F(replica_test, a_deleted_database_file_is_pulled_again) {
    open_replica_of("CREATE TABLE t(x); INSERT INTO t VALUES (1)");
    std::filesystem::remove(path);
    auto db = open_replica();
    auto conn = db.connect().value();
    EXPECT_EQ(number(conn, "SELECT x FROM t"), 1);
}

TEST_F(replica_test, other_databases_have_no_replica_handle) {
    const auto local = database::open({.database = dir.file("l.db")}).value();
    EXPECT_TRUE(failed_with(local.replica(), error_kind::unsupported, "not a replica"));
    const auto remote = database::open({.uri = server.url()}).value();
    EXPECT_TRUE(failed_with(remote.replica(), error_kind::unsupported, "not a replica"));
}

TEST_F(replica_test, unsuitable_open_modes_are_refused) {
    auto o = options_of_replica();
    o.mode = open_mode::read_only;
    EXPECT_TRUE(failed_with(database::open(o), error_kind::unsupported, "read_only"));
    o.mode = open_mode::read_write;
    EXPECT_TRUE(failed_with(database::open(o), error_kind::cannot_open, "does not exist"));
    EXPECT_FALSE(std::filesystem::exists(path + "-client_wal_index"));
    { const auto db = open_replica(); }
    EXPECT_TRUE(succeeded(database::open(o)));
}

TEST_F(replica_test, can_be_read_without_its_server_and_is_not_changed) {
    on_primary("CREATE TABLE t(x); INSERT INTO t VALUES (1)");
    {
        const auto db = open_replica();
        fs::copy_file(path + "-wal", dir.file("log"));
    }
    fs::copy_file(dir.file("log"), path + "-wal", fs::copy_options::overwrite_existing);
    const auto content = [&] { return content_of(path) + content_of(path + "-client_wal_index"); };
    const auto before = content();
    {
        auto conn = database::open({.database = path, .mode = open_mode::read_only})
                        .value()
                        .connect()
                        .value();
        EXPECT_EQ(number(conn, "SELECT x FROM t"), 1);
        EXPECT_TRUE(failed_with(conn.execute("DELETE FROM t"), error_kind::read_only));
    }
    EXPECT_EQ(content(), before);
    EXPECT_GT(fs::file_size(path + "-wal"), 0U);
}

TEST_F(replica_test, can_be_read_from_a_read_only_medium) {
    open_replica_of("CREATE TABLE t(x); INSERT INTO t VALUES (1)");
    const auto says = [&](const std::string& file) {
        return testing::child_process({"open", file, "read_only"}).read_line().value();
    };
    const auto everybody = fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read;
    fs::permissions(path, everybody);
    fs::permissions(path + "-client_wal_index", everybody);
    fs::permissions(dir.path(), everybody | fs::perms::owner_exec | fs::perms::group_exec |
                                    fs::perms::others_exec);
    EXPECT_EQ(says("file:" + path + "?immutable=1"), "ok 1");
    // Its advice is that.
    EXPECT_TRUE(says(path).find("immutable=1") != std::string::npos) << says(path);
    // What is in the log would be missing.
    fs::permissions(dir.path(), fs::perms::owner_all, fs::perm_options::add);
    std::ofstream(path + "-wal") << "something";
    EXPECT_TRUE(says("file:" + path + "?immutable=1").find("-wal") != std::string::npos);
}

TEST_F(replica_test, custom_pragmas_do_not_write_to_the_file) {
    open_replica_of("CREATE TABLE t(x)");
    const auto before = content_of(path);
    for (const char* const name : {"user_version", "application_id", "schema_version"}) {
        auto o = options_of_replica();
        o.custom_pragmas = {{name, "7"}};
        EXPECT_TRUE(failed_with(database::open(o), error_kind::read_only)) << name;
        o.custom_pragmas = {{"Query_Only", "0"}, {name, "7"}};
        EXPECT_TRUE(failed_with(database::open(o), error_kind::invalid_argument, "query_only"));
    }
    EXPECT_EQ(content_of(path), before);
    auto o = options_of_replica();
    o.custom_pragmas = {{"automatic_index", "0"}};
    auto conn = database::open(o).value().connect().value();
    EXPECT_EQ(number(conn, "PRAGMA automatic_index"), 0);
    EXPECT_EQ(number(conn, "PRAGMA query_only"), 1);
}

TEST_F(replica_test, its_state_has_the_permissions_of_the_database) {
    on_primary("CREATE TABLE t(x)");
    std::ofstream(path).close();
    constexpr auto private_file = fs::perms::owner_read | fs::perms::owner_write;
    fs::permissions(path, private_file);
    const auto db = open_replica();
    EXPECT_EQ(fs::status(path + "-client_wal_index").permissions(), private_file);
}

TEST_F(replica_test, reports_its_status) {
    on_primary("CREATE TABLE t(x)");
    auto db = open_unsynced();
    auto replica = db.replica().value();
    auto status = replica.status();
    EXPECT_FALSE(status.last_sync);
    EXPECT_FALSE(status.last_error);
    EXPECT_FALSE(status.frame_number);
    ASSERT_TRUE(succeeded(replica.sync()));
    status = replica.status();
    ASSERT_TRUE(status.last_sync);
    EXPECT_LT(std::chrono::system_clock::now() - *status.last_sync, 10s);
    EXPECT_EQ(status.frame_number, status.primary_frame_number);
    EXPECT_EQ(status.lag, 0U);
    server.kill();
    EXPECT_TRUE(failed_with(replica.sync(deadline::in(200ms)), error_kind::timeout));
    status = replica.status();
    ASSERT_TRUE(status.last_error);
    EXPECT_EQ(status.last_error->kind(), error_kind::timeout);
    EXPECT_TRUE(status.last_sync);
}

/// What its status says while a sync waits for the server, which it does for half a minute.
error seen_while_it_waits(replica& of) {
    std::atomic<bool> over{false};
    std::thread syncs([&] {
        EXPECT_TRUE(failed_with(of.sync(), error_kind::interrupted));
        over = true;
    });
    std::optional<error> seen;  // at first that of the sync before
    while (!over && !(seen && seen->kind() == error_kind::network)) {
        std::this_thread::sleep_for(1ms);
        seen = of.status().last_error;
    }
    of.interrupt();
    syncs.join();
    return seen.value_or(error(error_kind::internal, "it says nothing"));
}

TEST_F(replica_test, reports_an_unreachable_server_while_a_sync_waits) {
    on_primary("CREATE TABLE t(x)");
    const auto db = open_unsynced();
    auto replica = db.replica().value();
    EXPECT_FALSE(replica.status().last_contact);
    ASSERT_TRUE(succeeded(replica.sync()));
    const auto before = replica.status();
    ASSERT_TRUE(before.last_contact);
    EXPECT_LT(std::chrono::system_clock::now() - *before.last_contact, 10s);
    EXPECT_FALSE(before.last_error);

    server.stop_process();
    while (replica.sync(deadline::in(200ms))) {  // its threads stop one after the other
    }
    const auto contact = replica.status().last_contact;
    const auto silent = seen_while_it_waits(replica);
    EXPECT_TRUE(is_error(silent, error_kind::network, "sent nothing"));
    EXPECT_EQ(replica.status().last_contact, contact);

    server.kill();
    const auto gone = seen_while_it_waits(replica);
    EXPECT_TRUE(is_error(gone, error_kind::network, "connect"));
    EXPECT_EQ(replica.status().last_contact, contact);

    server.restart();
    ASSERT_TRUE(succeeded(replica.sync()));
    EXPECT_FALSE(replica.status().last_error);
    EXPECT_GT(replica.status().last_contact, contact);
}

TEST_F(replica_test, sync_until_waits_for_a_frame) {
    auto db = open_replica_of("CREATE TABLE t(x)");
    auto replica = db.replica().value();
    const auto next = replica.frame_number().value() + 1;
    EXPECT_TRUE(failed_with(replica.sync_until(next, deadline::in(200ms)), error_kind::timeout));
    std::thread writes([&] {
        std::this_thread::sleep_for(100ms);
        on_primary("INSERT INTO t VALUES (1)");
    });
    const auto done = replica.sync_until(next, deadline::in(300s));
    writes.join();
    ASSERT_TRUE(succeeded(done));
    EXPECT_GE(done->frame_number, next);
    EXPECT_EQ(replica.sync_until(next).value().frames_synced, 0U);
}

TEST_F(replica_test, a_jump_of_the_system_clock_changes_nothing) {
    testing::child_process other({"jump", path, server.url()});
    EXPECT_EQ(other.read_line(), "done");
    EXPECT_EQ(other.wait(), 0);
}

TEST_F(replica_test, reports_progress) {
    on_primary(
        "CREATE TABLE t(x); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i "
        "< 1000) INSERT INTO t SELECT randomblob(1000) FROM n");
    auto o = options_of_replica();
    std::vector<sync_progress> seen;
    o.sync.progress = [&](const sync_progress& p) { seen.push_back(p); };
    const auto db = database::open(o).value();
    ASSERT_GT(seen.size(), 2U);
    for (std::size_t i = 1; i < seen.size(); ++i) {
        EXPECT_GE(seen[i].frames, seen[i - 1].frames);
        EXPECT_EQ(seen[i].total, seen[0].total);
    }
    EXPECT_GT(seen[0].total, 200U);
    EXPECT_EQ(seen.back().frames, seen.back().total);
}

TEST_F(replica_test, a_progress_callback_that_throws_ends_only_the_sync) {
    on_primary(
        "CREATE TABLE t(x); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i "
        "< 1000) INSERT INTO t SELECT randomblob(1000) FROM n");
    auto o = options_of_replica();
    bool throws = true;
    o.sync.on_open = false;
    o.sync.progress = [&](const sync_progress&) {
        if (throws) {
            throw std::runtime_error("enough");
        }
    };
    auto db = database::open(o).value();
    auto replica = db.replica().value();
    EXPECT_TRUE(failed_with(replica.sync(), error_kind::interrupted, "enough"));
    EXPECT_FALSE(replica.frame_number());
    throws = false;
    EXPECT_TRUE(succeeded(replica.sync()));
}

TEST_F(replica_test, the_option_timeout_is_the_deadline_of_a_sync) {
    on_primary("CREATE TABLE t(x)");
    auto o = options_of_replica();
    o.timeout = 1s;
    auto db = database::open(o).value();
    server.kill();
    EXPECT_TRUE(failed_with(db.replica().value().sync(), error_kind::timeout));
    EXPECT_TRUE(failed_with(database::open(o), error_kind::timeout));
}

TEST_F(replica_test, a_sync_can_be_interrupted) {
    auto db = open_replica_of("CREATE TABLE t(x)");
    auto replica = db.replica().value();
    server.stop_process();
    std::this_thread::sleep_for(50ms);  // its threads stop one after the other
    const auto ended =
        testing::while_interrupted([&] { replica.interrupt(); }, [&] { return replica.sync(); });
    EXPECT_TRUE(failed_with(ended, error_kind::interrupted));
    server.continue_process();
    EXPECT_TRUE(succeeded(replica.sync()));
}

TEST_F(replica_test, waiting_for_another_sync_can_be_interrupted) {
    auto db = open_replica();
    auto replica = db.replica().value();
    auto other = db.replica().value();
    server.stop_process();
    std::this_thread::sleep_for(50ms);
    std::thread first([&] { EXPECT_TRUE(failed_with(replica.sync(), error_kind::interrupted)); });
    std::this_thread::sleep_for(50ms);
    EXPECT_TRUE(failed_with(other.sync(deadline::in(50ms)), error_kind::timeout));
    const auto ended =
        testing::while_interrupted([&] { other.interrupt(); }, [&] { return other.sync(); });
    EXPECT_TRUE(failed_with(ended, error_kind::interrupted));
    testing::while_interrupted([&] { replica.interrupt(); }, [&] { first.join(); });
    server.continue_process();
}

TEST_F(short_log_replica_test, frames_missing_from_the_log_come_as_a_snapshot) {
    auto db = open_replica_of(
        "CREATE TABLE t(x); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i "
        "< 3000) INSERT INTO t SELECT randomblob(1000) FROM n; INSERT INTO t VALUES ('last')");
    auto conn = db.connect().value();
    EXPECT_EQ(number(conn, "SELECT count(*) FROM t"), 3001);
    EXPECT_EQ(conn.fetch_one<std::string>("PRAGMA integrity_check").value(), "ok");
    for (int round = 0; round < 3; ++round) {
        on_primary("UPDATE t SET x = randomblob(900) WHERE rowid % 3 = 1");
        on_primary("INSERT INTO t VALUES ('more')");
        ASSERT_TRUE(succeeded(db.replica().value().sync()));
        EXPECT_EQ(number(conn, "SELECT count(*) FROM t"), 3002 + round);
        EXPECT_EQ(conn.fetch_one<std::string>("PRAGMA integrity_check").value(), "ok");
    }
}

class replica_with_token : public replica_test {
protected:
    replica_with_token() : replica_test({.authentication = true}) {}
};

TEST_F(replica_with_token, needs_a_token) {
    auto o = options_of_replica();
    EXPECT_TRUE(failed_with(database::open(o), error_kind::authentication));
    o.auth_token = "nonsense";
    EXPECT_TRUE(failed_with(database::open(o), error_kind::authentication));
    o.auth_token = server.token();
    EXPECT_TRUE(succeeded(database::open(o)));
}

TEST_F(replica_with_token, a_token_with_a_line_break_is_not_sent) {
    auto o = options_of_replica();
    o.auth_token = server.token();
    const auto primary = database::open({.uri = server.url(), .auth_token = server.token()});
    primary.value().connect().value().execute("CREATE TABLE t(x)").value();
    { const auto db = database::open(o).value(); }
    // Whoever made the second line a header would be let in.
    o.auth_token = "x\r\nauthorization: Bearer " + server.token();
    EXPECT_TRUE(failed_with(database::open(o), error_kind::authentication, "line break"));
}

TEST_F(replica_with_token, asks_for_a_new_token_when_the_old_one_is_refused) {
    auto o = options_of_replica();
    int asked = 0;
    o.auth_token = [&]() -> std::string { return ++asked == 1 ? "old" : server.token(); };
    const auto db = database::open(o).value();
    EXPECT_GE(asked, 2);
    EXPECT_TRUE(succeeded(db.replica().value().sync()));
}

}  // namespace
}  // namespace libsql
