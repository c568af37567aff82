#include "libsql/core/ascii_case.hpp"
#include "libsql/sql/sql_scanner.hpp"
#include "libsql/sql/table_constraints.hpp"

#include <libsql/atomically.hpp>
#include <libsql/ddl.hpp>
#include <libsql/identifier.hpp>
#include <libsql/pragma.hpp>

#include <algorithm>
#include <optional>

namespace libsql::ddl {

namespace {

error unsupported(std::string message) {
    return {error_kind::unsupported, "ALTER COLUMN: " + std::move(message)};
}

bool is_punctuation(const token& t, std::string_view text) {
    return t.kind == token_kind::punctuation && t.text == text;
}

/// The end, as libSQL determines it, of the column definition that begins at `rest`. libSQL does
/// not recognise strings and comments, and takes a comma in brackets for the end.
std::size_t engine_end(std::string_view rest) {
    int depth = 0;
    for (std::size_t i = 0; i < rest.size(); ++i) {
        depth += rest[i] == '(' ? 1 : 0;
        depth -= rest[i] == ')' ? 1 : 0;
        if (rest[i] == ',' || depth < 0) {
            return i;
        }
    }
    return rest.size();
}

/// The real end of that definition.
std::size_t real_end(std::string_view rest) {
    sql_scanner scanner(rest);
    int depth = 0;
    for (token t = scanner.next(); t.kind != token_kind::end; t = scanner.next()) {
        depth += is_punctuation(t, "(") ? 1 : 0;
        depth -= is_punctuation(t, ")") ? 1 : 0;
        if (depth < 0 || (depth == 0 && is_punctuation(t, ","))) {
            return static_cast<std::size_t>(t.text.data() - rest.data());
        }
    }
    return rest.size();
}

/// The text after the name of column number `position` in a CREATE TABLE statement; none if there
/// is no such column.
std::optional<std::string_view> behind_column(std::string_view sql, std::int64_t position) {
    sql_scanner scanner(sql);
    token t = scanner.next_significant();
    while (t.kind != token_kind::end && !is_punctuation(t, "(")) {
        t = scanner.next_significant();
    }
    for (; t.kind != token_kind::end; --position) {
        t = sql_scanner(scanner).next_significant();
        if (t.kind == token_kind::end) {
            break;
        }
        const auto begin = static_cast<std::size_t>(t.text.data() - sql.data()) + t.text.size();
        const std::string_view rest = sql.substr(begin);
        if (position == 0) {
            return rest;
        }
        const std::size_t end = real_end(rest);
        if (end >= rest.size() || rest[end] != ',') {
            break;
        }
        sql.remove_prefix(begin + end + 1);
        scanner = sql_scanner(sql);
    }
    return std::nullopt;
}

/// The column's name as spelled in the table, if the column can be altered.
result<std::string> check_column(executor& on, const column_change& change,
                                 const std::string& schema) {
    auto columns = pragma::table_xinfo(on, change.table, schema);
    if (!columns) {
        return columns.error();
    }
    const auto column = std::find_if(
        columns->begin(), columns->end(),
        [&](const pragma::table_column& c) { return equals_ignoring_case(c.name, change.column); });
    if (column == columns->end()) {
        return error(error_kind::sql, "no such column: " + qualify(change.table, change.column));
    }
    if (column->primary_key > 0) {
        return unsupported("a column of the primary key cannot be altered");
    }
    if (column->visibility != pragma::column_visibility::normal) {
        return unsupported("a generated or hidden column cannot be altered");
    }
    auto text = on.fetch_one<std::string>("SELECT sql FROM " + qualify(schema, "sqlite_schema") +
                                              " WHERE type = 'table' AND name = ?1 COLLATE NOCASE",
                                          change.table);
    if (!text) {
        return text.error();
    }
    if (!*text) {
        return column->name;  // a view: the engine reports the error
    }
    const auto rest = behind_column(**text, column->position);
    if (!rest || engine_end(*rest) != real_end(*rest)) {
        return unsupported("libSQL cannot tell where the present definition of \"" + change.column +
                           "\" ends, because of a comma or bracket in it");
    }
    return column->name;
}

result<void> run(executor& on, const std::string& sql) {
    return on.execute(sql).transform([](const execution&) {});
}

result<void> check_foreign_keys(executor& on, const column_change& change,
                                const std::string& schema) {
    auto violated = on.fetch_one<std::int64_t>(
        "SELECT count(*) FROM pragma_foreign_key_check(?1, ?2)", change.table, schema);
    if (!violated) {
        return violated.error();
    }
    if (violated->value_or(0) > 0) {
        return error(
            {.kind = error_kind::constraint,
             .message = "FOREIGN KEY constraint failed for " + std::to_string(**violated) + " rows",
             .constraint =
                 constraint_violation{constraint_kind::foreign_key, change.table, {}, {}}});
    }
    return {};
}

result<void> alter(executor& on, const column_change& change, const std::string& schema,
                   const std::string& name) {
    const std::string table = qualify(schema, change.table);
    const std::string column = quote_identifier(name);
    const std::string write_rows = "UPDATE " + table + " SET " + column + " = " + column;
    return run(on, write_rows)
        .and_then([&] {
            return run(on, "ALTER TABLE " + table + " ALTER COLUMN " + column + " TO " + column +
                               " " + change.definition);
        })
        .and_then([&] { return run(on, "REINDEX " + table); })
        .and_then([&] { return run(on, write_rows); })
        .and_then([&] { return check_foreign_keys(on, change, schema); });
}

}  // namespace

result<std::string> table_options_sql(const table_options& wanted) {
    if (wanted.random_rowid && wanted.without_rowid) {
        return error(error_kind::invalid_argument, "a table WITHOUT ROWID cannot be RANDOM ROWID");
    }
    std::string sql;
    const auto add = [&](bool set, std::string_view option) {
        if (set) {
            sql += sql.empty() ? " " : ", ";
            sql += option;
        }
    };
    add(wanted.strict, "STRICT");
    add(wanted.without_rowid, "WITHOUT ROWID");
    add(wanted.random_rowid, "RANDOM ROWID");
    return sql;
}

result<void> alter_column(executor& on, const column_change& change) {
    const std::string schema = change.schema.empty() ? "main" : change.schema;
    auto name = check_column(on, change, schema);
    if (!name) {
        return name.error();
    }
    return atomically(on, [&](executor& inside) { return alter(inside, change, schema, *name); });
}

}  // namespace libsql::ddl
