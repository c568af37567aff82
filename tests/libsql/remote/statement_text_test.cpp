#include "libsql/remote/statement_text.hpp"

#include "support/outcome.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace libsql::remote {
namespace {

using testing::failed_with;
using names = std::vector<std::string_view>;

TEST(statement_text, names_are_sent_only_if_all_parameters_have_one) {
    EXPECT_EQ(statement_text("SELECT :a, @b, :a").names, (names{":a", "@b"}));
    EXPECT_TRUE(statement_text("SELECT ?, ?2").names.empty());
    EXPECT_TRUE(statement_text("SELECT 1").names.empty());
    const statement_text mixed("SELECT ?, :a, ':b', ?4, :a /* :c */");
    EXPECT_TRUE(mixed.names.empty());
    EXPECT_EQ(mixed.parameters, (names{"", ":a", "", "?4"}));
    EXPECT_EQ(mixed.renumbered, "SELECT ?1, ?2, ':b', ?4, ?2 /* :c */");
    EXPECT_EQ(statement_text("SELECT :a").renumbered, "");
}

TEST(statement_text, parameters_that_cannot_be_numbered_are_the_servers_affair) {
    const statement_text text("SELECT ?0");
    EXPECT_FALSE(text.parameters_are_known);
    EXPECT_TRUE(text.parameters.empty());
    EXPECT_TRUE(statement_text("SELECT ?1").parameters_are_known);
}

TEST(statement_text, only_a_begin_without_anything_else_is_plain) {
    for (const char* sql : {"BEGIN", "begin immediate transaction;", "/* */ BEGIN READONLY ; ;",
                            "; BEGIN DEFERRED"}) {
        EXPECT_TRUE(statement_text(sql).is_plain_begin) << sql;
    }
    for (const char* sql : {"BEGIN CONCURRENT", "BEGIN IMMEDIATE EXCLUSIVE", "BEGIN 1", "COMMIT",
                            "SAVEPOINT BEGIN", "EXPLAIN BEGIN"}) {
        EXPECT_FALSE(statement_text(sql).is_plain_begin) << sql;
    }
}

TEST(statement_text, queries_are_streamed_but_not_pragmas_and_explanations) {
    for (const char* sql : {"SELECT 1", "VALUES (1)", "; WITH a AS (SELECT 1) SELECT * FROM a"}) {
        EXPECT_TRUE(statement_text(sql).is_streamed) << sql;
    }
    for (const char* sql : {"PRAGMA table_info(t)", "EXPLAIN SELECT 1", "DELETE FROM t RETURNING a",
                            "WITH a AS (SELECT 1) DELETE FROM t"}) {
        EXPECT_FALSE(statement_text(sql).is_streamed) << sql;
    }
}

TEST(statement_text, a_setting_of_the_connection_is_told_from_one_of_the_database) {
    const auto is_setting = [](const char* sql) { return statement_text(sql).is_setting; };
    EXPECT_TRUE(is_setting("PRAGMA foreign_keys = ON"));
    EXPECT_TRUE(is_setting("PRAGMA main.recursive_triggers(1)"));
    EXPECT_FALSE(is_setting("PRAGMA foreign_keys"));
    EXPECT_FALSE(is_setting("PRAGMA user_version = 3"));
    EXPECT_FALSE(is_setting("PRAGMA table_info(t)"));
    EXPECT_FALSE(is_setting("INSERT INTO t VALUES (1)"));
    EXPECT_TRUE(statement_text("PRAGMA \"Foreign_Keys\" = 0").sets_foreign_keys);
    EXPECT_FALSE(statement_text("PRAGMA recursive_triggers = 1").sets_foreign_keys);
    EXPECT_FALSE(statement_text("PRAGMA foreign_keys").sets_foreign_keys);
}

TEST(statement_text, statements_that_change_rows_are_told_from_others) {
    EXPECT_TRUE(statement_text("WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a").changes_rows);
    EXPECT_FALSE(statement_text("CREATE TABLE t(a)").changes_rows);
}

// --- statement_texts ---

TEST(statement_texts, refuse_what_is_not_exactly_one_statement) {
    statement_texts texts(4);
    for (const char* sql : {"", "-- nothing", "SELECT 1; SELECT 2", "SELECT '\xff'"}) {
        EXPECT_TRUE(failed_with(texts.find_or_add(sql), error_kind::invalid_argument)) << sql;
    }
    using namespace std::string_view_literals;
    EXPECT_TRUE(failed_with(texts.find_or_add("SELECT 1\0"sv), error_kind::invalid_argument));
}

TEST(statement_texts, a_text_is_kept_and_does_not_view_that_of_the_caller) {
    statement_texts texts(4);
    auto callers = std::make_unique<std::string>("SELECT :a");
    const auto first = texts.find_or_add(*callers).value();
    callers.reset();
    EXPECT_EQ(texts.find_or_add("SELECT :a").value(), first);
    EXPECT_EQ(first->names, names{":a"});
    EXPECT_NE(texts.find_or_add("SELECT :A").value(), first);
}

TEST(statement_texts, the_least_recently_used_is_dropped_first_and_lives_as_long_as_it_is_held) {
    statement_texts texts(2);
    const auto a = texts.find_or_add("SELECT 'a'").value();
    const auto b = texts.find_or_add("SELECT 'b'").value();
    EXPECT_EQ(texts.find_or_add("SELECT 'a'").value(), a);
    texts.find_or_add("SELECT 'c'").value();
    EXPECT_EQ(texts.find_or_add("SELECT 'a'").value(), a);
    EXPECT_EQ(b->sql, "SELECT 'b'");
    EXPECT_NE(texts.find_or_add("SELECT 'b'").value(), b);
}

TEST(statement_texts, with_a_capacity_of_0_none_is_kept) {
    statement_texts texts(0);
    const auto first = texts.find_or_add("SELECT 1").value();
    EXPECT_NE(texts.find_or_add("SELECT 1").value(), first);
}

TEST(statement_texts, cleared_ones_are_forgotten) {
    statement_texts texts(2);
    const auto first = texts.find_or_add("SELECT 1").value();
    texts.clear();
    EXPECT_NE(texts.find_or_add("SELECT 1").value(), first);
}

}  // namespace
}  // namespace libsql::remote
