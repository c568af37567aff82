#include "support/open_connection.hpp"

#include <libsql/authorizer.hpp>
#include <libsql/database.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace libsql {

namespace {

connection open() {
    return testing::open_memory(
        "CREATE TABLE t (a, secret); INSERT INTO t VALUES (1, 'hidden');"
        "CREATE VIEW v AS SELECT a FROM t");
}

authorization no_secrets(const authorizer_request& r) {
    return r.action == authorizer_action::read && r.second == "secret" ? authorization::deny
                                                                       : authorization::allow;
}

std::vector<std::string> requests_of(connection& c, std::string_view sql) {
    std::vector<std::string> all;
    set_authorizer(c, [&](const authorizer_request& r) {
        std::string line(to_string(r.action));
        for (const auto part : {r.first, r.second, r.database, r.accessor}) {
            line += "|" + std::string(part);
        }
        all.push_back(line);
        return authorization::allow;
    }).value();
    const auto outcome = c.execute(sql);
    EXPECT_TRUE(outcome) << outcome.error().to_string();
    set_authorizer(c, {}).value();
    return all;
}

TEST(authorizer, is_asked_with_the_names_of_the_objects) {
    auto c = open();
    EXPECT_THAT(requests_of(c, "SELECT a FROM t"),
                ::testing::ElementsAre("select||||", "read|t|a|main|"));
    EXPECT_THAT(requests_of(c, "SELECT a FROM v"), ::testing::Contains("read|t|a|main|v"));
    EXPECT_THAT(requests_of(c, "UPDATE t SET a = abs(-2)"),
                ::testing::AllOf(::testing::Contains("update|t|a|main|"),
                                 ::testing::Contains("function||abs||")));
    EXPECT_THAT(requests_of(c, "PRAGMA user_version = 3"),
                ::testing::Contains("pragma|user_version|3||"));
    EXPECT_THAT(requests_of(c, "BEGIN"), ::testing::ElementsAre("transaction|BEGIN|||"));
    EXPECT_THAT(requests_of(c, "SAVEPOINT s"), ::testing::ElementsAre("savepoint|BEGIN|s||"));
    EXPECT_THAT(requests_of(c, "ROLLBACK"), ::testing::ElementsAre("transaction|ROLLBACK|||"));
    EXPECT_THAT(requests_of(c, "ATTACH ':memory:' AS other"),
                ::testing::ElementsAre("attach|:memory:|||"));
    EXPECT_THAT(
        requests_of(c, "WITH RECURSIVE n(i) AS (VALUES (1) UNION SELECT i FROM n) SELECT i FROM n"),
        ::testing::Contains("recursive||||n"));
    EXPECT_THAT(requests_of(c, "CREATE INDEX i ON t (a)"),
                ::testing::Contains("create_index|i|t|main|"));
    EXPECT_THAT(requests_of(c, "ALTER TABLE t RENAME TO u"),
                ::testing::Contains("alter_table|main|t||"));
}

TEST(authorizer, may_deny_an_action) {
    auto c = open();
    set_authorizer(c, no_secrets).value();
    EXPECT_TRUE(c.execute("SELECT a FROM t"));
    const auto outcome = c.execute("SELECT secret FROM t");
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind(), error_kind::permission);
    EXPECT_EQ(outcome.error().message(), "access to t.secret is prohibited");
    EXPECT_EQ(c.prepare("DELETE FROM t WHERE secret = 1").error().kind(), error_kind::permission);
}

TEST(authorizer, applies_to_statements_compiled_before) {
    auto c = open();
    auto held = c.prepare("SELECT secret FROM t").value();
    ASSERT_TRUE(c.execute("SELECT secret FROM t"));
    ASSERT_TRUE(held.execute());
    set_authorizer(c, no_secrets).value();
    EXPECT_EQ(c.execute("SELECT secret FROM t").error().kind(), error_kind::permission);
    EXPECT_EQ(held.execute().error().kind(), error_kind::permission);
    set_authorizer(c, {}).value();
    EXPECT_TRUE(held.execute());
}

TEST(authorizer, ignored_columns_are_readable_after_it_is_removed) {
    auto c = open();
    const auto secret = [&] {
        return c.fetch_one<std::optional<std::string>>("SELECT secret FROM t").value().value();
    };
    set_authorizer(c, [](const authorizer_request& r) {
        return r.second == "secret" ? authorization::ignore : authorization::allow;
    }).value();
    EXPECT_EQ(secret(), std::nullopt);
    set_authorizer(c, {}).value();
    EXPECT_EQ(secret(), "hidden");
}

TEST(authorizer, does_not_see_the_drivers_lookups_for_an_error) {
    auto c = open();
    ASSERT_TRUE(c.execute("CREATE UNIQUE INDEX only_one ON t (a)"));
    std::vector<std::string> pragmas;
    set_authorizer(c, [&](const authorizer_request& r) {
        if (r.action == authorizer_action::pragma || r.first.starts_with("pragma_")) {
            pragmas.emplace_back(r.first);
            return authorization::deny;
        }
        return authorization::allow;
    }).value();
    const auto outcome = c.execute("INSERT INTO t VALUES (1, 'twice')");
    ASSERT_FALSE(outcome);
    ASSERT_NE(outcome.error().constraint(), nullptr);
    EXPECT_EQ(outcome.error().constraint()->name, "only_one");
    EXPECT_THAT(pragmas, ::testing::IsEmpty());
}

TEST(authorizer, that_throws_while_a_held_statement_is_recompiled_fails_the_call) {
    auto c = open();
    auto held = c.prepare("SELECT a FROM t").value();
    set_authorizer(c, [](const authorizer_request&) -> authorization {
        throw std::runtime_error("no");
    }).value();
    EXPECT_EQ(held.execute().error().message(), "no");
    EXPECT_EQ(held.query().error().message(), "no");
}

TEST(authorizer, actions_have_names) {
    EXPECT_EQ(to_string(authorizer_action::create_index), "create_index");
    EXPECT_EQ(to_string(authorizer_action::delete_from), "delete_from");
    EXPECT_EQ(to_string(authorizer_action::insert), "insert");
    EXPECT_EQ(to_string(authorizer_action::read), "read");
    EXPECT_EQ(to_string(authorizer_action::create_virtual_table), "create_virtual_table");
    EXPECT_EQ(to_string(authorizer_action::recursive), "recursive");
    EXPECT_EQ(to_string(static_cast<authorizer_action>(77)), "");
}

}  // namespace

}  // namespace libsql
