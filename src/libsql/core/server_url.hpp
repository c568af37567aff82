#pragma once

#include <libsql/result.hpp>

#include <string>
#include <string_view>

namespace libsql::detail {

/// Where a server is, as the option `uri` says it.
struct server_url {
    std::string base;   ///< "https://host:port/path", without a `/` at its end
    std::string query;  ///< "?a=b", which goes behind each path; may be empty
    std::string host;   ///< without port, in lower case
    bool secure{true};

    /// The address of `path` ("/v3/pipeline") on it.
    [[nodiscard]] std::string at(std::string_view path) const {
        return base + std::string(path) + query;
    }
};

/// Reads `libsql://`, `https://` and `http://` URLs. `libsql` means https, and `?tls=0` behind it
/// http; `wss` and `ws`, which other clients use for the same server, mean https and http: this
/// driver speaks HTTP only. `invalid_argument` says what is wrong with any other; it does not
/// repeat the text, which may hold a token.
result<server_url> parse_server_url(std::string_view text);

/// Which server an URL is of: scheme, host and port, in one spelling.
std::string origin_of(std::string_view url);

}  // namespace libsql::detail
