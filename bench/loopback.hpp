#pragma once

#include <string_view>

namespace bench {

/// A socket that listens on a free port of 127.0.0.1.
int listen_on_loopback();

unsigned port_of(int listener);

/// A connection to a port of 127.0.0.1.
int connect_to(unsigned port);

/// What listens on a port of 127.0.0.1, with threads of its own, as long as it exists.
class loopback_server {
public:
    loopback_server() : listener_(listen_on_loopback()) {}

    virtual ~loopback_server();

    loopback_server(const loopback_server&) = delete;
    loopback_server& operator=(const loopback_server&) = delete;

    [[nodiscard]] unsigned port() const { return port_of(listener_); }

protected:
    [[nodiscard]] int listener() const noexcept { return listener_; }

private:
    int listener_;
};

/// Sends all bytes. False if the other end has closed the connection.
bool send_all(int socket, std::string_view bytes);

}  // namespace bench
