#pragma once

#include <libsql/value.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace libsql::net {

/// Appends `bytes` to `out` in base64, the standard alphabet, without padding. O(size).
void append_base64(std::string& out, blob_view bytes);

/// At least as many bytes as `size` characters of base64 can mean.
constexpr std::size_t decoded_size(std::size_t size) noexcept {
    return size / 4 * 3 + 2;
}

/// Writes the bytes to `to`, which has room for `decoded_size(text.size())`; their number, or none
/// if `text` is not base64. Padding may be there or not. O(size).
std::optional<std::size_t> decode_base64(std::string_view text, std::byte* to) noexcept;

}  // namespace libsql::net
