#include "libsql/core/ascii_case.hpp"

#include <gtest/gtest.h>

namespace libsql {

TEST(ascii_case, concerns_only_the_letters_a_to_z) {
    EXPECT_EQ(to_lower("AZaz_\xC3\x89"
                       "1@["),
              "azaz_\xC3\x89"
              "1@[");
    EXPECT_TRUE(equals_ignoring_case("TaBLe", "tAblE"));
    EXPECT_TRUE(equals_ignoring_case("", ""));
    EXPECT_FALSE(equals_ignoring_case("table", "tables"));
    EXPECT_FALSE(equals_ignoring_case("[", "{"));  // as far apart as the letters
    EXPECT_FALSE(equals_ignoring_case("\xC3\x89", "\xC3\xA9"));
}

}  // namespace libsql
