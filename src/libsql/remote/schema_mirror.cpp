#include "libsql/remote/schema_mirror.hpp"

#include "libsql/engine/engine_error.hpp"
#include "libsql/sql/sql_scanner.hpp"
#include "libsql/sql/statement_effect.hpp"

#include <algorithm>

namespace libsql::remote {

namespace {

/// The columns of the primary key of `table`, sorted.
std::vector<std::string> primary_key(sqlite3* db, const std::string& table) {
    std::vector<std::string> columns;
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(db, "SELECT name FROM pragma_table_xinfo(?1) WHERE pk > 0 ORDER BY name",
                           -1, &statement, nullptr) == SQLITE_OK) {
        sqlite3_bind_text(statement, 1, table.data(), static_cast<int>(table.size()),
                          SQLITE_STATIC);
        while (sqlite3_step(statement) == SQLITE_ROW) {
            columns.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)));
        }
    }
    sqlite3_finalize(statement);
    return columns;
}

}  // namespace

error_outcome schema_mirror::outcome_of(std::string_view sql,
                                        const std::vector<std::string>& definitions) {
    const auto effect = effect_of(sql);
    if (effect != statement_effect::reads && effect != statement_effect::writes) {
        return error_outcome::undone;  // only a statement that writes can keep changes after FAIL
    }
    bool may_keep = !definitions.empty() && definitions.front() == "-- FAIL";
    sql_scanner words(sql);
    for (token t = words.next_significant(); t.kind != token_kind::end && !may_keep;
         t = words.next_significant()) {
        may_keep = t.is_keyword("FAIL");
    }
    return may_keep ? error_outcome::unknown : error_outcome::undone;
}

schema_mirror::schema_mirror(const std::vector<std::string>& definitions)
    : db_(detail::open_empty_database()) {
    for (const auto& sql : definitions) {
        if (db_) {
            // A definition that fails here is irrelevant to the constraint.
            sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr);
        }
    }
}

constraint_violation schema_mirror::find(std::string_view message, int& extended_code) const {
    if (!db_) {
        return {};
    }
    auto found = detail::find_constraint(db_.get(), extended_code, message);
    if (extended_code != SQLITE_CONSTRAINT_UNIQUE) {
        return found;
    }
    // The engine uses the same text for three codes.
    auto columns = found.columns;
    std::sort(columns.begin(), columns.end());
    int code = extended_code;
    if (found.table.empty() && message.ends_with(".rowid")) {
        code = SQLITE_CONSTRAINT_ROWID;
    } else if (!columns.empty() && columns == primary_key(db_.get(), found.table)) {
        code = SQLITE_CONSTRAINT_PRIMARYKEY;
    }
    if (code == extended_code) {
        return found;
    }
    auto better = detail::find_constraint(db_.get(), code, message);
    if (better.table.empty()) {
        return found;
    }
    extended_code = code;
    return better;
}

}  // namespace libsql::remote
