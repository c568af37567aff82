#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace libsql::detail {

/// The word of `value` in `words`, which are in the order of the enumeration, from the value 0 on;
/// `otherwise` for a value that has none.
template <class Enum, std::size_t N>
constexpr std::string_view word_of(const std::array<std::string_view, N>& words, Enum value,
                                   std::string_view otherwise = {}) noexcept {
    const auto i = static_cast<std::size_t>(value);
    return i < N ? words[i] : otherwise;
}

/// Whether `words` has one for each value up to `last`.
template <class Enum, std::size_t N>
constexpr bool ends_with(const std::array<std::string_view, N>&, Enum last) noexcept {
    return N == static_cast<std::size_t>(last) + 1;
}

}  // namespace libsql::detail
