#pragma once

#include "libsql/remote/codec.hpp"

#include <libsql/result.hpp>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// @file
/// Hrana 3 as JSON: the implementation of `json_codec()`.

namespace libsql::remote {

/// `invalid_argument` for what JSON cannot represent: text that is not UTF-8, an infinity.
result<std::string> write_json_pipeline(std::optional<std::string_view> baton,
                                        std::span<const hrana::request> requests);

result<std::string> write_json_cursor(std::optional<std::string_view> baton,
                                      const hrana::batch_request& batch);

result<hrana::reply> read_json_pipeline(std::string body, std::span<const hrana::request> requests);

/// Reads one JSON text per line.
std::unique_ptr<cursor_reader> read_json_cursor();

/// Decodes the body of a reply other than 200: the server's error, as JSON or as text.
hrana::failure read_failure(std::string body);

}  // namespace libsql::remote
