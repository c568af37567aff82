#include "libsql/core/enum_words.hpp"
#include "libsql/features/create_sql.hpp"

#include <libsql/fts5.hpp>
#include <libsql/identifier.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace libsql::fts5 {

namespace {

error bad_argument(std::string message) {
    return {error_kind::invalid_argument, "fts5: " + std::move(message)};
}

/// Each word of `text` as a phrase, joined by `between`.
std::string join_words(std::string_view text, std::string_view between) {
    constexpr std::string_view spaces(" \t\n\v\f\r\0", 7);
    std::string all;
    for (std::size_t begin = text.find_first_not_of(spaces); begin != std::string_view::npos;) {
        const std::size_t end = std::min(text.find_first_of(spaces, begin), text.size());
        all += all.empty() ? std::string_view() : between;
        all += phrase(text.substr(begin, end - begin));
        begin = text.find_first_not_of(spaces, end);
    }
    return all.empty() ? phrase("") : all;  // an empty query would be a syntax error
}

}  // namespace

std::string phrase(std::string_view text) {
    std::string readable(text);
    std::replace(readable.begin(), readable.end(), '\0', ' ');
    return quote_identifier(readable);  // FTS5 quotes strings in the same way
}

std::string prefix(std::string_view text) {
    return phrase(text) + " *";
}

std::string all_words(std::string_view text) {
    return join_words(text, " ");
}

std::string any_word(std::string_view text) {
    return join_words(text, " OR ");
}

std::string in_columns(const std::vector<std::string>& columns, std::string_view query) {
    std::string all = "{";
    for (const auto& name : columns) {
        all += " " + phrase(name);
    }
    return all + " } : (" + std::string(query) + ")";
}

// --- tables ---

namespace {

constexpr std::array<std::string_view, 3> detail_levels{"full", "column", "none"};

result<void> check(const definition& wanted) {
    if (wanted.name.empty() || wanted.columns.empty()) {
        return bad_argument("a table needs a name and a column");
    }
    const bool external = wanted.content == content_kind::external;
    if (external && wanted.content_table.empty()) {
        return bad_argument("external content needs content_table");
    }
    if (!external && !(wanted.content_table.empty() && wanted.content_rowid.empty())) {
        return bad_argument("content_table and content_rowid are only for external content");
    }
    if (wanted.contentless_delete && wanted.content != content_kind::contentless) {
        return bad_argument("contentless_delete is only for contentless tables");
    }
    if (wanted.contentless_delete && !wanted.column_size) {
        return bad_argument("contentless_delete needs column_size");
    }
    if (std::any_of(wanted.prefix.begin(), wanted.prefix.end(),
                    [](int n) { return n < 1 || n > 999; })) {
        return bad_argument("a prefix must have 1 to 999 characters");
    }
    return {};
}

std::string content_option(const definition& wanted) {
    switch (wanted.content) {
        case content_kind::own:
            return {};
        case content_kind::contentless:
            return wanted.contentless_delete ? ", content = '', contentless_delete = 1"
                                             : ", content = ''";
        case content_kind::external:
            break;
    }
    std::string option = ", content = " + quote_literal(wanted.content_table);
    if (!wanted.content_rowid.empty()) {
        option += ", content_rowid = " + quote_literal(wanted.content_rowid);
    }
    return option;
}

std::string home(std::string_view schema) {
    return std::string(schema.empty() ? "main" : schema);
}

}  // namespace

result<std::string> create_sql(const definition& wanted) {
    if (auto bad = check(wanted); !bad) {
        return bad.error();
    }
    std::string sql = libsql::detail::create_sql("VIRTUAL TABLE", wanted.if_not_exists,
                                                 qualify(home(wanted.schema), wanted.name));
    sql += " USING fts5(";
    for (const auto& one : wanted.columns) {
        sql += (&one == &wanted.columns.front() ? "" : ", ") + quote_identifier(one.name) +
               (one.indexed ? "" : " UNINDEXED");
    }
    sql += content_option(wanted);
    if (!wanted.tokenizer.empty()) {
        sql += ", tokenize = " + quote_literal(wanted.tokenizer);
    }
    if (!wanted.prefix.empty()) {
        std::string lengths;
        for (const int n : wanted.prefix) {
            lengths += (lengths.empty() ? "" : " ") + std::to_string(n);
        }
        sql += ", prefix = " + quote_literal(lengths);
    }
    if (wanted.detail != detail_level::full) {
        sql += ", detail = ";
        sql += libsql::detail::word_of<detail_level::none>(detail_levels, wanted.detail);
    }
    return sql + (wanted.column_size ? ")" : ", columnsize = 0)");
}

result<void> create(executor& on, const definition& wanted) {
    return create_sql(wanted)
        .and_then([&](const std::string& sql) { return on.execute(sql); })
        .transform([](const execution&) {});
}

result<std::vector<std::string>> content_triggers_sql(const definition& wanted) {
    if (auto bad = check(wanted); !bad) {
        return bad.error();
    }
    if (wanted.content != content_kind::external) {
        return bad_argument("only a table with external content needs triggers");
    }
    // Inside a trigger, tables of its own database cannot be qualified.
    const std::string index = quote_identifier(wanted.name);
    const std::string rowid =
        quote_identifier(wanted.content_rowid.empty() ? "rowid" : wanted.content_rowid);
    std::string names;
    std::string old_values = "old." + rowid;
    std::string new_values = "new." + rowid;
    for (const auto& one : wanted.columns) {
        names += ", " + quote_identifier(one.name);
        old_values += ", old." + quote_identifier(one.name);
        new_values += ", new." + quote_identifier(one.name);
    }
    const std::string add =
        " INSERT INTO " + index + "(rowid" + names + ") VALUES (" + new_values + ");";
    const std::string drop = " INSERT INTO " + index + "(" + index + ", rowid" + names +
                             ") VALUES ('delete', " + old_values + ");";
    const auto trigger = [&](std::string_view event, const std::string& body) {
        return "CREATE TRIGGER " +
               qualify(home(wanted.schema), wanted.name + "_" + std::string(event)) + " AFTER " +
               std::string(event) + " ON " + quote_identifier(wanted.content_table) + " BEGIN" +
               body + " END";
    };
    return std::vector{trigger("insert", add), trigger("delete", drop),
                       trigger("update", drop + add)};
}

// --- searches ---

namespace {

std::string arguments(std::initializer_list<std::string> all) {
    std::string joined;
    for (const auto& one : all) {
        joined += ", " + one;
    }
    return joined + ")";
}

result<void> check(const search& wanted) {
    if (wanted.table.empty()) {
        return bad_argument("a search needs a table");
    }
    if (std::any_of(wanted.highlights.begin(), wanted.highlights.end(),
                    [](const highlight& h) { return h.column < 0; })) {
        return bad_argument("a highlight needs a column");
    }
    for (const auto& s : wanted.snippets) {
        if (s.column < -1 || s.words < 1 || s.words > 64) {
            return bad_argument(
                "a snippet needs a column, or -1 for any column, and 1 to 64 words");
        }
    }
    if (!std::all_of(wanted.weights.begin(), wanted.weights.end(),
                     [](double w) { return std::isfinite(w); })) {
        return bad_argument("a weight must be a finite number");
    }
    if (wanted.limit && *wanted.limit < 0) {
        return bad_argument("the limit cannot be negative, but is " +
                            std::to_string(*wanted.limit));
    }
    return {};
}

}  // namespace

result<std::string> search_sql(const search& wanted) {
    if (auto bad = check(wanted); !bad) {
        return bad.error();
    }
    const std::string table = quote_identifier(wanted.table);
    std::string sql = "SELECT ";
    for (const auto& name : wanted.columns) {
        sql += table + "." + quote_identifier(name) + ", ";
    }
    for (const auto& h : wanted.highlights) {
        sql +=
            "highlight(" + table +
            arguments({std::to_string(h.column), quote_literal(h.before), quote_literal(h.after)}) +
            ", ";
    }
    for (const auto& s : wanted.snippets) {
        sql += "snippet(" + table +
               arguments({std::to_string(s.column), quote_literal(s.before), quote_literal(s.after),
                          quote_literal(s.ellipsis), std::to_string(s.words)}) +
               ", ";
    }
    std::string rank = table + ".rank";
    if (!wanted.weights.empty()) {
        rank = "bm25(" + table;
        for (const double weight : wanted.weights) {
            std::array<char, 32> text{};
            rank += ", " +
                    std::string(text.data(),
                                std::to_chars(text.data(), text.data() + text.size(), weight).ptr);
        }
        rank += ")";
    }
    sql += rank + " AS rank FROM " + qualify(home(wanted.schema), wanted.table) + " WHERE " +
           table + " MATCH ?1 ORDER BY " + rank;
    if (wanted.limit) {
        sql += " LIMIT " + std::to_string(*wanted.limit);
    }
    return sql;
}

// --- maintenance ---

namespace {

result<void> command(executor& on, std::string_view table, std::string_view schema,
                     std::string_view word) {
    const std::string name = quote_identifier(table);
    return on
        .execute("INSERT INTO " + qualify(home(schema), table) + "(" + name + ") VALUES (?1)", word)
        .transform([](const execution&) {});
}

}  // namespace

result<void> rebuild(executor& on, std::string_view table, std::string_view schema) {
    return command(on, table, schema, "rebuild");
}

result<void> optimize(executor& on, std::string_view table, std::string_view schema) {
    return command(on, table, schema, "optimize");
}

result<void> integrity_check(executor& on, std::string_view table, std::string_view schema) {
    // With rank 1 the content of an external table is also compared.
    const std::string name = quote_identifier(table);
    return on
        .execute("INSERT INTO " + qualify(home(schema), table) + "(" + name +
                 ", rank) VALUES ('integrity-check', 1)")
        .transform([](const execution&) {});
}

result<void> delete_all(executor& on, std::string_view table, std::string_view schema) {
    return command(on, table, schema, "delete-all");
}

}  // namespace libsql::fts5
