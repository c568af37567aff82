#include "support/open_connection.hpp"
#include "support/temporary_directory.hpp"

#include <libsql/backup.hpp>
#include <libsql/blob_io.hpp>
#include <libsql/database.hpp>
#include <libsql/serialize.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <string>

namespace libsql {
namespace {

using testing::open_memory;

constexpr std::string_view content =
    "CREATE TABLE t(id INTEGER PRIMARY KEY, body); CREATE INDEX tb ON t(body);"
    "INSERT INTO t(body) SELECT 'row ' || value FROM generate_series(1, 1000);";

std::int64_t count(connection& c, const std::string& table = "t") {
    return c.fetch_one<std::int64_t>("SELECT count(*) FROM " + table).value().value();
}

connection restored(blob_view bytes) {
    auto c = open_memory();
    deserialize(c, bytes).value();
    return c;
}

TEST(serialize, refuses_what_it_cannot_do) {
    auto c = open_memory(content);
    EXPECT_EQ(serialize(c, "none").error().kind(), error_kind::invalid_argument);
    {
        auto t = c.begin().value();
        EXPECT_TRUE(serialize(c));
        t.execute("DELETE FROM t").value();
        EXPECT_EQ(serialize(c).error().kind(), error_kind::transaction);
    }
    c.close().value();
    EXPECT_EQ(serialize(c).error().kind(), error_kind::closed);
}

TEST(serialize, an_unreadable_page_is_an_error_and_not_zeros) {
    const testing::temporary_directory directory;
    const auto path = directory.file("x.db");
    auto c = database::open({.database = path, .journal_mode = journal_mode::delete_file})
                 .value()
                 .connect()
                 .value();
    ASSERT_TRUE(c.run_script(content).has_value());
    std::filesystem::resize_file(path, std::filesystem::file_size(path) - 4096);
    c.reset().value();
    const auto bytes = serialize(c);
    EXPECT_FALSE(bytes) << "of " << bytes->size() << " bytes";
}

TEST(serialize, serializes_memory_a_file_and_an_encrypted_file) {
    const testing::temporary_directory directory;
    for (const std::string key : {"", "a key"}) {
        auto c = database::open({.database = directory.file("x" + key), .encryption_key = key})
                     .value()
                     .connect()
                     .value();
        ASSERT_TRUE(c.run_script(content).has_value());
        const auto bytes = serialize(c).value();
        EXPECT_EQ(bytes.size() % 4096, 0U);
        auto copy = restored(bytes);
        EXPECT_EQ(count(copy), 1000);
        EXPECT_EQ(copy.fetch_one<std::string>("PRAGMA integrity_check").value(), "ok");
        // As a file.
        const auto path = directory.file("written" + key);
        std::ofstream(path, std::ios::binary)
            .write(reinterpret_cast<const char*>(bytes.data()),
                   static_cast<std::streamsize>(bytes.size()));
        auto file = database::open({.database = path}).value().connect().value();
        EXPECT_EQ(count(file), 1000);
    }
    auto memory = open_memory(content);
    auto copy = restored(serialize(memory).value());
    EXPECT_EQ(count(copy), 1000);
    auto again = restored(serialize(copy).value());
    EXPECT_EQ(count(again), 1000);
}

TEST(serialize, serializes_an_empty_and_an_attached_database) {
    auto empty = open_memory(
        "ATTACH ':memory:' AS other; CREATE TABLE other.t(a); INSERT INTO other.t VALUES (1)");
    auto copy = restored(serialize(empty).value());
    EXPECT_EQ(count(copy, "sqlite_schema"), 0);
    auto other = restored(serialize(empty, "other").value());
    EXPECT_EQ(count(other), 1);
}

TEST(deserialize, replaces_the_database_but_not_its_file) {
    const testing::temporary_directory directory;
    const auto path = directory.file("x.db");
    auto source = open_memory("CREATE TABLE other(a); INSERT INTO other VALUES (7)");
    const auto bytes = serialize(source).value();
    auto c = database::open({.database = path}).value().connect().value();
    ASSERT_TRUE(c.run_script(content).has_value());
    EXPECT_EQ(count(c), 1000);  // a cached statement
    deserialize(c, bytes).value();
    EXPECT_EQ(c.execute("SELECT count(*) FROM t").error().kind(), error_kind::sql);
    EXPECT_EQ(c.fetch_one<std::int64_t>("SELECT a FROM other").value(), 7);
    c.execute("CREATE TABLE big AS SELECT zeroblob(1000000)").value();
    auto again = database::open({.database = path}).value().connect().value();
    EXPECT_EQ(count(again), 1000);
    EXPECT_EQ(count(again, "sqlite_schema"), 2);
}

TEST(deserialize, can_be_read_only) {
    auto source = open_memory(content);
    auto c = open_memory();
    deserialize(c, serialize(source).value(), deserialize_access::read_only).value();
    EXPECT_EQ(count(c), 1000);
    EXPECT_EQ(c.execute("DELETE FROM t").error().kind(), error_kind::read_only);
}

TEST(deserialize, no_bytes_are_an_empty_database) {
    auto c = open_memory(content);
    deserialize(c, {}).value();
    EXPECT_EQ(count(c, "sqlite_schema"), 0);
    c.execute("CREATE TABLE t(a)").value();
}

TEST(deserialize, replaces_an_attached_database) {
    auto source = open_memory(content);
    const auto bytes = serialize(source).value();
    auto c = open_memory("CREATE TABLE kept(a); ATTACH ':memory:' AS other");
    deserialize(c, bytes, deserialize_access::read_write, "other").value();
    EXPECT_EQ(count(c, "other.t"), 1000);
    EXPECT_EQ(count(c, "main.kept"), 0);
}

TEST(deserialize, refuses_what_it_cannot_do) {
    const testing::temporary_directory directory;
    auto source = open_memory(content);
    const auto bytes = serialize(source).value();
    auto c = open_memory(content);
    EXPECT_EQ(deserialize(c, bytes, {}, "none").error().kind(), error_kind::invalid_argument);
    EXPECT_EQ(deserialize(c, bytes, {}, "temp").error().kind(), error_kind::unsupported);
    {
        auto t = c.begin().value();
        EXPECT_EQ(deserialize(c, bytes).error().kind(), error_kind::transaction);
    }
    {
        auto rows = c.query("SELECT * FROM t").value();
        ASSERT_TRUE(rows.next().value());
        EXPECT_EQ(deserialize(c, bytes).error().kind(), error_kind::transaction);
        ASSERT_TRUE(rows.next().value());
    }
    {
        auto b = blob_io::open(c, {.table = "t", .column = "body", .rowid = 1}).value();
        EXPECT_EQ(deserialize(c, bytes).error().kind(), error_kind::transaction);
    }
    {
        auto destination = open_memory();
        auto copy = backup::start(c, destination).value();
        ASSERT_FALSE(copy.step(1).value());
        EXPECT_EQ(deserialize(c, bytes).error().kind(), error_kind::transaction);
        EXPECT_EQ(deserialize(destination, bytes).error().kind(), error_kind::misuse);
    }
    auto secret = database::open({.database = directory.file("x"), .encryption_key = "k"})
                      .value()
                      .connect()
                      .value();
    EXPECT_EQ(deserialize(secret, bytes).error().kind(), error_kind::unsupported);
    EXPECT_EQ(count(c), 1000);
    deserialize(c, bytes).value();
}

TEST(deserialize, rubbish_is_refused_and_replaces_nothing) {
    auto c = open_memory(content);
    for (const auto& rubbish : {std::string("x"), std::string(100, '\0'), std::string(4096, 'x'),
                                std::string("SQLite format 3\0", 16),
                                std::string("SQLite format 3") + std::string(5000, '\0')}) {
        const auto why = deserialize(c, std::as_bytes(std::span(rubbish))).error();
        EXPECT_TRUE(why.kind() == error_kind::not_a_database || why.kind() == error_kind::corrupt)
            << why.to_string();
        EXPECT_EQ(count(c), 1000);
    }
}

TEST(deserialize, damaged_bytes_never_crash) {
    auto source = open_memory(content);
    const auto sound = serialize(source).value();
    std::mt19937 random(20240614);
    int opened = 0;
    for (int round = 0; round < 300; ++round) {
        auto bytes = sound;
        for (int flips = 0; flips < 1 + round % 40; ++flips) {
            // The pages' headers and cell pointers, mostly: where a mistake would hurt.
            const std::size_t page = random() % (bytes.size() / 4096);
            bytes[page * 4096 + random() % (round % 2 == 0 ? 120 : 4096)] =
                static_cast<std::byte>(random());
        }
        if (round % 7 == 0) {
            bytes.resize(random() % bytes.size());
        }
        auto c = open_memory();
        if (!deserialize(c, bytes)) {
            continue;
        }
        ++opened;
        static_cast<void>(c.fetch<value>("SELECT body FROM t ORDER BY body"));
        static_cast<void>(
            c.execute("INSERT INTO t(body) SELECT randomblob(3000) FROM generate_series(1, 20)"));
        static_cast<void>(c.execute("DELETE FROM t WHERE id % 3 = 0"));
        static_cast<void>(c.fetch<std::string>("PRAGMA integrity_check"));
        static_cast<void>(serialize(c));
    }
    EXPECT_GT(opened, 50);
}

}  // namespace
}  // namespace libsql
