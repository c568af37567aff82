// What a schema can have FTS4 call (engine/corrections/fts3_calls_direct_only_functions.txt).
#include "libsql/engine/engine.h"

#include <gtest/gtest.h>

#include <memory>

namespace libsql::testing {

TEST(engine_fts3, functions_for_direct_use_are_not_called_by_the_schema) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(":memory:", &database), SQLITE_OK);
    const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> closed(database, &sqlite3_close);
    const auto run = [&](const char* sql) {
        return sqlite3_exec(database, sql, nullptr, nullptr, nullptr);
    };
    int calls = 0;
    ASSERT_EQ(sqlite3_create_function(
                  database, "for_direct_use", 1, SQLITE_UTF8 | SQLITE_DIRECTONLY, &calls,
                  [](sqlite3_context* context, int, sqlite3_value** values) {
                      ++*static_cast<int*>(sqlite3_user_data(context));
                      sqlite3_result_value(context, values[0]);
                  },
                  nullptr, nullptr),
              SQLITE_OK);

    run("CREATE VIRTUAL TABLE t USING fts4(x, compress=for_direct_use, uncompress=for_direct_use)");
    EXPECT_EQ(run("INSERT INTO t VALUES ('ant')"), SQLITE_ERROR);

    ASSERT_EQ(run("CREATE TABLE source(x); INSERT INTO source VALUES ('ant');"
                  "CREATE VIEW viewed AS SELECT rowid, for_direct_use(x) AS x FROM source;"
                  "CREATE VIRTUAL TABLE v USING fts4(content=viewed, x)"),
              SQLITE_OK);
    EXPECT_EQ(run("INSERT INTO v(v) VALUES ('rebuild')"), SQLITE_ERROR);
    EXPECT_EQ(calls, 0);

    EXPECT_EQ(run("SELECT for_direct_use(1)"), SQLITE_OK);
    EXPECT_EQ(calls, 1);
}

}  // namespace libsql::testing
