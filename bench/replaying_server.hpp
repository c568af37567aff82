#pragma once

#include "loopback.hpp"

#include <memory>

namespace bench {

/// An HTTP server that forwards the first request to another one, and then repeats that answer at
/// once. So the cost of a client is measured without that of the server.
std::unique_ptr<loopback_server> make_replaying_server(unsigned of_port);

}  // namespace bench
