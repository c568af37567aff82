#include "support/open_connection.hpp"
#include "support/test_database.hpp"

#include <libsql/error.hpp>

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace libsql {

using testing::open_fresh;
using testing::run_all;

TEST(error, a_moved_from_one_still_has_its_content) {
    error first(error_kind::busy, "locked");
    const error second = std::move(first);
    EXPECT_EQ(first.message(), "locked");  // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(second.kind(), error_kind::busy);
    exception thrown(second);
    const exception caught = std::move(thrown);
    EXPECT_STREQ(thrown.what(), caught.what());  // NOLINT(bugprone-use-after-move)
}

TEST(error, every_kind_has_a_name_of_its_own) {
    EXPECT_EQ(to_string(error_outcome::not_run), "not_run");
    EXPECT_EQ(to_string(error_outcome::undone), "undone");
    EXPECT_EQ(to_string(error_outcome::stands), "stands");
    EXPECT_EQ(to_string(error_outcome::unknown), "unknown");
    std::set<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(error_kind::internal); ++i) {
        names.insert(to_string(static_cast<error_kind>(i)));
    }
    EXPECT_EQ(names.size(), static_cast<std::size_t>(error_kind::internal) + 1);
    std::set<std::string_view> constraints;
    for (int i = 0; i <= static_cast<int>(constraint_kind::other); ++i) {
        constraints.insert(to_string(static_cast<constraint_kind>(i)));
    }
    EXPECT_EQ(constraints.size(), static_cast<std::size_t>(constraint_kind::other) + 1);
}

TEST(error, as_text_it_marks_the_place) {
    const error plain(error_kind::pool, "closed");
    EXPECT_EQ(plain.to_string(), "pool: closed");
    const error marked({.kind = error_kind::sql,
                        .code = 1,
                        .extended_code = 1,
                        .message = "near \"FRM\"",
                        .sql = "SELECT 1\nFRM t",
                        .offset = 9});
    EXPECT_EQ(marked.to_string(), "sql: near \"FRM\" (SQLite code 1)\n  FRM t\n  ^");
    const error long_line(
        {.kind = error_kind::sql, .message = "m", .sql = std::string(500, 'x'), .offset = 250});
    const std::string text = long_line.to_string();
    EXPECT_LT(text.size(), 300U);
    EXPECT_EQ(text.back(), '^');
    for (const std::size_t offset : {std::size_t{0}, std::size_t{500}, std::size_t{9999}}) {
        EXPECT_FALSE(error({.kind = error_kind::sql,
                            .message = "m",
                            .sql = std::string(500, 'x'),
                            .offset = offset})
                         .to_string()
                         .empty());
    }
}

TEST(error, holds_no_bound_value) {
    auto conn = open_fresh();
    run_all(conn, "CREATE TABLE t(x UNIQUE)");
    static_cast<void>(conn.execute("INSERT INTO t VALUES (?)", "a secret"));
    const auto why = conn.execute("INSERT INTO t VALUES (?)", "a secret").error();
    EXPECT_EQ(why.to_string().find("secret"), std::string::npos);
    EXPECT_EQ(why.kind(), error_kind::constraint);
}

TEST(error, of_a_constraint_names_it) {
    auto conn = open_fresh();
    run_all(conn,
            "CREATE TABLE p(id INTEGER PRIMARY KEY);"
            "CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE, b, c NOT NULL DEFAULT 0, d, p "
            "REFERENCES p, k TEXT,"
            " CONSTRAINT positive CHECK (d > 0));"
            "CREATE UNIQUE INDEX pair ON t(b, k); CREATE TABLE s(i INTEGER) STRICT;"
            "INSERT INTO t(id, a, b, k, d) VALUES (1, 1, 1, 'k', 1);"
            "CREATE TRIGGER no BEFORE DELETE ON t BEGIN SELECT RAISE(ABORT, 'never'); END");
    const auto refused = [&](std::string_view sql) {
        const auto why = conn.execute(sql).error();
        EXPECT_EQ(why.kind(), error_kind::constraint) << why.to_string();
        EXPECT_EQ(why.code(), 19);
        return *why.constraint();
    };
    const auto key = refused("INSERT INTO t(id, d) VALUES (1, 1)");
    EXPECT_EQ(key.kind, constraint_kind::primary_key);
    EXPECT_EQ(key.table, "t");
    EXPECT_EQ(key.columns, std::vector<std::string>{"id"});
    const auto unique = refused("INSERT INTO t(a, d) VALUES (1, 1)");
    EXPECT_EQ(unique.kind, constraint_kind::unique);
    EXPECT_EQ(unique.columns, std::vector<std::string>{"a"});
    const auto pair = refused("INSERT INTO t(b, k, d) VALUES (1, 'k', 1)");
    EXPECT_EQ(pair.name, "pair");
    EXPECT_EQ(pair.columns, (std::vector<std::string>{"b", "k"}));
    const auto missing = refused("INSERT INTO t(c, d) VALUES (NULL, 1)");
    EXPECT_EQ(missing.kind, constraint_kind::not_null);
    EXPECT_EQ(missing.columns, std::vector<std::string>{"c"});
    const auto check = refused("INSERT INTO t(d) VALUES (-1)");
    EXPECT_EQ(check.kind, constraint_kind::check);
    EXPECT_EQ(check.name, "positive");
    EXPECT_EQ(check.table, "t");
    EXPECT_EQ(refused("INSERT INTO t(d, p) VALUES (1, 9)").kind, constraint_kind::foreign_key);
    EXPECT_EQ(refused("INSERT INTO s VALUES ('x')").kind, constraint_kind::data_type);
    EXPECT_EQ(refused("DELETE FROM t").kind, constraint_kind::trigger);
    EXPECT_EQ(conn.execute("syntax").error().constraint(), nullptr);
}

}  // namespace libsql
