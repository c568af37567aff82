#include <ecto/result.hpp>

#include <gtest/gtest.h>

#include <optional>

namespace ecto {

TEST(ecto_result, optional_makes_no_row_an_empty_optional) {
    const auto none = optional(result<int>(error(error_kind::not_found)));
    ASSERT_TRUE(none);
    EXPECT_EQ(*none, std::nullopt);
}

TEST(ecto_result, optional_keeps_a_value) {
    EXPECT_EQ(optional(result<int>(7)).value(), 7);
}

TEST(ecto_result, optional_keeps_every_other_error) {
    EXPECT_EQ(optional(result<int>(error(error_kind::stale))).error(), error_kind::stale);
}

}  // namespace ecto
