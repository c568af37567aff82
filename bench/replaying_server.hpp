#pragma once

#include <memory>

namespace bench {

/// An HTTP server that asks another one the first time it gets a request, and gives the same answer
/// from then on, at once: so what a client costs is measured without what the server costs.
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
