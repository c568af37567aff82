#include "support/tls_relay.hpp"

#include "support/loopback.hpp"
#include "support/temporary_directory.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>

namespace libsql::testing {
namespace {

template <class T, void (*Free)(T*)>
struct freed {
    void operator()(T* object) const noexcept { Free(object); }
};

template <class T, void (*Free)(T*)>
using owned = std::unique_ptr<T, freed<T, Free>>;

using key = owned<EVP_PKEY, &EVP_PKEY_free>;
using certificate = owned<X509, &X509_free>;
using context = owned<SSL_CTX, &SSL_CTX_free>;
using session = owned<SSL, &SSL_free>;

void require(bool done, const char* what) {
    if (!done) {
        throw std::runtime_error(what);
    }
}

certificate self_signed(EVP_PKEY* with) {
    certificate made(X509_new());
    X509* const c = made.get();
    X509_set_version(c, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(c), 1);
    X509_gmtime_adj(X509_getm_notBefore(c), -3600);
    X509_gmtime_adj(X509_getm_notAfter(c), 3600);
    X509_set_pubkey(c, with);
    X509_NAME* const name = X509_get_subject_name(c);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("a test"), -1, -1, 0);
    X509_set_issuer_name(c, name);
    for (const auto& [id, value] : {std::pair(NID_basic_constraints, "critical,CA:TRUE"),
                                    std::pair(NID_subject_alt_name, "IP:127.0.0.1")}) {
        X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, id, value);
        require(extension != nullptr, "OpenSSL makes no extension");
        X509_add_ext(c, extension, -1);
        X509_EXTENSION_free(extension);
    }
    require(X509_sign(c, with, EVP_sha256()) > 0, "OpenSSL signs no certificate");
    return made;
}

bool send_all(int to, const char* data, std::size_t size) {
    while (size > 0) {
        const auto sent = ::send(to, data, size, MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        data += sent;
        size -= static_cast<std::size_t>(sent);
    }
    return true;
}

}  // namespace

struct tls_relay::state {
    unsigned to_port;
    std::string protocol;
    temporary_directory folder;
    std::string ca_file{folder.file("ca.pem")};
    key private_key{EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")};
    context tls{SSL_CTX_new(TLS_server_method())};
    int listener{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    unsigned port{0};
    std::atomic<bool> stopping{false};
    std::mutex mutex;
    std::vector<std::string> protocols;
    std::vector<std::thread> connections;
    std::thread accepts;

    state(unsigned leads_to, std::string chosen) : to_port(leads_to), protocol(std::move(chosen)) {
        require(private_key && tls, "OpenSSL has no TLS");
        const auto own = self_signed(private_key.get());
        SSL_CTX_use_certificate(tls.get(), own.get());
        SSL_CTX_use_PrivateKey(tls.get(), private_key.get());
        SSL_CTX_set_alpn_select_cb(tls.get(), &choose, this);
        std::FILE* const file = std::fopen(ca_file.c_str(), "w");
        require(file != nullptr, "no file for the certificate");
        PEM_write_X509(file, own.get());
        std::fclose(file);
        auto where = loopback(0);
        socklen_t size = sizeof where;
        require(::bind(listener, reinterpret_cast<sockaddr*>(&where), size) == 0 &&
                    ::listen(listener, 64) == 0 &&
                    ::getsockname(listener, reinterpret_cast<sockaddr*>(&where), &size) == 0,
                "no port for TLS");
        port = ntohs(where.sin_port);
        accepts = std::thread([this] { accept_all(); });
    }

    ~state() {
        stopping = true;
        ::shutdown(listener, SHUT_RDWR);
        accepts.join();
        for (auto& c : connections) {
            c.join();
        }
        ::close(listener);
    }

    state(const state&) = delete;
    state& operator=(const state&) = delete;

    /// Chooses the protocol if the client offers it.
    static int choose(SSL* /*of*/, const unsigned char** out, unsigned char* out_size,
                      const unsigned char* offered, unsigned size, void* self) {
        const auto& wanted = static_cast<state*>(self)->protocol;
        for (unsigned i = 0; i < size; i += 1U + offered[i]) {
            const std::string_view one(reinterpret_cast<const char*>(offered + i + 1), offered[i]);
            if (one == wanted) {
                *out = offered + i + 1;
                *out_size = offered[i];
                return SSL_TLSEXT_ERR_OK;
            }
        }
        return SSL_TLSEXT_ERR_NOACK;
    }

    void accept_all() {
        for (;;) {
            const int client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
            if (client < 0) {
                return;
            }
            connections.emplace_back([this, client] {
                serve(client);
                ::close(client);
            });
        }
    }

    void note(std::string agreed) {
        const std::lock_guard lock(mutex);
        protocols.push_back(std::move(agreed));
    }

    void serve(int client) {
        sigset_t pipe;
        ::sigemptyset(&pipe);
        ::sigaddset(&pipe, SIGPIPE);
        ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);  // OpenSSL does not send with MSG_NOSIGNAL
        const timeval limit{5, 0};
        ::setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        const session ssl(SSL_new(tls.get()));
        SSL_set_fd(ssl.get(), client);
        if (SSL_accept(ssl.get()) != 1) {
            note("refused");
            return;
        }
        const unsigned char* name = nullptr;
        unsigned size = 0;
        SSL_get0_alpn_selected(ssl.get(), &name, &size);
        note({reinterpret_cast<const char*>(name), size});
        const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const int on = 1;
        for (const int one : {client, server}) {
            ::setsockopt(one, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        }
        const auto where = loopback(to_port);
        if (::connect(server, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0) {
            copy(*ssl, client, server);
        }
        ::close(server);
    }

    /// Copies in both directions until one side ends.
    void copy(SSL& ssl, int client, int server) const {
        std::array<char, 16384> bytes{};
        while (!stopping) {
            std::array<pollfd, 2> ready{{{client, POLLIN, 0}, {server, POLLIN, 0}}};
            if (SSL_pending(&ssl) == 0 && ::poll(ready.data(), ready.size(), 20) <= 0) {
                continue;
            }
            if (SSL_pending(&ssl) > 0 || ready[0].revents != 0) {
                const int got = SSL_read(&ssl, bytes.data(), static_cast<int>(bytes.size()));
                if (got <= 0 || !send_all(server, bytes.data(), static_cast<std::size_t>(got))) {
                    return;
                }
            }
            if (ready[1].revents != 0) {
                const auto got = ::recv(server, bytes.data(), bytes.size(), 0);
                if (got <= 0 || SSL_write(&ssl, bytes.data(), static_cast<int>(got)) <= 0) {
                    SSL_shutdown(&ssl);
                    return;
                }
            }
        }
    }
};

tls_relay::tls_relay(unsigned to_port, std::string protocol)
    : state_(std::make_unique<state>(to_port, std::move(protocol))) {}

tls_relay::~tls_relay() = default;

unsigned tls_relay::port() const noexcept {
    return state_->port;
}

std::string tls_relay::url() const {
    return "https://127.0.0.1:" + std::to_string(port());
}

const std::string& tls_relay::ca_file() const noexcept {
    return state_->ca_file;
}

std::vector<std::string> tls_relay::protocols() const {
    const std::lock_guard lock(state_->mutex);
    return state_->protocols;
}

}  // namespace libsql::testing
