#include "libsql/core/exact_real.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>

namespace libsql::detail {

namespace {

std::string shortest(double d) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), d).ptr;
    std::string out(text.data(), end);
    if (out.find_first_of(".e") == std::string::npos) {
        out += ".0";  // without it SQLite would read an integer
    }
    return out;
}

/// `(m * 2^e)`, in which every literal and every intermediate result is exact.
std::string with_powers_of_two(double d) {
    constexpr int digits = std::numeric_limits<double>::digits;
    int exponent = 0;
    auto whole = static_cast<std::int64_t>(std::ldexp(std::frexp(d, &exponent), digits));
    exponent -= digits;
    while (whole % 2 == 0) {
        whole /= 2;
        ++exponent;
    }
    std::string out = "(" + std::to_string(whole) + ".0";
    const char* const step = exponent < 0 ? "/" : "*";
    constexpr int largest = 52;
    for (int left = std::abs(exponent); left > 0; left -= largest) {
        out += step + std::to_string(std::int64_t{1} << std::min(left, largest)) + ".0";
    }
    return out + ")";
}

/// An unevaluated sum of two doubles, which has twice the precision.
struct double_double {
    double high;
    double low;
};

/// The upper half of a double's digits.
double upper_half(double d) {
    return std::bit_cast<double>(std::bit_cast<std::uint64_t>(d) & 0xfffffffffc000000U);
}

/// The product as SQLite computes it, by T. J. Dekker's algorithm (1971).
double_double multiplied(double_double a, double_double b) {
    const double a_upper = upper_half(a.high);
    const double b_upper = upper_half(b.high);
    const double a_lower = a.high - a_upper;
    const double b_lower = b.high - b_upper;
    const double product = a_upper * b_upper;
    const double mixed = a_upper * b_lower + a_lower * b_upper;
    const double sum = product + mixed;
    const double rest =
        a.high * b.low + a.low * b.high + (product - sum + mixed + a_lower * b_lower);
    const double high = sum + rest;
    return {high, sum - high + rest};
}

/// The value that SQLite 3.43 to 3.52, and therefore libsql-server, reads for `digits` times ten to
/// the power `exponent`. Before SQLite 3.53 very large, very small and some other numbers are wrong
/// in their last bits.
double read_by_others(std::uint64_t digits, int exponent) {
    constexpr auto largest = std::numeric_limits<std::uint64_t>::max();
    for (; exponent > 0 && digits < largest / 10; --exponent) {
        digits *= 10;
    }
    for (; exponent < 0 && digits != 0 && digits % 10 == 0; ++exponent) {
        digits /= 10;
    }
    const auto high = static_cast<double>(digits);
    if (high >= 0x1p64) {
        return std::numeric_limits<double>::quiet_NaN();  // SQLite 3.47.0 reads twice the number
    }
    const auto whole = static_cast<std::uint64_t>(high);
    double_double number{high, digits >= whole ? static_cast<double>(digits - whole)
                                               : -static_cast<double>(whole - digits)};
    const auto scale = [&](int step, double_double factor) {
        for (; std::abs(exponent) >= step; exponent -= exponent < 0 ? -step : step) {
            number = multiplied(number, factor);
        }
    };
    if (exponent > 0) {
        scale(100, {1e100, -1.5902891109759918046e+83});
        scale(10, {1e10, 0});
        scale(1, {10, 0});
    } else {
        scale(100, {1e-100, -1.99918998026028836196e-117});
        scale(10, {1e-10, -3.6432197315497741579e-27});
        scale(1, {1e-1, -5.5511151231257827021e-18});
    }
    return number.high + number.low;
}

double read_by_others(double d) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), std::fabs(d),
                                   std::chars_format::scientific)
                         .ptr;
    std::uint64_t digits = 0;
    int exponent = 0;
    const char* at = text.data();
    for (bool fraction = false; *at != 'e'; ++at) {
        if (*at == '.') {
            fraction = true;
        } else {
            digits = digits * 10 + static_cast<unsigned>(*at - '0');
            exponent -= fraction ? 1 : 0;
        }
    }
    ++at;
    int power = 0;
    std::from_chars(*at == '+' ? at + 1 : at, end, power);
    return read_by_others(digits, exponent + power);
}

}  // namespace

std::string exact_real(double d) {
    return read_by_others(d) == std::fabs(d) ? shortest(d) : with_powers_of_two(d);
}

}  // namespace libsql::detail
