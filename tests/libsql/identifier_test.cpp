#include "support/engine_database.hpp"

#include <libsql/identifier.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <utility>

namespace libsql {

namespace {

using std::string_literals::operator""s;

std::string quote_bytes(const std::string& bytes) {
    return quote_blob(std::as_bytes(std::span(bytes)));
}

rc::Gen<std::string> bytes() {
    return rc::gen::container<std::string>(
        rc::gen::oneOf(rc::gen::arbitrary<char>(), rc::gen::element('\0', '\'', '"', '`', ']')));
}

TEST(identifier, quote_identifier_doubles_quotes) {
    EXPECT_EQ(quote_identifier("users"), R"("users")");
    EXPECT_EQ(quote_identifier(R"(a"b)"), R"("a""b")");
    EXPECT_EQ(quote_identifier(""), R"("")");
    EXPECT_EQ(quote_identifier("it's; --"), R"("it's; --")");
}

TEST(identifier, nul_in_an_identifier_is_kept) {
    EXPECT_EQ(quote_identifier("a\0b"s), "\"a\0b\""s);
    testing::engine_database engine;
    EXPECT_NE(engine.prepare("SELECT 1 AS " + quote_identifier("a\0b"s)).code, SQLITE_OK);
}

TEST(identifier, qualify_joins_schema_and_name) {
    EXPECT_EQ(qualify("main", "users"), R"("main"."users")");
    EXPECT_EQ(qualify("", "users"), R"("users")");
    EXPECT_EQ(qualify("a.b", "c\"d"), R"("a.b"."c""d")");
}

TEST(identifier, quote_literal_doubles_quotes) {
    EXPECT_EQ(quote_literal("it's"), "'it''s'");
    EXPECT_EQ(quote_literal(""), "''");
    EXPECT_EQ(quote_literal("a\0b"s), "(CAST(x'610062' AS TEXT))");
    EXPECT_EQ(quote_literal("\xff"), "(CAST(x'ff' AS TEXT))");
}

TEST(identifier, quote_blob_writes_hexadecimal) {
    EXPECT_EQ(quote_bytes(""), "x''");
    EXPECT_EQ(quote_bytes("\0\x1F\xFF"s), "x'001fff'");
}

TEST(identifier, every_text_reaches_the_engine) {
    testing::engine_database engine;
    EXPECT_TRUE(rc::check([&] {
        const std::string text = *bytes();
        RC_ASSERT(engine.evaluate(quote_literal(text)) == std::pair(SQLITE_TEXT, text));
        RC_ASSERT(engine.evaluate(quote_bytes(text)) == std::pair(SQLITE_BLOB, text));
    }));
}

TEST(identifier, every_name_reaches_the_engine) {
    testing::engine_database engine;
    EXPECT_TRUE(rc::check([&] {
        std::string name = *bytes();
        std::erase(name, '\0');
        const auto statement = engine.prepare("SELECT 1 AS " + quote_identifier(name));
        RC_ASSERT(statement.code == SQLITE_OK);
        RC_ASSERT(sqlite3_column_name(statement.handle.get(), 0) == name);
    }));
}

TEST(identifier, a_literal_can_follow_default) {
    testing::engine_database engine;
    for (const std::string& text : {"plain"s, "it's"s, "a\0b"s}) {
        ASSERT_EQ(engine.execute("DROP TABLE IF EXISTS t; CREATE TABLE t(a, b DEFAULT " +
                                 quote_literal(text) + "); INSERT INTO t(a) VALUES (1)"),
                  SQLITE_OK);
        EXPECT_EQ(engine.evaluate("b FROM t"), std::pair(SQLITE_TEXT, text));
    }
}

TEST(identifier, a_qualified_name_names_the_table) {
    testing::engine_database engine;
    EXPECT_EQ(engine.execute("ATTACH ':memory:' AS \"a.b\"; CREATE TABLE " +
                             qualify("a.b", "c\"d") + "(x)"),
              SQLITE_OK);
    EXPECT_EQ(engine.evaluate("name FROM \"a.b\".sqlite_schema"), std::pair(SQLITE_TEXT, "c\"d"s));
}

TEST(identifier, a_quoted_identifier_is_not_a_string) {
    testing::engine_database engine;
    EXPECT_NE(engine.prepare("SELECT " + quote_identifier("missing")).code, SQLITE_OK);
}

}  // namespace

}  // namespace libsql
