#include "support/open_connection.hpp"
#include "support/temporary_directory.hpp"

#include <libsql/collation.hpp>
#include <libsql/database.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace libsql {

namespace {

using namespace std::string_literals;
using ::testing::ElementsAre;
using testing::open_memory;

std::weak_ordering by_length(std::string_view a, std::string_view b) {
    return a.size() <=> b.size();
}

std::strong_ordering backwards(std::string_view a, std::string_view b) {
    return b <=> a;
}

int forwards(std::string_view a, std::string_view b) {
    return a.compare(b);
}

std::vector<std::string> texts(connection& c, std::string_view sql) {
    auto found = c.fetch<std::string>(sql);
    EXPECT_TRUE(found) << found.error().to_string();
    return found ? *found : std::vector<std::string>();
}

TEST(collation, orders_by_its_return_value) {
    auto c = open_memory("CREATE TABLE t (a); INSERT INTO t VALUES ('bbb'), ('a'), ('cc')");
    ASSERT_TRUE(create_collation(c, "length", by_length));
    ASSERT_TRUE(create_collation(c, "backwards", backwards));
    ASSERT_TRUE(create_collation(c, "with space", forwards));
    EXPECT_THAT(texts(c, "SELECT a FROM t ORDER BY a COLLATE length"),
                ElementsAre("a", "cc", "bbb"));
    EXPECT_THAT(texts(c, "SELECT a FROM t ORDER BY a COLLATE BACKWARDS"),
                ElementsAre("cc", "bbb", "a"));
    EXPECT_THAT(texts(c, "SELECT a FROM t ORDER BY a COLLATE \"with space\""),
                ElementsAre("a", "bbb", "cc"));
    EXPECT_THAT(texts(c, "SELECT a FROM t WHERE a = 'xx' COLLATE length"), ElementsAre("cc"));
}

TEST(collation, sees_the_exact_texts) {
    auto c = open_memory(
        "CREATE TABLE t (a); INSERT INTO t VALUES ('a' || char(0) || 'b'), (''), ('žluť')");
    std::set<std::string> seen;
    ASSERT_TRUE(create_collation(c, "c", [&](std::string_view a, std::string_view b) {
        seen.emplace(a);
        seen.emplace(b);
        return a <=> b;
    }));
    EXPECT_THAT(texts(c, "SELECT a FROM t ORDER BY a COLLATE c"), ElementsAre("", "a\0b"s, "žluť"));
    EXPECT_THAT(seen, ElementsAre("", "a\0b"s, "žluť"));
}

TEST(collation, works_in_a_database_in_utf_16) {
    auto c = open_memory(
        "PRAGMA encoding = 'UTF-16le'; CREATE TABLE t (a); INSERT INTO t VALUES ('ž'), ('a')");
    ASSERT_TRUE(create_collation(c, "backwards", backwards));
    EXPECT_THAT(texts(c, "SELECT a FROM t ORDER BY a COLLATE backwards"), ElementsAre("ž", "a"));
}

TEST(collation, sorts_an_index) {
    auto c = open_memory();
    ASSERT_TRUE(create_collation(c, "backwards", backwards));
    ASSERT_TRUE(c.execute("CREATE TABLE t (a TEXT COLLATE backwards PRIMARY KEY) WITHOUT ROWID"));
    ASSERT_TRUE(c.execute("INSERT INTO t VALUES ('a'), ('c'), ('b')"));
    EXPECT_THAT(texts(c, "SELECT a FROM t"), ElementsAre("c", "b", "a"));
    EXPECT_THAT(texts(c, "PRAGMA integrity_check"), ElementsAre("ok"));
}

// --- a collation that throws ---

/// A database with a collation `m` that throws when it is told to.
struct moody {
    explicit moody(std::string_view script = {}) : c(open_memory(script)) {
        create_collation(c, "m", [this](std::string_view a, std::string_view b) {
            ++calls;
            if (angry) {
                throw std::runtime_error("I do not compare");
            }
            return a.compare(b);
        }).value();
    }

    bool angry{false};
    int calls{0};
    connection c;
};

TEST(collation, that_throws_in_a_sort_fails_the_query) {
    moody m(
        "CREATE TABLE t (a); WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n "
        "LIMIT 1000) "
        "INSERT INTO t SELECT 'text ' || i FROM n");
    auto& c = m.c;
    m.angry = true;
    const auto outcome = c.execute("SELECT a FROM t ORDER BY a COLLATE m");
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind(), error_kind::sql);
    EXPECT_EQ(outcome.error().message(), "I do not compare");
    EXPECT_EQ(m.calls, 1);
    m.angry = false;
    EXPECT_TRUE(c.execute("SELECT a FROM t ORDER BY a COLLATE m"));
}

TEST(collation, that_throws_in_a_statement_without_a_loop_fails_it) {
    moody m;
    auto& c = m.c;
    m.angry = true;
    EXPECT_EQ(c.execute("SELECT 'a' < 'b' COLLATE m").error().message(), "I do not compare");
    EXPECT_EQ(c.execute("SELECT 1 WHERE 'a' < 'b' COLLATE m").error().message(),
              "I do not compare");
    EXPECT_EQ(c.query("SELECT 'a' < 'b' COLLATE m").error().message(), "I do not compare");
    EXPECT_EQ(c.query("SELECT 1 WHERE 'a' > 'b' COLLATE m").error().message(), "I do not compare");
    auto held = c.prepare("SELECT ? < ? COLLATE m").value();
    EXPECT_EQ(held.execute("a", "b").error().message(), "I do not compare");
    m.angry = false;
    EXPECT_TRUE(held.execute("a", "b"));
}

TEST(collation, that_throws_in_an_insert_leaves_the_index_in_order) {
    moody m;
    auto& c = m.c;
    ASSERT_TRUE(c.execute("CREATE TABLE t (a TEXT COLLATE m UNIQUE)"));
    ASSERT_TRUE(c.execute("INSERT INTO t VALUES ('b'), ('d'), ('f')"));
    m.angry = true;
    EXPECT_EQ(c.execute("INSERT INTO t VALUES ('e')").error().message(), "I do not compare");
    EXPECT_EQ(c.execute("UPDATE t SET a = 'z' WHERE rowid = 1").error().message(),
              "I do not compare");
    EXPECT_EQ(c.execute("INSERT INTO t VALUES ('g'), ('h') RETURNING a").error().message(),
              "I do not compare");
    m.angry = false;
    EXPECT_THAT(texts(c, "PRAGMA integrity_check"), ElementsAre("ok"));
    EXPECT_THAT(texts(c, "SELECT a FROM t ORDER BY a"), ElementsAre("b", "d", "f"));
}

TEST(collation, that_throws_in_a_write_of_a_transaction_leaves_the_index_in_order) {
    moody m;
    auto& c = m.c;
    ASSERT_TRUE(c.execute("CREATE TABLE t (a TEXT COLLATE m UNIQUE)"));
    ASSERT_TRUE(c.execute("INSERT INTO t VALUES ('b'), ('d')"));
    auto tx = c.begin(transaction_mode::immediate).value();
    ASSERT_TRUE(tx.execute("INSERT INTO t VALUES ('f')"));
    m.angry = true;
    EXPECT_EQ(tx.execute("INSERT INTO t VALUES ('e')").error().message(), "I do not compare");
    m.angry = false;
    // The statement had no savepoint of its own: the engine has rolled back the transaction, and
    // says so.
    EXPECT_NE(tx.status(), transaction_status::active);
    EXPECT_EQ(tx.commit().error().kind(), error_kind::transaction);
    EXPECT_THAT(texts(c, "PRAGMA integrity_check"), ElementsAre("ok"));
    EXPECT_THAT(texts(c, "SELECT a FROM t ORDER BY a"), ElementsAre("b", "d"));
}

TEST(collation, that_throws_in_a_read_leaves_the_transaction_open) {
    moody m("CREATE TABLE t (a); INSERT INTO t VALUES ('x'), ('y')");
    auto& c = m.c;
    auto tx = c.begin(transaction_mode::immediate).value();
    ASSERT_TRUE(tx.execute("INSERT INTO t VALUES ('z')"));
    m.angry = true;
    EXPECT_EQ(tx.execute("SELECT a FROM t ORDER BY a COLLATE m").error().message(),
              "I do not compare");
    m.angry = false;
    EXPECT_EQ(tx.status(), transaction_status::active);
    ASSERT_TRUE(tx.commit());
    EXPECT_THAT(texts(c, "SELECT a FROM t ORDER BY a COLLATE m"), ElementsAre("x", "y", "z"));
}

TEST(collation, that_throws_while_an_index_is_created_leaves_no_index) {
    moody m("CREATE TABLE t (a); INSERT INTO t VALUES ('x'), ('y')");
    auto& c = m.c;
    m.angry = true;
    EXPECT_EQ(c.execute("CREATE INDEX i ON t (a COLLATE m)").error().message(), "I do not compare");
    m.angry = false;
    EXPECT_EQ(c.fetch_one<int>("SELECT count(*) FROM sqlite_schema WHERE type = 'index'").value(),
              0);
    EXPECT_TRUE(c.execute("CREATE INDEX i ON t (a COLLATE m)"));
}

TEST(collation, an_interrupt_is_not_mistaken_for_its_error) {
    moody m;
    auto& c = m.c;
    m.angry = true;
    EXPECT_EQ(c.execute("SELECT 'a' < 'b' COLLATE m").error().message(), "I do not compare");
    EXPECT_EQ(c.execute(deadline::in(std::chrono::milliseconds(10)),
                        "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT "
                        "count(*) FROM n")
                  .error()
                  .kind(),
              error_kind::timeout);
    EXPECT_TRUE(c.execute("SELECT 1"));
}

// --- the sorter's threads ---

/// A database whose big sorts the engine does in threads of its own.
connection open_with_sorting_threads(const libsql::testing::temporary_directory& directory) {
    auto c = database::open({.database = directory.file("sort.db"), .temp_store = temp_store::file})
                 .value()
                 .connect()
                 .value();
    EXPECT_TRUE(
        c.run_script(
             "PRAGMA threads = 4; PRAGMA cache_size = 10; CREATE TABLE t (a);"
             "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n LIMIT 30000) "
             "INSERT INTO t SELECT hex(randomblob(100)) FROM n")
            .has_value());
    return c;
}

TEST(collation, is_called_from_the_sorters_threads) {
    const libsql::testing::temporary_directory directory;
    auto c = open_with_sorting_threads(directory);
    std::mutex mutex;
    std::set<std::thread::id> threads;
    ASSERT_TRUE(create_collation(c, "c", [&](std::string_view a, std::string_view b) {
        const std::lock_guard lock(mutex);
        threads.insert(std::this_thread::get_id());
        return a <=> b;
    }));
    const auto sorted = texts(c, "SELECT a FROM t ORDER BY a COLLATE c");
    EXPECT_EQ(sorted.size(), 30000U);
    EXPECT_TRUE(std::is_sorted(sorted.begin(), sorted.end()));
    EXPECT_GT(threads.size(), 1U);
}

TEST(collation, that_throws_in_the_sorters_threads_fails_the_query) {
    const libsql::testing::temporary_directory directory;
    auto c = open_with_sorting_threads(directory);
    const auto self = std::this_thread::get_id();
    std::atomic<bool> angry{true};
    ASSERT_TRUE(create_collation(c, "c", [&, self](std::string_view a, std::string_view b) {
        if (angry && std::this_thread::get_id() != self) {
            throw std::runtime_error("not in this thread");
        }
        return a.compare(b);
    }));
    EXPECT_EQ(c.execute("SELECT a FROM t ORDER BY a COLLATE c").error().message(),
              "not in this thread");
    EXPECT_EQ(c.execute("CREATE INDEX i ON t (a COLLATE c)").error().message(),
              "not in this thread");
    angry = false;
    EXPECT_TRUE(c.execute("SELECT a FROM t ORDER BY a COLLATE c"));
    EXPECT_TRUE(c.execute("CREATE INDEX i ON t (a COLLATE c)"));
    EXPECT_THAT(texts(c, "PRAGMA integrity_check"), ElementsAre("ok"));
}

// --- names, replacing, finding ---

TEST(collation, refuses_bad_arguments) {
    auto c = open_memory();
    for (const std::string& name : {""s, "a\0b"s, std::string(256, 'x'), "\xff"s}) {
        EXPECT_EQ(create_collation(c, name, forwards).error().kind(), error_kind::invalid_argument);
    }
    EXPECT_EQ(create_collation(c, "c", {}).error().message(),
              "the collation \"c\" has no function");
    EXPECT_EQ(remove_collation(c, "c").error().message(), "there is no collation \"c\" to remove");
    EXPECT_EQ(remove_collation(c, "NOCASE").error().kind(), error_kind::invalid_argument);
}

TEST(collation, is_unknown_after_it_is_removed) {
    auto c = open_memory("CREATE TABLE t (a)");
    ASSERT_TRUE(create_collation(c, "Mine", forwards));
    ASSERT_TRUE(c.execute("SELECT a FROM t ORDER BY a COLLATE mine"));
    ASSERT_TRUE(remove_collation(c, "MINE"));
    EXPECT_EQ(c.execute("SELECT a FROM t ORDER BY a COLLATE mine").error().message(),
              "no such collation sequence: mine");
    EXPECT_FALSE(remove_collation(c, "mine"));
}

TEST(collation, cannot_be_replaced_while_a_statement_runs) {
    auto c = open_memory();
    const auto first = std::make_shared<int>();
    const auto second = std::make_shared<int>();
    ASSERT_TRUE(create_collation(
        c, "c", [first](std::string_view a, std::string_view b) { return a.compare(b); }));
    auto found = c.query("VALUES (1), (2)").value();
    ASSERT_TRUE(found.next().value());
    EXPECT_EQ(create_collation(
                  c, "c", [second](std::string_view a, std::string_view b) { return a.compare(b); })
                  .error()
                  .kind(),
              error_kind::busy);
    EXPECT_EQ(second.use_count(), 1);
    EXPECT_EQ(remove_collation(c, "c").error().kind(), error_kind::busy);
    EXPECT_EQ(first.use_count(), 2);
    found.close();
    EXPECT_TRUE(remove_collation(c, "c"));
    EXPECT_EQ(first.use_count(), 1);
}

TEST(collation, is_found_when_it_is_needed) {
    auto c = open_memory("CREATE TABLE t (a); INSERT INTO t VALUES ('a'), ('b')");
    std::vector<std::string> asked;
    ASSERT_TRUE(set_collation_needed(c, [&](std::string_view name) {
        asked.emplace_back(name);
        return name == "backwards" ? collation(backwards) : collation();
    }));
    EXPECT_THAT(texts(c, "SELECT a FROM t ORDER BY a COLLATE backwards"), ElementsAre("b", "a"));
    EXPECT_THAT(texts(c, "SELECT a FROM t ORDER BY a COLLATE backwards, a"), ElementsAre("b", "a"));
    EXPECT_THAT(asked, ElementsAre("backwards"));
    EXPECT_EQ(c.execute("SELECT a FROM t ORDER BY a COLLATE other").error().message(),
              "no such collation sequence: other");
    EXPECT_TRUE(remove_collation(c, "backwards"));
}

}  // namespace

}  // namespace libsql
