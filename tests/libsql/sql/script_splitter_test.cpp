#include "libsql/sql/script_splitter.hpp"

#include "support/engine_agreement.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

namespace libsql {

namespace {

constexpr const char* schema = R"(
    CREATE TABLE t(a, b, "begin", "end", "create");
    CREATE VIEW v AS SELECT a FROM t;
)";

std::vector<statement_piece> split(std::string_view script) {
    std::vector<statement_piece> pieces;
    script_splitter splitter(script);
    while (const auto piece = splitter.next()) {
        pieces.push_back(*piece);
    }
    return pieces;
}

std::vector<std::string_view> texts(std::string_view script) {
    std::vector<std::string_view> result;
    for (const statement_piece& piece : split(script)) {
        result.push_back(piece.text);
    }
    return result;
}

using list = std::vector<std::string_view>;

TEST(script_splitter, an_empty_text_has_no_statements) {
    EXPECT_EQ(texts(""), list{});
    EXPECT_EQ(texts(" \n-- a;\n/* b; */ ;; ;\xEF\xBB\xBF/* c"), list{});
}

TEST(script_splitter, a_finished_splitter_stays_finished) {
    script_splitter splitter("a");
    EXPECT_TRUE(splitter.next());
    EXPECT_FALSE(splitter.next());
    EXPECT_FALSE(splitter.next());
}

TEST(script_splitter, statements_have_text_offset_and_termination) {
    EXPECT_EQ(split(" a b ; /* c; */ d -- e\n;; -- f\n g /* h */"),
              (std::vector<statement_piece>{{"a b", 1, true}, {"d", 16, true}, {"g", 32, false}}));
}

TEST(script_splitter, a_statement_may_be_terminated_after_a_comment) {
    EXPECT_TRUE(split("a /* ; */ -- ;\n ;")[0].terminated);
    EXPECT_FALSE(split("a -- ;")[0].terminated);
    EXPECT_FALSE(split("a /* ;")[0].terminated);
    EXPECT_FALSE(split("a ';")[0].terminated);
}

TEST(script_splitter, comments_inside_a_statement_are_kept) {
    EXPECT_EQ(texts("-- x\nselect /* y; */ 1 -- z\n, 2 -- end\n;"),
              (list{"select /* y; */ 1 -- z\n, 2"}));
}

TEST(script_splitter, semicolons_in_literals_do_not_split) {
    EXPECT_EQ(texts(R"(a ';' ";" `;` [;] $p(;) 'it'';s' x';' ; b)"),
              (list{R"(a ';' ";" `;` [;] $p(;) 'it'';s' x';')", "b"}));
}

TEST(script_splitter, an_unterminated_literal_takes_the_rest) {
    EXPECT_EQ(texts("a; b 'c; d"), (list{"a", "b 'c; d"}));
}

TEST(script_splitter, a_nul_is_part_of_a_statement) {
    using std::string_view_literals::operator""sv;
    EXPECT_EQ(texts("a;\0 b;c"sv), (list{"a", "\0 b"sv, "c"}));
}

TEST(script_splitter, transactions_and_case_are_not_blocks) {
    EXPECT_EQ(texts("BEGIN; a; END; select case 1 when 2 then 3 end; b"),
              (list{"BEGIN", "a", "END", "select case 1 when 2 then 3 end", "b"}));
}

constexpr const char* trigger_heads[] = {
    "CREATE TRIGGER x AFTER INSERT ON t BEGIN",
    "create temp trigger if not exists main.x before delete on t begin",
    "CREATE TEMPORARY TRIGGER \"x;\" UPDATE OF a ON t FOR EACH ROW BEGIN",
    "EXPLAIN CREATE TRIGGER x INSTEAD OF INSERT ON v BEGIN",
    "EXPLAIN QUERY PLAN /* ; */ CREATE -- ;\n TRIGGER x AFTER INSERT ON t BEGIN",
    "CREATE TRIGGER begin AFTER INSERT ON t WHEN new.begin BEGIN",
    "CREATE TRIGGER 'end' AFTER INSERT ON t WHEN CASE new.a WHEN 1 THEN 2 END BEGIN",
};

constexpr const char* trigger_bodies[] = {
    "SELECT 1;",
    "SELECT CASE new.a WHEN 1 THEN 'END;' ELSE 2 END; DELETE FROM t WHERE a = ';';",
    "SELECT 1 AS end; /* ; END; */ UPDATE t SET a = new.end -- END;\n;",
    "INSERT INTO t(begin, end, [create]) SELECT begin, end, [create] FROM t;",
    "SELECT CASE WHEN (SELECT CASE 1 WHEN 1 THEN 1 END) THEN 2 END;",
};

TEST(script_splitter, a_trigger_is_one_statement) {
    for (const std::string head : trigger_heads) {
        for (const std::string body : trigger_bodies) {
            for (const std::string end : {"END", "end", "/**/ END -- ;\n"}) {
                const std::string script = "SELECT 1; " + head + ' ' + body + end + "; SELECT 2";
                EXPECT_EQ(split(script).size(), 3U) << script;
            }
        }
    }
}

TEST(script_splitter, a_trigger_without_its_end_is_not_terminated) {
    const auto pieces = split("CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; SELECT 2;");
    ASSERT_EQ(pieces.size(), 1U);
    EXPECT_FALSE(pieces[0].terminated);
}

TEST(script_splitter, a_trigger_without_a_body_ends_at_its_semicolon) {
    EXPECT_EQ(texts("CREATE TRIGGER x AFTER INSERT ON t; SELECT 1"),
              (list{"CREATE TRIGGER x AFTER INSERT ON t", "SELECT 1"}));
}

TEST(script_splitter, words_that_resemble_a_trigger_do_not_start_one) {
    EXPECT_EQ(texts("CREATE TABLE trigger(begin); b"), (list{"CREATE TABLE trigger(begin)", "b"}));
    EXPECT_EQ(texts("CREATE \"TRIGGER\" begin; b").size(), 2U);
    EXPECT_EQ(texts("EXPLAIN; CREATE TRIGGER begin; b; END; c").size(), 3U);
    EXPECT_EQ(texts("DROP TRIGGER begin; b").size(), 2U);
}

TEST(script_splitter, virtual_table_arguments_may_contain_semicolons) {
    EXPECT_EQ(texts("CREATE VIRTUAL TABLE x USING y(a;b, (c;) ;); d"),
              (list{"CREATE VIRTUAL TABLE x USING y(a;b, (c;) ;)", "d"}));
    EXPECT_EQ(texts("CREATE VIRTUAL TABLE x USING y; d").size(), 2U);
    EXPECT_EQ(texts("CREATE VIRTUAL TABLE x USING y) ; d").size(), 2U);
    EXPECT_EQ(texts("CREATE TABLE x(a; b").size(), 2U);
}

TEST(script_splitter, agrees_with_the_engine_on_nasty_scripts) {
    testing::engine_database engine(schema);
    const std::vector<std::string> scripts = {
        "",
        ";",
        " ; -- a\n ;/**/",
        "\xEF\xBB\xBFSELECT 1;\xEF\xBB\xBF SELECT 2 ; \xEF\xBB\xBF",
        "SELECT ';', \";\" FROM (SELECT 1 AS \";\"), (SELECT 2 AS [;]); SELECT `a` FROM t",
        "SELECT '--'; SELECT '/*'; SELECT 1 /* '; */, 2 -- ';\n;",
        "SELECT $a::b(;) ; SELECT :c(--) ; SELECT 1",
        "SELECT 1 /* open; SELECT 2",
        "SELECT 1; -- last",
        "SELECT 1;;;;SELECT 2;;",
        "SELECT 1 \v;\n\vSELECT 2",
        "SELECT x'3b', x'' ; SELECT 0x1f, 1_0, 1.e5, .5 ; SELECT a->'$;'->>';' FROM t",
        "SELECT CASE WHEN 1 THEN 2 END; BEGIN; END; BEGIN IMMEDIATE; COMMIT; END TRANSACTION;",
        "CREATE TABLE begin(end); CREATE TABLE trigger(x); SELECT 1",
        "CREATE VIRTUAL TABLE x USING fts5(a;b, tokenize=';'); SELECT 1",
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.x USING y((;(;));;) ; SELECT 1",
        "EXPLAIN CREATE VIRTUAL TABLE x USING y(;,;;) ; SELECT 1",
        "EXPLAIN SELECT 1; EXPLAIN QUERY PLAN SELECT 2; SELECT 3",
        "REPLACE INTO t(a) VALUES (';'), ('it''s; '';'); SELECT \"begin\", \"end\" FROM t;",
        "WITH x AS (SELECT 1) DELETE FROM t RETURNING a; VALUES (1), (2);",
    };
    for (const std::string& script : scripts) {
        EXPECT_EQ(testing::find_split_difference(engine, script), std::nullopt);
    }
}

TEST(script_splitter, agrees_with_the_engine_on_where_a_wrong_script_fails) {
    testing::engine_database engine(schema);
    for (const char* const script :
         {"SELECT 1 /*", "SELECT 'a; b", "SELECT 1; FROM; SELECT 2", "CREATE TRIGGER x; SELECT 1",
          "CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END SELECT; SELECT 2",
          "CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1;", "CREATE VIRTUAL TABLE x USING y(;",
          "CREATE TRIGGER x AFTER INSERT ON t BEGIN END; SELECT 1", "\vSELECT 1", "SELECT 1; !; 2",
          "EXPLAIN QUERY CREATE TRIGGER x; SELECT 1", "CREATE TABLE x(a; SELECT 1"}) {
        EXPECT_EQ(testing::find_split_difference(engine, script), std::nullopt);
    }
}

// The engine takes every script that is made here: statements with random spaces and comments
// between their tokens.
struct generated_script {
    std::string text;
    std::vector<std::string> statements;
};

rc::Gen<std::string> space() {
    return rc::gen::element<std::string>(" ", "\n", "\t\r\n", " \v", " \xEF\xBB\xBF", "/**/",
                                         "/* ; END; ' */", "-- ; BEGIN \"\n", " -- \n/*/ ; */");
}

generated_script generate_script() {
    const std::vector<std::string> sources = {
        "SELECT ';' , x'3b' , 1_0",
        "SELECT CASE a WHEN 1 THEN 2 END FROM t WHERE b = $p(;)",
        "INSERT INTO t ( a , begin , end ) SELECT ?1 , ';' , [a] FROM t RETURNING *",
        "CREATE TABLE IF NOT EXISTS x ( trigger , begin DEFAULT ';' , `;` )",
        "CREATE VIRTUAL TABLE x USING y ( a ; ( ; ) , ';' , BEGIN ; )",
        "CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1 ; END",
        "EXPLAIN CREATE TRIGGER x INSERT ON t WHEN new.begin BEGIN SELECT 1 AS end ; END",
        "EXPLAIN QUERY PLAN CREATE TEMP TRIGGER IF NOT EXISTS begin DELETE ON t BEGIN "
        "SELECT CASE 1 WHEN 2 THEN ';' END ; DELETE FROM t WHERE end = begin ; END",
        "BEGIN IMMEDIATE",
        "END",
        "EXPLAIN SELECT 1",
    };
    generated_script script;
    for (const std::string& source :
         *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(sources))) {
        std::string statement;
        for (const char c : source) {
            statement += c == ' ' ? *space() : std::string(1, c);
        }
        script.text += *space() + statement + *rc::gen::element<std::string>(" ;", ";", "-- ;\n;;");
        script.statements.push_back(statement);
    }
    return script;
}

TEST(script_splitter, agrees_with_the_engine_on_generated_scripts) {
    testing::engine_database engine(schema);
    EXPECT_TRUE(rc::check([&] {
        const generated_script script = generate_script();
        const list expected(script.statements.begin(), script.statements.end());
        RC_ASSERT(texts(script.text) == expected);
        RC_ASSERT(testing::find_split_difference(engine, script.text) == std::nullopt);
        for (const std::string& statement : script.statements) {
            RC_ASSERT(engine.prepare(statement).code == SQLITE_OK);
        }
    }));
}

}  // namespace

}  // namespace libsql
