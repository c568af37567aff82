#include "support/token_signer.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <array>
#include <ctime>
#include <stdexcept>

namespace libsql::testing {
namespace {

/// Base64 as in tokens: the alphabet for URLs, without padding.
std::string base64(std::string_view bytes) {
    std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
    out.resize(static_cast<std::size_t>(size));
    out.erase(out.find_last_not_of('=') + 1);
    for (char& c : out) {
        c = c == '+' ? '-' : (c == '/' ? '_' : c);
    }
    return out;
}

}  // namespace

token_signer::token_signer()
    : key_(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), &EVP_PKEY_free) {
    if (!key_) {
        throw std::runtime_error("OpenSSL makes no Ed25519 key");
    }
}

std::string token_signer::public_key() const {
    const std::unique_ptr<BIO, decltype(&BIO_free)> text(BIO_new(BIO_s_mem()), &BIO_free);
    PEM_write_bio_PUBKEY(text.get(), key_.get());
    std::array<char, 512> pem{};
    const int size = BIO_read(text.get(), pem.data(), static_cast<int>(pem.size()));
    if (size <= 0) {
        throw std::runtime_error("OpenSSL writes no public key");
    }
    return {pem.data(), static_cast<std::size_t>(size)};
}

std::string token_signer::token(const token_claims& claims) const {
    std::string json;
    const std::string right = claims.read_only ? "ro" : "rw";
    if (!claims.server_namespace.empty()) {
        json = R"("p":{")" + right + R"(":{"ns":[")" + claims.server_namespace + R"("]}})";
    } else if (claims.read_only) {
        json = R"("a":"ro")";
    }
    if (claims.expires_in) {
        json += json.empty() ? "" : ",";
        json += R"("exp":)" + std::to_string(std::time(nullptr) + claims.expires_in->count());
    }
    return sign("{" + json + "}");
}

std::string token_signer::sign(std::string_view claims) const {
    const std::string text = base64(R"({"alg":"EdDSA","typ":"JWT"})") + "." + base64(claims);
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          &EVP_MD_CTX_free);
    std::array<unsigned char, 64> signature{};
    std::size_t size = signature.size();
    if (EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) != 1 ||
        EVP_DigestSign(context.get(), signature.data(), &size,
                       reinterpret_cast<const unsigned char*>(text.data()), text.size()) != 1) {
        throw std::runtime_error("OpenSSL does not sign");
    }
    return text + "." + base64({reinterpret_cast<const char*>(signature.data()), size});
}

}  // namespace libsql::testing
