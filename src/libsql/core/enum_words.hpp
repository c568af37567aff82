#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace libsql::detail {

/// The word of `value` in `words`, which are in the order of the enumeration, one for each value
/// from 0 to `Last`; `otherwise` for any other value.
template <auto Last, std::size_t N>
constexpr std::string_view word_of(const std::array<std::string_view, N>& words,
                                   decltype(Last) value, std::string_view otherwise = {}) noexcept {
    static_assert(N == static_cast<std::size_t>(Last) + 1, "libsql: a word for each value");
    const auto i = static_cast<std::size_t>(value);
    return i < N ? words[i] : otherwise;
}

}  // namespace libsql::detail
