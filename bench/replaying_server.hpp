#pragma once

#include <memory>

namespace bench {

/// An HTTP server that forwards the first request to another one, and then repeats that answer at
/// once. So the cost of a client is measured without that of the server.
class replaying_server {
public:
    explicit replaying_server(unsigned of_port);
    ~replaying_server();

    replaying_server(const replaying_server&) = delete;
    replaying_server& operator=(const replaying_server&) = delete;

    [[nodiscard]] unsigned port() const noexcept;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace bench
