#include "libsql/sql/sql_scanner.hpp"

#include "libsql/core/ascii_case.hpp"

namespace libsql {

namespace {

struct extent {
    token_kind kind;
    std::size_t length;
};

// The byte at `i`, or NUL beyond the end. Every rule of SQLite's tokenizer stops at a NUL, so it
// also stops at the end of a text without one.
constexpr char at(std::string_view text, std::size_t i) noexcept {
    return i < text.size() ? text[i] : '\0';
}

constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

constexpr bool is_hex_digit(char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// A vertical tab continues a run of spaces but cannot start one: see docs/sqlite_surprises.md.
constexpr bool is_space(char c) noexcept {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

constexpr bool starts_word(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}

constexpr bool continues_word(char c) noexcept {
    return starts_word(c) || is_digit(c) || c == '$';
}

template <typename Predicate>
std::size_t run_end(std::string_view text, std::size_t i, Predicate belongs) noexcept {
    while (i < text.size() && belongs(text[i])) {
        ++i;
    }
    return i;
}

std::size_t word_end(std::string_view text, std::size_t i) noexcept {
    return run_end(text, i, continues_word);
}

extent whitespace(std::string_view text) noexcept {
    return {token_kind::whitespace, run_end(text, 1, is_space)};
}

extent line_comment(std::string_view text) noexcept {
    return {token_kind::comment, run_end(text, 2, [](char c) { return c != '\n' && c != '\0'; })};
}

// The star that opens the comment does not also close it, and "/*" at the very end is not a
// comment.
extent slash(std::string_view text) noexcept {
    if (at(text, 1) != '*' || at(text, 2) == '\0') {
        return {token_kind::punctuation, 1};
    }
    std::size_t i = 3;
    while (at(text, i) != '\0' && !(text[i - 1] == '*' && text[i] == '/')) {
        ++i;
    }
    return {token_kind::comment, at(text, i) == '\0' ? i : i + 1};
}

extent quoted(std::string_view text) noexcept {
    const char quote = text[0];
    std::size_t i = 1;
    while (at(text, i) != '\0' && (text[i] != quote || at(text, i + 1) == quote)) {
        i += text[i] == quote ? 2U : 1U;
    }
    if (at(text, i) == '\0') {
        return {token_kind::illegal, i};
    }
    return {quote == '\'' ? token_kind::string : token_kind::quoted_identifier, i + 1};
}

extent bracketed(std::string_view text) noexcept {
    const std::size_t i = run_end(text, 1, [](char c) { return c != ']' && c != '\0'; });
    if (at(text, i) == '\0') {
        return {token_kind::illegal, i};
    }
    return {token_kind::quoted_identifier, i + 1};
}

extent blob_literal(std::string_view text) noexcept {
    std::size_t i = run_end(text, 2, is_hex_digit);
    const bool valid = at(text, i) == '\'' && i % 2 == 0;
    i = run_end(text, i, [](char c) { return c != '\'' && c != '\0'; });
    return {valid ? token_kind::blob_literal : token_kind::illegal,
            at(text, i) == '\0' ? i : i + 1};
}

std::size_t decimal_end(std::string_view text) noexcept {
    const auto digits = [](char c) { return is_digit(c) || c == '_'; };
    std::size_t i = run_end(text, 0, digits);
    if (at(text, i) == '.') {
        i = run_end(text, i + 1, digits);
    }
    if (at(text, i) == 'e' || at(text, i) == 'E') {
        const bool sign = at(text, i + 1) == '+' || at(text, i + 1) == '-';
        if (is_digit(at(text, i + (sign ? 2 : 1)))) {
            i = run_end(text, i + 2, digits);
        }
    }
    return i;
}

extent number(std::string_view text) noexcept {
    const bool hex =
        text[0] == '0' && (at(text, 1) == 'x' || at(text, 1) == 'X') && is_hex_digit(at(text, 2));
    const std::size_t digits =
        hex ? run_end(text, 3, [](char c) { return is_hex_digit(c) || c == '_'; })
            : decimal_end(text);
    const std::size_t length = word_end(text, digits);
    return {length == digits ? token_kind::number : token_kind::illegal, length};
}

// A named parameter (`:a`, `@a`, `$a`, `#a`), including the parts of a Tcl variable: `$a::b(c)`.
extent named_parameter(std::string_view text) noexcept {
    bool has_name = false;
    std::size_t i = 1;
    while (true) {
        if (const std::size_t end = word_end(text, i); end != i) {
            has_name = true;
            i = end;
        } else if (at(text, i) == ':' && at(text, i + 1) == ':') {
            i += 2;
        } else {
            break;
        }
    }
    if (has_name && at(text, i) == '(') {
        i = run_end(text, i + 1, [](char c) { return !is_space(c) && c != ')' && c != '\0'; });
        if (at(text, i) != ')') {
            return {token_kind::illegal, i};
        }
        ++i;
    }
    return {has_name ? token_kind::parameter : token_kind::illegal, i};
}

extent punctuation(std::size_t length) noexcept {
    return {token_kind::punctuation, length};
}

extent scan_operator(std::string_view text) noexcept {
    const char second = at(text, 1);
    switch (text[0]) {
        case '(':
        case ')':
        case '+':
        case '*':
        case '%':
        case ',':
        case '&':
        case '~':
        case '.':
            return punctuation(1);
        case '-':
            return punctuation(second != '>' ? 1 : at(text, 2) == '>' ? 3 : 2);
        case '=':
            return punctuation(second == '=' ? 2 : 1);
        case '<':
            return punctuation(second == '=' || second == '>' || second == '<' ? 2 : 1);
        case '>':
            return punctuation(second == '=' || second == '>' ? 2 : 1);
        case '|':
            return punctuation(second == '|' ? 2 : 1);
        case '!':
            return second == '=' ? punctuation(2) : extent{token_kind::illegal, 1};
        default:
            return {token_kind::illegal, 1};
    }
}

extent scan(std::string_view text) noexcept {
    const char first = text[0];
    const char second = at(text, 1);
    if ((first == 'x' || first == 'X') && second == '\'') {
        return blob_literal(text);
    }
    if (text.starts_with("\xEF\xBB\xBF")) {  // SQLite treats a byte order mark as a space anywhere
        return {token_kind::whitespace, 3};
    }
    if (starts_word(first)) {
        return {token_kind::word, word_end(text, 1)};
    }
    if (is_space(first) && first != '\v') {
        return whitespace(text);
    }
    if (is_digit(first) || (first == '.' && is_digit(second))) {
        return number(text);
    }
    switch (first) {
        case '\'':
        case '"':
        case '`':
            return quoted(text);
        case '[':
            return bracketed(text);
        case '?':
            return {token_kind::parameter, run_end(text, 1, is_digit)};
        case ':':
        case '@':
        case '$':
        case '#':
            return named_parameter(text);
        case ';':
            return {token_kind::semicolon, 1};
        case '/':
            return slash(text);
        case '-':
            if (second == '-') {
                return line_comment(text);
            }
            [[fallthrough]];
        default:
            return scan_operator(text);
    }
}

}  // namespace

bool token::is_keyword(std::string_view keyword) const noexcept {
    return kind == token_kind::word && equals_ignoring_case(text, keyword);
}

std::string token::unquoted() const {
    if ((kind != token_kind::string && kind != token_kind::quoted_identifier) || text.size() < 2) {
        return std::string(text);
    }
    const char quote = text.back();
    std::string out;
    for (std::size_t i = 1; i + 1 < text.size(); ++i) {
        out += text[i];
        if (text[i] == quote && quote != ']') {
            ++i;  // a doubled quote is part of the text
        }
    }
    return out;
}

token sql_scanner::next() noexcept {
    if (rest_.empty()) {
        return {token_kind::end, rest_};
    }
    const extent found = scan(rest_);
    const token result{found.kind, rest_.substr(0, found.length)};
    rest_.remove_prefix(found.length);
    return result;
}

token sql_scanner::next_significant() noexcept {
    token result = next();
    while (result.is_space()) {
        result = next();
    }
    return result;
}

token sql_scanner::next_beginning() noexcept {
    token t = next_significant();
    while (t.kind == token_kind::semicolon) {
        t = next_significant();
    }
    return t;
}

}  // namespace libsql
