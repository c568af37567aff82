#pragma once

#include "libsql/remote/codec.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace libsql::testing {

/// Calls `use` with each entry of a cursor's reply, which comes in pieces of `piece` bytes. Returns
/// the error that ends it, if any.
template <class Use>
result<void> read_in_pieces(const remote::codec& c, std::string_view bytes, std::size_t piece,
                            Use use) {
    const auto reader = c.read_cursor();
    for (std::size_t at = 0;;) {
        const auto entry = reader->next();
        if (!entry) {
            return entry.error();
        }
        if (*entry) {
            use(**entry);
            continue;
        }
        if (at == bytes.size()) {
            return {};
        }
        reader->input() += bytes.substr(at, piece);
        at = std::min(bytes.size(), at + piece);
        if (at == bytes.size()) {
            reader->end();
        }
    }
}

}  // namespace libsql::testing
