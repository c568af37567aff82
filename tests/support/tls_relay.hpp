#pragma once

#include <memory>
#include <string>
#include <vector>

namespace libsql::testing {

/// A TLS server on a free port of 127.0.0.1 that forwards to a server without TLS. Its certificate
/// is self-signed, and valid only for the address 127.0.0.1.
class tls_relay {
public:
    /// Forwards to `to_port` of 127.0.0.1. Chooses `protocol`, "h2" or "http/1.1", if a client
    /// offers it.
    tls_relay(unsigned to_port, std::string protocol);

    /// Closes all connections.
    ~tls_relay();

    tls_relay(const tls_relay&) = delete;
    tls_relay& operator=(const tls_relay&) = delete;

    [[nodiscard]] unsigned port() const noexcept;

    /// `https://127.0.0.1:<port>`
    [[nodiscard]] std::string url() const;

    /// The certificate as a PEM file, which exists as long as this object.
    [[nodiscard]] const std::string& ca_file() const noexcept;

    /// The agreed protocol of each connection: "h2", "http/1.1", "" for a client that offered none,
    /// "refused" if there was no agreement.
    [[nodiscard]] std::vector<std::string> protocols() const;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace libsql::testing
