#include "support/open_connection.hpp"
#include "support/temporary_directory.hpp"

#include <libsql/database.hpp>
#include <libsql/encryption.hpp>
#include <libsql/vacuum.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

namespace libsql {
namespace {

using testing::open_memory;

class vacuum_test : public ::testing::Test {
protected:
    [[nodiscard]] connection open(const std::string& name, libsql::options chosen = {}) const {
        chosen.database = directory.file(name);
        return database::open(std::move(chosen)).value().connect().value();
    }

    static void fill(connection& c) {
        ASSERT_TRUE(
            c.run_script("CREATE TABLE t(id INTEGER PRIMARY KEY, b);"
                         "INSERT INTO t(b) SELECT zeroblob(1000) FROM generate_series(1, 500);"
                         "DELETE FROM t WHERE id > 10;")
                .has_value());
    }

    static std::int64_t pages(connection& c) {
        return c.fetch_one<std::int64_t>("PRAGMA page_count").value().value();
    }

    testing::temporary_directory directory;
};

TEST_F(vacuum_test, is_refused_in_a_transaction_and_with_open_rows) {
    auto c = open("x.db");
    fill(c);
    {
        auto t = c.begin().value();
        EXPECT_EQ(vacuum(c).error().kind(), error_kind::transaction);
        EXPECT_EQ(vacuum_into(c, directory.file("y.db")).error().kind(), error_kind::transaction);
    }
    auto rows = c.query("SELECT * FROM t").value();
    ASSERT_TRUE(rows.next().value());
    EXPECT_FALSE(vacuum(c));
    ASSERT_TRUE(rows.next().value());
    rows.close();
    c.close().value();
    EXPECT_EQ(vacuum(c).error().kind(), error_kind::closed);
    EXPECT_EQ(vacuum_into(c, directory.file("y.db")).error().kind(), error_kind::closed);
    EXPECT_EQ(incremental_vacuum(c).error().kind(), error_kind::closed);
}

TEST_F(vacuum_test, makes_the_file_smaller) {
    auto c = open("x.db");
    fill(c);
    const auto before = pages(c);
    vacuum(c).value();
    EXPECT_LT(pages(c), before / 5);
    EXPECT_EQ(c.fetch_one<std::int64_t>("SELECT count(*) FROM t").value(), 10);
    EXPECT_FALSE(vacuum(c, "none"));
}

TEST_F(vacuum_test, keeps_an_encrypted_file_encrypted) {
    auto c = open("x.db", {.encryption_key = "k"});
    fill(c);
    vacuum(c).value();
    c.close().value();
    EXPECT_EQ(database::open({.database = directory.file("x.db")}).error().kind(),
              error_kind::wrong_key);
    auto again = open("x.db", {.encryption_key = "k"});
    EXPECT_EQ(again.fetch_one<std::string>("PRAGMA integrity_check").value(), "ok");
}

TEST_F(vacuum_test, a_deadline_stops_it) {
    auto c = open("x.db");
    ASSERT_TRUE(c.run_script("CREATE TABLE t(b); INSERT INTO t SELECT randomblob(100) FROM "
                             "generate_series(1, 200000)")
                    .has_value());
    EXPECT_EQ(vacuum(c, "main", deadline::in(std::chrono::milliseconds(1))).error().kind(),
              error_kind::timeout);
    EXPECT_EQ(c.fetch_one<std::int64_t>("SELECT count(*) FROM t").value(), 200000);
}

TEST_F(vacuum_test, into_an_existing_file_is_refused) {
    auto c = open("x.db");
    fill(c);
    std::ofstream(directory.file("there")) << "keep me";
    EXPECT_EQ(vacuum_into(c, directory.file("there")).error().kind(), error_kind::cannot_open);
    EXPECT_EQ(std::filesystem::file_size(directory.file("there")), 7U);
    EXPECT_EQ(vacuum_into(c, directory.path().string()).error().kind(), error_kind::cannot_open);
    EXPECT_EQ(vacuum_into(c, directory.file("none/y.db")).error().kind(), error_kind::cannot_open);
    EXPECT_EQ(vacuum_into(c, "").error().kind(), error_kind::invalid_argument);
    EXPECT_EQ(vacuum_into(c, std::string("a\0b", 3)).error().kind(), error_kind::invalid_argument);
    std::ofstream(directory.file("empty")).close();
    vacuum_into(c, directory.file("empty")).value();
}

TEST_F(vacuum_test, writes_into_a_new_file) {
    auto c = open("x.db");
    fill(c);
    vacuum_into(c, directory.file("it's new.db")).value();
    auto copy = open("it's new.db");
    EXPECT_EQ(copy.fetch_one<std::int64_t>("SELECT count(*) FROM t").value(), 10);
    auto memory = open_memory("CREATE TABLE m(a)");
    vacuum_into(memory, directory.file("memory.db")).value();
    EXPECT_EQ(open("memory.db").fetch_one<std::string>("SELECT name FROM sqlite_schema").value(),
              "m");
}

TEST_F(vacuum_test, a_copy_has_the_key_of_its_source) {
    auto secret =
        open("secret.db", {.encryption_key = "k", .cache_size = 10, .mmap_size = 1 << 24});
    fill(secret);
    secret.execute("INSERT INTO t(id, b) VALUES (5000, zeroblob(1000000))").value();
    secret.execute("CREATE INDEX tb ON t(id, length(b))").value();
    vacuum_into(secret, directory.file("copy.db")).value();
    EXPECT_EQ(database::open({.database = directory.file("copy.db")}).error().kind(),
              error_kind::wrong_key);
    auto copy = open("copy.db", {.encryption_key = "k"});
    EXPECT_EQ(copy.fetch_one<std::int64_t>("SELECT count(*) FROM t").value(), 11);
    EXPECT_EQ(copy.fetch_one<std::string>("PRAGMA integrity_check").value(), "ok");
    vacuum(secret).value();
    EXPECT_EQ(secret.fetch_one<std::string>("PRAGMA integrity_check").value(), "ok");

    auto plain = open("plain.db");
    attach(plain, directory.file("copy2.db"), "secret", "other").value();
    plain.execute("CREATE TABLE secret.s(a)").value();
    vacuum_into(plain, directory.file("out.db"), "secret").value();
    EXPECT_EQ(open("out.db").fetch_one<std::string>("SELECT name FROM sqlite_schema").value(), "s");
}

TEST_F(vacuum_test, incremental_vacuum_frees_pages) {
    auto plain = open("plain.db");
    EXPECT_EQ(incremental_vacuum(plain).error().kind(), error_kind::unsupported);
    auto c = open("x.db", {.auto_vacuum = auto_vacuum::incremental});
    fill(c);
    EXPECT_EQ(incremental_vacuum(c, -1).error().kind(), error_kind::invalid_argument);
    const auto before = pages(c);
    EXPECT_EQ(incremental_vacuum(c, 5).value(), 5);
    EXPECT_EQ(pages(c), before - 5);
    const auto rest = incremental_vacuum(c).value();
    EXPECT_GT(rest, 50);
    EXPECT_EQ(pages(c), before - 5 - rest);
    EXPECT_EQ(incremental_vacuum(c).value(), 0);
}

}  // namespace
}  // namespace libsql
