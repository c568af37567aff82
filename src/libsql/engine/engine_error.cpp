#include "libsql/engine/engine_error.hpp"

#include "libsql/sql/table_constraints.hpp"

#include <libsql/identifier.hpp>

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace libsql::detail {

error_kind kind_of(int extended_code) noexcept {
    if (extended_code == SQLITE_READONLY_DIRECTORY || extended_code == SQLITE_READONLY_DBMOVED) {
        return error_kind::permission;
    }
    switch (extended_code & 0xff) {
        case SQLITE_CONSTRAINT:
            return error_kind::constraint;
        case SQLITE_BUSY:
            return error_kind::busy;
        case SQLITE_LOCKED:
            return error_kind::locked;
        case SQLITE_INTERRUPT:
            return error_kind::interrupted;
        case SQLITE_ABORT:
            return error_kind::transaction;
        case SQLITE_READONLY:
            return error_kind::read_only;
        case SQLITE_CANTOPEN:
            return error_kind::cannot_open;
        case SQLITE_NOTADB:
            return error_kind::not_a_database;
        case SQLITE_CORRUPT:
            return error_kind::corrupt;
        case SQLITE_FULL:
            return error_kind::full;
        case SQLITE_IOERR:
            return extended_code == SQLITE_IOERR_NOMEM ? error_kind::out_of_memory : error_kind::io;
        case SQLITE_PERM:
        case SQLITE_AUTH:
            return error_kind::permission;
        case SQLITE_TOOBIG:
            return error_kind::too_big;
        case SQLITE_MISMATCH:
            return error_kind::mismatch;
        case SQLITE_NOMEM:
            return error_kind::out_of_memory;
        case SQLITE_SCHEMA:
            return error_kind::schema;
        case SQLITE_MISUSE:
            return error_kind::misuse;
        case SQLITE_RANGE:
            return error_kind::invalid_argument;
        case SQLITE_INTERNAL:
            return error_kind::internal;
        default:
            return error_kind::sql;
    }
}

namespace {

constraint_kind constraint_kind_of(int extended_code) noexcept {
    switch (extended_code) {
        case SQLITE_CONSTRAINT_UNIQUE:
            return constraint_kind::unique;
        case SQLITE_CONSTRAINT_PRIMARYKEY:
            return constraint_kind::primary_key;
        case SQLITE_CONSTRAINT_ROWID:
            return constraint_kind::rowid;
        case SQLITE_CONSTRAINT_NOTNULL:
            return constraint_kind::not_null;
        case SQLITE_CONSTRAINT_CHECK:
            return constraint_kind::check;
        case SQLITE_CONSTRAINT_FOREIGNKEY:
            return constraint_kind::foreign_key;
        case SQLITE_CONSTRAINT_DATATYPE:
            return constraint_kind::data_type;
        case SQLITE_CONSTRAINT_TRIGGER:
            return constraint_kind::trigger;
        case SQLITE_CONSTRAINT_FUNCTION:
        case SQLITE_CONSTRAINT_VTAB:
            return constraint_kind::function;
        default:
            return constraint_kind::other;
    }
}

/// A query on the schema; its statement is finalised by the destructor.
class lookup {
public:
    lookup(sqlite3* db, std::string_view sql, std::initializer_list<std::string_view> arguments) {
        if (sqlite3_prepare_v2(db, sql.data(), static_cast<int>(sql.size()), &statement_,
                               nullptr) != SQLITE_OK) {
            return;
        }
        int i = 0;
        for (const std::string_view argument : arguments) {
            sqlite3_bind_text(statement_, ++i, argument.data(), static_cast<int>(argument.size()),
                              SQLITE_STATIC);
        }
    }

    ~lookup() { sqlite3_finalize(statement_); }

    lookup(const lookup&) = delete;
    lookup& operator=(const lookup&) = delete;

    bool next() { return statement_ != nullptr && sqlite3_step(statement_) == SQLITE_ROW; }

    [[nodiscard]] std::string text(int column) const {
        const auto* const t =
            reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
        return t == nullptr
                   ? std::string()
                   : std::string(
                         t, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
    }

    /// The first column of every row.
    std::vector<std::string> all() {
        std::vector<std::string> texts;
        while (next()) {
            texts.push_back(text(0));
        }
        return texts;
    }

private:
    sqlite3_stmt* statement_{nullptr};
};

std::vector<std::string> databases(sqlite3* db) {
    return lookup(db, "SELECT name FROM pragma_database_list", {}).all();
}

std::string schema_table(const std::string& database) {
    return qualify(database, "sqlite_schema");
}

/// The columns in a list like "t.a, t.b", if `text` is such a list for `table`; otherwise none.
/// Each known column is tried, because names may contain dots and commas.
std::vector<std::string> columns_in(std::string_view text, std::string_view table,
                                    const std::vector<std::string>& columns) {
    if (text.size() <= table.size() || !text.starts_with(table) || text[table.size()] != '.') {
        return {};
    }
    text.remove_prefix(table.size() + 1);
    constexpr std::string_view separator = ", ";
    for (const auto& column : columns) {
        if (!text.starts_with(column)) {
            continue;
        }
        const std::string_view rest = text.substr(column.size());
        if (rest.empty()) {
            return {column};
        }
        if (rest.starts_with(separator)) {
            auto more = columns_in(rest.substr(separator.size()), table, columns);
            if (!more.empty()) {
                more.insert(more.begin(), column);
                return more;
            }
        }
    }
    return {};
}

/// A table that a message may refer to.
struct candidate {
    std::string database;
    std::string table;
    std::vector<std::string> columns;
};

/// The tables and columns that a list like "t.a, t.b" may refer to.
std::vector<candidate> candidates(sqlite3* db, std::string_view text, constraint_kind kind) {
    std::vector<candidate> found;
    for (auto& database : databases(db)) {
        lookup tables(db,
                      "SELECT name FROM " + schema_table(database) +
                          " WHERE type = 'table' AND substr(?1, 1, length(name) + 1) = name || '.'",
                      {text});
        for (auto& table : tables.all()) {
            auto all =
                lookup(db, "SELECT name FROM pragma_table_xinfo(?1, ?2)", {table, database}).all();
            if (kind == constraint_kind::rowid) {
                all.emplace_back("rowid");
            }
            if (auto columns = columns_in(text, table, all); !columns.empty()) {
                found.push_back({database, std::move(table), std::move(columns)});
            }
        }
    }
    return found;
}

/// The declared name of the constraint of this kind on these columns; empty if it has none.
std::string declared_name(sqlite3* db, const candidate& in, constraint_kind kind) {
    lookup text(
        db, "SELECT sql FROM " + schema_table(in.database) + " WHERE type = 'table' AND name = ?1",
        {in.table});
    if (!text.next()) {
        return {};
    }
    for (auto& constraint : table_constraints(text.text(0))) {
        if (constraint.kind == kind && !constraint.name.empty() &&
            same_names(constraint.columns, in.columns)) {
            return std::move(constraint.name);
        }
    }
    return {};
}

/// The name of the unique index or constraint on exactly these columns; empty if it has no name of
/// its own.
std::string unique_name(sqlite3* db, const candidate& in, constraint_kind kind) {
    lookup indexes(
        db, "SELECT name FROM pragma_index_list(?1, ?2) WHERE \"unique\" = 1 AND origin = 'c'",
        {in.table, in.database});
    for (auto& name : indexes.all()) {
        lookup parts(db, "SELECT name FROM pragma_index_info(?1, ?2) ORDER BY seqno",
                     {name, in.database});
        if (kind == constraint_kind::unique && parts.all() == in.columns) {
            return std::move(name);
        }
    }
    return declared_name(db, in, kind);
}

std::string name_of_constraint(sqlite3* db, const candidate& in, constraint_kind kind) {
    switch (kind) {
        case constraint_kind::unique:
        case constraint_kind::primary_key:
            return unique_name(db, in, kind);
        case constraint_kind::not_null:
            return declared_name(db, in, kind);
        default:
            return {};
    }
}

/// Fills in the fields on which all candidates agree. A message does not name the database, and an
/// empty field is better than a wrong one.
void complete_from_columns(sqlite3* db, constraint_violation& violation, std::string_view text) {
    const auto found = candidates(db, text, violation.kind);
    if (found.empty()) {
        return;
    }
    const auto agree = [&](const candidate& c) {
        return c.table == found[0].table && c.columns == found[0].columns;
    };
    if (!std::all_of(found.begin(), found.end(), agree)) {
        return;
    }
    violation.table = found[0].table;
    violation.columns = found[0].columns;
    violation.name = name_of_constraint(db, found[0], violation.kind);
    for (const auto& other : found) {
        if (name_of_constraint(db, other, violation.kind) != violation.name) {
            violation.name.clear();
        }
    }
}

/// The name if all `names` are equal; otherwise empty.
std::string only_one(const std::vector<std::string>& names) {
    const bool one = !names.empty() && std::all_of(names.begin(), names.end(),
                                                   [&](const auto& n) { return n == names[0]; });
    return one ? names[0] : std::string();
}

/// Whether `sql` may contain `name` in any quoting: true if it contains all parts of the name that
/// lie between quote characters.
bool may_hold(std::string_view sql, std::string_view name) {
    while (!name.empty()) {
        const std::size_t end = std::min(name.find_first_of("'\"`"), name.size());
        if (sql.find(name.substr(0, end)) == std::string_view::npos) {
            return false;
        }
        name.remove_prefix(std::min(end + 1, name.size()));
    }
    return true;
}

/// The table with a CHECK that SQLite reports as `name`; empty if there is none or more than one.
std::string check_table(sqlite3* db, std::string_view name) {
    std::vector<std::string> tables;
    for (const auto& database : databases(db)) {
        lookup all(db, "SELECT name, sql FROM " + schema_table(database) + " WHERE type = 'table'",
                   {});
        while (all.next()) {
            const std::string sql = all.text(1);
            if (!may_hold(sql, name)) {
                continue;  // avoids parsing, which is expensive
            }
            const auto constraints = table_constraints(sql);
            if (std::any_of(constraints.begin(), constraints.end(), [&](const table_constraint& c) {
                    return c.kind == constraint_kind::check && c.reported() == name;
                })) {
                tables.push_back(all.text(0));
            }
        }
    }
    return only_one(tables);
}

/// The tables with an index called `name`.
std::vector<std::string> index_tables(sqlite3* db, std::string_view name) {
    std::vector<std::string> tables;
    for (const auto& database : databases(db)) {
        lookup index(db,
                     "SELECT tbl_name FROM " + schema_table(database) +
                         " WHERE type = 'index' AND name = ?1",
                     {name});
        while (index.next()) {
            tables.push_back(index.text(0));
        }
    }
    return tables;
}

/// Handles "index 'it''s'", which is how SQLite reports a unique index on expressions. False for
/// any other text.
bool complete_from_index(sqlite3* db, constraint_violation& violation, std::string_view text) {
    constexpr std::string_view prefix = "index '";
    if (!text.starts_with(prefix) || text.size() == prefix.size() || !text.ends_with('\'')) {
        return false;
    }
    text.remove_prefix(prefix.size());
    text.remove_suffix(1);
    std::string name;
    for (std::size_t i = 0; i < text.size(); ++i) {
        name += text[i];
        i += text.substr(i).starts_with("''") ? 1U : 0U;
    }
    const auto tables = index_tables(db, name);
    if (tables.empty()) {
        return false;
    }
    violation.table = only_one(tables);
    violation.name = std::move(name);
    return true;
}

/// The part of `message` after `prefix`; none if it has another beginning.
std::optional<std::string_view> behind(std::string_view message, std::string_view prefix) {
    if (!message.starts_with(prefix)) {
        return std::nullopt;
    }
    return message.substr(prefix.size());
}

}  // namespace

constraint_violation find_constraint(sqlite3* db, int extended_code, std::string_view message) {
    constraint_violation out;
    out.kind = constraint_kind_of(extended_code);
    // The text of a trigger's RAISE is arbitrary, so a text is interpreted only for the codes that
    // SQLite uses it with.
    switch (out.kind) {
        case constraint_kind::other:  // R*Tree constraints have no extended code
        case constraint_kind::unique:
        case constraint_kind::primary_key:
        case constraint_kind::rowid:
            if (const auto text = behind(message, "UNIQUE constraint failed: ")) {
                out.kind = out.kind == constraint_kind::other ? constraint_kind::unique : out.kind;
                if (!complete_from_index(db, out, *text)) {
                    complete_from_columns(db, out, *text);
                }
            }
            break;
        case constraint_kind::trigger:  // the RESTRICT actions are triggers internally
            if (message == "FOREIGN KEY constraint failed") {
                out.kind = constraint_kind::foreign_key;
            }
            break;
        case constraint_kind::not_null:
            if (const auto text = behind(message, "NOT NULL constraint failed: ")) {
                complete_from_columns(db, out, *text);
            }
            break;
        case constraint_kind::check:
            if (const auto name = behind(message, "CHECK constraint failed: ")) {
                out.name = *name;
                out.table = check_table(db, *name);
            }
            break;
        case constraint_kind::data_type: {
            // "cannot store TEXT value in INTEGER column t.c"
            constexpr std::string_view word = " column ";
            if (const auto at = message.find(word); at != std::string_view::npos) {
                complete_from_columns(db, out, message.substr(at + word.size()));
            }
            break;
        }
        default:
            break;
    }
    return out;
}

error engine_error(sqlite3* db, int rc, std::string_view sql) {
    error::fields all;
    all.extended_code = db != nullptr && (sqlite3_extended_errcode(db) & 0xff) == (rc & 0xff)
                            ? sqlite3_extended_errcode(db)
                            : rc;
    all.code = all.extended_code & 0xff;
    all.kind = kind_of(all.extended_code);
    const bool reported = db != nullptr && sqlite3_errcode(db) != SQLITE_OK;
    all.message = reported ? sqlite3_errmsg(db) : sqlite3_errstr(rc);
    if (all.extended_code == SQLITE_BUSY_SNAPSHOT) {
        all.message +=
            ": another connection has written since this transaction began to read; begin a "
            "transaction that reads and then writes in mode immediate";
    }
    if (all.extended_code == SQLITE_LOCKED && all.message == "database table is locked") {
        all.message += ": close all open rows of this connection first";
    }
    all.sql = sql;
    if (reported) {
        if (const int offset = sqlite3_error_offset(db); offset >= 0) {
            all.offset = static_cast<std::size_t>(offset);
        }
    }
    if (all.kind == error_kind::constraint) {
        all.constraint = find_constraint(db, all.extended_code, all.message);
    }
    return error(std::move(all));
}

}  // namespace libsql::detail
