#pragma once

#include <libsql/value.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace libsql::remote {

/// Appends `bytes` to `out` in base64, the standard alphabet, without padding. O(size).
void append_base64(std::string& out, blob_view bytes);

/// The bytes, or none if `text` is not base64. Padding may be there or not. O(size).
std::optional<blob> decode_base64(std::string_view text);

}  // namespace libsql::remote
