#include "libsql/local/engine_error.hpp"

#include <string>
#include <utility>
#include <vector>

namespace libsql::local {

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

/// "t.a" into table and column. A table's name may hold a dot; a message with several columns repeats
/// the table, so the last dot is the separator.
void add_column(constraint_violation& out, std::string_view qualified) {
    const auto dot = qualified.rfind('.');
    if (dot == std::string_view::npos) {
        out.columns.emplace_back(qualified);
        return;
    }
    out.table = qualified.substr(0, dot);
    out.columns.emplace_back(qualified.substr(dot + 1));
}

/// A statement on the side that is finalised when it goes out of scope.
class lookup {
public:
    lookup(sqlite3* db, const char* sql, std::string_view argument) {
        if (sqlite3_prepare_v2(db, sql, -1, &statement_, nullptr) == SQLITE_OK) {
            sqlite3_bind_text(statement_, 1, argument.data(), static_cast<int>(argument.size()), SQLITE_STATIC);
        }
    }

    ~lookup() { sqlite3_finalize(statement_); }

    lookup(const lookup&) = delete;
    lookup& operator=(const lookup&) = delete;

    bool next() { return statement_ != nullptr && sqlite3_step(statement_) == SQLITE_ROW; }

    [[nodiscard]] std::string text(int column) const {
        const auto* const t = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
        return t == nullptr ? std::string() : std::string(t, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
    }

private:
    sqlite3_stmt* statement_{nullptr};
};

/// The unique index on exactly these columns, empty if there is none with a name of its own.
std::string unique_index_name(sqlite3* db, const constraint_violation& violation) {
    lookup indexes(db, "SELECT name, origin FROM pragma_index_list(?1) WHERE \"unique\" = 1", violation.table);
    while (indexes.next()) {
        const std::string name = indexes.text(0);
        lookup parts(db, "SELECT name FROM pragma_index_info(?1) ORDER BY seqno", name);
        std::vector<std::string> columns;
        while (parts.next()) {
            columns.push_back(parts.text(0));
        }
        if (columns == violation.columns) {
            return name;
        }
    }
    return {};
}

/// The table of a CHECK constraint, when exactly one table's definition holds its name or expression.
std::string check_table(sqlite3* db, std::string_view name) {
    lookup tables(db, "SELECT name FROM sqlite_schema WHERE type = 'table' AND instr(sql, ?1) > 0 LIMIT 2", name);
    if (!tables.next()) {
        return {};
    }
    std::string table = tables.text(0);
    return tables.next() ? std::string() : table;
}

/// The table of a unique index on expressions, which SQLite reports by the index's name only.
std::string index_table(sqlite3* db, std::string_view name) {
    lookup index(db, "SELECT tbl_name FROM sqlite_schema WHERE type = 'index' AND name = ?1", name);
    return index.next() ? index.text(0) : std::string();
}

void complete(sqlite3* db, constraint_violation& violation) {
    switch (violation.kind) {
        case constraint_kind::unique:
        case constraint_kind::primary_key:
            if (violation.name.empty()) {
                violation.name = unique_index_name(db, violation);
            } else {
                violation.table = index_table(db, violation.name);
            }
            break;
        case constraint_kind::check:
            violation.table = check_table(db, violation.name);
            break;
        default:
            break;
    }
}

}  // namespace

constraint_violation parse_constraint(int extended_code, std::string_view message) {
    constraint_violation out;
    out.kind = constraint_kind_of(extended_code);
    constexpr std::string_view separator = " constraint failed: ";
    if (const auto at = message.find(separator); at != std::string_view::npos) {
        std::string_view rest = message.substr(at + separator.size());
        if (out.kind == constraint_kind::check) {
            out.name = rest;
        } else if (rest.starts_with("index '") && rest.ends_with('\'')) {
            out.name = rest.substr(7, rest.size() - 8);
        } else {
            for (;;) {
                const auto comma = rest.find(", ");
                add_column(out, rest.substr(0, comma));
                if (comma == std::string_view::npos) {
                    break;
                }
                rest.remove_prefix(comma + 2);
            }
        }
    } else if (out.kind == constraint_kind::data_type) {
        // "cannot store TEXT value in INTEGER column t.c"
        constexpr std::string_view column = " column ";
        if (const auto word = message.rfind(column); word != std::string_view::npos) {
            add_column(out, message.substr(word + column.size()));
        }
    }
    return out;
}

error engine_error(sqlite3* db, int rc, std::string_view sql) {
    error::fields all;
    all.extended_code = db != nullptr && (sqlite3_extended_errcode(db) & 0xff) == (rc & 0xff) ? sqlite3_extended_errcode(db) : rc;
    all.code = all.extended_code & 0xff;
    all.kind = kind_of(all.extended_code);
    const bool reported = db != nullptr && sqlite3_errcode(db) != SQLITE_OK;
    all.message = reported ? sqlite3_errmsg(db) : sqlite3_errstr(rc);
    all.sql = sql;
    if (reported) {
        if (const int offset = sqlite3_error_offset(db); offset >= 0) {
            all.offset = static_cast<std::size_t>(offset);
        }
    }
    if (all.kind == error_kind::constraint) {
        all.constraint = parse_constraint(all.extended_code, all.message);
        complete(db, *all.constraint);
    }
    return error(std::move(all));
}

}  // namespace libsql::local
