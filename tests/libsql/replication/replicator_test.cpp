#include "libsql/replication/replicator.hpp"

#include "support/http_request.hpp"
#include "support/outcome.hpp"
#include "support/packed_bytes.hpp"
#include "support/replica_test.hpp"
#include "support/scripted_server.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace libsql::replication {
namespace {

using namespace std::chrono_literals;
using testing::failed_with;
using testing::succeeded;

constexpr auto many_rows =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000) "
    "INSERT INTO t SELECT randomblob(1000) FROM n";

class replicator_test : public testing::replica_test {
protected:
    explicit replicator_test(testing::sqld_options chosen = {}) : replica_test(std::move(chosen)) {}

    static std::unique_ptr<replicator> open(const libsql::options& o) {
        return replicator::open(o, remote::server::make(o).value()).value();
    }

    std::unique_ptr<replicator> open() { return open(options_of_replica()); }

    /// A replicator that has pulled all of a primary on which `script` was run.
    std::unique_ptr<replicator> open_pulled(const std::string& script) {
        on_primary(script);
        auto made = open();
        EXPECT_TRUE(succeeded(made->pull_all({})));
        return made;
    }

    libsql::connection reader() {
        auto o = options_of_replica();
        o.sync.on_open = false;
        return database::open(o).value().connect().value();
    }

    replica_state state() { return wal_index_file(path).read().value(); }

    /// What other clients know of it, too.
    replica_state bare_state() {
        const auto all = state();
        return {.log = all.log, .committed = all.committed, .committing = all.committing};
    }
};

TEST_F(replicator_test, continues_after_a_restart_of_the_server) {
    const auto r = open_pulled("CREATE TABLE t(x); INSERT INTO t VALUES (1)");
    const auto before = state();
    server.stop();
    server.restart();
    on_primary("INSERT INTO t VALUES (2)");
    const auto pulled = r->pull_all({});
    ASSERT_TRUE(succeeded(pulled));
    auto conn = reader();
    EXPECT_EQ(number(conn, "SELECT count(*) FROM t"), 2);
    if (state().log == before.log) {
        EXPECT_LE(*pulled, 2U);
    }
}

TEST_F(replicator_test, repeats_the_handshake_when_the_server_does_not_know_it) {
    const auto r = open_pulled("CREATE TABLE t(x)");
    server.stop();
    server.restart();
    on_primary("INSERT INTO t VALUES (1)");
    // Without a handshake of its own: the session of before is refused (NO_HELLO).
    const auto next = r->committed().value() + 1;
    EXPECT_TRUE(r->pull_to(next, deadline::in(300s)).value());
    auto conn = reader();
    EXPECT_EQ(number(conn, "SELECT count(*) FROM t"), 1);
}

TEST_F(replicator_test, another_log_replaces_the_old_one_atomically) {
    const auto r = open_pulled(std::string("CREATE TABLE t(x); CREATE TABLE old(x); ") + many_rows);
    const auto before = state();
    auto conn = reader();
    auto snapshot = conn.begin(transaction_mode::read_only).value();
    EXPECT_EQ(number(snapshot, "SELECT count(*) FROM t"), 4000);

    server.stop();
    server.restart(testing::sqld_data::empty);
    on_primary("CREATE TABLE fresh(x); INSERT INTO fresh VALUES (1); INSERT INTO fresh VALUES (2)");
    ASSERT_TRUE(succeeded(r->pull_all({})));
    EXPECT_NE(state().log, before.log);
    EXPECT_EQ(number(snapshot, "SELECT count(*) FROM t"), 4000);
    ASSERT_TRUE(succeeded(snapshot.commit()));
    EXPECT_EQ(number(conn, "SELECT count(*) FROM fresh"), 2);
    EXPECT_EQ(number(conn, "SELECT count(*) FROM sqlite_schema"), 1);
    EXPECT_EQ(conn.fetch_one<std::string>("PRAGMA integrity_check").value(), "ok");
}

TEST_F(replicator_test, keeps_its_content_while_a_new_primary_has_no_data) {
    const auto r = open_pulled("CREATE TABLE t(x)");
    const auto before = bare_state();
    server.stop();
    server.restart(testing::sqld_data::empty);
    EXPECT_EQ(r->pull_all({}).value(), 0U);
    EXPECT_EQ(bare_state(), before);
    EXPECT_FALSE(r->newest());
    auto conn = reader();
    EXPECT_EQ(number(conn, "SELECT count(*) FROM sqlite_schema"), 1);
}

TEST_F(replicator_test, a_primary_that_lost_its_last_frames_is_pulled_again) {
    const auto r = open_pulled("CREATE TABLE t(x); INSERT INTO t VALUES (1)");
    auto ahead = state();
    const auto right = bare_state();
    ahead.committed = *ahead.committed + 5;
    wal_index_file(path).write(ahead).value();
    EXPECT_EQ(r->pull_all({}).value(), *right.committed + 1);
    EXPECT_EQ(bare_state(), right);
    EXPECT_EQ(r->pull_all({}).value(), 0U);
}

TEST_F(replicator_test, possible_leftovers_of_a_crash_are_pulled_as_one_transaction) {
    const auto r = open_pulled("CREATE TABLE t(x); INSERT INTO t VALUES (1)");
    auto before = state();
    // More than the primary sends in one reply, in many transactions.
    auto primary = connect_to_primary();
    for (int i = 0; i < 3; ++i) {
        primary.execute(many_rows).value();
    }
    ASSERT_TRUE(succeeded(r->pull_all({})));
    const auto reached = bare_state();
    // The database has all of it, and the state file is that from before the commit.
    before.committing = reached.committed;
    wal_index_file(path).write(before).value();

    auto conn = reader();
    std::atomic<bool> over{false};
    std::int64_t fewest = 1'000'000;
    std::thread looks([&] {
        while (!over) {
            fewest = std::min(fewest, number(conn, "SELECT count(*) FROM t"));
        }
    });
    EXPECT_GT(r->pull_all({}).value(), 3000U);
    over = true;
    looks.join();
    EXPECT_EQ(fewest, 12'001);
    EXPECT_EQ(bare_state(), reached);
}

TEST_F(replicator_test, a_pull_that_ends_early_keeps_the_frames_it_received) {
    on_primary("CREATE TABLE t(x)");
    for (int i = 0; i < 4; ++i) {
        on_primary(many_rows);
    }
    auto o = options_of_replica();
    std::uint64_t stop_at = 2000;
    o.sync.progress = [&](const sync_progress& now) {
        if (now.frames >= stop_at) {
            throw std::runtime_error("stopped");
        }
    };
    const auto r = open(o);
    EXPECT_FALSE(r->pull_all({}));
    const auto half = bare_state();
    ASSERT_TRUE(half.committed);
    EXPECT_FALSE(half.committing);  // nobody has to fetch the rest at once
    EXPECT_LT(half.committed, r->newest());
    auto conn = reader();
    EXPECT_EQ(number(conn, "SELECT count(*) FROM t") % 4000, 0);
    stop_at = 100'000;
    EXPECT_EQ(r->pull_all({}).value(), *r->newest() - *half.committed);
    EXPECT_EQ(bare_state().committed, r->newest());
    EXPECT_FALSE(bare_state().committing);
}

TEST_F(replicator_test, two_replicators_can_share_one_file) {
    on_primary("CREATE TABLE t(x)");
    const auto a = open();
    const auto b = open();
    ASSERT_TRUE(succeeded(a->pull_all({})));
    for (int i = 1; i <= 20; ++i) {
        on_primary("INSERT INTO t VALUES (1)");
        std::thread other([&] { EXPECT_TRUE(succeeded(b->pull_all({}))); });
        EXPECT_TRUE(succeeded(a->pull_all({})));
        other.join();
        auto conn = reader();
        ASSERT_EQ(number(conn, "SELECT count(*) FROM t"), i);
        EXPECT_EQ(a->committed(), b->committed());
    }
}

TEST_F(replicator_test, retries_until_the_server_is_reachable) {
    on_primary("CREATE TABLE t(x)");
    const auto r = open();
    server.stop();
    std::thread starts([&] {
        std::this_thread::sleep_for(300ms);
        server.restart();
    });
    EXPECT_TRUE(succeeded(r->pull_all(deadline::in(300s))));
    starts.join();
    EXPECT_TRUE(r->committed());
}

TEST_F(replicator_test, reports_a_frame_that_the_primary_does_not_have) {
    on_primary("CREATE TABLE t(x)");
    const auto r = open();
    EXPECT_FALSE(r->pull_to(1000, {}).value());
    EXPECT_TRUE(r->committed());  // it pulled what there is
    EXPECT_TRUE(r->pull_to(*r->committed(), {}).value());
}

TEST_F(replicator_test, a_server_killed_in_the_middle_leaves_nothing_behind) {
    on_primary("CREATE TABLE t(x); INSERT INTO t VALUES (1)");
    {
        const auto r = open();
        ASSERT_TRUE(succeeded(r->pull_all({})));
    }
    const auto before = state();
    {
        auto primary = connect_to_primary();
        auto tx = primary.begin().value();
        for (int i = 0; i < 5; ++i) {
            tx.execute(many_rows).value();
        }
        tx.commit().value();
    }
    auto o = options_of_replica();
    bool killed = false;
    o.sync.progress = [&](const sync_progress& p) {
        if (!killed && p.frames > 500) {
            killed = true;
            server.kill();
        }
    };
    const auto r = open(o);
    for (auto limit = 3s; !killed; limit *= 2) {  // a busy machine may not come so far in time
        ASSERT_TRUE(failed_with(r->pull_all(deadline::in(limit)), error_kind::timeout));
    }
    auto conn = reader();
    EXPECT_EQ(number(conn, "SELECT count(*) FROM t"), 1);
    EXPECT_EQ(state(), before);
    EXPECT_EQ(conn.fetch_one<std::string>("PRAGMA integrity_check").value(), "ok");
    server.restart();
    ASSERT_TRUE(succeeded(r->pull_all(deadline::in(300s))));
    EXPECT_EQ(number(conn, "SELECT count(*) FROM t"), 20'001);
}

TEST_F(replicator_test, a_stalled_server_is_abandoned_at_the_deadline) {
    on_primary("CREATE TABLE t(x)");
    const auto r = open();
    server.stop_process();
    std::this_thread::sleep_for(50ms);  // its threads stop one after the other
    const auto before = std::chrono::steady_clock::now();
    EXPECT_TRUE(failed_with(r->pull_all(deadline::in(200ms)), error_kind::timeout));
    EXPECT_LT(std::chrono::steady_clock::now() - before, 5s);
    server.continue_process();
    EXPECT_TRUE(succeeded(r->pull_all({})));
}

TEST_F(replicator_test, a_server_that_is_not_a_primary_is_a_clear_error) {
    auto o = options_of_replica();
    o.uri = "http://127.0.0.1:" + std::to_string(server.admin_port());
    const auto r = open(o);
    EXPECT_TRUE(failed_with(r->pull_all({}), error_kind::protocol));
}

TEST_F(replicator_test, errors_repeat_no_secret_that_the_primary_echoes) {
    for (const bool in_trailers : {false, true}) {
        const testing::scripted_server echoes([&](const testing::scripted_request& r) {
            if (!r.target.ends_with("/Hello")) {
                return testing::reply_with(404, "");
            }
            const std::string said = "grpc-message: no s3cr3t%2Dtoken";
            const std::string trailers = "grpc-status: 9\r\n" + said + "\r\n";
            const std::string head("\x80\0\0\0", 4);
            return in_trailers ? testing::reply_with(
                                     200, head + static_cast<char>(trailers.size()) + trailers)
                               : testing::reply_with(200, "", {"grpc-status: 9", said});
        });
        auto o = options_of_replica();
        o.uri = echoes.url();
        o.auth_token = "s3cr3t-token";
        const auto pulled = open(o)->pull_all({});
        ASSERT_FALSE(pulled);
        EXPECT_NE(pulled.error().message().find("no ***"), std::string::npos)
            << pulled.error().message();
    }
}

/// A reply of some kilobytes that is gigabytes when decompressed: the length that a message claims,
/// a field that the replica skips, and content that is not a message.
TEST_F(replicator_test, a_compressed_reply_that_is_too_large_is_refused) {
    on_primary("CREATE TABLE t(x); INSERT INTO t VALUES (1)");
    using namespace std::string_literals;
    const auto skipped = "\0\xff\xff\xff\xff\x12\xff\xff\xff\xff\x0f"s;
    const auto claimed = "\0\xff\xff\xff\xff"s;
    for (const char* const method : {"Hello", "BatchLogEntries"}) {
        for (const auto& head : {skipped, claimed, ""s}) {
            const std::string bomb = testing::packed_bytes(head, ' ', 1000U * 1024 * 1024);
            const testing::scripted_server between([&](const testing::scripted_request& r) {
                if (r.target.ends_with(method)) {
                    return testing::reply_with(
                        200, bomb,
                        {"content-type: application/grpc-web", "content-encoding: gzip"});
                }
                std::vector<std::string> headers{"content-type: application/grpc-web"};
                for (const char* const name : {"x-namespace-bin", "x-session-token"}) {
                    if (const auto given = r.header(name)) {
                        headers.push_back(name + (": " + *given));
                    }
                }
                const auto got = testing::ask(r.method, server.url() + r.target, r.body, headers);
                return testing::reply_with(static_cast<int>(got.status), got.body,
                                           {"content-type: application/grpc-web"});
            });
            auto o = options_of_replica();
            o.uri = between.url();
            const auto r = open(o);
            const auto refused = r->pull_all({});
            ASSERT_FALSE(refused);
            const auto kind = refused.error().kind();
            EXPECT_TRUE(kind == error_kind::too_big || kind == error_kind::protocol)
                << refused.error().to_string();
            EXPECT_EQ(r->committed(), std::nullopt);
        }
    }
    EXPECT_TRUE(succeeded(open()->pull_all({})));
}

class replicator_with_namespaces : public replicator_test {
protected:
    replicator_with_namespaces() : replicator_test({.namespaces = true}) {}
};

TEST_F(replicator_with_namespaces, pulls_the_named_database) {
    server.create_namespace("one");
    auto o = options_of_replica();
    o.server_namespace = "one";
    const auto r = open(o);
    EXPECT_TRUE(succeeded(r->pull_all({})));
    o.database = dir.file("none.db");
    o.server_namespace = "none";
    const auto none = open(o);
    EXPECT_TRUE(failed_with(none->pull_all({}), error_kind::protocol, "NAMESPACE_DOESNT_EXIST"));
}

class replicator_of_short_log : public replicator_test {
protected:
    replicator_of_short_log() : replicator_test({.max_log_size_mb = 1}) {}
};

TEST_F(replicator_of_short_log, readers_see_whole_transactions_when_pulling_snapshots) {
    const auto r = open_pulled(
        "CREATE TABLE a(n INTEGER, filler); CREATE TABLE b(n INTEGER, filler); "
        "INSERT INTO a VALUES (0, ''); INSERT INTO b VALUES (0, '')");
    std::atomic<bool> over{false};
    std::thread looks([&] {
        auto conn = reader();
        std::int64_t last = 0;
        while (!over) {
            auto tx = conn.begin(transaction_mode::read_only).value();
            const auto a = number(tx, "SELECT max(n) FROM a");
            const auto b = number(tx, "SELECT max(n) FROM b");
            EXPECT_EQ(a, b);
            EXPECT_GE(a, last);
            last = a;
        }
        EXPECT_GT(last, 0);
    });
    auto primary = connect_to_primary();
    for (int i = 1; i <= 60; ++i) {
        auto tx = primary.begin().value();
        tx.execute("INSERT INTO a VALUES (?, randomblob(50000))", i).value();
        tx.execute("INSERT INTO b VALUES (?, randomblob(50000))", i).value();
        tx.commit().value();
        if (i % 7 == 0) {
            EXPECT_TRUE(succeeded(r->pull_all({})));
        }
    }
    EXPECT_TRUE(succeeded(r->pull_all({})));
    over = true;
    looks.join();
    auto conn = reader();
    EXPECT_EQ(number(conn, "SELECT max(n) FROM b"), 60);
    EXPECT_EQ(conn.fetch_one<std::string>("PRAGMA integrity_check").value(), "ok");
}

}  // namespace
}  // namespace libsql::replication
