#pragma once

#include "support/engine_database.hpp"

namespace libsql::testing {

/// The engine for all inputs of a fuzzer. Statements are only prepared. PRAGMAs are ignored,
/// because they may take effect when they are prepared (hard_heap_limit!).
inline engine_database& fuzz_engine() {
    static engine_database engine = [] {
        engine_database result(R"(
            CREATE TABLE t(a INTEGER PRIMARY KEY, b, c, "begin", "end");
            CREATE TABLE u(a UNIQUE, b);
            CREATE VIEW v AS SELECT a, b FROM t;
        )");
        sqlite3_set_authorizer(
            result.handle(),
            [](void*, int action, const char*, const char*, const char*, const char*) {
                return action == SQLITE_PRAGMA ? SQLITE_IGNORE : SQLITE_OK;
            },
            nullptr);
        return result;
    }();
    return engine;
}

}  // namespace libsql::testing
