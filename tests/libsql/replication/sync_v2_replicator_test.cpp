#include "libsql/replication/sync_v2_replicator.hpp"

#include "support/file_locks.hpp"
#include "support/outcome.hpp"
#include "support/sync_v2_test.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace libsql {
namespace {

using namespace std::chrono_literals;
using namespace testing;
using replication::replica_info;
using replication::sync_info_file;

std::string content_of(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

// --- pull ---

TEST_F(sync_v2_test, a_new_replica_gets_the_export_and_the_frames_since) {
    server.execute("CREATE TABLE t(x); INSERT INTO t VALUES (1)");
    server.next_generation();
    server.execute("INSERT INTO t VALUES (2)");
    const auto db = open(options_of_replica());
    auto conn = db.connect().value();
    EXPECT_EQ(number(conn, "SELECT sum(x) FROM t"), 3);
    server.execute("INSERT INTO t VALUES (4)");
    const auto synced = sync(db);
    ASSERT_TRUE(succeeded(synced));
    EXPECT_EQ(synced->frames_synced, 1U);
    EXPECT_EQ(synced->frame_number, 2U);
    EXPECT_EQ(number(conn, "SELECT sum(x) FROM t"), 7);
    EXPECT_EQ(info().read()->generation, 2U);
    EXPECT_EQ(info().read()->durable, 2U);
    EXPECT_FALSE(std::filesystem::exists(dir.file("replica.db-client_wal_index")));
}

TEST_F(sync_v2_test, a_reopened_replica_continues_where_it_was) {
    server.execute("CREATE TABLE t(x)");
    open(options_of_replica());
    server.execute("INSERT INTO t VALUES (1)");
    const auto before = server.http().requests().size();
    const auto db = open(options_of_replica());
    EXPECT_EQ(number(db, "SELECT count(*) FROM t"), 1);
    const auto all = server.http().requests();
    ASSERT_EQ(all.size(), before + 2);
    EXPECT_EQ(all[before].target, "/sync/1/1/129");  // what both have is compared
    EXPECT_EQ(all[before + 1].target, "/sync/1/4/132");
}

TEST_F(sync_v2_test, an_empty_primary_gives_an_empty_replica) {
    const auto db = open(options_of_replica());
    EXPECT_EQ(number(db, "SELECT count(*) FROM sqlite_schema"), 0);
    EXPECT_EQ(db.replica()->frame_number(), std::nullopt);
    server.execute("CREATE TABLE t(x)");
    ASSERT_TRUE(succeeded(sync(db)));
    EXPECT_EQ(number(db, "SELECT count(*) FROM t"), 0);
}

TEST_F(sync_v2_test, an_empty_export_is_an_empty_database) {
    once("/export", [](auto) { return reply_with(200, ""); });
    server.execute("CREATE TABLE t(x)");
    EXPECT_EQ(number(open(options_of_replica()), "SELECT count(*) FROM t"), 0);
}

TEST_F(sync_v2_test, transactions_may_be_longer_than_a_request) {
    server.execute("CREATE TABLE t(x)");
    const auto db = open(options_of_replica());
    server.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400) "
        "INSERT INTO t SELECT zeroblob(4000) FROM n");
    for (int i = 0; i < 200; ++i) {
        server.execute("INSERT INTO t VALUES (1)");
    }
    const auto synced = sync(db);
    ASSERT_TRUE(succeeded(synced));
    EXPECT_GT(synced->frames_synced, 600U);
    EXPECT_EQ(synced->frame_number, server.frames());
    EXPECT_EQ(number(db, "SELECT count(*) FROM t"), 600);
    EXPECT_EQ(db.connect()->fetch_one<std::string>("PRAGMA integrity_check").value(), "ok");
}

TEST_F(sync_v2_test, later_generations_are_followed) {
    for (const int status : {400, 500}) {
        server.end_status = status;
        const auto o = options_of_replica("r" + std::to_string(status) + ".db");
        server.execute("DROP TABLE IF EXISTS t; CREATE TABLE t(x)");
        auto db = open(o);
        auto conn = db.connect().value();
        server.execute("INSERT INTO t VALUES (1)");
        server.next_generation();
        server.next_generation();  // one without frames
        server.execute("INSERT INTO t VALUES (2)");
        server.next_generation();
        server.execute("INSERT INTO t VALUES (4)");
        ASSERT_TRUE(succeeded(sync(db)));
        EXPECT_EQ(number(conn, "SELECT sum(x) FROM t"), 7);
        EXPECT_EQ(db.replica()->frame_number(), 1U);
        EXPECT_EQ(sync_info_file(o.database).read()->generation, server.generation());
        EXPECT_EQ(std::filesystem::file_size(o.database + "-wal"), 32U + 4120U);
        server.execute("INSERT INTO t VALUES (8)");
        db = open(o);
        EXPECT_EQ(number(db, "SELECT sum(x) FROM t"), 15);
    }
}

TEST_F(sync_v2_test, a_reader_delays_the_next_generation) {
    server.execute("CREATE TABLE t(x)");
    const auto db = open(options_of_replica());
    auto conn = db.connect().value();
    server.execute("INSERT INTO t VALUES (1)");
    ASSERT_TRUE(succeeded(sync(db)));
    server.next_generation();
    server.execute("INSERT INTO t VALUES (2)");
    auto reading = conn.begin(transaction_mode::read_only).value();
    EXPECT_EQ(number(reading, "SELECT sum(x) FROM t"), 1);
    EXPECT_TRUE(times_out([&](deadline until) { return sync(db, until); }, "reads from"));
    EXPECT_EQ(number(reading, "SELECT sum(x) FROM t"), 1);
    // Should it be killed from here on.
    EXPECT_TRUE(info().read()->emptying);
    EXPECT_TRUE(info().read()->log);
    EXPECT_EQ(info().read()->generation, 1U);
    ASSERT_TRUE(succeeded(reading.commit()));
    ASSERT_TRUE(succeeded(sync(db)));
    EXPECT_EQ(number(conn, "SELECT sum(x) FROM t"), 3);
}

TEST_F(sync_v2_test, sync_until_waits_for_a_frame) {
    server.execute("CREATE TABLE t(x)");
    const auto db = open(options_of_replica());
    const auto have = server.frames();
    EXPECT_TRUE(times_out([&](deadline until) { return db.replica()->sync_until(have + 1, until); },
                          "has not written"));
    server.execute("INSERT INTO t VALUES (1)");
    const auto synced = db.replica()->sync_until(have + 1);
    ASSERT_TRUE(succeeded(synced));
    EXPECT_EQ(synced->frame_number, have + 1);
    const auto status = db.replica()->status();
    EXPECT_EQ(status.frame_number, have + 1);
    EXPECT_EQ(status.lag, 0U);
    EXPECT_EQ(status.last_error, std::nullopt);
}

TEST_F(sync_v2_test, reports_progress) {
    server.execute("CREATE TABLE t(x); INSERT INTO t VALUES (zeroblob(1000000))");
    server.next_generation();
    auto o = options_of_replica();
    std::vector<sync_progress> seen;
    o.sync.progress = [&](const sync_progress& p) { seen.push_back(p); };
    open(o);
    ASSERT_GT(seen.size(), 2U);
    EXPECT_GT(seen[0].total, 240U);
    EXPECT_LT(seen[0].frames, seen[1].frames);
}

TEST_F(sync_v2_test, a_progress_callback_may_throw) {
    server.execute("CREATE TABLE t(x); INSERT INTO t VALUES (zeroblob(1000000))");
    auto o = options_of_replica();
    o.sync.progress = [](const sync_progress&) { throw std::runtime_error("enough"); };
    EXPECT_TRUE(failed_with(database::open(o), error_kind::interrupted, "enough"));
    server.next_generation();
    o.database = dir.file("other.db");
    EXPECT_TRUE(failed_with(database::open(o), error_kind::interrupted, "enough"));
    o.sync.progress = nullptr;
    EXPECT_EQ(number(open(o), "SELECT count(*) FROM t"), 1);
    EXPECT_EQ(number(open(options_of_replica()), "SELECT count(*) FROM t"), 1);
}

// --- remote writes ---

/// What the status says while `call` waits, from the moment on which `says` of it.
template <class Says, class Call>
replica_status seen_during(replica& of, Says says, Call call) {
    std::atomic<bool> over{false};
    std::thread runs([&] {
        call();
        over = true;
    });
    auto seen = of.status();
    while (!over && !says(seen)) {
        std::this_thread::sleep_for(1ms);
        seen = of.status();
    }
    EXPECT_FALSE(over) << "it has said nothing";
    of.interrupt();
    runs.join();
    return seen;
}

TEST_F(sync_v2_test, reports_while_it_waits_why_it_tries_again) {
    server.execute("CREATE TABLE t(x)");
    const auto db = open(options_of_replica());
    auto replica = db.replica().value();
    const auto before = replica.status();
    ASSERT_TRUE(before.last_contact);
    EXPECT_FALSE(before.last_error);
    server.on_reply([](const scripted_request&, const scripted_reply&) {
        return scripted_reply{.end = testing::scripted_end::close};
    });
    const auto seen = seen_during(
        replica, [](const replica_status& now) { return now.last_error.has_value(); },
        [&] { EXPECT_TRUE(failed_with(replica.sync(), error_kind::interrupted)); });
    EXPECT_TRUE(testing::is_error(*seen.last_error, error_kind::network));
    EXPECT_EQ(seen.last_contact, before.last_contact);
    EXPECT_EQ(seen.last_sync, before.last_sync);
    server.on_reply({});
    ASSERT_TRUE(succeeded(replica.sync()));
    EXPECT_FALSE(replica.status().last_error);
    EXPECT_GT(replica.status().last_contact, before.last_contact);
}

TEST_F(sync_v2_test, reports_while_it_waits_that_the_server_is_silent) {
    server.execute("CREATE TABLE t(x)");
    const auto db = open(options_of_replica());
    auto replica = db.replica().value();
    const auto before = replica.status();
    server.on_reply([](const scripted_request&, const scripted_reply&) {
        return scripted_reply{.end = testing::scripted_end::stall};
    });
    const auto seen = seen_during(
        replica, [](const replica_status& now) { return now.last_error.has_value(); },
        [&] { EXPECT_TRUE(failed_with(replica.sync(), error_kind::interrupted)); });
    EXPECT_TRUE(testing::is_error(*seen.last_error, error_kind::network, "sent nothing for "));
    EXPECT_EQ(seen.last_contact, before.last_contact);
    server.on_reply({});
    ASSERT_TRUE(succeeded(replica.sync()));
    EXPECT_FALSE(replica.status().last_error);
}

TEST_F(sync_v2_test, its_state_has_the_permissions_of_the_database) {
    namespace fs = std::filesystem;
    constexpr auto private_file = fs::perms::owner_read | fs::perms::owner_write;
    constexpr auto of_a_group = private_file | fs::perms::group_read | fs::perms::group_write;
    server.execute("CREATE TABLE t(x)");
    for (const auto wanted : {private_file, of_a_group}) {
        const auto o = options_of_replica(wanted == private_file ? "private.db" : "group.db");
        std::ofstream(o.database).close();
        fs::permissions(o.database, wanted);
        const auto db = open(o);
        EXPECT_EQ(fs::status(o.database + "-info").permissions(), wanted);
        server.execute("INSERT INTO t VALUES (1)");
        ASSERT_TRUE(succeeded(sync(db)));  // writes it anew
        EXPECT_EQ(fs::status(o.database + "-info").permissions(), wanted);
    }
}

/// docs/decisions/0013: it is refused, and not pulled anew.
TEST_F(sync_v2_test, a_primary_that_is_restored_while_the_replica_is_open_is_refused) {
    server.execute("CREATE TABLE t(x); INSERT INTO t VALUES (1)");
    server.remember_state();
    server.execute("INSERT INTO t VALUES (2)");
    auto o = options_of_replica();
    const auto db = open(o);
    auto conn = db.connect().value();
    ASSERT_EQ(number(conn, "SELECT sum(x) FROM t"), 3);
    const auto before = db.replica()->frame_number();
    server.restore_state();
    server.execute("INSERT INTO t VALUES (4)");
    server.execute("INSERT INTO t VALUES (8)");
    for (int i = 0; i < 2; ++i) {
        const auto refused = sync(db);
        EXPECT_TRUE(failed_with(refused, error_kind::protocol, "the primary was restored"));
        EXPECT_TRUE(
            failed_with(refused, error_kind::protocol,
                        "to sync afresh, move the replica and " + o.database + "-info away"));
        EXPECT_EQ(number(conn, "SELECT sum(x) FROM t"), 3);
        EXPECT_EQ(db.replica()->frame_number(), before);
        EXPECT_TRUE(testing::is_error(*db.replica()->status().last_error, error_kind::protocol));
    }
    // As the message says.
    for (const char* const suffix : {"", "-info", "-wal", "-shm"}) {
        if (std::filesystem::exists(o.database + suffix)) {
            std::filesystem::rename(o.database + suffix, o.database + ".old" + suffix);
        }
    }
    EXPECT_EQ(number(open(o), "SELECT sum(x) FROM t"), 13);
}

TEST_F(sync_v2_test, a_primary_that_was_restored_within_a_generation_is_noticed) {
    server.execute("CREATE TABLE t(x); CREATE TABLE u(x)");
    server.remember_state();
    const auto db = open(options_of_replica());
    server.execute("INSERT INTO t VALUES (1); INSERT INTO u VALUES (2)");
    ASSERT_TRUE(succeeded(sync(db)));
    server.restore_state();
    for (const char* const write :
         {"INSERT INTO t VALUES (3)", "INSERT INTO u VALUES (2)", "INSERT INTO u VALUES (4)"}) {
        // Behind, at the same frame with the same content, and beyond.
        server.execute(write);
        const auto again = database::open(options_of_replica());
        EXPECT_TRUE(failed_with(again, error_kind::protocol, "the primary was restored"));
    }
    EXPECT_EQ(number(db, "SELECT count(*) FROM t WHERE x = 1"), 1);
}

TEST_F(sync_v2_test, a_write_goes_to_the_primary_and_is_pulled) {
    server.execute("CREATE TABLE t(x)");
    const auto db = open(options_of_replica());
    auto conn = db.connect().value();
    ASSERT_TRUE(succeeded(conn.execute("INSERT INTO t VALUES (5)")));
    EXPECT_EQ(server.number("SELECT x FROM t"), 5);
    EXPECT_EQ(number(conn, "SELECT x FROM t"), 5);
    EXPECT_EQ(db.replica()->frame_number(), server.frames());
    EXPECT_TRUE(failed_with(db.replica()->flush(), error_kind::unsupported, "flush"));
}

TEST_F(sync_v2_test, without_read_your_writes_a_write_comes_with_the_next_sync) {
    server.execute("CREATE TABLE t(x)");
    auto o = options_of_replica();
    o.sync.read_your_writes = false;
    const auto db = open(o);
    auto conn = db.connect().value();
    ASSERT_TRUE(succeeded(conn.execute("INSERT INTO t VALUES (5)")));
    EXPECT_EQ(number(conn, "SELECT count(*) FROM t"), 0);
    ASSERT_TRUE(succeeded(sync(db)));
    EXPECT_EQ(number(conn, "SELECT count(*) FROM t"), 1);
}

// --- offline writes ---

TEST_F(sync_v2_test, offline_writes_are_pushed_and_pulled_by_others) {
    server.execute("CREATE TABLE t(x)");
    const auto db = open(offline());
    const auto other = open(options_of_replica("other.db"));
    write(db, "INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)");
    EXPECT_EQ(number(db, "SELECT sum(x) FROM t"), 3);
    EXPECT_EQ(server.number("SELECT count(*) FROM t"), 0);
    const auto synced = sync(db);
    ASSERT_TRUE(succeeded(synced));
    EXPECT_EQ(synced->frames_synced, 2U);
    EXPECT_EQ(server.number("SELECT sum(x) FROM t"), 3);
    ASSERT_TRUE(succeeded(sync(other)));
    EXPECT_EQ(number(other, "SELECT sum(x) FROM t"), 3);
    EXPECT_EQ(sync(db)->frames_synced, 0U);
}

TEST_F(sync_v2_test, offline_writes_survive_a_close) {
    server.execute("CREATE TABLE t(x)");
    write(open(offline()), "INSERT INTO t VALUES (1)");
    const auto db = open(offline());
    EXPECT_EQ(number(db, "SELECT count(*) FROM t"), 1);
    EXPECT_EQ(server.number("SELECT count(*) FROM t"), 1);
}

TEST_F(sync_v2_test, many_frames_are_pushed_in_several_requests) {
    server.execute("CREATE TABLE t(x)");
    const auto db = open(offline());
    write(db,
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) "
          "INSERT INTO t SELECT zeroblob(4000) FROM n");
    ASSERT_TRUE(succeeded(sync(db)));
    EXPECT_EQ(server.number("SELECT count(*) FROM t"), 300);
    int with_baton = 0;
    for (const auto& r : server.http().requests()) {
        with_baton += r.target.ends_with("/a%2Fb%3Fc") ? 1 : 0;
    }
    EXPECT_EQ(with_baton, 2);
}

TEST_F(sync_v2_test, pushed_frames_are_followed_by_the_next_generation) {
    server.execute("CREATE TABLE t(x)");
    const auto db = open(offline());
    for (int i = 0; i < 3; ++i) {
        write(db, "INSERT INTO t VALUES (1)");
        ASSERT_TRUE(succeeded(sync(db)));
        server.next_generation();
        ASSERT_TRUE(succeeded(sync(db)));
    }
    server.execute("INSERT INTO t VALUES (1)");
    ASSERT_TRUE(succeeded(sync(db)));
    EXPECT_EQ(number(db, "SELECT count(*) FROM t"), 4);
    EXPECT_EQ(info().read()->generation, 4U);
}

TEST_F(sync_v2_test, a_conflict_loses_nothing) {
    server.execute("CREATE TABLE t(x)");
    auto db = open(offline());
    const auto other = open(offline("other.db"));
    write(db, "INSERT INTO t VALUES (1)");
    write(other, "INSERT INTO t VALUES (2)");
    ASSERT_TRUE(succeeded(sync(other)));
    for (int i = 0; i < 2; ++i) {
        const auto why = sync(db);
        EXPECT_TRUE(failed_with(why, error_kind::transaction, "conflict"));
        EXPECT_TRUE(failed_with(why, error_kind::transaction, "freeze it"));
    }
    EXPECT_EQ(number(db, "SELECT x FROM t"), 1);
    EXPECT_EQ(server.number("SELECT x FROM t"), 2);
    auto o = offline();
    o.sync.on_open = false;
    db = open(o);
    EXPECT_EQ(number(db, "SELECT x FROM t"), 1);
    ASSERT_TRUE(succeeded(db.replica()->freeze()));
    db = open({.database = o.database});
    EXPECT_EQ(number(db, "SELECT x FROM t"), 1);
    write(db, "INSERT INTO t VALUES (7)");
}

TEST_F(sync_v2_test, a_conflict_reported_only_by_the_server_loses_nothing) {
    server.execute("CREATE TABLE t(x)");
    const auto db = open(offline());
    write(db, "INSERT INTO t VALUES (1)");
    answer_pushes(R"({"status":"conflict","generation":1,"max_frame_no":9})");
    EXPECT_TRUE(failed_with(sync(db), error_kind::transaction, "conflict: somebody"));
    EXPECT_EQ(number(db, "SELECT x FROM t"), 1);
    server.on_reply({});
    ASSERT_TRUE(succeeded(sync(db)));
    EXPECT_EQ(server.number("SELECT x FROM t"), 1);
}

TEST_F(sync_v2_test, a_generation_that_began_before_the_push_is_a_conflict) {
    server.execute("CREATE TABLE t(x)");
    const auto db = open(offline());
    write(db, "INSERT INTO t VALUES (1)");
    server.next_generation();
    EXPECT_TRUE(failed_with(sync(db), error_kind::transaction, "new generation"));
    EXPECT_EQ(number(db, "SELECT x FROM t"), 1);
}

TEST_F(sync_v2_test, a_server_with_fewer_frames_than_it_said_gets_them_once_more) {
    server.execute("CREATE TABLE t(x)");
    const auto db = open(offline());
    write(db, "INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)");
    int posts = 0;
    server.on_reply([&](const scripted_request& r, scripted_reply normal) {
        if (r.method != "POST") {
            return normal;
        }
        return ++posts == 1 ? reply_with(200, R"({"status":"ok","generation":1,"max_frame_no":2})")
                            : normal;
    });
    ASSERT_TRUE(succeeded(sync(db)));
    EXPECT_EQ(posts, 2);
    EXPECT_EQ(info().read()->durable, server.frames());
    write(db, "INSERT INTO t VALUES (3)");
    expect_refused_count(db, 0);
    EXPECT_EQ(server.number("SELECT sum(x) FROM t"), 6);
}

TEST_F(sync_v2_test, a_server_with_more_frames_than_were_sent_is_an_error) {
    server.execute("CREATE TABLE t(x)");
    const auto db = open(offline());
    write(db, "INSERT INTO t VALUES (1)");
    expect_refused_count(db, 99);
    EXPECT_EQ(server.number("SELECT sum(x) FROM t"), 1);
}

TEST_F(sync_v2_test, offline_writes_are_not_dropped_without_the_option) {
    server.execute("CREATE TABLE t(x)");
    {
        auto o = offline();
        write(open(o), "INSERT INTO t VALUES (1)");
        o = options_of_replica();
        EXPECT_TRUE(failed_with(database::open(o), error_kind::transaction, "sync.offline_writes"));
    }
    EXPECT_EQ(number(open(offline()), "SELECT count(*) FROM t"), 1);
    EXPECT_EQ(server.number("SELECT count(*) FROM t"), 1);
}

TEST_F(sync_v2_test, an_open_transaction_delays_a_sync) {
    server.execute("CREATE TABLE t(x)");
    const auto db = open(offline());
    auto conn = db.connect().value();
    auto tx = conn.begin(transaction_mode::immediate).value();
    ASSERT_TRUE(succeeded(tx.execute("INSERT INTO t VALUES (1)")));
    EXPECT_TRUE(times_out([&](deadline until) { return sync(db, until); }, "transaction"));
    ASSERT_TRUE(succeeded(tx.commit()));
    ASSERT_TRUE(succeeded(sync(db)));
    EXPECT_EQ(server.number("SELECT count(*) FROM t"), 1);
}

TEST_F(sync_v2_test, only_a_sync_empties_the_log) {
    server.execute("CREATE TABLE t(x)");
    const auto db = open(offline());
    auto conn = db.connect().value();
    for (const auto* const sql : {"PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA journal_mode=DELETE",
                                  "PRAGMA wal_autocheckpoint=1"}) {
        EXPECT_TRUE(failed_with(conn.execute(sql), error_kind::unsupported)) << sql;
    }
    auto o = offline();
    o.wal_autocheckpoint = 1;
    EXPECT_TRUE(failed_with(database::open(o), error_kind::unsupported, "wal_autocheckpoint"));
    conn.execute("PRAGMA synchronous = OFF").value();
    for (int i = 0; i < 1500; ++i) {
        conn.execute("INSERT INTO t VALUES (1)").value();
    }
    const auto synced = sync(db);
    ASSERT_TRUE(succeeded(synced));
    EXPECT_GE(synced->frames_synced, 1500U);
    EXPECT_EQ(server.number("SELECT count(*) FROM t"), 1500);
}

// --- encryption ---

class sync_v2_encryption_test : public sync_v2_test {
protected:
    static constexpr auto secret = "this must not be on the disk";

    /// In no file of the replicas.
    void expect_no_secret() {
        for (const auto& file : std::filesystem::directory_iterator(dir.path())) {
            EXPECT_EQ(content_of(file.path()).find(secret), std::string::npos) << file.path();
        }
    }
};

TEST_F(sync_v2_encryption_test, pulled_content_is_encrypted) {
    server.execute("CREATE TABLE t(x); INSERT INTO t VALUES ('" + std::string(secret) + "')");
    server.next_generation();
    auto o = options_of_replica();
    o.encryption_key = "key";
    server.on_reply([&](const scripted_request&, scripted_reply normal) {
        expect_no_secret();
        return normal;
    });
    auto db = open(o);
    EXPECT_EQ(number(db, "SELECT count(*) FROM t"), 1);
    server.execute("UPDATE t SET x = x || '!'");
    ASSERT_TRUE(succeeded(sync(db)));
    expect_no_secret();
    // Frames that come once more are compared with those that are here.
    ASSERT_TRUE(succeeded(info().write({.generation = 2})));
    db = open(o);
    EXPECT_EQ(db.replica()->frame_number(), 1U);
    server.next_generation();
    server.execute("UPDATE t SET x = x || '!'");
    ASSERT_TRUE(succeeded(sync(db)));
    EXPECT_EQ(db.connect()->fetch_one<std::string>("SELECT x FROM t").value(),
              std::string(secret) + "!!");
    expect_no_secret();
    EXPECT_TRUE(failed_with(database::open(options_of_replica()), error_kind::wrong_key));
}

TEST_F(sync_v2_encryption_test, a_wrong_key_leaves_the_locks_of_the_process) {
    server.execute("CREATE TABLE t(x); INSERT INTO t VALUES (1)");
    auto o = options_of_replica();
    o.encryption_key = "key";
    const auto db = open(o);
    auto conn = db.connect().value();
    auto tx = conn.begin(transaction_mode::read_only).value();
    ASSERT_EQ(number(tx, "SELECT count(*) FROM t"), 1);
    ASSERT_TRUE(testing::is_locked_here(o.database));
    for (const char* const key : {"", "wrong"}) {
        auto other = o;
        other.encryption_key = key;
        EXPECT_TRUE(failed_with(database::open(other), error_kind::wrong_key));
        EXPECT_TRUE(testing::is_locked_here(o.database)) << key;
        EXPECT_TRUE(testing::is_locked_here(o.database + "-shm")) << key;
    }
}

TEST_F(sync_v2_encryption_test, pushed_content_is_not_encrypted_by_the_replica) {
    server.execute("CREATE TABLE t(x)");
    auto o = offline();
    o.encryption_key = "key";
    const auto db = open(o);
    write(db, "INSERT INTO t VALUES ('" + std::string(secret) + "')");
    ASSERT_TRUE(succeeded(sync(db)));
    EXPECT_EQ(server.number("SELECT x = '" + std::string(secret) + "' FROM t"), 1);
    expect_no_secret();
    server.execute("INSERT INTO t VALUES (1)");
    write(db, "INSERT INTO t VALUES (2)");
    EXPECT_TRUE(failed_with(sync(db), error_kind::transaction, "conflict"));
}

TEST_F(sync_v2_encryption_test, the_servers_key_is_sent_with_each_request) {
    server.execute("CREATE TABLE t(x)");
    auto o = offline();
    o.remote_encryption_key = "cmVtb3Rl";
    o.auth_token = "word";
    const auto db = open(o);
    write(db, "INSERT INTO t VALUES (1)");
    ASSERT_TRUE(succeeded(sync(db)));
    for (const auto& r : server.http().requests()) {
        EXPECT_EQ(r.header("x-turso-encryption-key"), "cmVtb3Rl") << r.target;
        EXPECT_EQ(r.header("authorization"), "Bearer word") << r.target;
    }
}

// --- files ---

TEST_F(sync_v2_test, files_that_do_not_belong_together_are_refused) {
    server.execute("CREATE TABLE t(x); INSERT INTO t VALUES (1)");
    const auto o = options_of_replica();
    open(o);
    EXPECT_TRUE(
        failed_with(database::open({.database = o.database}), error_kind::cannot_open, "replica"));
    std::filesystem::rename(info().path(), dir.file("away"));
    EXPECT_TRUE(failed_with(database::open(o), error_kind::cannot_open, "plain database"));
    std::filesystem::rename(dir.file("away"), info().path());
    std::ofstream(o.database + "-client_wal_index") << std::string(32, '\1');
    EXPECT_TRUE(failed_with(database::open(o), error_kind::cannot_open, "both"));
    std::filesystem::remove(o.database + "-client_wal_index");
    std::filesystem::rename(o.database, dir.file("away"));
    EXPECT_TRUE(failed_with(database::open(o), error_kind::cannot_open, "missing"));
    std::filesystem::rename(dir.file("away"), o.database);
    EXPECT_EQ(number(open(o), "SELECT count(*) FROM t"), 1);
}

TEST_F(sync_v2_test, a_damaged_state_is_refused_and_changes_nothing) {
    server.execute("CREATE TABLE t(x); INSERT INTO t VALUES (1)");
    const auto o = options_of_replica();
    open(o);
    const std::string before = content_of(o.database) + content_of(o.database + "-wal");
    const std::string good = content_of(info().path());
    for (const auto* const bad :
         {"", "{}", "{\"hash\":1,\"version\":0,\"durable_frame_num\":0,\"generation\":1}",
          R"({"hash":2077607535,"version":0,"durable_frame_num":0,"generation":0})"}) {
        std::ofstream(info().path()) << bad;
        EXPECT_TRUE(failed_with(database::open(o), error_kind::corrupt, info().path())) << bad;
        EXPECT_EQ(content_of(info().path()), bad);
    }
    EXPECT_EQ(content_of(o.database) + content_of(o.database + "-wal"), before);
    std::ofstream(info().path()) << good;
    EXPECT_EQ(number(open(o), "SELECT count(*) FROM t"), 1);
}

TEST_F(sync_v2_test, a_log_that_another_program_emptied_is_refused) {
    server.execute("CREATE TABLE t(x)");
    const auto o = options_of_replica();
    open(o);
    sqlite3* foreign = nullptr;
    sqlite3_open(o.database.c_str(), &foreign);
    sqlite3_exec(foreign, "SELECT count(*) FROM t", nullptr, nullptr, nullptr);
    sqlite3_close(foreign);
    EXPECT_TRUE(failed_with(database::open(o), error_kind::corrupt, "another program"));
    sqlite3_open(o.database.c_str(), &foreign);
    sqlite3_exec(foreign, "INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)", nullptr, nullptr,
                 nullptr);
    EXPECT_TRUE(failed_with(database::open(o), error_kind::corrupt, "another program"));
    sqlite3_close(foreign);
}

TEST_F(sync_v2_test, a_frozen_replica_is_a_plain_database) {
    server.execute("CREATE TABLE t(x); INSERT INTO t VALUES (1)");
    const auto o = options_of_replica();
    const auto db = open(o);
    auto conn = db.connect().value();
    ASSERT_TRUE(succeeded(db.replica()->freeze()));
    EXPECT_EQ(number(conn, "SELECT count(*) FROM t"), 1);
    EXPECT_TRUE(failed_with(conn.execute("INSERT INTO t VALUES (2)"), error_kind::closed));
    EXPECT_TRUE(failed_with(sync(db), error_kind::closed));
    write(open({.database = o.database}), "INSERT INTO t VALUES (2)");
    EXPECT_EQ(number(conn, "SELECT count(*) FROM t"), 2);
}

TEST_F(sync_v2_test, a_replica_that_never_reached_its_server_detects_the_protocol_later) {
    auto o = options_of_replica();
    o.sync.on_open = false;
    o.uri = "http://127.0.0.1:1";
    open(o);
    EXPECT_TRUE(std::filesystem::exists(o.database + "-client_wal_index"));
    server.execute("CREATE TABLE t(x)");
    EXPECT_EQ(number(open(options_of_replica()), "SELECT count(*) FROM t"), 0);
    EXPECT_FALSE(std::filesystem::exists(o.database + "-client_wal_index"));
}

TEST_F(sync_v2_test, an_error_of_the_server_does_not_decide_the_protocol) {
    once(
        "/info", [](auto) { return reply_with(502, "bad gateway"); }, 100);
    EXPECT_TRUE(failed_with(database::open(options_of_replica()), error_kind::network, "502"));
    EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

TEST_F(sync_v2_test, offline_writes_need_the_newer_protocol) {
    once("/info", [](auto) { return reply_with(404, "no"); });
    EXPECT_TRUE(failed_with(database::open(offline()), error_kind::unsupported, "offline_writes"));
    EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

// --- what a crash leaves ---

TEST_F(sync_v2_test, frames_missing_from_the_state_are_pulled_again) {
    server.execute("CREATE TABLE t(x)");
    open(options_of_replica());
    const auto before = info().read().value();
    server.execute("INSERT INTO t VALUES (1)");
    open(options_of_replica());
    const auto after = info().read().value();
    ASSERT_TRUE(succeeded(info().write(before)));
    EXPECT_EQ(number(open(options_of_replica()), "SELECT count(*) FROM t"), 1);
    EXPECT_EQ(info().read().value(), after);
    ASSERT_TRUE(succeeded(info().write({.generation = 1})));  // another client's
    EXPECT_EQ(number(open(offline()), "SELECT count(*) FROM t"), 1);
    EXPECT_EQ(info().read().value(), after);
}

TEST_F(sync_v2_test, an_unfinished_change_of_generation_is_completed) {
    server.execute("CREATE TABLE t(x); INSERT INTO t VALUES (1)");
    open(options_of_replica());
    auto marked = info().read().value();
    marked.emptying = true;
    ASSERT_TRUE(succeeded(info().write(marked)));  // killed before the log was cut
    auto db = open(options_of_replica());
    EXPECT_EQ(number(db, "SELECT count(*) FROM t"), 1);
    EXPECT_EQ(info().read()->generation, 1U);
    server.next_generation();
    ASSERT_TRUE(succeeded(sync(db)));
    EXPECT_EQ(info().read().value(), replica_info{.generation = 2});
    ASSERT_TRUE(succeeded(info().write(marked)));  // killed behind that
    server.execute("INSERT INTO t VALUES (2)");
    ASSERT_TRUE(succeeded(sync(db)));
    EXPECT_EQ(number(db, "SELECT count(*) FROM t"), 2);
    EXPECT_EQ(info().read()->generation, 2U);
    EXPECT_EQ(info().read()->durable, 1U);
    ASSERT_TRUE(succeeded(info().write(marked)));  // and then somebody wrote
    ASSERT_TRUE(succeeded(sync(db)));
    EXPECT_EQ(info().read()->generation, 2U);
    EXPECT_EQ(info().read()->durable, 1U);
}

TEST_F(sync_v2_test, writes_after_an_unfinished_change_of_generation_are_pushed) {
    server.execute("CREATE TABLE t(x); INSERT INTO t VALUES (1)");
    auto db = open(offline());
    auto marked = info().read().value();
    marked.emptying = true;
    server.next_generation();
    ASSERT_TRUE(succeeded(sync(db)));
    ASSERT_TRUE(succeeded(info().write(marked)));
    write(db, "INSERT INTO t VALUES (2); INSERT INTO t VALUES (3); INSERT INTO t VALUES (4)");
    ASSERT_TRUE(succeeded(sync(db)));
    EXPECT_EQ(server.number("SELECT sum(x) FROM t"), 10);
    EXPECT_EQ(info().read()->generation, 2U);
}

TEST_F(sync_v2_test, an_incomplete_first_export_is_fetched_again) {
    server.execute("CREATE TABLE t(x); INSERT INTO t VALUES (1), (zeroblob(100000))");
    server.next_generation();
    server.execute("DELETE FROM t WHERE x <> 1");
    const auto o = options_of_replica();
    ASSERT_TRUE(succeeded(info().write({})));  // before there was a file
    EXPECT_EQ(number(open(o), "SELECT count(*) FROM t"), 1);
    ASSERT_TRUE(succeeded(info().write({})));  // behind all of it
    EXPECT_EQ(number(open(o), "SELECT count(*) FROM t"), 1);
    EXPECT_EQ(open(o).connect()->fetch_one<std::string>("PRAGMA integrity_check").value(), "ok");
    EXPECT_EQ(info().read()->generation, 2U);
}

}  // namespace
}  // namespace libsql
