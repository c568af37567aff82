// libSQL's functions on the WAL, called at the wrong moment or with the wrong size
// (engine/corrections/libsql_api_wrong_use.txt).
#include "libsql/engine/engine.h"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

namespace libsql::testing {

namespace {

struct closed {
    void operator()(sqlite3* database) const { sqlite3_close(database); }
};

using handle = std::unique_ptr<sqlite3, closed>;

handle opened(const std::string& path) {
    sqlite3* database = nullptr;
    sqlite3_open(path.c_str(), &database);
    return handle(database);
}

int run(const handle& database, const char* sql) {
    return sqlite3_exec(database.get(), sql, nullptr, nullptr, nullptr);
}

class engine_wal_api : public ::testing::Test {
protected:
    temporary_directory directory_;
    handle first_ = opened((directory_.path() / "wal.db").string());

    void SetUp() override {
        ASSERT_EQ(
            run(first_, "PRAGMA journal_mode = wal; CREATE TABLE t(x); INSERT INTO t VALUES (1)"),
            SQLITE_OK);
    }
};

}  // namespace

TEST_F(engine_wal_api, counting_frames_keeps_the_writers_lock) {
    const handle second = opened((directory_.path() / "wal.db").string());
    ASSERT_EQ(run(first_, "BEGIN IMMEDIATE; INSERT INTO t VALUES (2)"), SQLITE_OK);
    unsigned count = 0;
    EXPECT_EQ(libsql_wal_frame_count(first_.get(), &count), SQLITE_OK);
    EXPECT_GT(count, 0U);
    EXPECT_EQ(run(second, "BEGIN IMMEDIATE"), SQLITE_BUSY);
    EXPECT_EQ(run(first_, "COMMIT"), SQLITE_OK);
    EXPECT_EQ(run(second, "BEGIN IMMEDIATE; INSERT INTO t VALUES (3); COMMIT"), SQLITE_OK);
}

TEST_F(engine_wal_api, a_frame_of_another_size_is_refused) {
    std::array<char, 10> frame{};
    int conflict = 0;
    ASSERT_EQ(libsql_wal_insert_begin(first_.get()), SQLITE_OK);
    EXPECT_EQ(libsql_wal_insert_frame(first_.get(), 100, frame.data(), 10, &conflict),
              SQLITE_MISUSE);
    EXPECT_EQ(libsql_wal_insert_end(first_.get()), SQLITE_OK);
    EXPECT_EQ(run(first_, "INSERT INTO t VALUES (2)"), SQLITE_OK);
}

TEST_F(engine_wal_api, there_is_no_status_counter_after_the_last) {
    sqlite3_stmt* statement = nullptr;
    ASSERT_EQ(sqlite3_prepare_v2(first_.get(), "SELECT * FROM t", -1, &statement, nullptr),
              SQLITE_OK);
    EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW);
    EXPECT_EQ(sqlite3_stmt_status(statement, LIBSQL_STMTSTATUS_BASE + 500000, 1), 0);
    EXPECT_EQ(sqlite3_finalize(statement), SQLITE_OK);
}

}  // namespace libsql::testing
