#include "support/child_process.hpp"
#include "support/outcome.hpp"
#include "support/replica_test.hpp"
#include "support/rounds.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <thread>

namespace libsql {
namespace {

using namespace std::chrono_literals;
using testing::child_process;
using testing::succeeded;

/// A primary on which every transaction keeps what can be checked: the sum of all balances, and
/// that two tables have the same rows. Its log is short, so that much comes as snapshots.
class replica_crash_test : public testing::short_log_replica_test {
protected:
    void SetUp() override { make_tables(); }

    void make_tables() {
        on_primary(
            "CREATE TABLE account(id INTEGER PRIMARY KEY, balance INTEGER);"
            "CREATE TABLE a(n INTEGER PRIMARY KEY, filler);"
            "CREATE TABLE b(n INTEGER PRIMARY KEY, filler)");
        auto primary = connect_to_primary();
        batch rows;
        for (int i = 0; i < 10; ++i) {
            rows.add("INSERT INTO account VALUES (?, 100)", i);
        }
        primary.run(rows, batch_mode::transactional).value();
    }

    /// One transaction of some pages, sometimes of many.
    static void write(libsql::connection& primary, std::minstd_rand& random) {
        batch steps;
        const auto amount = static_cast<int>(random() % 50);
        steps.add("UPDATE account SET balance = balance - ? WHERE id = ?", amount,
                  static_cast<int>(random() % 10));
        steps.add("UPDATE account SET balance = balance + ? WHERE id = ?", amount,
                  static_cast<int>(random() % 10));
        const int size = random() % 10 == 0 ? 400'000 : 3'000;
        const int n = static_cast<int>(random() % 200);
        steps.add("INSERT OR REPLACE INTO a VALUES (?, randomblob(?))", n, size);
        steps.add("INSERT OR REPLACE INTO b VALUES (?, randomblob(?))", n, size);
        primary.run(steps, batch_mode::transactional).value();
    }

    /// It is some transaction boundary of the primary: 1000 once there are accounts.
    static void check(executor& on) {
        EXPECT_EQ(on.fetch_one<std::string>("PRAGMA integrity_check").value(), "ok");
        if (number(on, "SELECT count(*) FROM sqlite_schema WHERE name = 'b'") == 0) {
            return;
        }
        const auto sum = number(on, "SELECT coalesce(sum(balance), 0) FROM account");
        EXPECT_TRUE(sum == 1000 || sum == 0) << sum;
        EXPECT_EQ(number(on, "SELECT count(*) FROM (SELECT n FROM a EXCEPT SELECT n FROM b)"), 0);
        EXPECT_EQ(number(on, "SELECT count(*) FROM (SELECT n FROM b EXCEPT SELECT n FROM a)"), 0);
    }

    /// What becomes of the primary now and then.
    enum class change : unsigned char { none, replaced, restored };

    void replace() {
        server.stop();
        server.restart(testing::sqld_data::empty);
        make_tables();
    }

    /// The copy of some rounds before takes its place, and one of now is made.
    void restore() {
        namespace fs = std::filesystem;
        const fs::path copy = dir.file("backup");
        const fs::path next = dir.file("next");
        server.stop();
        fs::copy(server.data_path(), next, fs::copy_options::recursive);
        if (fs::exists(copy)) {
            fs::remove_all(server.data_path());
            fs::rename(copy, server.data_path());
        }
        fs::rename(next, copy);
        server.restart();
    }

    void kill_replicas(const std::string& key, change what = change::none) {
        std::minstd_rand random(4711);
        auto o = options_of_replica();
        o.encryption_key = key;
        o.sync.on_open = false;
        int synced_rounds = 0;
        const int all = testing::rounds(20);
        for (int round = 0; round < all; ++round) {
            if (what == change::replaced && round % 13 == 12) {
                replace();
            } else if (what == change::restored && round % 6 == 5) {
                restore();
            }
            auto primary = connect_to_primary();
            child_process process({"replicate", path, server.url(), key});
            const auto end =
                std::chrono::steady_clock::now() + std::chrono::microseconds(random() % 150'000);
            do {
                write(primary, random);
            } while (std::chrono::steady_clock::now() < end);
            process.finish();
            auto db = database::open(o).value();
            auto conn = db.connect().value();
            check(conn);
            synced_rounds += db.replica().value().frame_number() ? 1 : 0;
            if (round % 5 == 4) {
                ASSERT_TRUE(succeeded(db.replica().value().sync()));
                check(conn);
                const std::string sum = "SELECT sum(length(filler) * n) FROM a";
                EXPECT_EQ(number(conn, sum), number(primary, sum));
            }
            if (HasFailure()) {
                FAIL() << "in round " << round;
            }
        }
        EXPECT_GT(synced_rounds, all / 2);
    }
};

TEST_F(replica_crash_test, a_kill_leaves_it_at_a_transaction_boundary) {
    kill_replicas("");
}

TEST_F(replica_crash_test,
       a_kill_leaves_it_at_a_transaction_boundary_when_the_primary_is_replaced) {
    kill_replicas("", change::replaced);
}

TEST_F(replica_crash_test,
       a_kill_leaves_it_at_a_transaction_boundary_when_the_primary_is_restored) {
    kill_replicas("", change::restored);
}

TEST_F(replica_crash_test, a_kill_leaves_it_at_a_transaction_boundary_when_encrypted) {
    kill_replicas("key");
}

TEST_F(replica_crash_test, two_processes_share_one_file) {
    std::minstd_rand random(42);
    auto o = options_of_replica();
    auto db = database::open(o).value();
    auto conn = db.connect().value();
    child_process other({"replicate", path, server.url(), ""});
    std::atomic<bool> over{false};
    std::thread reads([&] {
        auto reader = db.connect().value();
        while (!over) {
            auto tx = reader.begin(transaction_mode::read_only).value();
            EXPECT_EQ(number(tx, "SELECT sum(balance) FROM account"), 1000);
        }
    });
    auto primary = connect_to_primary();
    for (int i = 0; i < 150; ++i) {
        write(primary, random);
        if (i % 3 == 0) {
            EXPECT_TRUE(succeeded(conn.execute("UPDATE account SET balance = balance")));
        }
        if (i % 4 == 0) {
            EXPECT_TRUE(succeeded(db.replica().value().sync()));
        }
    }
    over = true;
    reads.join();
    ASSERT_TRUE(succeeded(db.replica().value().sync()));
    check(conn);
    const std::string sum = "SELECT sum(length(filler) * n) FROM a";
    EXPECT_EQ(number(conn, sum), number(primary, sum));
    // The other one is alive and has brought something, too.
    const auto line = other.read_line();
    ASSERT_TRUE(line);
    EXPECT_FALSE(line->starts_with("error")) << *line;
    // What one freezes, the other no longer syncs.
    ASSERT_TRUE(succeeded(db.replica().value().freeze()));
    std::string last;
    for (auto l = other.read_line(); l; l = other.read_line()) {
        last = *l;
    }
    EXPECT_TRUE(last.starts_with("error") && last.find("gone") != std::string::npos) << last;
}

/// A primary whose frames come in several replies. Each of its transactions adds as many rows.
class replica_first_pull_test : public testing::replica_test {
protected:
    static constexpr int rows_at_once = 300;
    static constexpr int frames = 6000;

    void SetUp() override {
        on_primary("CREATE TABLE t(n INTEGER PRIMARY KEY, filler)");
        auto primary = connect_to_primary();
        for (int i = 0; i < frames / rows_at_once; ++i) {
            primary
                .execute(
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                    "WHERE i < ?) INSERT INTO t(filler) SELECT randomblob(3600) FROM n",
                    rows_at_once)
                .value();
        }
        all_ = primary.fetch_one<std::int64_t>(sum).value().value();
    }

    /// What stays when the power fails, and the end of the log was not on the disk yet.
    void halve_log() {
        const std::string log = path + "-wal";
        if (std::filesystem::exists(log)) {
            std::filesystem::resize_file(log, std::filesystem::file_size(log) / 2);
        }
    }

    void dies_and_goes_on(bool with_power) {
        std::minstd_rand random(28);
        bool had_some = false;
        for (int round = 0; round < testing::rounds(8) && !HasFailure(); ++round) {
            path = dir.file("round-" + std::to_string(round) + ".db");
            const auto die_at = std::to_string(random() % frames);
            child_process process({"pull_until", path, server.url(), die_at});
            ASSERT_FALSE(process.read_line());  // it has ended
            if (with_power) {
                halve_log();
            }
            auto o = options_of_replica();
            o.sync.on_open = false;
            auto db = database::open(o).value();
            auto conn = db.connect().value();
            const bool has_table = number(conn, "SELECT count(*) FROM sqlite_schema") > 0;
            const auto rows = has_table ? number(conn, "SELECT count(*) FROM t") : 0;
            EXPECT_EQ(rows % rows_at_once, 0) << die_at;
            had_some = had_some || (rows > 0 && rows < frames);
            EXPECT_EQ(conn.fetch_one<std::string>("PRAGMA integrity_check").value(), "ok");
            ASSERT_TRUE(succeeded(db.replica().value().sync()));
            EXPECT_EQ(number(conn, sum), all_) << die_at;
            EXPECT_EQ(conn.fetch_one<std::string>("PRAGMA integrity_check").value(), "ok");
        }
        EXPECT_TRUE(had_some);
    }

    static constexpr auto sum =
        "SELECT sum(n * (unicode(hex(substr(filler, 1, 1))) + length(filler))) FROM t";
    std::int64_t all_{0};
};

TEST_F(replica_first_pull_test, continues_after_a_kill) {
    dies_and_goes_on(false);
}

TEST_F(replica_first_pull_test, continues_after_a_power_loss) {
    dies_and_goes_on(true);
}

}  // namespace
}  // namespace libsql
