#include "support/scripted_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <list>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace libsql::testing {
namespace {

using clock = std::chrono::steady_clock;

class descriptor {
public:
    explicit descriptor(int fd) : fd_(fd) {
        if (fd < 0) {
            throw std::runtime_error("no socket");
        }
    }

    ~descriptor() {
        if (fd_ >= 0) {
            close(fd_);
        }
    }

    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;

    [[nodiscard]] int get() const noexcept { return fd_; }

    void break_off() noexcept {
        const linger at_once{1, 0};
        setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    }

private:
    int fd_;
};

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

std::string_view take_line(std::string_view& text) {
    const std::size_t end = text.find("\r\n");
    const auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
    return line;
}

/// Removes a complete request from `in` and returns it.
std::optional<scripted_request> take_request(std::string& in) {
    const std::size_t head_end = in.find("\r\n\r\n");
    if (head_end == std::string::npos) {
        return std::nullopt;
    }
    std::string_view head(in.data(), head_end);
    scripted_request out;
    const std::string_view first = take_line(head);
    const std::size_t space = first.find(' ');
    out.method = first.substr(0, space);
    out.target = first.substr(space + 1, first.rfind(' ') - space - 1);
    while (!head.empty()) {
        const std::string_view line = take_line(head);
        const std::size_t colon = line.find(':');
        const std::size_t from = std::min(line.find_first_not_of(' ', colon + 1), line.size());
        out.headers.emplace_back(lower(line.substr(0, colon)), line.substr(from));
    }
    std::size_t length = 0;
    if (const auto text = out.header("content-length")) {
        std::from_chars(text->data(), text->data() + text->size(), length);
    }
    const std::size_t body = head_end + 4;
    if (in.size() - body < length) {
        return std::nullopt;
    }
    out.body = in.substr(body, length);
    in.erase(0, body + length);
    return out;
}

struct peer {
    peer(int fd, std::size_t n) : socket(fd), number(n) {}

    descriptor socket;
    std::size_t number;
    std::string in{};
    std::optional<scripted_reply> reply{};  ///< being sent
    std::size_t sent{0};
    clock::time_point due{};  ///< nothing is sent earlier
    bool stalled{false};
};

}  // namespace

struct scripted_server::state {
    script says;
    descriptor listening{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    descriptor stop{eventfd(0, EFD_CLOEXEC)};
    unsigned port{0};
    std::list<peer> peers;
    mutable std::mutex mutex;  ///< protects the members below
    std::vector<scripted_request> requests;
    std::size_t connections{0};
    std::thread thread;

    void listen_somewhere() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof(address);
        auto* const any = reinterpret_cast<sockaddr*>(&address);
        if (bind(listening.get(), any, size) != 0 || listen(listening.get(), 1000) != 0 ||
            getsockname(listening.get(), any, &size) != 0) {
            throw std::runtime_error("no port to listen on");
        }
        port = ntohs(address.sin_port);
    }

    void accept_all() {
        for (;;) {
            const int fd = accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
            if (fd < 0) {
                return;
            }
            const int on = 1;
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
            const std::lock_guard lock(mutex);
            peers.emplace_back(fd, connections++);
        }
    }

    /// False if the client has closed the connection.
    static bool receive(peer& p) {
        std::array<char, 65536> bytes;  // NOLINT: filled at once
        for (;;) {
            const auto n = recv(p.socket.get(), bytes.data(), bytes.size(), 0);
            if (n > 0) {
                p.in.append(bytes.data(), static_cast<std::size_t>(n));
                continue;
            }
            return n < 0 && (errno == EAGAIN || errno == EINTR);
        }
    }

    void answer(peer& p) {
        if (p.reply || p.stalled) {
            return;
        }
        auto request = take_request(p.in);
        if (!request) {
            return;
        }
        request->connection = p.number;
        {
            const std::lock_guard lock(mutex);
            request->number = requests.size();
            requests.push_back(*request);
        }
        p.reply = says(*request);
        p.sent = 0;
        p.due = clock::now() + p.reply->delay;
    }

    /// False if the connection must be closed.
    static bool send_some(peer& p) {
        auto& r = *p.reply;
        while (p.due <= clock::now()) {
            if (p.sent == r.bytes.size() && r.endless) {
                p.sent -= std::min<std::size_t>(p.sent, 65536);
            }
            if (p.sent == r.bytes.size()) {
                const auto end = r.end;
                p.reply.reset();
                p.stalled = end == scripted_end::stall;
                if (end == scripted_end::reset) {
                    p.socket.break_off();
                }
                return end == scripted_end::keep || p.stalled;
            }
            const std::size_t rest = r.bytes.size() - p.sent;
            const std::size_t size = r.piece == 0 ? rest : std::min(rest, r.piece);
            const auto n = send(p.socket.get(), r.bytes.data() + p.sent, size, MSG_NOSIGNAL);
            if (n < 0) {
                return errno == EAGAIN || errno == EINTR;
            }
            p.sent += static_cast<std::size_t>(n);
            if (r.piece > 0 && p.sent < r.bytes.size()) {
                p.due = clock::now() + std::chrono::milliseconds(1);
            }
        }
        return true;
    }

    void run() {
        for (;;) {
            std::vector<pollfd> wanted{{stop.get(), POLLIN, 0}, {listening.get(), POLLIN, 0}};
            int wait = -1;
            for (const auto& p : peers) {
                short events = POLLIN;
                if (p.reply) {
                    const auto left =
                        std::chrono::ceil<std::chrono::milliseconds>(p.due - clock::now());
                    if (left.count() > 0) {
                        const int ms = static_cast<int>(left.count());
                        wait = wait < 0 ? ms : std::min(wait, ms);
                    } else {
                        events |= POLLOUT;
                    }
                }
                wanted.push_back({p.socket.get(), events, 0});
            }
            poll(wanted.data(), wanted.size(), wait);
            if (wanted[0].revents != 0) {
                return;
            }
            std::size_t i = 2;
            for (auto p = peers.begin(); p != peers.end(); ++i) {
                bool stays = wanted[i].revents == 0 || receive(*p);
                answer(*p);
                stays = stays && (!p->reply || send_some(*p));
                p = stays ? std::next(p) : peers.erase(p);
            }
            accept_all();
        }
    }
};

std::optional<std::string> scripted_request::header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
        if (key == name) {
            return value;
        }
    }
    return std::nullopt;
}

scripted_reply reply_with(int status, std::string_view body,
                          const std::vector<std::string>& headers) {
    std::string bytes = "HTTP/1.1 " + std::to_string(status) +
                        " Scripted\r\ncontent-length: " + std::to_string(body.size()) + "\r\n";
    for (const auto& header : headers) {
        bytes += header + "\r\n";
    }
    bytes += "\r\n";
    bytes += body;
    return {.bytes = std::move(bytes)};
}

scripted_reply cut(scripted_reply whole, std::size_t size, scripted_end end) {
    whole.bytes.resize(std::min(whole.bytes.size(), size));
    whole.end = end;
    return whole;
}

scripted_server::scripted_server(script says) : state_(std::make_unique<state>()) {
    state_->says = std::move(says);
    state_->listen_somewhere();
    state_->thread = std::thread([s = state_.get()] { s->run(); });
}

scripted_server::scripted_server(std::vector<scripted_reply> replies)
    : scripted_server([all = std::move(replies)](const scripted_request& r) {
          return all.at(std::min(r.number, all.size() - 1));
      }) {}

scripted_server::~scripted_server() {
    const std::uint64_t one = 1;
    static_cast<void>(!write(state_->stop.get(), &one, sizeof(one)));
    state_->thread.join();
}

std::string scripted_server::url() const {
    return "http://127.0.0.1:" + std::to_string(state_->port);
}

unsigned scripted_server::port() const noexcept {
    return state_->port;
}

std::vector<scripted_request> scripted_server::requests() const {
    const std::lock_guard lock(state_->mutex);
    return state_->requests;
}

std::vector<scripted_request> scripted_server::requests_for(std::string_view target) const {
    auto all = requests();
    std::erase_if(all, [&](const auto& r) { return r.target != target; });
    return all;
}

std::size_t scripted_server::connections() const {
    const std::lock_guard lock(state_->mutex);
    return state_->connections;
}

}  // namespace libsql::testing
