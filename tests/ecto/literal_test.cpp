#include <ecto/literal.hpp>

#include <gtest/gtest.h>

namespace ecto {

static_assert(detail::count_placeholders("a = ? OR b = '?' OR \"?\" = `?` OR c = ?") == 2);
static_assert(detail::count_placeholders("'it''s ?' = ?") == 1);

TEST(ecto_literal, views_its_text) {
    EXPECT_EQ(literal("abc").view(), "abc");
    EXPECT_EQ(fragment_text<1>("f(?)").view(), "f(?)");
}

}  // namespace ecto
