#pragma once

#include <libsql/detail/cell.hpp>

#include <array>
#include <cstddef>
#include <cstring>

namespace libsql::detail {

/// Copies `size` bytes and returns the end of the copy. Most arguments are short, for which a call
/// of memcpy costs more than the copying.
inline std::byte* copy_short(std::byte* to, const void* from, std::size_t size) noexcept {
    const auto* const bytes = static_cast<const std::byte*>(from);
    const auto both_ends = [&]<std::size_t N>(std::array<std::byte, N> first) {
        std::array<std::byte, N> last;
        std::memcpy(first.data(), bytes, N);
        std::memcpy(last.data(), bytes + size - N, N);
        std::memcpy(to, first.data(), N);
        std::memcpy(to + size - N, last.data(), N);
    };
    if (size >= 16 && size <= 32) {
        both_ends(std::array<std::byte, 16>());
    } else if (size >= 8 && size < 16) {
        both_ends(std::array<std::byte, 8>());
    } else if (size >= 4 && size < 8) {
        both_ends(std::array<std::byte, 4>());
    } else {
        std::memcpy(to, bytes, size);
    }
    return to + size;
}

/// Makes `kept` a copy of `c`, and copies its text or blob to `end`, which is advanced. Copies
/// member by member: loading a whole cell would stall while the smaller stores that made it are
/// still on their way to the cache.
inline void keep_cell(cell& kept, std::byte*& end, const cell& c) noexcept {
    kept.size = c.size;
    kept.type = c.type;
    if (c.size > 0) {
        kept.data = end;
        end = copy_short(end, c.data, c.size);
    } else {
        kept.integer = c.integer;  // or a pointer that is not used: nothing is there
    }
}

}  // namespace libsql::detail
