#include "support/open_connection.hpp"
#include "support/outcome.hpp"
#include "support/test_database.hpp"

#include <libsql/function.hpp>
#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace {

struct user_id {
    std::int64_t number{0};

    friend bool operator==(const user_id&, const user_id&) = default;
};

/// Stored as text, and only what begins with "#" is one.
struct colour {
    std::string digits;

    friend bool operator==(const colour&, const colour&) = default;
};

struct unlucky {};

/// Stored as what `libsql::value` cannot be made of.
struct counter {
    std::uint64_t count{0};

    friend bool operator==(const counter&, const counter&) = default;
};

struct named_thing {
    user_id id;
    std::optional<colour> shade;
};

}  // namespace

namespace libsql {

using namespace testing;

template <>
struct sql_traits<user_id> {
    using stored_type = std::int64_t;

    static std::int64_t to_sql(const user_id& id) { return id.number; }

    static user_id from_sql(std::int64_t stored) { return {stored}; }
};

template <>
struct sql_traits<colour> {
    using stored_type = std::string_view;

    static std::string to_sql(const colour& c) { return "#" + c.digits; }

    static std::optional<colour> from_sql(std::string_view stored) {
        return stored.starts_with('#') ? std::optional(colour{std::string(stored.substr(1))})
                                       : std::nullopt;
    }
};

template <>
struct sql_traits<counter> {
    using stored_type = std::int64_t;

    static std::optional<std::uint64_t> to_sql(const counter& c) {
        return c.count == 0 ? std::nullopt : std::optional(c.count);
    }

    static counter from_sql(std::int64_t stored) { return {static_cast<std::uint64_t>(stored)}; }
};

template <>
struct sql_traits<unlucky> {
    using stored_type = std::int64_t;

    static std::int64_t to_sql(const unlucky&) { throw std::runtime_error("no luck"); }

    static unlucky from_sql(std::int64_t) { throw std::runtime_error("no luck"); }
};

namespace {

/// Longer than any short-string buffer, so that a dangling view shows.
const colour long_colour{std::string(200, 'f')};

connection with_things() {
    auto conn = open_fresh("CREATE TABLE things(id INTEGER, shade TEXT)");
    return conn;
}

TEST(sql_traits, convert_arguments_and_columns) {
    auto conn = with_things();
    ASSERT_TRUE(succeeded(conn.execute("INSERT INTO things VALUES (?, ?), (?, ?)", user_id{1},
                                       long_colour, user_id{2}, std::optional<colour>())));
    EXPECT_EQ(conn.fetch<std::string>("SELECT typeof(id) || typeof(shade) FROM things").value(),
              (std::vector<std::string>{"integertext", "integernull"}));
    EXPECT_EQ(conn.fetch_one<user_id>("SELECT id FROM things WHERE shade = ?", long_colour).value(),
              user_id{1});
    using pair = std::pair<user_id, std::optional<colour>>;
    EXPECT_EQ(conn.fetch<pair>("SELECT * FROM things ORDER BY id").value(),
              (std::vector<pair>{{user_id{1}, long_colour}, {user_id{2}, std::nullopt}}));
    const auto things = conn.fetch<named_thing>("SELECT * FROM things ORDER BY id").value();
    EXPECT_EQ(things.at(0).shade, long_colour);
    for (auto& row : conn.query("SELECT shade FROM things WHERE id = 1").value()) {
        EXPECT_EQ(row->get<colour>(0), long_colour);
        EXPECT_EQ(row->view(0).get<colour>(), long_colour);
    }
}

TEST(sql_traits, a_value_that_the_type_refuses_is_a_mismatch) {
    auto conn = open_fresh();
    EXPECT_TRUE(failed_with(conn.fetch_one<colour>("SELECT 'red'"), error_kind::mismatch));
    EXPECT_TRUE(failed_with(conn.fetch_one<colour>("SELECT 5"), error_kind::mismatch));
    EXPECT_TRUE(failed_with(conn.fetch_one<colour>("SELECT NULL"), error_kind::mismatch));
    EXPECT_TRUE(failed_with(conn.fetch_one<user_id>("SELECT 'x'"), error_kind::mismatch));
}

TEST(sql_traits, work_in_lists_batches_and_held_statements) {
    auto conn = with_things();
    ASSERT_TRUE(succeeded(conn.execute("INSERT INTO things VALUES (:id, :shade)",
                                       named{{"id", user_id{1}}, {"shade", long_colour}})));
    named by_name;
    by_name.add("id", user_id{2}).add("shade", colour{std::string(100, 'a')});
    ASSERT_TRUE(succeeded(conn.execute("INSERT INTO things VALUES (:id, :shade)", by_name)));
    positional by_place;
    by_place.add(user_id{3}).add(colour{std::string(100, 'b')});
    ASSERT_TRUE(succeeded(conn.execute("INSERT INTO things VALUES (?, ?)", by_place)));
    batch steps;
    steps.add("INSERT INTO things VALUES (?, ?)", user_id{4}, colour{std::string(100, 'c')});
    ASSERT_TRUE(succeeded(conn.run(steps, batch_mode::transactional)));
    auto held = conn.prepare("INSERT INTO things VALUES (?, ?)").value();
    ASSERT_TRUE(succeeded(held.bind(user_id{5}, colour{std::string(100, 'd')})));
    ASSERT_TRUE(succeeded(held.execute()));
    EXPECT_EQ(conn.fetch<std::string>("SELECT id || substr(shade, 1, 2) || length(shade) "
                                      "FROM things ORDER BY id")
                  .value(),
              (std::vector<std::string>{"1#f201", "2#a101", "3#b101", "4#c101", "5#d101"}));
}

TEST(sql_traits, may_store_optional_and_unsigned_values) {
    auto conn = open_fresh();
    EXPECT_EQ(conn.fetch_one<counter>("SELECT ?", counter{5}).value(), counter{5});
    EXPECT_EQ(conn.fetch_one<counter>("SELECT :c", named{{"c", counter{6}}}).value(), counter{6});
    EXPECT_TRUE(conn.fetch_one<value>("SELECT :c", named{{"c", counter()}}).value()->is_null());
    EXPECT_EQ(conn.fetch_one<counter>("SELECT :c", named{{"c", std::optional(counter{7})}}).value(),
              counter{7});
    EXPECT_TRUE(failed_with(conn.query("SELECT :c", named{{"c", counter{~std::uint64_t{0}}}}),
                            error_kind::invalid_argument));
}

TEST(sql_traits, their_exceptions_propagate_out_of_the_call) {
    auto conn = with_things();
    EXPECT_THROW(static_cast<void>(conn.execute("INSERT INTO things VALUES (?, 1)", unlucky())),
                 std::runtime_error);
    EXPECT_THROW(static_cast<void>(conn.fetch<unlucky>("SELECT 1")), std::runtime_error);
    EXPECT_EQ(conn.fetch_one<int>("SELECT count(*) FROM things").value(), 0);
    EXPECT_TRUE(succeeded(conn.execute("INSERT INTO things VALUES (1, '#')")));
}

TEST(sql_traits, work_in_user_functions) {
    auto conn = testing::open_memory();
    ASSERT_TRUE(succeeded(
        create_function(conn, "darker", [](const colour& c) { return colour{c.digits + "0"}; })));
    EXPECT_EQ(conn.fetch_one<std::string>("SELECT darker('#1')").value(), "#10");
    EXPECT_TRUE(failed_with(conn.fetch_one<std::string>("SELECT darker('1')"), error_kind::sql));
}

}  // namespace

}  // namespace libsql
