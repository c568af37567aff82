#include "support/child_process.hpp"
#include "support/outcome.hpp"
#include "support/rounds.hpp"
#include "support/sync_v2_server.hpp"
#include "support/temporary_directory.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <thread>

namespace libsql {
namespace {

using namespace std::chrono_literals;
using testing::child_process;
using testing::succeeded;

/// Every transaction keeps what can be checked: the sum of all balances, and
/// that two tables have the same rows.
class sync_v2_crash_test : public ::testing::Test {
protected:
    void SetUp() override {
        server.execute(
            "CREATE TABLE account(id INTEGER PRIMARY KEY, balance INTEGER);"
            "CREATE TABLE a(n INTEGER PRIMARY KEY, filler);"
            "CREATE TABLE b(n INTEGER PRIMARY KEY, filler);"
            "BEGIN; WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n "
            "WHERE i < 9) "
            "INSERT INTO account SELECT i, 100 FROM n; COMMIT");
        server.next_generation();
    }

    /// One transaction of some pages, sometimes of more than come with one
    /// request.
    void write() {
        const std::string n = std::to_string(random() % 200);
        const std::string size = random() % 10 == 0 ? "400000" : "3000";
        const auto account = [&] { return std::to_string(random() % 10); };
        server.execute("BEGIN; UPDATE account SET balance = balance - 7 WHERE id = " + account() +
                       "; UPDATE account SET balance = balance + 7 WHERE id = " + account() +
                       "; INSERT OR REPLACE INTO a VALUES (" + n + ", randomblob(" + size +
                       ")); INSERT OR REPLACE INTO b VALUES (" + n + ", randomblob(" + size +
                       ")); COMMIT");
    }

    static std::int64_t number(executor& on, const std::string& sql) {
        return on.fetch_one<std::int64_t>(sql).value().value();
    }

    static void check(executor& on) {
        EXPECT_EQ(on.fetch_one<std::string>("PRAGMA integrity_check").value(), "ok");
        EXPECT_EQ(number(on, "SELECT sum(balance) FROM account"), 1000);
        EXPECT_EQ(number(on, "SELECT count(*) FROM (SELECT n FROM a EXCEPT SELECT n FROM b)"), 0);
        EXPECT_EQ(number(on, "SELECT count(*) FROM (SELECT n FROM b EXCEPT SELECT n FROM a)"), 0);
    }

    libsql::options options_of_replica(const std::string& key) const {
        libsql::options o;
        o.database = dir.file("replica.db");
        o.uri = server.url();
        o.encryption_key = key;
        o.sync.on_open = false;
        return o;
    }

    void kill_those_that_pull(const std::string& key) {
        const int all = testing::rounds(20);
        for (int round = 0; round < all; ++round) {
            {
                child_process process({"replicate", dir.file("replica.db"), server.url(), key});
                const auto end = std::chrono::steady_clock::now() +
                                 std::chrono::microseconds(random() % 150'000);
                do {
                    write();
                    if (random() % 4 == 0) {
                        server.next_generation();
                    }
                } while (std::chrono::steady_clock::now() < end);
            }
            const auto db = database::open(options_of_replica(key));
            ASSERT_TRUE(succeeded(db)) << "in round " << round;
            auto conn = db->connect().value();
            check(conn);
            if (round % 4 == 3) {
                ASSERT_TRUE(succeeded(db->replica()->sync()));
                check(conn);
                const std::string sum = "SELECT coalesce(sum(length(filler) * n), 0) FROM a";
                EXPECT_EQ(number(conn, sum), server.number(sum));
                EXPECT_EQ(db->replica()->frame_number().value_or(0), server.frames());
            }
            ASSERT_FALSE(HasFailure()) << "in round " << round;
        }
    }

    void kill_those_that_push(const std::string& key) {
        int pushed_before = 0;
        auto o = options_of_replica(key);
        o.sync.offline_writes = true;
        const int all = testing::rounds(20);
        for (int round = 0; round < all; ++round) {
            {
                child_process process({"write_offline", o.database, server.url(), key});
                if (round % 2 == 0) {
                    process.read_line();
                }
                std::this_thread::sleep_for(std::chrono::microseconds(random() % 100'000));
            }
            const auto db = database::open(o);
            ASSERT_TRUE(succeeded(db)) << "in round " << round;
            auto conn = db->connect().value();
            check(conn);
            ASSERT_TRUE(succeeded(db->replica()->sync())) << "in round " << round;
            const std::string sum = "SELECT coalesce(sum(length(filler) * n), 0) FROM a";
            EXPECT_EQ(number(conn, sum), server.number(sum));
            pushed_before += server.frames() > 0 ? 1 : 0;
            if (round % 3 == 2) {
                server.next_generation();
                ASSERT_TRUE(succeeded(db->replica()->sync())) << "in round " << round;
                check(conn);
            }
            ASSERT_FALSE(HasFailure()) << "in round " << round;
        }
        EXPECT_GT(pushed_before, all / 2);
    }

    testing::sync_v2_server server;
    testing::temporary_directory dir;
    std::minstd_rand random{4711};
};

TEST_F(sync_v2_crash_test, a_kill_during_a_pull_leaves_it_consistent) {
    kill_those_that_pull("");
}

TEST_F(sync_v2_crash_test, a_kill_during_a_pull_leaves_it_consistent_when_encrypted) {
    kill_those_that_pull("key");
}

TEST_F(sync_v2_crash_test, a_kill_during_a_push_leaves_it_consistent) {
    kill_those_that_push("");
}

TEST_F(sync_v2_crash_test, a_kill_during_a_push_leaves_it_consistent_when_encrypted) {
    kill_those_that_push("key");
}

TEST_F(sync_v2_crash_test, two_processes_share_one_file) {
    auto o = options_of_replica("");
    o.sync.on_open = true;
    const auto db = database::open(o).value();
    auto conn = db.connect().value();
    child_process other({"replicate", o.database, server.url(), ""});
    for (int i = 0; i < 100; ++i) {
        write();
        if (i % 10 == 9) {
            server.next_generation();
        }
        ASSERT_TRUE(succeeded(db.replica()->sync()));
        check(conn);
        const std::string sum = "SELECT coalesce(sum(length(filler) * n), 0) FROM a";
        ASSERT_EQ(number(conn, sum), server.number(sum));
    }
    ASSERT_TRUE(other.read_line());
}

}  // namespace
}  // namespace libsql
