#include "libsql/features/dump_writer.hpp"

#include "libsql/core/ascii_case.hpp"
#include "libsql/core/sql_text.hpp"
#include "libsql/sql/script_splitter.hpp"
#include "libsql/sql/sql_scanner.hpp"

#include <libsql/identifier.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace libsql {

namespace {

bool holds(const std::vector<std::string>& names, std::string_view name) {
    return std::ranges::any_of(names,
                               [&](const std::string& n) { return equals_ignoring_case(n, name); });
}

bool has_keyword(std::string_view sql, std::string_view keyword) {
    sql_scanner scanner(sql);
    for (token t = scanner.next(); t.kind != token_kind::end; t = scanner.next()) {
        if (t.is_keyword(keyword)) {
            return true;
        }
    }
    return false;
}

void append_text(std::string& out, std::string_view text) {
    // SQL text must be UTF-8, but a column may contain other bytes.
    if (find_invalid_utf8(text)) {
        out += "CAST(" + quote_blob(std::as_bytes(std::span(text))) + " AS TEXT)";
    } else {
        out += quote_literal(text);
    }
}

void append_value(std::string& out, const row& values, std::size_t i) {
    switch (values.type(i)) {
        case value_type::integer: {
            std::array<char, 24> digits{};
            const auto end = std::to_chars(digits.data(), digits.data() + digits.size(),
                                           values.get<std::int64_t>(i))
                                 .ptr;
            out.append(digits.data(), end);
            break;
        }
        case value_type::real:
            out += value(values.get<double>(i)).to_sql();
            break;
        case value_type::text:
            append_text(out, values.get<std::string_view>(i));
            break;
        case value_type::blob:
            out += quote_blob(values.get<blob_view>(i));
            break;
        case value_type::null:
            out += "NULL";
            break;
    }
}

/// The quoted names, separated by commas.
std::string list_of(const std::vector<std::string>& names) {
    std::string out;
    for (const auto& name : names) {
        out += out.empty() ? "" : ", ";
        out += quote_identifier(name);
    }
    return out;
}

enum class content : unsigned char {
    none,     ///< the module stores no rows
    own,      ///< rows are read and inserted through the table
    outside,  ///< the rows are in another table
    hidden,   ///< the rows are only in the shadow tables
};

content content_of(const virtual_table& definition, bool has_shadows) {
    const auto& module = definition.module;
    if (module == "rtree" || module == "rtree_i32" || module == "geopoly") {
        return content::own;
    }
    if (module == "fts5" || module == "fts4" || module == "fts3") {
        const auto elsewhere = definition.option("content");
        // These options store data that no column shows: the language or the locale.
        if ((elsewhere && elsewhere->empty()) || definition.option("languageid") ||
            definition.option("locale")) {
            return content::hidden;
        }
        return elsewhere ? content::outside : content::own;
    }
    return has_shadows ? content::hidden : content::none;
}

}  // namespace

dump_writer::dump_writer(executor& source, const dump_sink& sink, const dump_options& chosen)
    : source_(source), sink_(sink), chosen_(chosen) {}

result<void> dump_writer::write() {
    return read_schema()
        .and_then([&] { return choose(); })
        .and_then([&] { return put("PRAGMA foreign_keys=OFF"); })
        .and_then([&] { return put("BEGIN TRANSACTION"); })
        .and_then([&] { return write_pragmas(); })
        .and_then([&] { return write_tables(); })
        .and_then([&] { return write_sequences(); })
        .and_then([&] { return write_entries("index", false); })
        .and_then([&] { return write_entries("view", false); })
        .and_then([&] { return write_rebuilds(); })
        .and_then([&] { return write_entries("trigger", false); })
        .and_then([&] { return write_statistics(); })
        .and_then([&] { return write_entries("index", true); })
        .and_then([&] { return put("COMMIT"); });
}

// --- the schema ---

result<void> dump_writer::read_schema() {
    auto all = source_.fetch<entry>("SELECT type, name, tbl_name, coalesce(sql, '') FROM " +
                                    object("sqlite_schema") + " ORDER BY rowid");
    if (!all) {
        return all.error();
    }
    entries_ = *std::move(all);
    auto hidden = source_.fetch<std::string>(
        "SELECT name FROM pragma_table_list WHERE schema = ?1 AND type = 'shadow'", chosen_.schema);
    if (!hidden) {
        return hidden.error();
    }
    const auto hide = [&](const std::vector<std::string>& names) {
        const auto shown =
            std::stable_partition(entries_.begin(), entries_.end(),
                                  [&](const entry& e) { return !holds(names, e.table); });
        std::move(shown, entries_.end(), std::back_inserter(shadows_));
        entries_.erase(shown, entries_.end());
    };
    hide(*hidden);
    if (auto found = hide_vector_tables(); !found) {
        return found;
    }
    for (const auto& e : entries_) {
        has_sequences_ |= e.name == "sqlite_sequence";
        has_statistics_ |= e.name == "sqlite_stat1";
    }
    // Automatic indexes have no SQL, and tables like sqlite_sequence are created by the engine when
    // a table needs them.
    std::erase_if(entries_, [](const entry& e) {
        return e.sql.empty() || equals_ignoring_case(e.name.substr(0, 7), "sqlite_");
    });
    return {};
}

result<void> dump_writer::hide_vector_tables() {
    constexpr std::string_view meta = "libsql_vector_meta_shadow";
    if (std::ranges::none_of(entries_, [&](const entry& e) { return e.name == meta; })) {
        return {};
    }
    auto names = source_.fetch<std::string>("SELECT name FROM " + object(meta));
    if (!names) {
        return names.error();
    }
    vectors_ = *std::move(names);
    std::vector<std::string> tables{std::string(meta)};
    for (const auto& name : vectors_) {
        tables.push_back(name + "_shadow");
    }
    std::erase_if(entries_, [&](const entry& e) { return holds(tables, e.table); });
    return {};
}

result<void> dump_writer::choose() {
    for (const auto& wanted : chosen_.tables) {
        const auto named = [&](const entry& e) { return equals_ignoring_case(e.name, wanted); };
        if (std::ranges::any_of(shadows_, named)) {
            return error(error_kind::invalid_argument,
                         "\"" + wanted + "\" belongs to a virtual table and is dumped with it");
        }
        if (std::ranges::none_of(entries_, [&](const entry& e) {
                return named(e) && (e.type == "table" || e.type == "view");
            })) {
            return error(error_kind::invalid_argument,
                         "there is no table or view \"" + wanted + "\" to dump");
        }
    }
    std::erase_if(entries_, [&](const entry& e) { return !is_chosen(e.table); });
    return {};
}

bool dump_writer::is_chosen(std::string_view table) const {
    return chosen_.tables.empty() || holds(chosen_.tables, table);
}

std::string dump_writer::object(std::string_view name) const {
    return qualify(chosen_.schema, name);
}

// --- the dump ---

result<void> dump_writer::write_pragmas() {
    if (!chosen_.with_schema || !chosen_.tables.empty()) {
        return {};
    }
    for (const std::string name : {"user_version", "application_id"}) {
        const auto number = source_.fetch_one<std::int64_t>(
            "PRAGMA " + quote_identifier(chosen_.schema) + "." + name);
        if (!number) {
            return number.error();
        }
        if (number->value_or(0) != 0) {
            if (auto written = put("PRAGMA " + name + "=" + std::to_string(**number)); !written) {
                return written;
            }
        }
    }
    return {};
}

result<void> dump_writer::write_tables() {
    for (const auto& table : entries_) {
        if (table.type != "table") {
            continue;
        }
        if (chosen_.with_schema) {
            if (auto written = write_create(table); !written) {
                return written;
            }
        }
        if (const auto definition = read_virtual_table(table.sql)) {
            if (auto written = write_virtual_table(table, *definition); !written) {
                return written;
            }
        } else if (chosen_.with_data) {
            auto written =
                plan(table.name, chosen_.keep_rowids, false).and_then([&](insertion&& into) {
                    return write_rows(into);
                });
            if (!written) {
                return written;
            }
        }
    }
    return {};
}

result<void> dump_writer::write_virtual_table(const entry& table, const virtual_table& definition) {
    const bool has_shadows =
        std::ranges::any_of(shadows_, [&](const entry& e) { return owner_of(e) == table.name; });
    const auto kept = content_of(definition, has_shadows);
    if (chosen_.with_schema && definition.module == "fts5" && kept != content::hidden) {
        if (auto written = write_fts5_configuration(table.name); !written) {
            return written;
        }
    }
    if (!chosen_.with_data) {
        return {};
    }
    switch (kept) {
        case content::own: {
            const bool is_rtree =
                definition.module.starts_with("rtree");  // its first column is the rowid
            return plan(table.name, !is_rtree, true).and_then([&](insertion&& into) {
                return write_rows(into);
            });
        }
        case content::outside:
            rebuilds_.push_back(table.name);
            return {};
        case content::hidden:
            return write_shadow_rows(table.name);
        case content::none:
            break;
    }
    return {};
}

result<void> dump_writer::write_fts5_configuration(const std::string& table) {
    const std::string name = quote_identifier(table);
    return write_rows({"SELECT k, v FROM " + object(table + "_config") + " WHERE k <> 'version'",
                       "INSERT INTO " + name + "(" + name + ", rank) VALUES("});
}

/// The virtual table that `shadow` belongs to. If both `docs` and `docs_old` match, the longer name
/// does.
std::string_view dump_writer::owner_of(const entry& shadow) const {
    std::string_view owner;
    for (const auto& e : entries_) {
        if (e.name.size() > owner.size() && shadow.table.starts_with(e.name + "_") &&
            read_virtual_table(e.sql)) {
            owner = e.name;
        }
    }
    return owner;
}

result<void> dump_writer::write_shadow_rows(const std::string& owner) {
    for (const auto& shadow : shadows_) {
        if (shadow.type != "table" || owner_of(shadow) != owner) {
            continue;
        }
        auto written = put("DELETE FROM " + quote_identifier(shadow.name))
                           .and_then([&] { return plan(shadow.name, true, false); })
                           .and_then([&](insertion&& into) { return write_rows(into); });
        if (!written) {
            return written;
        }
    }
    // Makes the virtual table read its shadow tables again.
    return put("PRAGMA writable_schema=RESET");
}

result<void> dump_writer::write_rebuilds() {
    for (const auto& table : rebuilds_) {
        const std::string name = quote_identifier(table);
        if (auto written = put("INSERT INTO " + name + "(" + name + ") VALUES('rebuild')");
            !written) {
            return written;
        }
    }
    return {};
}

result<void> dump_writer::write_sequences() {
    if (!has_sequences_ || !chosen_.with_data) {
        return {};
    }
    std::string names;
    for (const auto& e : entries_) {
        if (e.type == "table" && has_keyword(e.sql, "AUTOINCREMENT")) {
            names += names.empty() ? "" : ", ";
            append_text(names, e.name);
        }
    }
    if (names.empty()) {
        return {};
    }
    // Inserting rows has created entries, but the original ones may be higher, or absent.
    const std::string condition = " WHERE name IN (" + names + ")";
    return put("DELETE FROM sqlite_sequence" + condition).and_then([&] {
        return write_rows({"SELECT name, seq FROM " + object("sqlite_sequence") + condition,
                           "INSERT INTO sqlite_sequence(name, seq) VALUES("});
    });
}

result<void> dump_writer::write_statistics() {
    if (!has_statistics_ || !chosen_.with_schema || !chosen_.with_data) {
        return {};
    }
    if (auto made = put("ANALYZE sqlite_schema"); !made) {  // creates only the table
        return made;
    }
    auto rows = source_.query("SELECT tbl, idx, stat FROM " + object("sqlite_stat1"));
    if (!rows) {
        return rows.error();
    }
    for (auto& found : *rows) {
        if (!found) {
            return found.error();
        }
        const auto table = found->try_get<std::string>(0);
        if (!table || std::ranges::none_of(entries_, [&](const entry& e) {
                return e.type == "table" && equals_ignoring_case(e.name, *table);
            })) {
            continue;
        }
        if (auto written = write_row("INSERT INTO sqlite_stat1(tbl, idx, stat) VALUES(", *found);
            !written) {
            return written;
        }
    }
    return {};
}

result<void> dump_writer::write_entries(std::string_view type, bool vector_indexes) {
    if (!chosen_.with_schema) {
        return {};
    }
    for (const auto& e : entries_) {
        if (e.type == type && holds(vectors_, e.name) == vector_indexes) {
            if (auto written = write_create(e); !written) {
                return written;
            }
        }
    }
    return {};
}

// --- rows ---

result<dump_writer::insertion> dump_writer::plan(const std::string& table, bool keep_rowid,
                                                 bool virtual_rows) {
    // Hidden and generated columns are not inserted, but their names still hide the rowid's names.
    auto known = source_.fetch<std::pair<std::string, std::int64_t>>(
        "SELECT name, hidden FROM pragma_table_xinfo(?1, ?2) ORDER BY cid", table, chosen_.schema);
    if (!known) {
        return known.error();
    }
    std::vector<std::string> names;
    std::vector<std::string> filled;
    for (const auto& [name, hidden] : *known) {
        names.push_back(name);
        if (hidden == 0) {
            filled.push_back(name);
        }
    }
    std::string columns = list_of(filled);
    if (keep_rowid) {
        auto rowid = rowid_name(table, names);
        if (!rowid) {
            return rowid.error();
        }
        if (*rowid) {
            columns = **rowid + (columns.empty() ? "" : ", ") + columns;
        }
    }
    // Equal content must give equal dumps. An index that covers the columns would give the rows
    // another order. The order of an R*Tree depends on its history, so it is sorted by its first
    // column, the rowid.
    const std::string order = virtual_rows ? " ORDER BY 1" : " NOT INDEXED";
    return insertion{"SELECT " + columns + " FROM " + object(table) + order,
                     "INSERT INTO " + quote_identifier(table) + "(" + columns + ") VALUES("};
}

/// A name under which the rowid of `table` can be read, if it has a rowid and no column is an alias
/// of it.
result<std::optional<std::string>> dump_writer::rowid_name(
    const std::string& table, const std::vector<std::string>& columns) {
    // An INTEGER PRIMARY KEY is the rowid unless it has an index, which DESC makes.
    auto plain = source_.fetch_one<std::int64_t>(
        "SELECT wr = 0 AND ((SELECT count(*) FROM pragma_table_info(?1, ?2) WHERE pk > 0) = 0"
        " OR EXISTS (SELECT 1 FROM pragma_index_list(?1, ?2) WHERE origin = 'pk'))"
        " FROM pragma_table_list WHERE schema = ?2 AND name = ?1",
        table, chosen_.schema);
    if (!plain) {
        return plain.error();
    }
    if (plain->value_or(0) != 0) {
        for (const std::string name : {"rowid", "_rowid_", "oid"}) {
            if (!holds(columns, name)) {
                return std::optional(name);
            }
        }
    }
    return std::optional<std::string>();
}

result<void> dump_writer::write_rows(const insertion& into) {
    auto rows = source_.query(into.select);
    if (!rows) {
        return rows.error();
    }
    for (auto& found : *rows) {
        if (!found) {
            return found.error();
        }
        if (auto written = write_row(into.head, *found); !written) {
            return written;
        }
    }
    return {};
}

result<void> dump_writer::write_row(std::string_view head, const row& values) {
    line_ = head;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (i > 0) {
            line_ += ',';
        }
        append_value(line_, values, i);
    }
    line_ += ");\n";
    return sink_(line_);
}

result<void> dump_writer::write_create(const entry& what) {
    // SQLite stores a comment that follows the statement, which would hide the semicolon.
    const auto statement = script_splitter(what.sql).next();
    return put(statement ? statement->text : std::string_view(what.sql));
}

result<void> dump_writer::put(std::string_view statement) {
    line_ = statement;
    line_ += ";\n";
    return sink_(line_);
}

}  // namespace libsql
