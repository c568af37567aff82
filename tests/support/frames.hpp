#pragma once

#include "libsql/replication/frame.hpp"

#include <cstdint>
#include <string>

namespace libsql::testing {

inline void append_number(std::string& out, std::uint64_t value, unsigned bytes) {
    for (unsigned i = 0; i < bytes; ++i) {
        out += static_cast<char>((value >> (8 * i)) & 0xff);
    }
}

/// A frame as sent by a primary: 4120 bytes.
inline std::string frame_bytes(std::uint64_t number, std::uint32_t page, std::uint32_t size_after,
                               const std::string& content) {
    std::string out;
    append_number(out, number, 8);
    append_number(out, 0, 8);
    append_number(out, page, 4);
    append_number(out, size_after, 4);
    return out + content;
}

inline std::string filled_page(char with) {
    return std::string(replication::frame::page_size, with);
}

}  // namespace libsql::testing
