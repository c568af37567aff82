#include "libsql/local/statement_compiler.hpp"

#include "libsql/core/sql_text.hpp"
#include "libsql/local/connection.hpp"
#include "libsql/local/wal_retention.hpp"
#include "libsql/sql/script_splitter.hpp"
#include "libsql/sql/sql_scanner.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace libsql::local {

namespace {

/// Whether a statement might compile with another schema: its error is not one of the text alone.
bool depends_on_schema(const char* message) noexcept {
    const std::string_view text(message);
    const bool is_syntax = text.starts_with("near ") && text.ends_with("syntax error");
    return !is_syntax && text != "incomplete input" && !text.starts_with("unrecognized token") &&
           !text.starts_with("no such function") &&
           !text.starts_with("wrong number of arguments") && !text.starts_with("misuse of ");
}

/// Compiles the text. The engine itself compares the schema in memory with the file's if a name is
/// unknown, except when a lock of another connection keeps readers out: then this waits for the
/// lock, as for any other, and compiles once more if the schema is new.
int prepare(sqlite3* db, const std::string& text, unsigned flags, sqlite3_stmt*& statement,
            const char*& tail) {
    const auto compile = [&] {
        return sqlite3_prepare_v3(db, text.c_str(), static_cast<int>(text.size() + 1), flags,
                                  &statement, &tail);
    };
    libsql_engine_begin_waiting(db);
    const int rc = compile();
    if (rc != SQLITE_ERROR || !depends_on_schema(sqlite3_errmsg(db))) [[likely]] {
        return rc;
    }
    int stale = 0;
    const int checked = libsql_engine_await_schema(db, &stale);
    if (checked != SQLITE_OK) {
        return checked;
    }
    return stale > 0 ? compile() : rc;
}

}  // namespace

result<std::unique_ptr<compiled_statement>> compile(connection& owner, std::string_view sql,
                                                    bool cached) {
    if (auto bad = check_sql_text(sql)) {
        return *std::move(bad);
    }
    auto& engine = owner.engine();
    if (engine.use() == file_use::replica_wal) {
        if (auto bad = check_retains_wal(sql)) {
            return *std::move(bad);
        }
    }
    auto* const db = engine.handle();
    if (sql_scanner(sql).next_beginning().is_keyword("EXPLAIN")) {
        // EXPLAIN runs nothing, so it would not notice a new schema.
        libsql_engine_refresh_schema(db);
    }
    // Compiles a copy, which the caller cannot change and which ends with a NUL, as the engine
    // prefers.
    std::string text(sql);
    sqlite3_stmt* statement = nullptr;
    const char* tail = nullptr;
    const int rc = prepare(db, text, cached ? SQLITE_PREPARE_PERSISTENT : 0U, statement, tail);
    // PRAGMA busy_timeout takes effect when it is compiled.
    engine.interruption().follow_busy_timeout();
    if (engine.writes().refuses() && libsql_engine_set_query_only(db, 1) == 0) [[unlikely]] {
        sqlite3_finalize(statement);  // so does PRAGMA query_only
        return error({.kind = error_kind::read_only,
                      .message = "query_only cannot be turned off here: this connection refuses "
                                 "writes, for a read-only transaction, as the reader of a pool, or "
                                 "as a replica, whose file only syncs write to",
                      .sql = text,
                      .outcome = error_outcome::not_run});
    }
    if (rc != SQLITE_OK) {
        const auto why = owner.make_error(rc, sql).with_outcome(error_outcome::not_run);
        owner.follow_transaction();
        return why;
    }
    if (statement == nullptr) {
        return no_statement(text);
    }
    std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> owned(statement, &sqlite3_finalize);
    const auto end = static_cast<std::size_t>(tail - text.c_str());
    if (auto bad = check_no_statement(text, end)) {
        return *std::move(bad);
    }
    auto made = std::make_unique<compiled_statement>(owner, statement, std::move(text));
    static_cast<void>(owned.release());  // now owned by `made`
    return made;
}

bool is_cacheable(std::string_view sql) {
    constexpr std::size_t longest = 64 * 1024;
    const auto first = sql_scanner(sql).next_beginning();
    return sql.size() <= longest && !first.is_keyword("PRAGMA") && !first.is_keyword("EXPLAIN");
}

}  // namespace libsql::local
