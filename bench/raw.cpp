#include "raw.hpp"

#include "harness.hpp"

namespace bench::raw {

void check(int rc, sqlite3* db) {
    if (rc != SQLITE_OK && rc != SQLITE_DONE && rc != SQLITE_ROW) {
        fail(std::string("raw_c_api: ") + sqlite3_errmsg(db));
    }
}

statement::statement(sqlite3* db, const char* sql) {
    check(sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr), db);
}

statement::~statement() {
    sqlite3_finalize(statement_);
}

database::database(const std::string& path, const char* synchronous) {
    check(
        sqlite3_open_v2(path.c_str(), &db_,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr),
        db_);
    sqlite3_busy_timeout(db_, 5000);
    run("PRAGMA journal_mode = WAL");
    run((std::string("PRAGMA synchronous = ") + synchronous).c_str());
}

database::~database() {
    sqlite3_close(db_);
}

void database::run(const char* sql) {
    check(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr), db_);
}

}  // namespace bench::raw
