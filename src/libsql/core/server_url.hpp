#pragma once

#include <libsql/result.hpp>

#include <string>
#include <string_view>

namespace libsql::detail {

/// The address of a server, as given by the option `uri`.
struct server_url {
    std::string base;   ///< "https://host:port/path", without a `/` at its end
    std::string query;  ///< "?a=b", appended to each path; may be empty
    std::string host;   ///< without port, in lower case
    bool secure{true};

    /// The URL of `path` ("/v3/pipeline") on this server.
    [[nodiscard]] std::string at(std::string_view path) const {
        return base + std::string(path) + query;
    }
};

/// Parses `libsql://`, `https://` and `http://` URLs. `libsql` means https, or http with `?tls=0`;
/// `wss` and `ws`, which other clients use for the same server, mean https and http, because this
/// driver speaks only HTTP. For anything else `invalid_argument` says what is wrong; it does not
/// repeat the text, which may contain a token.
result<server_url> parse_server_url(std::string_view text);

/// The server of a URL: scheme, host and port, in one spelling.
std::string origin_of(std::string_view url);

}  // namespace libsql::detail
