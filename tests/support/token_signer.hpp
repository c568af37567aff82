#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct evp_pkey_st;

namespace libsql::testing {

/// What a token allows: everything, unless it is said otherwise.
struct token_claims {
    bool read_only{false};
    std::string server_namespace{};                    ///< only there; empty: everywhere
    std::optional<std::chrono::seconds> expires_in{};  ///< may lie in the past; none: never
};

/// A fresh Ed25519 key pair, which signs tokens (JWT) as servers take them.
class token_signer {
public:
    /// Throws when there is no such key pair to be had.
    token_signer();

    /// The key that a server checks tokens with, in PEM.
    [[nodiscard]] std::string public_key() const;

    [[nodiscard]] std::string token(const token_claims& claims = {}) const;

    /// A token with any claims, as JSON.
    [[nodiscard]] std::string sign(std::string_view claims) const;

private:
    std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace libsql::testing
