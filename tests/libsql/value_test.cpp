#include <libsql/value.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>

namespace libsql {

namespace {

// What could only become a value by changing its type in silence does not.
static_assert(!std::is_convertible_v<std::uint64_t, value> &&
              !std::is_convertible_v<std::size_t, value>);
static_assert(!std::is_convertible_v<long double, value> && !std::is_convertible_v<void*, value>);
static_assert(std::is_convertible_v<std::uint32_t, value> && std::is_convertible_v<bool, value> &&
              std::is_convertible_v<float, value>);

}  // namespace

TEST(value, a_null_pointer_is_null) {
    EXPECT_TRUE(value(static_cast<const char*>(nullptr)).is_null());
    EXPECT_TRUE(value(nullptr).is_null());
    EXPECT_TRUE(value().is_null());
}

TEST(value, has_one_type) {
    EXPECT_EQ(value(1).type(), value_type::integer);
    EXPECT_EQ(value(true), value(1));
    EXPECT_EQ(value(1.5F).type(), value_type::real);
    EXPECT_EQ(value("x").type(), value_type::text);
    EXPECT_EQ(value(std::string_view("a\0b", 3)).if_text()->size(), 3U);
    EXPECT_EQ(value(blob(2)).type(), value_type::blob);
    EXPECT_EQ(value(blob_view()).if_blob()->size(), 0U);
    EXPECT_EQ(value(1).if_real(), nullptr);
    EXPECT_EQ(value("x").if_blob(), nullptr);
    EXPECT_EQ(value().if_integer(), nullptr);
}

TEST(value, equality_compares_type_and_content) {
    EXPECT_NE(value(1), value(1.0));
    EXPECT_NE(value("x"), value(blob{std::byte{'x'}}));
    EXPECT_NE(value(""), value());
    EXPECT_EQ(value(std::numeric_limits<std::int64_t>::min()),
              value(std::numeric_limits<std::int64_t>::min()));
}

TEST(value, to_sql_writes_a_literal) {
    EXPECT_EQ(value().to_sql(), "NULL");
    EXPECT_EQ(value(-5).to_sql(), "-5");
    EXPECT_EQ(value(std::numeric_limits<std::int64_t>::min()).to_sql(), "-9223372036854775808");
    EXPECT_EQ(value(1.0).to_sql(), "1.0");
    EXPECT_EQ(value(0.1).to_sql(), "0.1");
    EXPECT_EQ(value(std::numeric_limits<double>::infinity()).to_sql(), "9e999");
    EXPECT_EQ(value(-std::numeric_limits<double>::infinity()).to_sql(), "-9e999");
    EXPECT_EQ(value("it's").to_sql(), "'it''s'");
    EXPECT_EQ(value(blob{std::byte{0}, std::byte{255}}).to_sql(), "x'00ff'");
}

TEST(value, type_names_are_those_of_typeof) {
    EXPECT_EQ(to_string(value_type::integer), "integer");
    EXPECT_EQ(to_string(value_type::real), "real");
    EXPECT_EQ(to_string(value_type::text), "text");
    EXPECT_EQ(to_string(value_type::blob), "blob");
    EXPECT_EQ(to_string(value_type::null), "null");
}

TEST(value, its_content_can_be_moved_out) {
    value text(std::string(100, 'x'));
    const char* const where = text.if_text()->data();
    const std::string taken = std::move(*text.if_text());
    EXPECT_EQ(taken.data(), where);
    value bytes(blob(100));
    EXPECT_EQ(std::move(*bytes.if_blob()).size(), 100U);
    EXPECT_EQ(value(1).if_text(), nullptr);
}

}  // namespace libsql
