#pragma once

#include "loopback.hpp"

#include <chrono>
#include <memory>

namespace bench {

/// Forwards to another port of 127.0.0.1, and delays every byte by half a round trip in each
/// direction. Uses one thread.
std::unique_ptr<loopback_server> make_tcp_relay(unsigned to_port,
                                                std::chrono::milliseconds round_trip);

}  // namespace bench
