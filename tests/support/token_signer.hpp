#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct evp_pkey_st;

namespace libsql::testing {

/// The claims of a token. By default it allows everything.
struct token_claims {
    bool read_only{false};
    std::string server_namespace{};  ///< the only database it is valid for; empty: all
    std::optional<std::chrono::seconds> expires_in{};  ///< may be negative; none: never
};

/// A new Ed25519 key pair, which signs tokens (JWT) in the format that servers accept.
class token_signer {
public:
    /// Throws if the key pair cannot be generated.
    token_signer();

    /// The public key in PEM, with which a server verifies tokens.
    [[nodiscard]] std::string public_key() const;

    [[nodiscard]] std::string token(const token_claims& claims = {}) const;

    /// A token with any claims, given as JSON.
    [[nodiscard]] std::string sign(std::string_view claims) const;

private:
    std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace libsql::testing
