#include "libsql/sql/parameter_scanner.hpp"

#include "support/engine_agreement.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

namespace libsql {

namespace {

using list = std::vector<std::string_view>;

list names(std::string_view sql) {
    const parameter_list found = scan_parameters(sql);
    EXPECT_EQ(found.error, std::nullopt) << sql;
    return found.names;
}

TEST(parameter_scanner, a_text_may_have_no_parameters) {
    EXPECT_EQ(names(""), list{});
    EXPECT_EQ(names("SELECT '?', \":a\", [@b], `$c` -- ?\n /* ?1 */"), list{});
}

TEST(parameter_scanner, plain_parameters_count_up) {
    EXPECT_EQ(names("SELECT ?, ?"), (list{"", ""}));
}

TEST(parameter_scanner, names_share_an_index) {
    EXPECT_EQ(names("SELECT :a, @a, $a, #a, :a, :A, $a::b(c)"),
              (list{":a", "@a", "$a", "#a", ":A", "$a::b(c)"}));
}

TEST(parameter_scanner, numbered_parameters_leave_gaps) {
    EXPECT_EQ(names("SELECT ?3, ?, :a, ?1"), (list{"?1", "", "?3", "", ":a"}));
}

TEST(parameter_scanner, an_index_keeps_its_first_name) {
    EXPECT_EQ(names("SELECT ?01, ?1"), (list{"?01"}));
    EXPECT_EQ(names("SELECT :a, ?1"), (list{":a"}));
    EXPECT_EQ(names("SELECT ?, ?1, ?01"), (list{"?1"}));
}

TEST(parameter_scanner, a_name_may_consist_of_digits) {
    EXPECT_EQ(names("SELECT :1, ?1, @7"), (list{":1", "@7"}));
}

TEST(parameter_scanner, virtual_table_arguments_are_not_parameters) {
    EXPECT_EQ(names("CREATE VIRTUAL TABLE x USING y(?, :a)"), list{});
    EXPECT_EQ(names("EXPLAIN CREATE VIRTUAL TABLE x USING y(?0)"), list{});
}

TEST(parameter_scanner, an_index_outside_the_limits_is_refused) {
    EXPECT_EQ(names("SELECT ?32766").size(), max_parameter_index);
    for (const char* const sql : {"SELECT ?0", "SELECT ?00", "SELECT ?32767", "SELECT :a, ?99999",
                                  "SELECT ?18446744073709551617"}) {
        EXPECT_EQ(scan_parameters(sql).error, parameter_error::index_out_of_range) << sql;
        EXPECT_TRUE(scan_parameters(sql).names.empty()) << sql;
    }
}

TEST(parameter_scanner, too_many_parameters_are_refused) {
    EXPECT_EQ(names("SELECT ?32766, ?1").size(), max_parameter_index);
    for (const char* const sql : {"SELECT ?32766, ?", "SELECT ?32766, :a"}) {
        EXPECT_EQ(scan_parameters(sql).error, parameter_error::too_many_parameters) << sql;
    }
}

TEST(parameter_scanner, agrees_with_the_engine_on_its_limits) {
    testing::engine_database engine;
    for (const char* const sql : {"SELECT ?0", "SELECT ?00", "SELECT ?32767", "SELECT ?32766, ?",
                                  "SELECT ?32766, :a", "SELECT ?18446744073709551617"}) {
        EXPECT_NE(engine.prepare(sql).code, SQLITE_OK) << sql;
    }
    for (const char* const sql : {"SELECT ?32766", "SELECT :a, ?32766, :a, ?1"}) {
        EXPECT_EQ(engine.prepare(sql).code, SQLITE_OK) << sql;
        EXPECT_EQ(testing::find_parameter_difference(engine, sql), std::nullopt);
    }
}

TEST(parameter_scanner, many_names_take_linear_time) {
    std::string sql = "SELECT ''";
    for (std::uint32_t i = 1; i <= max_parameter_index; ++i) {
        sql += "||:p" + std::to_string(i);
    }
    const list found = names(sql);
    EXPECT_EQ(found.size(), max_parameter_index);
    EXPECT_EQ(found.back(), ":p32766");
}

// Wherever an expression may stand, the engine numbers in the order of the text.
TEST(parameter_scanner, agrees_with_the_engine_on_the_places_of_parameters) {
    testing::engine_database engine("CREATE TABLE t(a UNIQUE, b)");
    for (const char* const sql : {
             "WITH x(y) AS (SELECT :b) SELECT :a, y FROM x WHERE :b IN (?, ?9) LIMIT ? OFFSET :l",
             "INSERT INTO t VALUES (:v, ?) ON CONFLICT (a) DO UPDATE SET b = :u RETURNING :r, ?",
             "UPDATE t SET (a, b) = (?2, ?1) WHERE a BETWEEN :lo AND :hi",
             "DELETE FROM t WHERE 0 AND ? AND a IN () AND :x",
             "SELECT sum(a) FILTER (WHERE a > :f) OVER (PARTITION BY ? ROWS :n PRECEDING) FROM t",
             "CREATE TABLE x AS SELECT ?, :a AS a",
             "EXPLAIN QUERY PLAN SELECT * FROM t WHERE a = :a AND b LIKE ? ESCAPE :e",
             "CREATE VIRTUAL TABLE x USING fts5(?, :a)",
             "ATTACH ? AS :name",
             "VACUUM INTO :file",
             "SELECT CAST(? AS TEXT) COLLATE nocase, a ->> :path, ? IS NOT DISTINCT FROM @x FROM t",
             "-- ?\n",
         }) {
        EXPECT_EQ(engine.prepare(sql).code, SQLITE_OK) << sql;
        EXPECT_EQ(testing::find_parameter_difference(engine, sql), std::nullopt);
    }
}

TEST(parameter_scanner, agrees_with_the_engine_on_generated_statements) {
    testing::engine_database engine;
    const auto expression = rc::gen::element<std::string>(
        "?", "?1", "?2", "?002", "?9", "?32766", "?32767", "?0", ":a", ":A", "@a", "$a", "#a", "#1",
        ":1", "$a::b", "$a::b(c)", ":a(?)", "'?'", "\"?\"", "1 /* :c */", "2 -- ?\n", "x''", ":é");
    EXPECT_TRUE(rc::check([&] {
        std::string sql = "SELECT 0";
        for (const std::string& value : *rc::gen::container<std::vector<std::string>>(expression)) {
            sql += ',' + value;
        }
        RC_ASSERT(testing::find_parameter_difference(engine, sql) == std::nullopt);
        if (scan_parameters(sql).error) {
            RC_ASSERT(engine.prepare(sql).code != SQLITE_OK);
        }
    }));
}

}  // namespace

}  // namespace libsql
