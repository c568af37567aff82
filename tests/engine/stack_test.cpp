// What is nested deeply, on threads with little stack: it works or is an error, and the connection
// can be used as before. Without the engine's corrections (stack_*) most of this ends the process.
#include "engine/deep_sql.hpp"
#include "support/engine_database.hpp"

#include <gtest/gtest.h>
#include <pthread.h>

#include <algorithm>
#include <functional>
#include <set>
#include <string>

namespace libsql::testing {

namespace {

constexpr int kib = 1024;
const std::string too_deep = "nested too deeply for the stack of this thread";

/// Runs `body` on a thread with that much stack.
void on_stack(int size, std::function<void()> body) {
    pthread_attr_t attributes;
    ASSERT_EQ(pthread_attr_init(&attributes), 0);
    ASSERT_EQ(pthread_attr_setstacksize(&attributes, static_cast<std::size_t>(size)), 0);
    pthread_t thread{};
    const auto run = [](void* what) -> void* {
        (*static_cast<std::function<void()>*>(what))();
        return nullptr;
    };
    ASSERT_EQ(pthread_create(&thread, &attributes, run, &body), 0);
    ASSERT_EQ(pthread_join(thread, nullptr), 0);
    pthread_attr_destroy(&attributes);
}

struct answer {
    int code = SQLITE_OK;
    std::string message;
};

answer run(sqlite3* on, const std::string& script) {
    answer given;
    char* message = nullptr;
    given.code = sqlite3_exec(on, script.c_str(), nullptr, nullptr, &message);
    if (message != nullptr) {
        given.message = message;
        sqlite3_free(message);
    }
    return given;
}

const std::string schema = "CREATE TABLE t(a, b, c); INSERT INTO t VALUES (1, 2, 3)";

bool is_usable(engine_database& database) {
    return database.evaluate("count(*) FROM sqlite_schema").first == SQLITE_INTEGER &&
           database.execute("CREATE TABLE usable(a); INSERT INTO usable VALUES (1)") == SQLITE_OK &&
           sqlite3_get_autocommit(database.handle()) != 0;
}

class engine_stack : public ::testing::TestWithParam<int> {};

TEST_P(engine_stack, never_overflows) {
    const std::set<int> errors{SQLITE_OK, SQLITE_ERROR, SQLITE_TOOBIG};
    for (const auto& deep : deep_sqls()) {
        const int deepest = std::max(deep.hostile, deep.reasonable);
        std::set<int> depths{deep.reasonable, deepest};
        // Between working and the error is where a level that was not thought of would show.
        for (int depth = 16; depth < std::min(deepest, 1000); depth *= 3) {
            depths.insert(depth);
        }
        // What the engine's limits leave takes long where the stack takes it.
        if (GetParam() > 512) {
            depths = {deep.reasonable};
        }
        depths.erase(0);
        for (const int depth : depths) {
            on_stack(GetParam() * kib, [&] {
                engine_database database(schema);
                const auto given = run(database.handle(), deep.script(depth));
                const auto what = deep.name + ", " + std::to_string(depth) + ": " + given.message;
                EXPECT_TRUE(errors.contains(given.code)) << what << given.code;
                EXPECT_TRUE(is_usable(database)) << what;
            });
        }
    }
}

INSTANTIATE_TEST_SUITE_P(kib, engine_stack, ::testing::Values(128, 320, 1024, 8192),
                         ::testing::PrintToStringParamName());

TEST(engine_stack, of_eight_mebibytes_is_enough_for_everything_the_limits_allow) {
    for (const auto& deep : deep_sqls()) {
        if (deep.reasonable == 0) {
            continue;
        }
        on_stack(8192 * kib, [&] {
            engine_database database(schema);
            const auto given = run(database.handle(), deep.script(deep.reasonable));
            EXPECT_EQ(given.code, SQLITE_OK) << deep.name << ": " << given.message;
        });
    }
}

TEST(engine_stack, that_is_too_small_gives_an_error) {
    on_stack(128 * kib, [] {
        engine_database database(schema);
        const auto sum = run(database.handle(), "SELECT 1" + times(990, "+1"));
        EXPECT_EQ(sum.code, SQLITE_ERROR);
        EXPECT_EQ(sum.message, too_deep);
        const auto compound = run(database.handle(), "SELECT 1" + times(499, " UNION SELECT 2"));
        EXPECT_EQ(compound.code, SQLITE_ERROR);
        EXPECT_EQ(compound.message, too_deep);
    });
}

TEST(engine_stack, that_is_too_small_undoes_nothing_of_the_transaction) {
    on_stack(128 * kib, [] {
        engine_database database(schema);
        EXPECT_EQ(database.execute("BEGIN; INSERT INTO t VALUES (4, 5, 6)"), SQLITE_OK);
        for (const std::string& deep :
             {"INSERT INTO t SELECT 1, 2, 3" + times(499, " UNION SELECT 2, 3, 4"),
              "UPDATE t SET a=1" + times(990, "+1"),
              "UPDATE t SET b=json('" + around(1000, "[", "1", "]") + "'||a" + times(20000, " ") +
                  ")",
              "UPDATE t SET a=a LIKE '" + times(20000, "%a") + "'"}) {
            EXPECT_EQ(database.execute(deep), SQLITE_ERROR);
            EXPECT_EQ(sqlite3_get_autocommit(database.handle()), 0);
        }
        EXPECT_EQ(database.execute("INSERT INTO t VALUES (7, 8, 9); COMMIT"), SQLITE_OK);
        EXPECT_EQ(database.evaluate("group_concat(a) FROM t").second, "1,4,7");
    });
}

TEST(engine_stack, may_differ_from_call_to_call) {
    engine_database database(schema);
    const std::string deep = "SELECT a" + times(900, "+1") + " FROM t";
    for (const int size : {8192, 128, 8192, 320, 128, 8192}) {
        on_stack(size * kib, [&] {
            const auto given = run(database.handle(), deep);
            EXPECT_EQ(given.code, size < 8192 ? SQLITE_ERROR : SQLITE_OK) << size << given.message;
        });
    }
}

TEST(engine_stack, is_checked_when_a_statement_is_recompiled_on_another_thread) {
    engine_database database(schema);
    const auto statement = database.prepare("SELECT a" + times(900, "+1") + " FROM t");
    ASSERT_EQ(statement.code, SQLITE_OK);
    on_stack(128 * kib, [&] {
        EXPECT_EQ(sqlite3_step(statement.handle.get()), SQLITE_ROW);
        sqlite3_reset(statement.handle.get());
        EXPECT_EQ(database.execute("CREATE TABLE changed(a)"), SQLITE_OK);
        EXPECT_EQ(sqlite3_step(statement.handle.get()), SQLITE_ERROR);
        EXPECT_EQ(sqlite3_errmsg(database.handle()), too_deep);
        sqlite3_reset(statement.handle.get());
    });
    EXPECT_EQ(sqlite3_step(statement.handle.get()), SQLITE_ROW);
}

TEST(engine_stack, is_checked_when_the_schema_was_made_on_another_thread) {
    const std::string file = "file:/deep_schema?vfs=memdb";
    const auto open = [&] {
        sqlite3* opened = nullptr;
        EXPECT_EQ(
            sqlite3_open_v2(file.c_str(), &opened,
                            SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI, nullptr),
            SQLITE_OK);
        return opened;
    };
    sqlite3* const first = open();
    ASSERT_EQ(run(first, schema).code, SQLITE_OK);
    ASSERT_EQ(
        run(first, "CREATE VIEW v AS SELECT " + around(900, "a+(", "1", ")") + " AS x FROM t").code,
        SQLITE_OK);
    ASSERT_EQ(run(first, "CREATE VIEW w AS SELECT 1" + times(499, " UNION SELECT 2")).code,
              SQLITE_OK);
    ASSERT_EQ(
        run(first, "CREATE TABLE c(a CHECK (" + around(400, "coalesce(a,", "1", ")") + "))").code,
        SQLITE_OK);
    on_stack(128 * kib, [&] {
        // Not a damaged schema: it cannot be read on this thread.
        sqlite3* const second = open();
        const auto given = run(second, "SELECT a FROM t");
        EXPECT_EQ(given.code, SQLITE_ERROR);
        EXPECT_NE(given.message.find(too_deep), std::string::npos) << given.message;
        EXPECT_EQ(sqlite3_close(second), SQLITE_OK);
    });
    sqlite3* const third = open();
    EXPECT_EQ(run(third, "SELECT x FROM v; SELECT * FROM w; INSERT INTO c VALUES (1)").code,
              SQLITE_OK);
    on_stack(128 * kib, [&] {
        // What is deep may be needed for it; where nothing is compiled into nothing, it is not.
        EXPECT_EQ(run(third, "BEGIN; INSERT INTO t VALUES (1, 2, 3); COMMIT").code, SQLITE_OK);
        EXPECT_EQ(run(third, "SELECT x FROM v").code, SQLITE_ERROR);
        EXPECT_EQ(sqlite3_close(third), SQLITE_OK);  // deletes what is deep
        EXPECT_EQ(sqlite3_close(first), SQLITE_OK);
    });
}

}  // namespace

}  // namespace libsql::testing
