#pragma once

#include <netinet/in.h>

#include <cstdint>

namespace libsql::testing {

/// A port of 127.0.0.1; 0: any free one.
inline sockaddr_in loopback(unsigned port) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(static_cast<std::uint16_t>(port));
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return at;
}

}  // namespace libsql::testing
