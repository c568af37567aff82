#include "libsql/local/exact_real.hpp"

#include "libsql/local/engine.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

namespace libsql::local {

namespace {

std::string shortest(double d) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), d).ptr;
    std::string out(text.data(), end);
    if (out.find_first_of(".e") == std::string::npos) {
        out += ".0";  // else it would read back as an integer
    }
    return out;
}

/// `(m * 2^e)` with literals and steps that are all exact.
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

}  // namespace

std::string exact_real(double d) {
    std::string text = shortest(d);
    const double read = libsql_engine_read_real(text.c_str(), static_cast<int>(text.size()));
    return read == d ? text : with_powers_of_two(d);
}

}  // namespace libsql::local
