#include "layer/descriptor_table.hpp"

#include "support/open_connection.hpp"
#include "support/outcome.hpp"
#include "support/test_database.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace libsql {

using namespace testing;

namespace {

struct user {
    std::int64_t id{0};
    std::string name;
    std::optional<double> score;
};

constexpr std::array<field_descriptor, 3> users{field<&user::id>("id"), field<&user::name>("name"),
                                                field<&user::score>("score")};

connection with_users() {
    auto conn = open_fresh(
        "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT, score REAL); "
        "INSERT INTO users VALUES (1, 'Ada', 9.5), (2, 'Bob', NULL)");
    return conn;
}

}  // namespace

TEST(descriptor_table, reads_the_columns_that_a_query_has_in_any_order) {
    auto conn = with_users();
    const auto all = fetch_by<user>(conn, users, "SELECT score, id FROM users ORDER BY id").value();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].id, 1);
    EXPECT_EQ(all[0].score, 9.5);
    EXPECT_EQ(all[1].score, std::nullopt);
    EXPECT_TRUE(all[1].name.empty());
    // A query that is made at run time, with as many arguments as it needs.
    std::string sql = "SELECT * FROM users WHERE false";
    positional arguments;
    for (const int id : {2, 7}) {
        sql += " OR id = ?";
        arguments.add(id);
    }
    const auto found = fetch_by<user>(conn, users, sql, arguments).value();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].name, "Bob");
}

TEST(descriptor_table, what_does_not_fit_is_an_error_that_names_the_column) {
    auto conn = with_users();
    EXPECT_TRUE(failed_with(fetch_by<user>(conn, users, "SELECT name AS id FROM users"),
                            error_kind::mismatch, "id"));
    EXPECT_TRUE(failed_with(fetch_by<user>(conn, users, "SELECT NULL AS name"),
                            error_kind::mismatch, "name"));
    EXPECT_TRUE(failed_with(fetch_by<user>(conn, users, "SELECT id AS other FROM users"),
                            error_kind::invalid_argument, "other"));
    EXPECT_TRUE(
        failed_with(fetch_by<user>(conn, users, "SELECT id FROM nowhere"), error_kind::sql));
}

}  // namespace libsql
