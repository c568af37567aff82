#include "libsql/core/ascii_case.hpp"
#include "libsql/core/enum_words.hpp"
#include "libsql/sql/table_constraints.hpp"

#include <libsql/identifier.hpp>
#include <libsql/pragma.hpp>

#include <algorithm>
#include <array>
#include <limits>

namespace libsql::pragma {

namespace {

using libsql::detail::word_of;

// SQLite's names, in the order of the enumerations.
constexpr std::array<std::string_view, 6> journal_modes{"wal",     "delete", "truncate",
                                                        "persist", "memory", "off"};
constexpr std::array<std::string_view, 4> checkpoint_modes{"PASSIVE", "FULL", "RESTART",
                                                           "TRUNCATE"};
constexpr std::array<std::string_view, 3> index_origins{"c", "u", "pk"};
constexpr std::array<std::string_view, 5> reference_actions{"NO ACTION", "RESTRICT", "SET NULL",
                                                            "SET DEFAULT", "CASCADE"};

template <class Enum, std::size_t N>
result<Enum> from_word(const std::array<std::string_view, N>& words, std::string_view word) {
    const auto* const found = std::find(words.begin(), words.end(), word);
    if (found == words.end()) {
        return error(error_kind::internal,
                     "the engine answered with an unknown word: " + std::string(word));
    }
    return static_cast<Enum>(found - words.begin());
}

template <class Enum>
result<Enum> from_number(std::int64_t number, std::int64_t last) {
    if (number < 0 || number > last) {
        return error(error_kind::internal,
                     "the engine answered with an unknown number: " + std::to_string(number));
    }
    return static_cast<Enum>(number);
}

std::string statement(std::string_view name, std::string_view schema) {
    std::string sql = "PRAGMA ";
    if (!schema.empty()) {
        sql += quote_identifier(schema) + ".";
    }
    return sql += name;
}

result<std::optional<value>> read(executor& on, std::string_view name, std::string_view schema) {
    return on.query(statement(name, schema))
        .and_then([](rows&& found) -> result<std::optional<value>> {
            auto more = found.next();
            if (!more) {
                return more.error();
            }
            if (!*more) {
                return std::optional<value>();
            }
            return found.current().try_get<value>(0).transform(
                [](value&& v) { return std::optional<value>(std::move(v)); });
        });
}

template <class T>
result<T> read_as(executor& on, std::string_view name, std::string_view schema) {
    auto found = on.fetch_one<T>(statement(name, schema));
    if (!found) {
        return found.error();
    }
    if (!*found) {
        return error(error_kind::unsupported,
                     "PRAGMA " + std::string(name) + " does not apply to this database");
    }
    return **std::move(found);
}

std::string text_of(const std::optional<value>& v) {
    const auto* const text = v ? v->if_text() : nullptr;
    return text != nullptr ? *text : v ? v->to_sql() : "nothing";
}

/// Whether the value that the engine reports is `wanted`.
bool is_taken(const value& now, const value& wanted) {
    const auto* const a = now.if_text();
    const auto* const b = wanted.if_text();
    return a != nullptr && b != nullptr ? equals_ignoring_case(*a, *b) : now == wanted;
}

/// Sets the pragma and reads it back. `as_written` is the value in SQL, `wanted` the value as the
/// engine reports it.
result<void> write(executor& on, std::string_view name, std::string_view schema,
                   const std::string& as_written, const value& wanted) {
    if (auto done = on.execute(statement(name, schema) + " = " + as_written); !done) {
        return done.error();
    }
    auto now = read(on, name, schema);
    if (!now) {
        return now.error();
    }
    if (!*now || !is_taken(**now, wanted)) {
        return error(error_kind::unsupported, "the engine did not accept PRAGMA " +
                                                  std::string(name) + " = " + as_written +
                                                  ": the value is " + text_of(*now));
    }
    return {};
}

result<void> write_number(executor& on, std::string_view name, std::string_view schema,
                          std::int64_t number) {
    return write(on, name, schema, std::to_string(number), number);
}

}  // namespace

// --- settings ---

result<libsql::journal_mode> journal_mode(executor& on, std::string_view schema) {
    return read_as<std::string>(on, "journal_mode", schema).and_then([](const std::string& word) {
        return from_word<libsql::journal_mode>(journal_modes, word);
    });
}

result<void> set_journal_mode(executor& on, libsql::journal_mode mode, std::string_view schema) {
    const std::string word(word_of<libsql::journal_mode::off>(journal_modes, mode));
    return write(on, "journal_mode", schema, word, word);
}

result<synchronous_mode> synchronous(executor& on, std::string_view schema) {
    return read_as<std::int64_t>(on, "synchronous", schema).and_then([](std::int64_t number) {
        return from_number<synchronous_mode>(number, 3);
    });
}

result<void> set_synchronous(executor& on, synchronous_mode mode, std::string_view schema) {
    return write_number(on, "synchronous", schema, static_cast<std::int64_t>(mode));
}

result<bool> foreign_keys(executor& on) {
    return read_as<bool>(on, "foreign_keys", {});
}

result<void> set_foreign_keys(executor& on, bool enforced) {
    return write_number(on, "foreign_keys", {}, enforced ? 1 : 0);
}

result<std::int64_t> cache_size(executor& on, std::string_view schema) {
    return read_as<std::int64_t>(on, "cache_size", schema);
}

result<void> set_cache_size(executor& on, std::int64_t pages_or_kib, std::string_view schema) {
    return write_number(on, "cache_size", schema, pages_or_kib);
}

result<std::optional<libsql::temp_store>> temp_store(executor& on) {
    return read_as<std::int64_t>(on, "temp_store", {})
        .and_then([](std::int64_t number) -> result<std::optional<libsql::temp_store>> {
            if (number == 0) {
                return std::optional<libsql::temp_store>();
            }
            return from_number<libsql::temp_store>(number - 1, 1)
                .transform([](libsql::temp_store t) { return std::optional(t); });
        });
}

result<void> set_temp_store(executor& on, libsql::temp_store where) {
    return write_number(on, "temp_store", {}, where == libsql::temp_store::file ? 1 : 2);
}

result<std::int64_t> mmap_size(executor& on, std::string_view schema) {
    return read_as<std::int64_t>(on, "mmap_size", schema);
}

result<void> set_mmap_size(executor& on, std::int64_t bytes, std::string_view schema) {
    return write_number(on, "mmap_size", schema, bytes);
}

result<std::int32_t> user_version(executor& on, std::string_view schema) {
    return read_as<std::int32_t>(on, "user_version", schema);
}

result<void> set_user_version(executor& on, std::int32_t version, std::string_view schema) {
    return write_number(on, "user_version", schema, version);
}

result<std::int32_t> application_id(executor& on, std::string_view schema) {
    return read_as<std::int32_t>(on, "application_id", schema);
}

result<void> set_application_id(executor& on, std::int32_t id, std::string_view schema) {
    return write_number(on, "application_id", schema, id);
}

result<std::int64_t> page_size(executor& on, std::string_view schema) {
    return read_as<std::int64_t>(on, "page_size", schema);
}

result<void> set_page_size(executor& on, std::int64_t bytes, std::string_view schema) {
    return write_number(on, "page_size", schema, bytes);
}

result<libsql::auto_vacuum> auto_vacuum(executor& on, std::string_view schema) {
    return read_as<std::int64_t>(on, "auto_vacuum", schema).and_then([](std::int64_t number) {
        return from_number<libsql::auto_vacuum>(number, 2);
    });
}

result<void> set_auto_vacuum(executor& on, libsql::auto_vacuum mode, std::string_view schema) {
    return write_number(on, "auto_vacuum", schema, static_cast<std::int64_t>(mode));
}

result<std::int64_t> page_count(executor& on, std::string_view schema) {
    return read_as<std::int64_t>(on, "page_count", schema);
}

result<std::int64_t> freelist_count(executor& on, std::string_view schema) {
    return read_as<std::int64_t>(on, "freelist_count", schema);
}

namespace {

/// Prevents injection: only names that the engine lists become part of SQL.
result<void> check_name(executor& on, std::string_view name) {
    auto known = on.fetch_one<bool>(
        "SELECT count(*) > 0 FROM pragma_pragma_list WHERE name = lower(?1)", name);
    if (!known) {
        return known.error();
    }
    if (!known->value_or(false)) {
        return error(error_kind::invalid_argument, "there is no PRAGMA " + quote_identifier(name));
    }
    return {};
}

result<void> set_by_name(executor& on, std::string_view name, std::string_view schema,
                         const std::string& as_written, const value& wanted) {
    auto before = get(on, name, schema);
    if (!before) {
        return before.error();
    }
    if (!*before) {
        return error(error_kind::unsupported,
                     "PRAGMA " + std::string(name) + " cannot be read back; run it as a statement");
    }
    return write(on, name, schema, as_written, wanted);
}

}  // namespace

result<std::optional<value>> get(executor& on, std::string_view name, std::string_view schema) {
    return check_name(on, name).and_then([&] { return read(on, name, schema); });
}

result<void> set(executor& on, std::string_view name, std::int64_t number,
                 std::string_view schema) {
    return set_by_name(on, name, schema, std::to_string(number), number);
}

result<void> set(executor& on, std::string_view name, std::string_view word,
                 std::string_view schema) {
    return set_by_name(on, name, schema, quote_literal(word), word);
}

// --- actions ---

result<checkpoint_result> wal_checkpoint(executor& on, checkpoint_mode mode,
                                         std::string_view schema) {
    const std::string call =
        "wal_checkpoint(" +
        std::string(word_of<checkpoint_mode::truncate>(checkpoint_modes, mode)) + ")";
    return read_as<checkpoint_result>(on, call, schema);
}

namespace {

result<std::vector<std::string>> check(executor& on, std::string_view name, std::string_view schema,
                                       int most) {
    if (most < 1) {
        return error(error_kind::invalid_argument,
                     "an integrity check must be allowed to report at least one problem");
    }
    auto found = on.fetch<std::string>(statement(name, schema) + "(" + std::to_string(most) + ")");
    if (found && *found == std::vector<std::string>{"ok"}) {
        found->clear();
    }
    return found;
}

}  // namespace

result<std::vector<std::string>> integrity_check(executor& on, std::string_view schema, int most) {
    return check(on, "integrity_check", schema, most);
}

result<std::vector<std::string>> quick_check(executor& on, std::string_view schema, int most) {
    return check(on, "quick_check", schema, most);
}

result<void> optimize(executor& on) {
    return on.execute("PRAGMA optimize").transform([](const execution&) {});
}

// --- the schema ---

namespace {

std::optional<std::string_view> optional(std::string_view schema) {
    return schema.empty() ? std::nullopt : std::optional(schema);
}

error missing(std::string_view what, std::string_view name, std::string_view schema) {
    return {error_kind::sql, "no such " + std::string(what) + ": " + qualify(schema, name)};
}

struct column_row {
    std::int64_t position;
    std::string name;
    std::string type;
    bool not_null;
    std::optional<std::string> default_sql;
    int primary_key;
    std::int64_t hidden;
};

result<void> check_table(executor& on, std::string_view table, std::string_view schema) {
    return table_xinfo(on, table, schema).transform([](const std::vector<table_column>&) {});
}

}  // namespace

result<std::vector<table_column>> table_xinfo(executor& on, std::string_view table,
                                              std::string_view schema) {
    auto found = on.fetch<column_row>(
        "SELECT cid, name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?1, "
        "?2)",
        table, optional(schema));
    if (!found) {
        return found.error();
    }
    if (found->empty()) {
        return missing("table", table, schema);
    }
    std::vector<table_column> columns;
    for (auto& row : *found) {
        auto visibility = from_number<column_visibility>(row.hidden, 3);
        if (!visibility) {
            return visibility.error();
        }
        columns.push_back({row.position, std::move(row.name), std::move(row.type), row.not_null,
                           std::move(row.default_sql), row.primary_key, *visibility});
    }
    return columns;
}

result<std::vector<table_column>> table_info(executor& on, std::string_view table,
                                             std::string_view schema) {
    auto columns = table_xinfo(on, table, schema);
    if (columns) {
        std::erase_if(*columns, [](const table_column& c) {
            return c.visibility != column_visibility::normal;
        });
    }
    return columns;
}

result<std::vector<table>> table_list(executor& on, std::string_view schema) {
    return on.fetch<table>(
        "SELECT schema, name, type, ncol, wr, strict FROM pragma_table_list "
        "WHERE ?1 IS NULL OR schema = ?1 COLLATE NOCASE ORDER BY schema, name",
        optional(schema));
}

result<std::vector<table_index>> index_list(executor& on, std::string_view table,
                                            std::string_view schema) {
    if (auto there = check_table(on, table, schema); !there) {
        return there.error();
    }
    auto found = on.fetch<std::tuple<std::string, bool, std::string, bool>>(
        "SELECT name, \"unique\", origin, partial FROM pragma_index_list(?1, ?2) ORDER BY seq",
        table, optional(schema));
    if (!found) {
        return found.error();
    }
    std::vector<table_index> indexes;
    for (auto& [name, unique, origin, partial] : *found) {
        auto from = from_word<index_origin>(index_origins, origin);
        if (!from) {
            return from.error();
        }
        indexes.push_back({std::move(name), unique, *from, partial});
    }
    return indexes;
}

result<std::vector<index_column>> index_xinfo(executor& on, std::string_view index,
                                              std::string_view schema) {
    auto columns = on.fetch<index_column>(
        "SELECT cid, name, \"desc\", coll, key FROM pragma_index_xinfo(?1, ?2) ORDER BY seqno",
        index, optional(schema));
    if (columns && columns->empty()) {
        return missing("index", index, schema);
    }
    return columns;
}

result<std::vector<index_column>> index_info(executor& on, std::string_view index,
                                             std::string_view schema) {
    auto columns = index_xinfo(on, index, schema);
    if (columns) {
        std::erase_if(*columns, [](const index_column& c) { return !c.key; });
    }
    return columns;
}

namespace {

struct foreign_key_row {
    std::int64_t id;
    std::string parent;
    std::string from;
    std::optional<std::string> to;
    std::string on_update;
    std::string on_delete;
};

}  // namespace

result<std::vector<foreign_key>> foreign_key_list(executor& on, std::string_view table,
                                                  std::string_view schema) {
    if (auto there = check_table(on, table, schema); !there) {
        return there.error();
    }
    auto found = on.fetch<foreign_key_row>(R"(SELECT id, "table", "from", "to", on_update, on_delete
        FROM pragma_foreign_key_list(?1, ?2) ORDER BY id, seq)",
                                           table, optional(schema));
    if (!found) {
        return found.error();
    }
    std::vector<foreign_key> keys;
    for (auto& row : *found) {
        if (keys.empty() || keys.back().id != row.id) {
            auto on_update = from_word<reference_action>(reference_actions, row.on_update);
            auto on_delete = from_word<reference_action>(reference_actions, row.on_delete);
            if (!on_update || !on_delete) {
                return (!on_update ? on_update : on_delete).error();
            }
            keys.push_back({row.id, std::move(row.parent), {}, {}, *on_update, *on_delete});
        }
        keys.back().columns.push_back(std::move(row.from));
        if (row.to) {
            keys.back().parent_columns.push_back(*std::move(row.to));
        }
    }
    return keys;
}

result<std::vector<attached_database>> database_list(executor& on) {
    return on.fetch<attached_database>(
        "SELECT seq, name, coalesce(file, '') FROM pragma_database_list ORDER BY seq");
}

result<std::vector<std::string>> collation_list(executor& on) {
    return on.fetch<std::string>("SELECT name FROM pragma_collation_list ORDER BY name");
}

result<std::vector<function>> function_list(executor& on) {
    return on.fetch<function>(
        "SELECT name, builtin, type, enc, narg, flags FROM pragma_function_list ORDER BY name, "
        "narg");
}

result<std::vector<std::string>> compile_options(executor& on) {
    return on.fetch<std::string>("SELECT compile_options FROM pragma_compile_options");
}

}  // namespace libsql::pragma
