#pragma once

#include "libsql/engine/engine.h"

#include <cstdint>
#include <string>
#include <string_view>

/// The engine's C API used as its documentation recommends, as the reference for our measurements.
/// It has the same engine, compiler flags and file settings, and uses prepared statements.
namespace bench::raw {

void check(int rc, sqlite3* db);

class statement {
public:
    statement(sqlite3* db, const char* sql);
    ~statement();
    statement(const statement&) = delete;
    statement& operator=(const statement&) = delete;

    [[nodiscard]] sqlite3_stmt* get() const { return statement_; }

private:
    sqlite3_stmt* statement_{nullptr};
};

class database {
public:
    explicit database(const std::string& path, const char* synchronous = "NORMAL");
    ~database();
    database(const database&) = delete;
    database& operator=(const database&) = delete;

    void run(const char* sql);

    [[nodiscard]] sqlite3* get() const { return db_; }

private:
    sqlite3* db_{nullptr};
};

}  // namespace bench::raw
