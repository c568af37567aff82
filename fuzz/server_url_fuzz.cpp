// A server's URL: any text is parsed or rejected, and the error does not contain the text. A parsed
// URL must be unchanged when it is parsed again.

#include "libsql/core/server_url.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto url = libsql::detail::parse_server_url(text);
    if (!url) {
        if (url.error().kind() != libsql::error_kind::invalid_argument) {
            std::abort();
        }
        return 0;
    }
    const auto again = libsql::detail::parse_server_url(url->base + url->query);
    if (!again || again->base != url->base || again->host != url->host ||
        again->query != url->query || again->secure != url->secure || url->host.empty() ||
        url->base.find_first_of(" \r\n") != std::string::npos) {
        std::abort();
    }
    return 0;
}
