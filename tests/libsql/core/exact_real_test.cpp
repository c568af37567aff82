#include "libsql/core/exact_real.hpp"

#include "support/open_connection.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace libsql::detail {

using testing::open_memory;

namespace {

void expect_same(libsql::connection& conn, double d) {
    const double read = testing::scalar<double>(conn, "SELECT " + detail::exact_real(d));
    EXPECT_EQ(std::bit_cast<std::uint64_t>(read), std::bit_cast<std::uint64_t>(d))
        << detail::exact_real(d);
}

}  // namespace

TEST(exact_real, short_digits_are_used_where_they_are_exact) {
    EXPECT_EQ(exact_real(0.1), "0.1");
    EXPECT_EQ(exact_real(-1), "-1.0");
    EXPECT_EQ(exact_real(1e22), "1e+22");
    EXPECT_EQ(exact_real(0), "0.0");
}

TEST(exact_real, powers_of_two_are_used_where_other_engines_misread_the_digits) {
    EXPECT_EQ(exact_real(2e-318).front(), '(');
    EXPECT_EQ(exact_real(-9e291).front(), '(');
}

TEST(exact_real, the_limits_survive_a_round_trip) {
    auto conn = open_memory();
    using limits = std::numeric_limits<double>;
    for (const double d : {0.0, -0.0, limits::min(), limits::max(), limits::lowest(),
                           limits::denorm_min(), -limits::denorm_min(), limits::epsilon(),
                           2.5674437e-317, 5e-324, 1e-320, 0x1.fffffffffffffp-1023,
                           9007199254740993.0, 1.7976931348623155e308, 2.2250738585072011e-308}) {
        expect_same(conn, d);
    }
}

TEST(exact_real, any_double_survives_a_round_trip) {
    auto conn = open_memory();
    EXPECT_TRUE(rc::check([&] {
        for (int i = 0; i < 50; ++i) {
            const auto d =
                std::bit_cast<double>(*rc::gen::resize(1000, rc::gen::arbitrary<std::uint64_t>()));
            if (std::isfinite(d)) {
                expect_same(conn, d);
            }
        }
    }));
    EXPECT_FALSE(HasFailure());
}

}  // namespace libsql::detail
