#pragma once

#include <string_view>

namespace bench {

/// A socket that listens on a free port of 127.0.0.1.
int listen_on_loopback();

unsigned port_of(int listener);

/// A connection to a port of 127.0.0.1.
int connect_to(unsigned port);

/// Sends all bytes. False if the other end has closed the connection.
bool send_all(int socket, std::string_view bytes);

}  // namespace bench
