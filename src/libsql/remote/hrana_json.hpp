#pragma once

#include "libsql/remote/codec.hpp"

#include <string>

/// @file
/// Hrana 3 as JSON: what `json_codec()` is made of.

namespace libsql::remote {

/// JSON cannot represent text that is not UTF-8, or an infinity.
extern const encoder json_encoder;

/// Its cursors have one JSON text per line.
extern const decoder json_decoder;

/// Decodes the body of a reply other than 200: the server's error, as JSON or as text.
hrana::failure read_failure(std::string body);

}  // namespace libsql::remote
