#include "libsql/core/sql_text.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

namespace libsql {

TEST(sql_text, finds_the_first_byte_that_is_not_utf8) {
    EXPECT_EQ(find_invalid_utf8("\x80"), 0U);
    EXPECT_EQ(find_invalid_utf8("ab\xff"), 2U);
    EXPECT_EQ(find_invalid_utf8("\xc3\xa9\xc3"), 2U);  // cut off
    EXPECT_EQ(find_invalid_utf8("\xc0\x80"), 0U);      // a NUL written too long
    EXPECT_EQ(find_invalid_utf8("\xc1\xbf"), 0U);
    EXPECT_EQ(find_invalid_utf8("\xe0\x9f\xbf"), 0U);
    EXPECT_EQ(find_invalid_utf8("\xed\xa0\x80"), 0U);  // a surrogate
    EXPECT_EQ(find_invalid_utf8("\xf0\x8f\xbf\xbf"), 0U);
    EXPECT_EQ(find_invalid_utf8("\xf4\x90\x80\x80"), 0U);  // above U+10FFFF
    EXPECT_EQ(find_invalid_utf8("\xf5\x80\x80\x80"), 0U);
    EXPECT_EQ(find_invalid_utf8("a\xe2\x82z"), 1U);
}

TEST(sql_text, accepts_all_valid_utf8) {
    for (const std::string_view text :
         {"", "plain", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
          "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
        EXPECT_EQ(find_invalid_utf8(text), std::nullopt);
        EXPECT_FALSE(check_sql_text(text));
    }
}

TEST(sql_text, errors_name_the_place) {
    EXPECT_NE(check_sql_text(std::string_view("ab\0", 3))->message().find("NUL at byte 2"),
              std::string::npos);
    EXPECT_NE(check_sql_text("a\xff")->message().find("byte 1"), std::string::npos);
}

}  // namespace libsql
