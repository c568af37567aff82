#include "libsql/sql/statement_reader.hpp"

#include "libsql/sql/script_splitter.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

namespace libsql {
namespace {

struct found {
    std::string text;
    std::uint64_t line;

    bool operator==(const found&) const = default;
};

void showValue(const found& f, std::ostream& out) {  // rapidcheck's name
    out << f.line << ": " << f.text;
}

std::vector<found> read_all(const std::string& script, std::size_t piece) {
    std::istringstream in(script);
    statement_reader reader(in, script.size() + 1, piece);
    std::vector<found> out;
    for (;;) {
        const auto next = reader.next().value();
        if (!next) {
            return out;
        }
        out.push_back({std::string(next->text), next->line});
    }
}

std::vector<found> split_all(const std::string& script) {
    script_splitter splitter(script);
    std::vector<found> out;
    while (const auto piece = splitter.next()) {
        const auto line =
            1 + std::count(script.begin(),
                           script.begin() + static_cast<std::ptrdiff_t>(piece->offset), '\n');
        out.push_back({std::string(piece->text), static_cast<std::uint64_t>(line)});
    }
    return out;
}

TEST(statement_reader, a_statement_that_is_too_long_is_an_error) {
    std::istringstream in("SELECT 1;\nSELECT " + std::string(1000, 'x'));
    statement_reader reader(in, 100, 10);
    EXPECT_EQ(reader.next().value()->text, "SELECT 1");
    EXPECT_EQ(reader.next().error().kind(), error_kind::too_big);
}

TEST(statement_reader, tracks_lines_and_position) {
    std::istringstream in("\n\nSELECT\n1 ;\n-- x\nSELECT 2");
    statement_reader reader(in, 1000, 1);
    const auto first = reader.next().value();
    EXPECT_EQ(first->line, 3U);
    EXPECT_EQ(reader.position(), 10U);
    const auto second = reader.next().value();
    EXPECT_EQ(second->line, 6U);
    EXPECT_EQ(reader.position(), 26U);
    EXPECT_FALSE(reader.next().value());
}

TEST(statement_reader, finds_the_same_statements_in_pieces_of_any_size) {
    rc::check([] {
        const auto part = rc::gen::element<std::string>(
            ";", "\n", " ", "'", "\"", "`", "[", "]", "--", "/*", "*/", "x'00'", "a", "BEGIN",
            "END", "CREATE TRIGGER t AFTER INSERT ON u ", "CREATE VIRTUAL TABLE t USING m(", ")",
            "$a(", "SELECT 1", "''", "\xEF\xBB\xBF", "\r", "CASE", "é", std::string("\0", 1));
        std::string script;
        for (const auto& p : *rc::gen::container<std::vector<std::string>>(part)) {
            script += p;
        }
        const auto expected = split_all(script);
        for (const std::size_t piece : {1U, 2U, 3U, 7U, 100U}) {
            RC_ASSERT(read_all(script, piece) == expected);
        }
    });
}

}  // namespace
}  // namespace libsql
