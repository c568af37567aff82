#include "libsql/core/out_of_memory.hpp"
#include "libsql/sql/sql_scanner.hpp"
#include "libsql/sql/statement_effect.hpp"
#include "libsql/sql/table_constraints.hpp"
#include "libsql/sql/write_statement.hpp"

#include <libsql/foreign_key.hpp>
#include <libsql/identifier.hpp>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace libsql {

namespace {

constexpr std::string_view savepoint_name = "libsql_foreign_key_probe";

/// A foreign key as the schema declares it.
struct declared_key {
    std::string parent;
    std::vector<std::string> columns;
    std::vector<std::string> parent_columns;
    std::string name;
};

struct key_part {
    std::int64_t id;
    std::string parent;
    std::string from;
    std::optional<std::string> to;
};

/// The parent's primary key: the columns that a foreign key without a column list refers to.
result<std::vector<std::string>> primary_key_of(executor& on, std::string_view schema,
                                                std::string_view table) {
    return on.fetch<std::string>(
        "SELECT name FROM pragma_table_info(?1, ?2) WHERE pk > 0 ORDER BY pk", table, schema);
}

/// Sets the name of each key. SQLite numbers foreign keys backwards, from the last in the text.
result<void> name_keys(executor& on, std::string_view schema, std::string_view table,
                       std::map<std::int64_t, declared_key>& keys) {
    auto text = on.fetch_one<std::string>("SELECT sql FROM " + qualify(schema, "sqlite_schema") +
                                              " WHERE type = 'table' AND name = ?1",
                                          table);
    if (!text) {
        return text.error();
    }
    auto declared = table_constraints(text->value_or(std::string()));
    std::erase_if(declared,
                  [](const table_constraint& c) { return c.kind != constraint_kind::foreign_key; });
    std::reverse(declared.begin(), declared.end());
    for (auto& [id, key] : keys) {
        const auto i = static_cast<std::size_t>(id);
        if (declared.size() == keys.size() && i < declared.size() &&
            same_names(declared[i].columns, key.columns)) {
            key.name = declared[i].name;
        }
    }
    return {};
}

/// The foreign keys of a table by SQLite's number.
result<std::map<std::int64_t, declared_key>> keys_of(executor& on, std::string_view schema,
                                                     std::string_view table) {
    auto parts = on.fetch<key_part>(
        R"(SELECT id, "table", "from", "to" FROM pragma_foreign_key_list(?1, ?2) ORDER BY id, seq)",
        table, schema);
    if (!parts) {
        return parts.error();
    }
    std::map<std::int64_t, declared_key> keys;
    for (auto& part : *parts) {
        auto& key = keys[part.id];
        key.parent = std::move(part.parent);
        key.columns.push_back(std::move(part.from));
        if (part.to) {
            key.parent_columns.push_back(*std::move(part.to));
        }
    }
    for (auto& [id, key] : keys) {
        if (key.parent_columns.empty()) {
            auto columns = primary_key_of(on, schema, key.parent);
            if (!columns) {
                return columns.error();
            }
            key.parent_columns = *std::move(columns);
        }
    }
    if (auto named = name_keys(on, schema, table, keys); !named) {
        return named.error();
    }
    return keys;
}

struct violating_row {
    std::string table;
    std::optional<std::int64_t> rowid;
    std::string parent;
    std::int64_t key;
};

result<void> check_database(executor& on, const std::string& schema,
                            std::vector<foreign_key_violation>& out) {
    auto found = on.fetch<violating_row>(
        R"(SELECT "table", rowid, parent, fkid FROM pragma_foreign_key_check(NULL, ?1))", schema);
    if (!found) {
        return found.error();
    }
    std::map<std::string, std::map<std::int64_t, declared_key>> known;
    for (auto& row : *found) {
        auto keys = known.find(row.table);
        if (keys == known.end()) {
            auto read = keys_of(on, schema, row.table);
            if (!read) {
                return read.error();
            }
            keys = known.emplace(row.table, *std::move(read)).first;
        }
        const auto& key = keys->second[row.key];
        out.push_back({schema, std::move(row.table), row.rowid, std::move(row.parent), key.columns,
                       key.parent_columns, key.name});
    }
    return {};
}

}  // namespace

result<std::vector<foreign_key_violation>> foreign_key_check(executor& on) {
    auto databases = on.fetch<std::string>("SELECT name FROM pragma_database_list");
    if (!databases) {
        return databases.error();
    }
    std::vector<foreign_key_violation> all;
    for (const auto& schema : *databases) {
        if (auto done = check_database(on, schema, all); !done) {
            return done.error();
        }
    }
    return all;
}

namespace detail {

foreign_key_probe::foreign_key_probe(foreign_key_probe&& other) noexcept
    : on_(std::exchange(other.on_, nullptr)),
      was_deferred_(other.was_deferred_),
      before_(std::move(other.before_)) {}

foreign_key_probe::~foreign_key_probe() {
    insist([this] { return undo(); });
}

result<foreign_key_probe> foreign_key_probe::open(executor& on, std::string_view sql) {
    if (!changes_rows(sql)) {
        return error(error_kind::invalid_argument,
                     "foreign_key_violations needs an INSERT, UPDATE, DELETE or REPLACE statement, "
                     "which it runs a second time");
    }
    auto deferred = on.fetch_one<bool>("PRAGMA defer_foreign_keys");
    if (!deferred) {
        return deferred.error();
    }
    if (auto opened = on.execute("SAVEPOINT " + std::string(savepoint_name)); !opened) {
        return opened.error();
    }
    foreign_key_probe probe(on);
    probe.was_deferred_ = deferred->value_or(false);
    if (auto set = on.execute("PRAGMA defer_foreign_keys = ON"); !set) {
        return set.error();
    }
    return probe;
}

result<foreign_key_probe> foreign_key_probe::begin(executor& on, std::string_view sql) {
    auto probe = open(on, sql);
    if (!probe) {
        return probe;
    }
    auto before = foreign_key_check(on);
    if (!before) {
        return before.error();
    }
    probe->before_ = *std::move(before);
    return probe;
}

result<void> foreign_key_probe::undo() {
    if (on_ == nullptr) {
        return {};
    }
    const std::string name(savepoint_name);
    const auto rolled_back = on_->execute("ROLLBACK TO " + name);
    if (!rolled_back && rolled_back.error().kind() == error_kind::out_of_memory) {
        return rolled_back.error();  // a RELEASE would keep what the second run has done
    }
    const auto restored = on_->execute(was_deferred_ ? "PRAGMA defer_foreign_keys = ON"
                                                     : "PRAGMA defer_foreign_keys = OFF");
    const auto released = on_->execute("RELEASE " + name);
    if (released || released.error().kind() != error_kind::out_of_memory) {
        on_ = nullptr;  // so that the destructor does not try again
    }
    for (const auto* const step : {&rolled_back, &restored, &released}) {
        if (!*step) {
            return step->error();
        }
    }
    return {};
}

result<std::vector<foreign_key_violation>> foreign_key_probe::finish(
    const result<execution>& second_run) {
    if (!second_run) {
        return second_run.error();
    }
    auto after = foreign_key_check(*on_);
    if (auto undone = undo(); !undone) {
        return undone.error();
    }
    if (!after) {
        return after;
    }
    for (const auto& old : before_) {
        if (const auto same = std::find(after->begin(), after->end(), old); same != after->end()) {
            after->erase(same);
        }
    }
    return after;
}

// --- only what the statement touched ---

result<bool> touched_rows_probe::few_rows(executor& on) {
    constexpr std::int64_t most = 10'000;
    auto tables = on.fetch<std::tuple<std::string, std::string>>(
        "SELECT l.schema, l.name FROM pragma_table_list l WHERE l.type = 'table' AND EXISTS "
        "(SELECT 1 "
        "FROM pragma_foreign_key_list(l.name, l.schema))");
    if (!tables) {
        return tables.error();
    }
    std::int64_t left = most;
    for (const auto& [schema, table] : *tables) {
        auto rows = on.fetch_one<std::int64_t>(
            "SELECT count(*) FROM (SELECT 1 FROM " + qualify(schema, table) + " LIMIT ?1)",
            left + 1);
        if (!rows) {
            return rows.error();
        }
        left -= rows->value_or(0);
        if (left < 0) {
            return false;
        }
    }
    return true;
}

result<touched_rows_probe> touched_rows_probe::begin(executor& on, std::string_view sql) {
    auto deferred = foreign_key_probe::open(on, sql);
    if (!deferred) {
        return deferred.error();
    }
    touched_rows_probe probe(on, *std::move(deferred));
    if (auto looked = probe.look_for_keys(sql); !looked) {
        return looked.error();
    }
    return probe;
}

result<void> touched_rows_probe::look_for_keys(std::string_view sql) {
    const auto write = parse_write(sql);
    if (!write) {
        sql_ = sql;
        return {};
    }
    // The engine searches for an unqualified table in the same order.
    auto schema = on_->fetch_one<std::string>(
        "SELECT schema FROM pragma_table_list WHERE lower(name) = lower(?1) AND (?2 = '' OR "
        "lower(schema) = lower(?2)) ORDER BY schema != 'temp', schema != 'main' LIMIT 1",
        write->table, write->schema);
    if (!schema) {
        return schema.error();
    }
    const auto in = schema->value_or("main");
    std::string columns;
    std::size_t count = 0;
    const auto add = [&](std::string child, const declared_key& key, bool is_parent) {
        const auto& touched = is_parent ? key.parent_columns : key.columns;
        keys_.push_back({{in, std::move(child), std::nullopt, key.parent, key.columns,
                          key.parent_columns, key.name},
                         count,
                         is_parent});
        for (const auto& column : touched) {
            columns += (count++ == 0 ? "" : ", ") + quote_identifier(column);
        }
    };
    if (write->kind != write_kind::remove) {
        auto own = keys_of(*on_, in, write->table);
        if (!own) {
            return own.error();
        }
        for (const auto& [id, key] : *own) {
            add(write->table, key, false);
        }
    } else {
        auto children = on_->fetch<std::string>(
            "SELECT DISTINCT l.name FROM pragma_table_list l, pragma_foreign_key_list(l.name, "
            "l.schema) k WHERE l.schema = ?1 AND l.type = 'table' AND lower(k.\"table\") = "
            "lower(?2)",
            in, write->table);
        if (!children) {
            return children.error();
        }
        for (const auto& child : *children) {
            auto keys = keys_of(*on_, in, child);
            if (!keys) {
                return keys.error();
            }
            for (const auto& [id, key] : *keys) {
                if (same_names({key.parent}, {write->table})) {
                    add(child, key, true);
                }
            }
        }
    }
    sql_ = keys_.empty()
               ? std::string(sql)
               : std::string(write->text) + (write->returns ? ", " : " RETURNING ") + columns;
    columns_ = count;
    return {};
}

result<bool> touched_rows_probe::violates(const touched_key& touched, std::span<const value> row) {
    const auto& key = touched.key;
    const auto size = key.columns.size();
    if (key.parent_columns.size() != size) {
        return false;
    }
    const auto values = row.subspan(touched.first_column, size);
    if (std::any_of(values.begin(), values.end(), [](const value& v) { return v.is_null(); })) {
        return false;
    }
    const auto is_in = [&](std::string_view table, const std::vector<std::string>& columns) {
        std::string sql = "SELECT count(*) FROM (SELECT 1 FROM " + qualify(key.schema, table);
        for (std::size_t i = 0; i < size; ++i) {
            sql += (i == 0 ? " WHERE " : " AND ") + quote_identifier(columns[i]) + " = ?" +
                   std::to_string(i + 1);
        }
        return on_->fetch_one<bool>(sql + " LIMIT 1)", positional(values));
    };
    const auto parent = is_in(key.parent, key.parent_columns);
    if (!parent) {
        return parent.error();
    }
    if (parent->value_or(true)) {
        return false;
    }
    if (!touched.is_parent) {
        return true;
    }
    return is_in(key.table, key.columns).transform([](const auto& there) {
        return there.value_or(false);
    });
}

result<std::optional<foreign_key_violation>> touched_rows_probe::look(result<rows> second_run) {
    if (!second_run) {
        return second_run.error();
    }
    std::vector<std::vector<value>> touched;
    for (auto more = second_run->next();; more = second_run->next()) {
        if (!more) {
            return more.error();
        }
        if (!*more) {
            break;
        }
        auto& values = touched.emplace_back();
        const auto width = second_run->column_count();
        for (std::size_t i = width - std::min(width, columns_); i < width; ++i) {
            values.push_back(second_run->current().get<value>(i));
        }
    }
    for (const auto& key : keys_) {
        for (const auto& row : touched) {
            const auto violated = violates(key, row);
            if (!violated) {
                return violated.error();
            }
            if (*violated) {
                return std::optional(key.key);
            }
        }
    }
    return std::optional<foreign_key_violation>();
}

result<std::optional<foreign_key_violation>> touched_rows_probe::finish(result<rows> second_run) {
    auto found = look(std::move(second_run));
    if (auto undone = deferred_.undo(); !undone) {
        return undone.error();
    }
    return found;
}

}  // namespace detail

}  // namespace libsql
