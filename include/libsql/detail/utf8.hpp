#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace libsql::detail {

/// The offset of the first byte that is not part of valid UTF-8 (Unicode 15, table 3-7: no
/// surrogates, nothing written too long), or none. O(size).
inline std::optional<std::size_t> find_invalid_utf8(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    for (std::size_t at = 0; at < text.size();) {
        const unsigned first = byte(at);
        if (first < 0x80) {
            ++at;
            continue;
        }
        const std::size_t more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
        if (first < 0xC2 || first > 0xF4 || text.size() - at <= more) {
            return at;
        }
        const unsigned second = byte(at + 1);
        const unsigned low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
        const unsigned high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
        if (second < low || second > high) {
            return at;
        }
        for (std::size_t i = 2; i <= more; ++i) {
            if ((byte(at + i) & 0xC0) != 0x80) {
                return at;
            }
        }
        at += more + 1;
    }
    return std::nullopt;
}

}  // namespace libsql::detail
