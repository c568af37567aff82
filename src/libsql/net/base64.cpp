#include "libsql/net/base64.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace libsql::net {

namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::uint8_t no_digit = 0xff;

constexpr auto digits = [] {
    std::array<std::uint8_t, 256> all{};
    all.fill(no_digit);
    for (std::size_t i = 0; i < alphabet.size(); ++i) {
        all[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
    }
    return all;
}();

}  // namespace

void append_base64(std::string& out, blob_view bytes) {
    std::size_t i = 0;
    const auto at = [&](std::size_t n) { return std::to_integer<std::uint32_t>(bytes[n]); };
    for (; i + 3 <= bytes.size(); i += 3) {
        const std::uint32_t all = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
        const std::array four{alphabet[all >> 18], alphabet[all >> 12 & 63],
                              alphabet[all >> 6 & 63], alphabet[all & 63]};
        out.append(four.data(), four.size());
    }
    const std::size_t left = bytes.size() - i;
    if (left > 0) {
        const std::uint32_t all = at(i) << 16 | (left == 2 ? at(i + 1) << 8 : 0);
        out += alphabet[all >> 18];
        out += alphabet[all >> 12 & 63];
        if (left == 2) {
            out += alphabet[all >> 6 & 63];
        }
    }
}

std::optional<std::size_t> decode_base64(std::string_view text, std::byte* to) noexcept {
    if (text.size() % 4 == 0) {
        for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) {
            text.remove_suffix(1);
        }
    }
    if (text.size() % 4 == 1) {
        return std::nullopt;
    }
    std::size_t size = 0;
    std::uint32_t all = 0;
    int bits = 0;
    for (const char c : text) {
        const std::uint32_t digit = digits[static_cast<unsigned char>(c)];
        if (digit == no_digit) {
            return std::nullopt;
        }
        all = all << 6 | digit;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            to[size++] = static_cast<std::byte>(all >> bits & 0xff);
        }
    }
    return size;
}

}  // namespace libsql::net
