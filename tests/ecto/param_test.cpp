#include <ecto/param.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <type_traits>

namespace ecto {

static_assert(!std::is_convertible_v<std::uint64_t, param> && !std::is_convertible_v<void*, param>);

TEST(ecto_param, keeps_the_type_of_its_value) {
    EXPECT_TRUE(param().is_null() && param(nullptr).is_null());
    EXPECT_EQ(*param(true).get_if<bool>(), true);
    EXPECT_EQ(*param(7).get_if<std::int64_t>(), 7);
    EXPECT_EQ(*param(1.5).get_if<double>(), 1.5);
    EXPECT_EQ(*param("x").get_if<std::string>(), "x");
    EXPECT_EQ(param("x").get_if<bool>(), nullptr);
}

}  // namespace ecto
