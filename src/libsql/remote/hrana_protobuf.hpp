#pragma once

#include "libsql/remote/codec.hpp"

/// @file
/// Hrana 3 as protobuf: what `protobuf_codec()` is made of. The field numbers are those of its
/// specification.

namespace libsql::remote {

/// Protobuf cannot carry text that is not UTF-8.
extern const encoder protobuf_encoder;

extern const decoder protobuf_decoder;

}  // namespace libsql::remote
