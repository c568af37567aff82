#pragma once

#include <algorithm>
#include <string>
#include <string_view>

/// @file
/// Case of the letters A to Z, and of no others, whatever the locale: as SQLite compares names and
/// HTTP compares header names.

namespace libsql {

constexpr char to_lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string to_lower(std::string_view text);

constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
    return std::ranges::equal(a, b, [](char x, char y) { return to_lower(x) == to_lower(y); });
}

}  // namespace libsql
