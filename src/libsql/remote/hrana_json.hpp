#pragma once

#include "libsql/remote/hrana.hpp"

#include <libsql/result.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace libsql::remote {

/// Writes a pipeline of requests as Hrana 3 JSON. `invalid_argument` for what JSON cannot carry:
/// text that is not UTF-8, an infinity.
result<std::string> write_pipeline(std::optional<std::string_view> baton,
                                   std::span<const hrana::request> requests);

/// Writes the request for a cursor over a batch.
result<std::string> write_cursor(std::optional<std::string_view> baton,
                                 const hrana::batch_request& batch);

/// Reads the reply to a pipeline of `requests` requests. `protocol` for anything that is not one.
result<hrana::reply> read_pipeline(std::string_view json, std::span<const hrana::request> requests);

/// Reads the body of a reply that is not 200: the server's error, whether it is JSON or text.
hrana::failure read_failure(std::string_view body);

}  // namespace libsql::remote
