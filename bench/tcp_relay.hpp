#pragma once

#include <chrono>
#include <memory>

namespace bench {

/// A port of 127.0.0.1 that forwards to another one, and delays every byte by half a round trip in
/// each direction. Uses one thread, and ends with this object.
class tcp_relay {
public:
    tcp_relay(unsigned to_port, std::chrono::milliseconds round_trip);
    ~tcp_relay();

    tcp_relay(const tcp_relay&) = delete;
    tcp_relay& operator=(const tcp_relay&) = delete;

    [[nodiscard]] unsigned port() const noexcept;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace bench
