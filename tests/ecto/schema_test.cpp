#include "support/blog.hpp"

#include <ecto/schema.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

struct point {
    std::int64_t id{};
    double x{};
};

struct twice {
    int a{};
    int b{};
};

struct no_schema {};

}  // namespace

template <>
struct ecto::schema<point> : ecto::describes<point> {
    static constexpr std::string_view table_name = "points";
    ecto::column<& point::id> id = field<&point::id>("id", ecto::primary_key);
    ecto::column<& point::x> x = field<&point::x>("x", ecto::source("abscissa"));
};

template <>
struct ecto::schema<twice> : ecto::describes<twice> {
    static constexpr std::string_view table_name = "twice";
    ecto::column<& twice::a> a = field<&twice::a>("a");
    ecto::column<& twice::b> b = field<&twice::b>("b", ecto::source("a"));
};

namespace ecto {

using testing::user;

static_assert(has_schema<user> && has_schema<point> && !has_schema<no_schema>);

TEST(ecto_schema, knows_each_field) {
    const auto& info = detail::slot_of<user>().info();
    EXPECT_EQ(info.table, "users");
    EXPECT_EQ(info.problem, "");
    ASSERT_EQ(info.fields.size(), 9U);
    const auto& email = info.fields[2];
    EXPECT_EQ(email.name, "email");
    EXPECT_EQ(email.column, "email_address");
    EXPECT_TRUE(email.is(field_flag::redact) && !email.is(field_flag::primary_key));
    EXPECT_EQ(info.fields[5].type, nullptr);
    user u;
    EXPECT_EQ(email.in(&u), &u.email);
    EXPECT_EQ(info.fields[8].in(&u), &u.updated_at);
    EXPECT_TRUE(info.fields[8].is(field_flag::updated_at));
}

TEST(ecto_schema, written_by_hand_is_the_same) {
    const auto& info = detail::slot_of<point>().info();
    EXPECT_EQ(info.table, "points");
    ASSERT_EQ(info.fields.size(), 2U);
    EXPECT_EQ(info.fields[1].column, "abscissa");
    EXPECT_TRUE(info.fields[0].is(field_flag::primary_key));
}

TEST(ecto_schema, a_column_that_is_there_twice_is_a_problem) {
    EXPECT_EQ(detail::slot_of<twice>().info().problem,
              "the schema of twice has the column a twice");
}

TEST(ecto_schema, inspect_does_not_show_what_is_redacted) {
    user u{.id = 7, .name = "Ada", .email = "secret@x.org", .password = "secret"};
    const auto text = inspect(u);
    EXPECT_THAT(text,
                ::testing::StartsWith("users{id: 7, name: \"Ada\", email: (redacted), age: 18, "
                                      "state: \"active\", password: (redacted), token: "));
    EXPECT_THAT(text, ::testing::Not(::testing::HasSubstr("secret")));
}

}  // namespace ecto
