#include "libsql/sql/write_statement.hpp"

#include "libsql/sql/sql_scanner.hpp"

#include <utility>

namespace libsql {

namespace {

std::optional<write_kind> kind_of(const token& t) noexcept {
    if (t.is_keyword("INSERT") || t.is_keyword("REPLACE")) {
        return write_kind::insert;
    }
    if (t.is_keyword("UPDATE")) {
        return write_kind::update;
    }
    return t.is_keyword("DELETE") ? std::optional(write_kind::remove) : std::nullopt;
}

/// The verb of a statement with WITH: the first verb after the brackets of a table expression,
/// because the expression may be named REPLACE.
token verb_of_with(sql_scanner& words) noexcept {
    int depth = 0;
    token before;
    for (token t = words.next_significant(); t.kind != token_kind::end;
         t = words.next_significant()) {
        if (depth == 0 && before.text == ")" && (kind_of(t) || t.is_keyword("SELECT"))) {
            return t;
        }
        depth += t.text == "(" ? 1 : 0;
        depth -= t.text == ")" ? 1 : 0;
        before = t;
    }
    return {};
}

bool is_name(const token& t) noexcept {
    return t.kind == token_kind::word || t.kind == token_kind::quoted_identifier ||
           t.kind == token_kind::string;
}

}  // namespace

std::optional<write_statement> parse_write(std::string_view sql) {
    sql_scanner words(sql);
    token verb = words.next_beginning();
    if (verb.is_keyword("WITH")) {
        verb = verb_of_with(words);
    }
    const auto kind = kind_of(verb);
    if (!kind) {
        return std::nullopt;
    }
    token t = words.next_significant();
    if (t.is_keyword("OR")) {
        words.next_significant();
        t = words.next_significant();
    }
    if (t.is_keyword("INTO") || (*kind == write_kind::remove && t.is_keyword("FROM"))) {
        t = words.next_significant();
    }
    if (!is_name(t)) {
        return std::nullopt;
    }
    write_statement found{.kind = *kind, .schema = {}, .table = t.unquoted(), .text = {}};
    const char* end = t.text.data() + t.text.size();
    t = words.next_significant();
    if (t.text == ".") {
        t = words.next_significant();
        if (!is_name(t)) {
            return std::nullopt;
        }
        found.schema = std::exchange(found.table, t.unquoted());
        end = t.text.data() + t.text.size();
        t = words.next_significant();
    }
    for (int depth = 0; t.kind != token_kind::end && t.kind != token_kind::semicolon;
         t = words.next_significant()) {
        found.returns = found.returns || (depth == 0 && t.is_keyword("RETURNING"));
        depth += t.text == "(" ? 1 : 0;
        depth -= t.text == ")" ? 1 : 0;
        end = t.text.data() + t.text.size();
    }
    found.text = sql.substr(0, static_cast<std::size_t>(end - sql.data()));
    return found;
}

}  // namespace libsql
