#include "libsql/sql/pragma_statement.hpp"

#include "libsql/core/ascii_case.hpp"

namespace libsql {

namespace {

bool is_word(token t, std::string_view known) noexcept {
    const bool quoted = t.kind == token_kind::quoted_identifier || t.kind == token_kind::string;
    if (quoted && t.text.size() >= 2) {
        t.text = t.text.substr(1, t.text.size() - 2);
    }
    return equals_ignoring_case(t.text, known);
}

}  // namespace

bool pragma_statement::is(std::string_view known) const noexcept {
    return is_word(name, known);
}

bool pragma_statement::has_value(std::string_view known) const noexcept {
    return is_word(argument, known);
}

std::optional<pragma_statement> parse_pragma(std::string_view sql) noexcept {
    sql_scanner words(sql);
    pragma_statement found;
    token t = words.next_beginning();
    if (t.is_keyword("EXPLAIN")) {
        found.is_explained = true;
        t = words.next_significant();
        if (t.is_keyword("QUERY")) {
            words.next_significant();
            t = words.next_significant();
        }
    }
    if (!t.is_keyword("PRAGMA")) {
        return std::nullopt;
    }
    found.name = words.next_significant();
    t = words.next_significant();
    if (t.text == ".") {
        found.schema = found.name;
        found.name = words.next_significant();
        t = words.next_significant();
    }
    if (t.text == "=" || t.text == "(") {
        found.has_argument = true;
        found.argument = words.next_significant();
    }
    return found;
}

}  // namespace libsql
