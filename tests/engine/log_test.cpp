// The engine's log (WAL): what is committed is there after any end of the process, and after any
// checkpoints. docs/engine.md tells which corrections these tests are about.

#include "libsql/engine/engine.h"
#include "support/child_process.hpp"
#include "support/rounds.hpp"
#include "support/temporary_directory.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace libsql {
namespace {

using testing::child_process;
using testing::rounds;

/// With and without a key.
class engine_log : public ::testing::TestWithParam<std::string_view> {
protected:
    [[nodiscard]] connection open() const {
        options chosen;
        chosen.database = file;
        chosen.encryption_key = std::string(GetParam());
        return database::open(chosen).value().connect().value();
    }

    static std::int64_t number(executor& on, const std::string& sql) {
        return on.fetch_one<std::int64_t>(sql).value().value();
    }

    static std::string integrity(executor& on) {
        return on.fetch_one<std::string>("PRAGMA integrity_check").value().value();
    }

    testing::temporary_directory folder;
    std::string file = folder.file("log.db");
};

INSTANTIATE_TEST_SUITE_P(keys, engine_log, ::testing::Values("", "secret"), [](const auto& test) {
    return test.param.empty() ? "plain" : "encrypted";
});

TEST_P(engine_log, keeps_commits_after_a_savepoint_was_rolled_back) {
    open()
        .run_script(
            "CREATE TABLE t(id INTEGER PRIMARY KEY, filler BLOB);"
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
            "INSERT INTO t SELECT i, randomblob(2000) FROM n")
        .value();
    child_process process({"undo", file, std::string(GetParam())});
    ASSERT_EQ(process.read_line(), "done");
    process.finish();
    auto conn = open();
    EXPECT_EQ(number(conn, "SELECT count(*) FROM t"), 3021);
    EXPECT_EQ(integrity(conn), "ok");
}

TEST_P(engine_log, keeps_commits_whenever_the_process_is_killed) {
    open()
        .run_script(
            "CREATE TABLE t(id INTEGER PRIMARY KEY, v INTEGER NOT NULL, filler BLOB);"
            "CREATE INDEX t_v ON t(v);"
            "CREATE TABLE done(n INTEGER PRIMARY KEY, sum INTEGER);"
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 199)"
            "INSERT INTO t SELECT i, 0, randomblob(1500) FROM n")
        .value();
    std::minstd_rand random(20'261'126);
    std::int64_t committed = 0;
    for (int round = 0; round < rounds(100); ++round) {
        child_process process({"spill", file, std::string(GetParam()), std::to_string(random())});
        for (auto lines = random() % 8; lines > 0; --lines) {
            const auto line = process.read_line();
            ASSERT_TRUE(line);
            committed = std::stoll(*line);
        }
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 20'000));
        process.finish();
        while (const auto line = process.read_line()) {
            committed = std::stoll(*line);
        }
        auto conn = open();
        const auto last = number(conn, "SELECT coalesce(max(n), 0) FROM done");
        ASSERT_GE(last, committed) << "in round " << round;
        ASSERT_LE(last, committed + 1) << "in round " << round;
        ASSERT_EQ(number(conn, "SELECT count(*) FROM done"), last);
        ASSERT_EQ(
            number(conn, "SELECT sum(v) FROM t"),
            number(conn, "SELECT coalesce((SELECT sum FROM done ORDER BY n DESC LIMIT 1), 0)"));
        ASSERT_EQ(integrity(conn), "ok") << "in round " << round;
        committed = last;
    }
}

TEST_P(engine_log, survives_checkpoints_of_many_connections_beside_a_writer) {
    options chosen;
    chosen.database = file;
    chosen.encryption_key = std::string(GetParam());
    const auto db = database::open(chosen).value();
    auto writer = db.connect().value();
    writer
        .run_script(
            "CREATE TABLE t(id INTEGER PRIMARY KEY, v INTEGER, filler BLOB);"
            "CREATE INDEX t_v ON t(v);"
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999)"
            "INSERT INTO t SELECT i, 0, randomblob(900) FROM n")
        .value();
    std::atomic<bool> done{false};
    std::vector<std::thread> checkpoints;
    for (int i = 0; i < 4; ++i) {
        checkpoints.emplace_back([&] {
            auto conn = db.connect().value();
            while (!done) {
                conn.execute("PRAGMA wal_checkpoint(PASSIVE)").value();
            }
        });
    }
    std::minstd_rand random(20'261'126);
    std::int64_t sum = 0;
    for (int round = 0; round < rounds(25) && !HasFailure(); ++round) {
        // A long log, a pause in which it is copied, then a short one that begins it anew.
        const int size = round % 2 == 0 ? 1000 : 1;
        auto tx = writer.begin(transaction_mode::immediate);
        ASSERT_TRUE(tx) << tx.error().to_string();
        const auto written =
            tx->execute("UPDATE t SET v = v + 1, filler = randomblob(900) WHERE id < ?", size);
        ASSERT_TRUE(written) << written.error().to_string();
        ASSERT_TRUE(tx->commit());
        sum += size;
        EXPECT_EQ(number(writer, "SELECT sum(v) FROM t"), sum) << "in round " << round;
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 20'000));
    }
    done = true;
    for (auto& thread : checkpoints) {
        thread.join();
    }
    EXPECT_EQ(integrity(writer), "ok");
    auto again = open();
    EXPECT_EQ(number(again, "SELECT sum(v) FROM t"), sum);
    EXPECT_EQ(integrity(again), "ok");
}

/// The system's files, with something to do at one moment of a checkpoint: when a connection that
/// finds the log changed has read its header, and has not yet looked how much of it is copied.
class moment_of_checkpoint {
public:
    static constexpr const char* name = "moment_of_checkpoint";
    static inline std::function<void()> action;

    moment_of_checkpoint() {
        system_ = sqlite3_vfs_find(nullptr);
        vfs_ = *system_;
        vfs_.zName = name;
        vfs_.pNext = nullptr;
        vfs_.xOpen = [](sqlite3_vfs*, const char* path, sqlite3_file* opened, int flags, int* out) {
            const int code = system_->xOpen(system_, path, opened, flags, out);
            if (code == SQLITE_OK && (flags & SQLITE_OPEN_MAIN_DB) != 0) {
                methods_ = opened->pMethods;
                hooked_ = *methods_;
                hooked_.xUnfetch = [](sqlite3_file* f, sqlite3_int64 offset, void* page) {
                    if (const auto now = std::exchange(action, nullptr)) {
                        now();
                    }
                    return methods_->xUnfetch(f, offset, page);
                };
                opened->pMethods = &hooked_;
            }
            return code;
        };
        sqlite3_vfs_register(&vfs_, 0);
    }

    ~moment_of_checkpoint() { sqlite3_vfs_unregister(&vfs_); }

    moment_of_checkpoint(const moment_of_checkpoint&) = delete;
    moment_of_checkpoint& operator=(const moment_of_checkpoint&) = delete;

private:
    static inline sqlite3_vfs* system_ = nullptr;
    static inline const sqlite3_io_methods* methods_ = nullptr;
    static inline sqlite3_io_methods hooked_{};
    sqlite3_vfs vfs_{};
};

/// A connection of the engine's own, on those files.
class raw_connection {
public:
    explicit raw_connection(const std::string& file) {
        EXPECT_EQ(
            sqlite3_open_v2(file.c_str(), &handle_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                            moment_of_checkpoint::name),
            SQLITE_OK);
    }

    ~raw_connection() { sqlite3_close(handle_); }

    raw_connection(const raw_connection&) = delete;
    raw_connection& operator=(const raw_connection&) = delete;

    /// The last value of the last row.
    std::string run(const std::string& sql) const {
        std::string value;
        char* message = nullptr;
        const auto keep = [](void* to, int count, char** values, char**) {
            const char* const last = values[count - 1];
            *static_cast<std::string*>(to) = last == nullptr ? "NULL" : last;
            return 0;
        };
        EXPECT_EQ(sqlite3_exec(handle_, sql.c_str(), keep, &value, &message), SQLITE_OK)
            << sql << ": " << message;
        sqlite3_free(message);
        return value;
    }

private:
    sqlite3* handle_ = nullptr;
};

TEST(engine_checkpoint, copies_no_frames_of_a_log_that_was_restarted) {
    const testing::temporary_directory folder;
    const moment_of_checkpoint moment;
    const std::string file = folder.file("log.db");
    const raw_connection writer(file);
    writer.run(
        "PRAGMA journal_mode = wal; PRAGMA wal_autocheckpoint = 0;"
        "CREATE TABLE t(id INTEGER PRIMARY KEY, v, filler);"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)"
        "INSERT INTO t SELECT i, 0, randomblob(900) FROM n");
    const raw_connection first(file);
    const raw_connection second(file);
    second.run("SELECT count(*) FROM t");
    writer.run("UPDATE t SET v = 1, filler = randomblob(900)");
    first.run("PRAGMA wal_checkpoint(PASSIVE)");
    bool reached = false;
    moment_of_checkpoint::action = [&] {
        reached = true;
        writer.run("UPDATE t SET v = 2 WHERE id = 1");  // begins the log anew
    };
    second.run("PRAGMA wal_checkpoint(PASSIVE)");
    ASSERT_TRUE(reached);
    writer.run("UPDATE t SET v = 3 WHERE id = 100");
    for (const auto* conn : {&writer, &first, &second}) {
        EXPECT_EQ(conn->run("SELECT v FROM t WHERE id = 1"), "2");
        EXPECT_EQ(conn->run("SELECT v FROM t WHERE id = 100"), "3");
        EXPECT_EQ(conn->run("PRAGMA integrity_check"), "ok");
    }
}

}  // namespace
}  // namespace libsql
