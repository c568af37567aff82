#include "support/stored_form.hpp"

#include <ecto/decimal.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <optional>
#include <string>

namespace ecto {

namespace {

decimal of(const char* text) {
    return decimal::parse(text).value();
}

}  // namespace

RC_GTEST_PROP(ecto_decimal, keeps_every_digit, (std::int64_t a, std::uint64_t b)) {
    const auto text = std::to_string(a) + "." + std::to_string(b) + "0";
    const auto number = decimal::parse(text).value();
    RC_ASSERT(number.to_string() == text);
    RC_ASSERT(testing::survives(number));
    RC_ASSERT(testing::stored(number) == "text " + text);
    RC_ASSERT(testing::survives(decimal(a)));
}

RC_GTEST_PROP(ecto_decimal, compares_by_value, (std::int32_t a, std::int32_t b)) {
    RC_ASSERT((decimal(a) <=> decimal(b)) == (std::int64_t{a} <=> std::int64_t{b}));
    const auto cents = decimal::parse(std::to_string(a) + "e-2").value();
    RC_ASSERT((cents <=> decimal(b)) == (std::int64_t{a} <=> std::int64_t{b} * 100));
}

TEST(ecto_decimal, is_written_without_an_exponent) {
    EXPECT_EQ(of("1e3").to_string(), "1000");
    EXPECT_EQ(of("1.5e-3").to_string(), "0.0015");
    EXPECT_EQ(of("-.5").to_string(), "-0.5");
    EXPECT_EQ(of("007").to_string(), "7");
    EXPECT_EQ(of("0e5").to_string(), "0");
    EXPECT_EQ(of("0.00").to_string(), "0.00");
    EXPECT_EQ(of("+1E+2").to_string(), "100");
}

TEST(ecto_decimal, zeros_do_not_change_its_value) {
    EXPECT_EQ(of("1.0"), of("1.00"));
    EXPECT_EQ(of("-0"), of("0.0"));
    EXPECT_LT(of("-1.5"), of("-1.25"));
    EXPECT_GT(of("10"), of("9"));
}

TEST(ecto_decimal, refuses_what_is_no_number) {
    for (const auto* text : {"", "-", ".", "1,5", "NaN", "Infinity", "1e", "1e+-2", "1 ", "0x1",
                             "1e131073", "1e-16384", "1e999999999999"}) {
        EXPECT_EQ(decimal::parse(text).error(), error_kind::invalid) << text;
        EXPECT_EQ(testing::loaded<decimal>(text), std::nullopt) << text;
    }
}

TEST(ecto_decimal, numbers_of_other_columns_are_read) {
    EXPECT_EQ(testing::loaded_integer<decimal>(7), decimal(7));
    EXPECT_EQ(testing::loaded_real<decimal>(0.1), of("0.1"));
    EXPECT_EQ(testing::loaded_real<decimal>(1e21), of("1e21"));
    EXPECT_EQ(testing::loaded_real<decimal>(HUGE_VAL), std::nullopt);
    EXPECT_EQ(testing::casted<decimal>("1.10"), of("1.1"));
    EXPECT_EQ(testing::casted<decimal>(2), decimal(2));
    EXPECT_EQ(testing::casted<decimal>(true), std::nullopt);
}

TEST(ecto_decimal, knows_what_a_number_column_would_round) {
    for (const auto* text :
         {"0", "0.1", "9223372036854775807", "123456789012345.000", "0.000123456789012345"}) {
        EXPECT_TRUE(of(text).fits_number_column()) << text;
    }
    for (const auto* text :
         {"9223372036854775808", "0.1234567890123456", "12345678901234.56", "1e400", "1e-400"}) {
        EXPECT_FALSE(of(text).fits_number_column()) << text;
    }
}

}  // namespace ecto
