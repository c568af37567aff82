#include "support/blog.hpp"

#include <ecto/expression.hpp>

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace ecto {

namespace {

const table<testing::user> u;

}  // namespace

TEST(ecto_expression, is_a_plain_value) {
    const std::string name(1000, 'x');
    condition a = u.name == name && u.age > 18;
    const condition b = a;
    const condition c = std::move(a);
    EXPECT_EQ(b.ecto_words.size(), c.ecto_words.size());
    a = b;
    EXPECT_EQ(a.ecto_words.size(), b.ecto_words.size());
    a = a && a;
    EXPECT_EQ(a.ecto_words.size(), 2 * b.ecto_words.size() + 1);
}

TEST(ecto_expression, true_and_false_are_left_out) {
    const condition c = u.age > 18;
    EXPECT_EQ((condition() && c).ecto_words.size(), c.ecto_words.size());
    EXPECT_EQ((c || condition(false)).ecto_words.size(), c.ecto_words.size());
    EXPECT_EQ((c && condition(false)).ecto_words.size(), 1U);
    EXPECT_EQ(all_of({}).ecto_words.size(), 1U);
    EXPECT_EQ(any_of({c}).ecto_words.size(), c.ecto_words.size());
}

}  // namespace ecto
