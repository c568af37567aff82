#include "md5.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace libsql::compare {

namespace {

using state = std::array<std::uint32_t, 4>;

std::uint32_t word(const std::string& bytes, std::size_t at) {
    std::uint32_t result = 0;
    for (std::size_t i = 4; i-- > 0;) {
        result = result << 8U | static_cast<unsigned char>(bytes[at + i]);
    }
    return result;
}

void add_block(state& sums, const std::string& bytes, std::size_t at) {
    constexpr std::array<std::array<int, 4>, 4> shifts{
        {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}}};
    auto [a, b, c, d] = sums;
    for (std::uint32_t i = 0; i < 64; ++i) {
        const std::array<std::uint32_t, 4> mixed{(b & c) | (~b & d), (d & b) | (~d & c), b ^ c ^ d,
                                                 c ^ (b | ~d)};
        const std::array<std::uint32_t, 4> which{i, (5 * i + 1) % 16, (3 * i + 5) % 16, 7 * i % 16};
        const std::uint32_t round = i / 16;
        const auto sine = static_cast<std::uint32_t>(std::abs(std::sin(i + 1.0)) * 4294967296.0);
        const std::uint32_t sum = a + mixed[round] + sine + word(bytes, at + 4UL * which[round]);
        a = d;
        d = c;
        c = b;
        b += std::rotl(sum, shifts[round][i % 4]);
    }
    sums = {sums[0] + a, sums[1] + b, sums[2] + c, sums[3] + d};
}

}  // namespace

std::string md5(const std::string& bytes) {
    std::string padded = bytes + '\x80';
    padded.resize((padded.size() + 8 + 63) / 64 * 64 - 8);
    const std::uint64_t bits = bytes.size() * 8;
    for (unsigned i = 0; i < 64; i += 8) {
        padded += static_cast<char>(bits >> i & 0xffU);
    }
    state sums{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    for (std::size_t at = 0; at < padded.size(); at += 64) {
        add_block(sums, padded, at);
    }
    std::string result;
    for (const std::uint32_t sum : sums) {
        for (unsigned i = 0; i < 32; i += 8) {
            constexpr const char* digits = "0123456789abcdef";
            result += digits[sum >> (i + 4) & 15U];
            result += digits[sum >> i & 15U];
        }
    }
    return result;
}

}  // namespace libsql::compare
