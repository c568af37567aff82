#pragma once

#include <memory>
#include <string>
#include <vector>

namespace libsql::testing {

/// A TLS server on a free port of 127.0.0.1 in front of a server without TLS, whose certificate is
/// signed by nobody: it is its own authority, and for the address 127.0.0.1 only.
class tls_relay {
public:
    /// Leads to the port of 127.0.0.1. `protocol` is what it chooses if a client offers it: "h2" or
    /// "http/1.1".
    tls_relay(unsigned to_port, std::string protocol);

    /// Cuts what is open.
    ~tls_relay();

    tls_relay(const tls_relay&) = delete;
    tls_relay& operator=(const tls_relay&) = delete;

    [[nodiscard]] unsigned port() const noexcept;

    /// `https://127.0.0.1:<port>`
    [[nodiscard]] std::string url() const;

    /// The authority's certificate, a PEM file that lives as long as this object.
    [[nodiscard]] const std::string& ca_file() const noexcept;

    /// For each connection what was agreed upon: "h2", "http/1.1", "" for a client that offers
    /// neither, "refused" when there was no agreement.
    [[nodiscard]] std::vector<std::string> protocols() const;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace libsql::testing
