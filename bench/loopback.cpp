#include "loopback.hpp"

#include "harness.hpp"
#include "support/loopback.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace bench {

namespace {

using libsql::testing::loopback;

int make_socket() {
    const int s = socket(AF_INET, SOCK_STREAM, 0);
    check(s >= 0, "no socket");
    const int on = 1;
    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return s;
}

}  // namespace

int listen_on_loopback() {
    const int s = make_socket();
    const auto at = loopback(0);
    check(bind(s, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0 && listen(s, 64) == 0,
          "cannot listen");
    return s;
}

unsigned port_of(int listener) {
    sockaddr_in at{};
    socklen_t size = sizeof at;
    check(getsockname(listener, reinterpret_cast<sockaddr*>(&at), &size) == 0, "no port");
    return ntohs(at.sin_port);
}

int connect_to(unsigned port) {
    const int s = make_socket();
    const auto at = loopback(port);
    check(connect(s, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0, "cannot connect");
    return s;
}

loopback_server::~loopback_server() {
    close(listener_);
}

bool send_all(int socket, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

}  // namespace bench
