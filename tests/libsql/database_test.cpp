#include "support/child_process.hpp"
#include "support/open_connection.hpp"
#include "support/outcome.hpp"
#include "support/temporary_directory.hpp"
#include "support/two_connections.hpp"

#include <libsql/database.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace libsql {

using namespace std::chrono_literals;
using namespace testing;

namespace {

void write_file(const std::string& path, std::string_view content) {
    std::ofstream(path, std::ios::binary)
        .write(content.data(), static_cast<std::streamsize>(content.size()));
}

/// A file with one row in t, in the journal mode given.
std::string make_file(const temporary_directory& directory, journal_mode mode = journal_mode::wal) {
    const std::string path = directory.file("a.db");
    auto conn = open_with({.database = path, .journal_mode = mode});
    run_all(conn, "CREATE TABLE t(x); INSERT INTO t VALUES (7)");
    return path;
}

/// A file of many pages, without a log beside it: `script` was run, and then its table t(x) was
/// filled.
std::string make_large_file(const temporary_directory& directory, std::string_view script) {
    const std::string path = directory.file("a.db");
    auto conn = open_with({.database = path, .journal_mode = journal_mode::delete_file});
    run_all(conn, script);
    for (int i = 0; i < 500; ++i) {
        EXPECT_TRUE(succeeded(conn.execute("INSERT INTO t VALUES (?)", std::string(100, 'x'))));
    }
    return path;
}

/// What a process without root's rights is told when it opens `path`.
std::string opened_without_rights(const std::string& path, const std::string& mode) {
    child_process process({"open", path, mode});
    const auto line = process.read_line();
    EXPECT_EQ(process.wait(), 0);
    return line.value_or("nothing");
}

void set_mode(const std::filesystem::path& path, mode_t mode) {
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
}

/// As `make_file`, in a directory that everybody may read.
std::string make_file_with_mode(const temporary_directory& directory, mode_t mode) {
    std::string path = make_file(directory, journal_mode::delete_file);
    set_mode(directory.path(), 0755);
    set_mode(path, mode);
    return path;
}

}  // namespace

// --- paths ---

TEST(database, a_directory_cannot_be_opened) {
    const temporary_directory directory;
    for (const auto mode :
         {open_mode::read_write_create, open_mode::read_write, open_mode::read_only}) {
        EXPECT_TRUE(
            failed_with(database::open({.database = directory.path().string(), .mode = mode}),
                        error_kind::cannot_open, "is a directory"));
    }
}

TEST(database, a_missing_directory_is_named) {
    const temporary_directory directory;
    EXPECT_TRUE(failed_with(database::open({.database = directory.file("no/such/a.db")}),
                            error_kind::cannot_open, "does not exist"));
    write_file(directory.file("plain"), "x");
    EXPECT_TRUE(failed_with(database::open({.database = directory.file("plain/a.db")}),
                            error_kind::cannot_open));
}

TEST(database, a_missing_file_is_created_only_when_allowed) {
    const temporary_directory directory;
    const std::string path = directory.file("a.db");
    for (const auto mode : {open_mode::read_write, open_mode::read_only}) {
        EXPECT_TRUE(failed_with(database::open({.database = path, .mode = mode}),
                                error_kind::cannot_open, "does not exist"));
        EXPECT_FALSE(std::filesystem::exists(path));
    }
    EXPECT_TRUE(succeeded(database::open({.database = path})));
    EXPECT_TRUE(succeeded(database::open({.database = path, .mode = open_mode::read_write})));
}

TEST(database, a_file_without_write_permission_needs_mode_read_only) {
    const temporary_directory directory;
    const std::string path = make_file_with_mode(directory, 0444);
    EXPECT_TRUE(opened_without_rights(path, "read_write").starts_with("permission "));
    EXPECT_TRUE(opened_without_rights(path, "read_write_create").starts_with("permission "));
    EXPECT_EQ(opened_without_rights(path, "read_only"), "ok 1");
}

TEST(database, a_file_without_read_permission_is_refused) {
    const temporary_directory directory;
    const std::string path = make_file_with_mode(directory, 0000);
    EXPECT_TRUE(opened_without_rights(path, "read_write").starts_with("cannot_open "));
    EXPECT_TRUE(opened_without_rights(path, "read_only").starts_with("cannot_open "));
}

TEST(database, a_file_cannot_be_created_in_a_read_only_directory) {
    const temporary_directory directory;
    set_mode(directory.path(), 0555);
    EXPECT_TRUE(opened_without_rights(directory.file("new.db"), "read_write_create")
                    .starts_with("cannot_open "));
    set_mode(directory.path(), 0755);
}

TEST(database, a_wal_file_in_a_read_only_directory_needs_immutable) {
    const temporary_directory directory;
    const std::string path = make_file(directory);
    set_mode(path, 0444);
    set_mode(directory.path(), 0555);
    // SQLite needs the -wal and -shm files even to read.
    EXPECT_EQ(opened_without_rights(path, "read_only"),
              "permission \"" + path +
                  "\" is in WAL mode and its directory is not writable: even to read, SQLite makes "
                  "files beside it; if nobody writes to it, open it as file:...?immutable=1");
    EXPECT_EQ(opened_without_rights("file:" + path + "?immutable=1", "read_only"), "ok 1");
    set_mode(directory.path(), 0755);
}

TEST(database, a_wal_file_with_its_log_in_a_read_only_directory_can_be_read) {
    const temporary_directory directory;
    const std::string path = make_file(directory);
    auto conn = open_file(path);
    run_all(conn, "INSERT INTO t VALUES (8)");
    for (const char* suffix : {"", "-wal", "-shm"}) {
        set_mode(path + suffix, 0444);
    }
    set_mode(directory.path(), 0555);
    EXPECT_EQ(opened_without_rights(path, "read_only"), "ok 2");
    set_mode(directory.path(), 0755);
    std::filesystem::rename(path + "-shm", directory.file("gone"));
    set_mode(directory.path(), 0555);
    EXPECT_TRUE(opened_without_rights(path, "read_only").starts_with("cannot_open "));
    set_mode(directory.path(), 0755);
    std::filesystem::rename(directory.file("gone"), path + "-shm");
}

// --- contents ---

TEST(database, a_file_that_is_not_a_database_is_refused) {
    const temporary_directory directory;
    const std::string path = directory.file("a.db");
    for (const std::string& content :
         {std::string(5000, 'x'), std::string("hello, this is a text file\n"),
          std::string("SQLite format 3\0 but no more than that", 38), std::string(1, '\0')}) {
        write_file(path, content);
        const auto outcome = database::open({.database = path});
        ASSERT_FALSE(outcome) << content.substr(0, 20);
        EXPECT_TRUE(outcome.error().kind() == error_kind::not_a_database ||
                    outcome.error().kind() == error_kind::corrupt)
            << outcome.error().to_string();
        std::ifstream file(path, std::ios::binary);
        EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), content)
            << "the file was changed";
    }
}

TEST(database, an_empty_file_is_an_empty_database) {
    const temporary_directory directory;
    write_file(directory.file("a.db"), "");
    auto conn = open_file(directory.file("a.db"));
    run_all(conn, "CREATE TABLE t(x)");
}

TEST(database, keys_that_do_not_match_are_refused) {
    const temporary_directory directory;
    const std::string plain = make_file(directory);
    const std::string secret = directory.file("secret.db");
    {
        auto conn = open_with({.database = secret, .encryption_key = "right"});
        run_all(conn, "CREATE TABLE t(x); INSERT INTO t VALUES (7)");
    }
    EXPECT_TRUE(failed_with(database::open({.database = plain, .encryption_key = "k"}),
                            error_kind::wrong_key, "not encrypted"));
    EXPECT_TRUE(failed_with(database::open({.database = secret}), error_kind::wrong_key,
                            "no key was given"));
    const auto wrong = database::open({.database = secret, .encryption_key = "a guess"});
    EXPECT_TRUE(failed_with(wrong, error_kind::wrong_key, "does not open"));
    EXPECT_EQ(wrong.error().to_string().find("guess"), std::string::npos);
    auto conn = open_with({.database = secret, .encryption_key = "right"});
    EXPECT_EQ(scalar<int>(conn, "SELECT x FROM t"), 7);
}

TEST(database, a_damaged_page_is_reported_as_corrupt) {
    const temporary_directory directory;
    const std::string path = make_large_file(
        directory, "CREATE TABLE t(x); CREATE TABLE u(x); INSERT INTO u VALUES (1)");
    {
        std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(3 * 4096);  // behind the schema and the roots of both tables
        file.write(std::string(4096, '\xab').data(), 4096);
    }
    auto conn = open_with({.database = path, .journal_mode = journal_mode::delete_file});
    const auto outcome = conn.fetch<std::string>("SELECT x FROM t");
    ASSERT_TRUE(failed_with(outcome, error_kind::corrupt));
    EXPECT_EQ(outcome.error().code(), 11);
    EXPECT_TRUE(failed_with(conn.execute("UPDATE t SET x = 'y'"), error_kind::corrupt));
    EXPECT_TRUE(conn.is_autocommit());
    EXPECT_EQ(scalar<int>(conn, "SELECT x FROM u"), 1);  // the rest is still there
    EXPECT_NE(scalar<std::string>(conn, "PRAGMA integrity_check"), "ok");
}

TEST(database, a_truncated_file_is_an_error) {
    const temporary_directory directory;
    const std::string path = make_large_file(directory, "CREATE TABLE t(x)");
    std::filesystem::resize_file(path, 3 * 4096 + 100);
    const auto outcome =
        database::open({.database = path, .journal_mode = journal_mode::delete_file})
            .and_then([](const libsql::database& db) { return db.connect(); })
            .and_then([](connection&& c) { return c.fetch<std::string>("SELECT x FROM t"); });
    EXPECT_TRUE(failed_with(outcome, error_kind::corrupt));
}

// --- URIs ---

TEST(database, a_read_only_uri_needs_mode_read_only) {
    const temporary_directory directory;
    const std::string path = make_file(directory, journal_mode::delete_file);
    EXPECT_TRUE(failed_with(database::open({.database = "file:" + path + "?mode=ro"}),
                            error_kind::permission, "read_only"));
    for (const std::string_view suffix : {"?mode=ro", "?immutable=1"}) {
        auto conn = open_with(
            {.database = "file:" + path + std::string(suffix), .mode = open_mode::read_only});
        EXPECT_EQ(scalar<int>(conn, "SELECT x FROM t"), 7);
        EXPECT_TRUE(failed_with(conn.execute("INSERT INTO t VALUES (1)"), error_kind::read_only));
    }
}

TEST(database, a_uri_mode_rw_does_not_create) {
    const temporary_directory directory;
    EXPECT_TRUE(
        failed_with(database::open({.database = "file:" + directory.file("no.db") + "?mode=rw"}),
                    error_kind::cannot_open));
    EXPECT_TRUE(
        succeeded(database::open({.database = "file:" + directory.file("yes.db") + "?mode=rwc"})));
    EXPECT_TRUE(std::filesystem::exists(directory.file("yes.db")));
    const auto unknown =
        database::open({.database = "file:" + directory.file("x.db") + "?mode=wrong"});
    ASSERT_FALSE(unknown);
    EXPECT_NE(unknown.error().message().find("wrong"), std::string::npos);
}

TEST(database, immutable_ignores_a_writer) {
    const temporary_directory directory;
    const std::string path = make_file(directory, journal_mode::delete_file);
    auto writer = open_with({.database = path, .journal_mode = journal_mode::delete_file});
    auto lock = writer.begin(transaction_mode::exclusive).value();
    auto conn = open_with({.database = "file:" + path + "?immutable=1",
                           .mode = open_mode::read_only,
                           .busy_timeout = 0ms});
    EXPECT_EQ(scalar<int>(conn, "SELECT x FROM t"), 7);
    auto other =
        database::open({.database = path, .mode = open_mode::read_only, .busy_timeout = 0ms});
    EXPECT_TRUE(failed_with(other, error_kind::busy));
}

TEST(database, a_path_that_looks_like_a_memory_uri_is_a_file) {
    const temporary_directory directory;
    std::filesystem::create_directory(directory.path() / "mode=memory");
    const std::string path = directory.file("mode=memory/a.db");
    auto conn = open_with({.database = "file:" + path});
    EXPECT_EQ(scalar<std::string>(conn, "PRAGMA journal_mode"), "wal");
    EXPECT_TRUE(std::filesystem::exists(path));
}

// --- memory ---

TEST(database, memory_databases_are_separate) {
    const auto db = database::open({.database = ":memory:"}).value();
    auto first = db.connect().value();
    auto second = db.connect().value();
    run_all(first, "CREATE TABLE t(x)");
    EXPECT_TRUE(failed_with(second.query("SELECT * FROM t"), error_kind::sql, "no such table"));
}

TEST(database, a_shared_memory_database_is_shared) {
    const auto db = database::open({.database = "file:shared_in_test?mode=memory&cache=shared",
                                    .busy_timeout = 0ms})
                        .value();
    auto first = db.connect().value();
    auto second = db.connect().value();
    run_all(first, "CREATE TABLE t(x); INSERT INTO t VALUES (7)");
    EXPECT_EQ(scalar<int>(second, "SELECT x FROM t"), 7);
    auto tx = first.begin(transaction_mode::immediate).value();
    ASSERT_TRUE(succeeded(tx.execute("INSERT INTO t VALUES (8)")));
    EXPECT_TRUE(failed_with(second.query("SELECT x FROM t"), error_kind::locked));
    ASSERT_TRUE(succeeded(tx.commit()));
    EXPECT_EQ(scalar<int>(second, "SELECT count(*) FROM t"), 2);
}

// --- connections ---

TEST(database, two_connections_see_one_file) {
    const temporary_directory directory;
    const auto db = database::open({.database = directory.file("a.db")}).value();
    auto first = db.connect().value();
    auto second = db.connect().value();
    run_all(first, "CREATE TABLE t(x); INSERT INTO t VALUES (1)");
    auto open = second.query("SELECT x FROM t").value();
    ASSERT_TRUE(open.next().value());
    ASSERT_TRUE(
        succeeded(first.execute("INSERT INTO t VALUES (2)")));  // WAL: a reader does not hinder
    EXPECT_FALSE(open.next().value());                          // and sees its own snapshot
    EXPECT_EQ(scalar<int>(second, "SELECT count(*) FROM t"), 2);
}

TEST(database, a_read_only_connection_writes_nothing) {
    const temporary_directory directory;
    const std::string path = make_file(directory);
    auto conn = open_with({.database = path, .mode = open_mode::read_only});
    EXPECT_EQ(scalar<int>(conn, "SELECT x FROM t"), 7);
    EXPECT_TRUE(failed_with(conn.execute("INSERT INTO t VALUES (1)"), error_kind::read_only));
    EXPECT_TRUE(failed_with(conn.execute("PRAGMA user_version = 3"), error_kind::read_only));
    EXPECT_TRUE(failed_with(conn.execute("CREATE TABLE u(x)"), error_kind::read_only));
    auto writer = open_file(path);
    ASSERT_TRUE(succeeded(writer.execute("INSERT INTO t VALUES (8)")));
    EXPECT_EQ(scalar<int>(conn, "SELECT count(*) FROM t"), 2);
}

TEST(database, options_are_those_given_to_open) {
    const auto db = database::open({.database = ":memory:", .statement_cache_size = 5}).value();
    const auto copy = db;
    EXPECT_EQ(copy.options().statement_cache_size, 5U);
}

TEST(database, a_relative_path_stays_valid_after_a_change_of_directory) {
    const temporary_directory directory;
    const auto before = std::filesystem::current_path();
    for (const char* const name : {"one.db", "file:two.db?mode=rwc", "file:three.db"}) {
        std::filesystem::create_directories(directory.file("a %folder?#"));
        std::filesystem::create_directories(directory.file("other"));
        std::filesystem::current_path(directory.file("a %folder?#"));
        auto db = database::open({.database = name}).value();
        ASSERT_TRUE(succeeded(db.connect().value().execute("CREATE TABLE t(x)")));
        std::filesystem::current_path(directory.file("other"));
        EXPECT_TRUE(succeeded(db.connect().value().execute("INSERT INTO t VALUES (1)"))) << name;
    }
    EXPECT_TRUE(std::filesystem::is_empty(directory.file("other")));
    std::filesystem::current_path(before);
}

TEST(database, many_threads_may_open_the_same_new_file) {
    for (int round = 0; round < 10; ++round) {
        const temporary_directory directory;
        std::atomic<int> good{0};
        std::vector<std::thread> threads;
        for (int i = 0; i < 6; ++i) {
            threads.emplace_back([&, i] {
                auto conn = database::open({.database = directory.file("a.db")})
                                .and_then([](const libsql::database& db) { return db.connect(); });
                EXPECT_TRUE(succeeded(conn));
                if (conn) {
                    auto made = conn->execute("CREATE TABLE IF NOT EXISTS t(x)");
                    EXPECT_TRUE(succeeded(made));
                    auto written = conn->execute("INSERT INTO t VALUES (?)", i);
                    EXPECT_TRUE(succeeded(written));
                    good += made && written ? 1 : 0;
                }
            });
        }
        for (auto& thread : threads) {
            thread.join();
        }
        ASSERT_EQ(good, 6);
        auto conn = open_file(directory.file("a.db"));
        EXPECT_EQ(scalar<int>(conn, "SELECT count(*) FROM t"), 6);
    }
}

TEST(database, many_threads_may_connect_at_once) {
    const temporary_directory directory;
    const auto db = database::open({.database = directory.file("a.db")}).value();
    std::vector<std::thread> threads;
    for (int i = 0; i < 6; ++i) {
        threads.emplace_back([&] {
            for (int k = 0; k < 10; ++k) {
                auto conn = db.connect();
                ASSERT_TRUE(succeeded(conn));
                EXPECT_TRUE(succeeded(conn->ping()));
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
}

TEST(database, a_locked_file_that_is_not_in_wal_mode_is_busy_at_open) {
    const temporary_directory directory;
    const std::string path = make_file(directory, journal_mode::delete_file);
    auto holder = open_with({.database = path, .journal_mode = journal_mode::delete_file});
    auto lock = holder.begin(transaction_mode::exclusive).value();
    const auto started = std::chrono::steady_clock::now();
    EXPECT_TRUE(
        failed_with(database::open({.database = path, .busy_timeout = 100ms}), error_kind::busy));
    EXPECT_GE(std::chrono::steady_clock::now() - started, 90ms);
    ASSERT_TRUE(succeeded(lock.rollback()));
}

}  // namespace libsql
