#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace libsql::testing {

/// gzip of `head`, and of `size` times the byte `fill`, 258 of them in 13 bits.
inline std::string packed_bytes(std::string_view head, char fill, std::size_t size) {
    std::string out("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10);
    unsigned bits = 0;
    unsigned count = 0;
    const auto put = [&](unsigned value, unsigned width) {
        for (unsigned i = width; i > 0; --i) {  // a code's highest bit first
            bits |= (value >> (i - 1) & 1U) << count;
            if (++count == 8) {
                out += static_cast<char>(bits);
                bits = count = 0;
            }
        }
    };
    const auto put_byte = [&](char one) {
        const unsigned byte = static_cast<unsigned char>(one);
        if (byte < 144) {
            put(0x30 + byte, 8);
        } else {
            put(0x190 + byte - 144, 9);
        }
    };
    put(0b110, 3);  // the last block, with codes that are fixed
    for (const char one : head) {
        put_byte(one);
    }
    put_byte(fill);
    for (; size > 258; size -= 258) {
        put(0b11000101, 8);  // 258 times what was
        put(0, 5);           // one before
    }
    put(0, 7 + 7);
    return out + std::string(8, '\0');
}

}  // namespace libsql::testing
