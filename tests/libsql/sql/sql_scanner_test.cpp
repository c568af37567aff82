#include "libsql/sql/sql_scanner.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace libsql {

void PrintTo(const token& value, std::ostream* out) {
    *out << static_cast<int>(value.kind) << ':' << value.text;
}

namespace {

using enum token_kind;
using std::string_view_literals::operator""sv;

std::vector<token> scan_all(std::string_view sql) {
    std::vector<token> tokens;
    sql_scanner scanner(sql);
    for (token next = scanner.next(); next.kind != end; next = scanner.next()) {
        tokens.push_back(next);
    }
    return tokens;
}

// Each text is one token of the kind.
void expect_kind(token_kind kind, const std::vector<std::string_view>& texts) {
    for (const std::string_view text : texts) {
        EXPECT_EQ(scan_all(text), (std::vector<token>{{kind, text}})) << text;
    }
}

void expect_tokens(std::string_view sql, const std::vector<token>& expected) {
    EXPECT_EQ(scan_all(sql), expected) << sql;
}

TEST(sql_scanner, an_empty_text_gives_end_forever) {
    sql_scanner scanner("");
    EXPECT_EQ(scanner.next().kind, end);
    EXPECT_EQ(scanner.next_significant().kind, end);
}

TEST(sql_scanner, whitespace_is_one_token) {
    expect_kind(whitespace, {" ", " \t\n\f\r", "\xEF\xBB\xBF"});
}

TEST(sql_scanner, a_vertical_tab_continues_spaces_but_does_not_start_them) {
    expect_kind(whitespace, {" \v "});
    expect_tokens("\v ", {{illegal, "\v"}, {whitespace, " "}});
}

TEST(sql_scanner, a_byte_order_mark_inside_a_word_is_part_of_it) {
    expect_kind(word, {"a\xEF\xBB\xBF", "\xEF\xBB", "\xEF"});
    expect_tokens("\xEF\xBB\xBF\x61", {{whitespace, "\xEF\xBB\xBF"}, {word, "a"}});
}

TEST(sql_scanner, comments_are_tokens) {
    expect_kind(comment, {"--", "-- a ; ' b", "/**/", "/* a -- ; */", "/* open", "/*/", "/***/"});
    expect_tokens("--a\nb", {{comment, "--a"}, {whitespace, "\n"}, {word, "b"}});
    expect_tokens("/*/**/*/", {{comment, "/*/**/"}, {punctuation, "*"}, {punctuation, "/"}});
}

TEST(sql_scanner, an_opening_slash_star_alone_is_not_a_comment) {
    expect_tokens("/*", {{punctuation, "/"}, {punctuation, "*"}});
}

TEST(sql_scanner, words_are_tokens) {
    expect_kind(word, {"a", "_", "select", "a$1_", "x", "X1", "x_", "é", "名前", "\xFF", "x\x80"});
}

TEST(sql_scanner, quoted_identifiers_are_tokens) {
    expect_kind(quoted_identifier, {R"("a")", R"("")", R"("a""b")", "`a``b`", "[a]", "[]", "[[]"});
    expect_tokens("[a]]", {{quoted_identifier, "[a]"}, {illegal, "]"}});
}

TEST(sql_scanner, strings_are_tokens) {
    expect_kind(string, {"''", "'a'", "'it''s'", "'--'", "'/*'", "';'", "'\"'", "''''"});
    expect_tokens("'a''b'''c", {{string, "'a''b'''"}, {word, "c"}});
}

TEST(sql_scanner, blobs_are_tokens) {
    expect_kind(blob_literal, {"x''", "x'00fF'", "X'AB'"});
    expect_kind(illegal, {"x'0'", "x'0g'", "x'", "x'00", "x'-- '"});
    expect_tokens("xx'00'", {{word, "xx"}, {string, "'00'"}});
}

TEST(sql_scanner, numbers_are_tokens) {
    expect_kind(number, {"0", "42", "1.", ".5", "1.5", "1e5", "1.e5", "1E+5", "1.5e-05", "0x1F",
                         "0Xab", "1_000", "0x1_f", "1_0.0_1e1_0", "1__0", "1_"});
    expect_kind(illegal, {"1a", "0x", "0xg", "1e", "1$", "12é", "1.5e5x", "1e5_x"});
    expect_tokens("1e+", {{illegal, "1e"}, {punctuation, "+"}});
    expect_tokens("1.2.3", {{number, "1.2"}, {number, ".3"}});
    expect_tokens("._1", {{punctuation, "."}, {word, "_1"}});
}

TEST(sql_scanner, parameters_are_tokens) {
    expect_kind(parameter, {"?", "?1", "?0", "?007", ":a", "@a", "$a", "#a", ":1", ":é", "$a$b",
                            "$a::b", "$::a", "$a::", "$a(b)", "$a::b(c)", ":a()", "$a(';--)"});
    expect_kind(illegal, {":", "@", "$", "#", ":::", "$a(", "$a(b"});
    expect_tokens("?1a", {{parameter, "?1"}, {word, "a"}});
    expect_tokens("??", {{parameter, "?"}, {parameter, "?"}});
    expect_tokens("$(a)", {{illegal, "$"}, {punctuation, "("}, {word, "a"}, {punctuation, ")"}});
    expect_tokens("$a:::b", {{parameter, "$a::"}, {parameter, ":b"}});
    expect_tokens("$a(b c)",
                  {{illegal, "$a(b"}, {whitespace, " "}, {word, "c"}, {punctuation, ")"}});
    expect_tokens("a:b", {{word, "a"}, {parameter, ":b"}});
}

TEST(sql_scanner, punctuation_marks_are_tokens) {
    expect_kind(punctuation,
                {"(", ")", "+",  "-",  "*",  "/",  "%",  ",",  "&",  "~",  ".",  "=",  "<",
                 ">", "|", "||", "==", "<=", "<>", "<<", ">=", ">>", "!=", "->", "->>"});
    expect_kind(semicolon, {";"});
    expect_kind(illegal, {"!", "^", "\\", "{", "}", "]", "\x01", "\x7F"});
    expect_tokens("->>>", {{punctuation, "->>"}, {punctuation, ">"}});
    expect_tokens("===", {{punctuation, "=="}, {punctuation, "="}});
}

TEST(sql_scanner, an_unterminated_token_is_illegal_to_the_end) {
    expect_kind(illegal, {"'a;b", "\"a", "`a", "[a", "'a''", "'", "["});
}

TEST(sql_scanner, a_nul_ends_the_token_before_it) {
    expect_kind(illegal, {"\0"sv});
    expect_tokens("'a\0b"sv, {{illegal, "'a"}, {illegal, "\0"sv}, {word, "b"}});
    expect_tokens("--a\0b"sv, {{comment, "--a"}, {illegal, "\0"sv}, {word, "b"}});
    expect_tokens("/*\0"sv, {{punctuation, "/"}, {punctuation, "*"}, {illegal, "\0"sv}});
    expect_tokens("/* \0"sv, {{comment, "/* "}, {illegal, "\0"sv}});
    expect_tokens("[\0]"sv, {{illegal, "["}, {illegal, "\0"sv}, {illegal, "]"}});
}

TEST(sql_scanner, a_keyword_matches_in_any_case_but_not_quoted) {
    EXPECT_TRUE((token{word, "eNd"}.is_keyword("END")));
    EXPECT_FALSE((token{word, "ends"}.is_keyword("END")));
    EXPECT_FALSE((token{quoted_identifier, "end"}.is_keyword("END")));
}

TEST(sql_scanner, significant_tokens_skip_spaces_and_comments) {
    sql_scanner scanner("\xEF\xBB\xBF -- a\n /* b */ c/**/");
    EXPECT_EQ(scanner.next_significant(), (token{word, "c"}));
    EXPECT_EQ(scanner.next_significant().kind, end);
}

TEST(sql_scanner, tokens_cover_the_whole_text) {
    const auto piece = rc::gen::element<std::string>(
        "'", "\"", "`", "[", "]", "x'", "--", "\n", "/*", "*/", "a", "e", "1", "0x", "?", ":", "$",
        "(", ")", ";", ".", "_", "\xEF\xBB\xBF", "\xC3\xA9", " ", "\v", std::string(1, '\0'), "!");
    EXPECT_TRUE(rc::check([&] {
        std::string sql;
        for (const std::string& part : *rc::gen::container<std::vector<std::string>>(piece)) {
            sql += part;
        }
        std::string joined;
        for (const token& next : scan_all(sql)) {
            RC_ASSERT(!next.text.empty());
            joined += next.text;
        }
        RC_ASSERT(joined == sql);
    }));
}

}  // namespace

TEST(sql_scanner, a_name_is_the_content_of_its_quotes) {
    const auto name = [](std::string_view sql) { return sql_scanner(sql).next().unquoted(); };
    EXPECT_EQ(name("plain"), "plain");
    EXPECT_EQ(name("\"a \"\"b\"\"\""), "a \"b\"");
    EXPECT_EQ(name("[a ]"), "a ");
    EXPECT_EQ(name("`a``b`"), "a`b");
    EXPECT_EQ(name("'it''s'"), "it's");
    EXPECT_EQ(name("\"\""), "");
}

}  // namespace libsql
