#pragma once

#include <libsql/value.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace libsql::net {

/// Appends `bytes` to `out` in base64 with the standard alphabet, without padding. O(size).
void append_base64(std::string& out, blob_view bytes);

/// An upper bound for the number of bytes that `size` characters of base64 encode.
constexpr std::size_t decoded_size(std::size_t size) noexcept {
    return size / 4 * 3 + 2;
}

/// Decodes `text` to `to`, which must have room for `decoded_size(text.size())` bytes. Returns
/// their number, or none if `text` is not base64. Padding is optional. O(size).
std::optional<std::size_t> decode_base64(std::string_view text, std::byte* to) noexcept;

}  // namespace libsql::net
