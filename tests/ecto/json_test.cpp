#include "support/stored_form.hpp"

#include <ecto/json.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <optional>
#include <string>

namespace ecto {

TEST(ecto_json, keeps_its_text) {
    for (const auto* text :
         {"null", " [1, -0.5e+3, \"\\u00e9\\n\", {}] ", R"({"a":{"b":[true,false,null]},"":"\\"})",
          "0", "\"\xc3\xa9\xf0\x9f\x98\x80\""}) {
        const auto value = json::parse(text);
        ASSERT_TRUE(value) << text;
        EXPECT_TRUE(testing::survives(*value)) << text;
        EXPECT_EQ(testing::stored(*value), std::string("text ") + text);
    }
}

TEST(ecto_json, refuses_other_texts) {
    for (const auto* text :
         {"", "nul", "[1,]", "{\"a\"}", "{a:1}", "01", "1.", "1e", "-", "+1", "\"\n\"", "\"\\x\"",
          "\"\\u12g4\"", "\"open", "[1", "1 2", "\"\xff\"", "\"\xed\xa0\x80\"", "NaN"}) {
        EXPECT_EQ(json::parse(text).error(), error_kind::invalid) << text;
        EXPECT_EQ(testing::loaded<json>(text), std::nullopt) << text;
    }
    EXPECT_EQ(testing::loaded_integer<json>(1), std::nullopt);
}

TEST(ecto_json, its_depth_is_bounded) {
    EXPECT_TRUE(json::parse(std::string(499, '[') + std::string(499, ']')));
    EXPECT_FALSE(json::parse(std::string(100000, '[') + std::string(100000, ']')));
}

RC_GTEST_PROP(ecto_json, any_text_is_read_without_a_crash, (std::string text)) {
    const auto value = json::parse(text);
    const bool same = !value || value->text() == text;
    RC_ASSERT(same);
}

TEST(ecto_json, is_made_of_values_from_outside) {
    EXPECT_EQ(testing::casted<json>("a\"\\\x01")->text(), "\"a\\\"\\\\\\u0001\"");
    EXPECT_EQ(testing::casted<json>(7)->text(), "7");
    EXPECT_EQ(testing::casted<json>(0.5)->text(), "0.5");
    EXPECT_EQ(testing::casted<json>(true)->text(), "true");
    EXPECT_EQ(testing::casted<json>(nullptr)->text(), "null");
    EXPECT_EQ(testing::casted<json>(HUGE_VAL), std::nullopt);
    EXPECT_EQ(testing::casted<json>("\xff"), std::nullopt);
}

}  // namespace ecto
