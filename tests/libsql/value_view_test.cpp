#include "support/test_database.hpp"

#include <libsql/database.hpp>
#include <libsql/value_view.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <optional>
#include <string>

namespace libsql {

namespace {

value_view view(const value& v) {
    return value_view(detail::to_cell(v));
}

TEST(value_view, is_null_by_default) {
    const value_view v;
    EXPECT_TRUE(v.is_null());
    EXPECT_EQ(v.type(), value_type::null);
    EXPECT_EQ(v.get<std::optional<int>>(), std::nullopt);
    EXPECT_EQ(v.get<value>(), value(nullptr));
}

TEST(value_view, reads_its_value) {
    const value text(std::string("a\0b", 3));
    EXPECT_EQ(view(text).get<std::string_view>(), std::string_view("a\0b", 3));
    EXPECT_EQ(view(text).get<value>(), text);
    const value bytes(blob{std::byte{0}, std::byte{1}});
    EXPECT_EQ(view(bytes).get<blob_view>().size(), 2U);
    EXPECT_EQ(view(std::numeric_limits<std::int64_t>::min()).get<std::int64_t>(),
              std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(view(1.5).get<double>(), 1.5);
}

TEST(value_view, refuses_another_type) {
    const value text("x");
    const auto outcome = view(text).try_get<std::int64_t>();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind(), error_kind::mismatch);
    EXPECT_EQ(outcome.error().message(),
              "the value is text and cannot be read as a 64-bit integer");
    EXPECT_EQ(value_view().try_get<double>().error().message(),
              "the value is NULL and cannot be read as a floating-point number; read it as "
              "std::optional");
    EXPECT_FALSE(view(300).try_get<std::uint8_t>());
    EXPECT_FALSE(view(2).try_get<bool>());
    EXPECT_FALSE(view(text).try_get<blob_view>());
    EXPECT_THROW(static_cast<void>(view(text).get<blob_view>()), exception);
}

TEST(value_view, can_be_an_argument) {
    auto c = testing::open_fresh();
    const value text("as it is");
    EXPECT_EQ(c.fetch_one<std::string>("SELECT ?", view(text)).value(), "as it is");
    EXPECT_EQ(c.fetch_one<std::optional<int>>("SELECT ?", value_view()).value().value(),
              std::nullopt);
}

}  // namespace

}  // namespace libsql
