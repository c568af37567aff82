#pragma once

#include "libsql/remote/codec.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace libsql::testing {

/// Decodes the reply to a cursor that comes in pieces of `piece` bytes: calls `found` with each
/// entry, and `failed` with the error that ends it, if one does.
template <class Found, class Failed>
void read_in_pieces(const remote::codec& c, std::string_view bytes, std::size_t piece, Found found,
                    Failed failed) {
    const auto reader = c.read_cursor();
    for (std::size_t at = 0;;) {
        auto entry = reader->next();
        if (!entry) {
            failed(entry.error());
            return;
        }
        if (*entry) {
            found(**entry);
            continue;
        }
        if (at == bytes.size()) {
            return;
        }
        reader->input() += bytes.substr(at, piece);
        at = std::min(bytes.size(), at + piece);
        if (at == bytes.size()) {
            reader->end();
        }
    }
}

}  // namespace libsql::testing
