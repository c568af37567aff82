#pragma once

#include "libsql/remote/codec.hpp"

#include <libsql/result.hpp>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// @file
/// Hrana 3 as protobuf: what `protobuf_codec()` is made of. The field numbers are those of its
/// specification.

namespace libsql::remote {

/// `invalid_argument` for what protobuf cannot carry: text that is not UTF-8.
result<std::string> write_protobuf_pipeline(std::optional<std::string_view> baton,
                                            std::span<const hrana::request> requests);

result<std::string> write_protobuf_cursor(std::optional<std::string_view> baton,
                                          const hrana::batch_request& batch);

result<hrana::reply> read_protobuf_pipeline(std::string body,
                                            std::span<const hrana::request> requests);

std::unique_ptr<cursor_reader> read_protobuf_cursor();

/// The server's error in the body of a reply that is not 200; none when it is no protobuf.
std::optional<hrana::failure> read_protobuf_failure(std::string_view body);

}  // namespace libsql::remote
