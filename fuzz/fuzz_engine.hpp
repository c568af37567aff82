#pragma once

#include "support/engine_database.hpp"

namespace libsql::testing {

/// The engine for all inputs of a fuzzer: statements are only prepared, and a PRAGMA, which may act
/// when it is prepared (hard_heap_limit!), is ignored.
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
