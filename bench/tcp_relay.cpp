#include "tcp_relay.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <list>
#include <string>
#include <thread>
#include <vector>

namespace bench {

namespace {

using clock = std::chrono::steady_clock;

/// One direction of a connection.
struct direction {
    struct piece {
        clock::time_point due;
        std::string bytes;
    };

    int from;
    int to;
    std::deque<piece> delayed{};
    bool ended{false};
};

struct pair {
    int client;
    int server;
    direction to_server{client, server};
    direction to_client{server, client};
    bool over{false};
};

class tcp_relay final : public loopback_server {
public:
    tcp_relay(unsigned to_port, std::chrono::milliseconds round_trip)
        : to_port_(to_port), delay_(round_trip / 2), thread_([this] { run(); }) {}

    ~tcp_relay() override {
        stopping_ = true;
        thread_.join();
    }

private:
    void read(direction& d) const {
        std::array<char, 65536> buffer;
        const auto count = recv(d.from, buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (count > 0) {
            d.delayed.push_back(
                {clock::now() + delay_, {buffer.data(), static_cast<std::size_t>(count)}});
        } else if (count == 0) {
            d.ended = true;
        }
    }

    static void write_due(direction& d) {
        while (!d.delayed.empty() && d.delayed.front().due <= clock::now()) {
            send_all(d.to, d.delayed.front().bytes);
            d.delayed.pop_front();
        }
        if (d.ended && d.delayed.empty()) {
            shutdown(d.to, SHUT_WR);
        }
    }

    [[nodiscard]] int wait_ms() const {
        auto next = clock::now() + std::chrono::milliseconds(50);
        for (const auto& p : pairs_) {
            for (const auto* d : {&p.to_server, &p.to_client}) {
                if (!d->delayed.empty()) {
                    next = std::min(next, d->delayed.front().due);
                }
            }
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - clock::now());
        return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
    }

    void run() {
        while (!stopping_) {
            std::vector<pollfd> fds{{listener(), POLLIN, 0}};
            for (const auto& p : pairs_) {
                for (const auto* d : {&p.to_server, &p.to_client}) {
                    fds.push_back({d->ended ? -1 : d->from, POLLIN, 0});
                }
            }
            poll(fds.data(), fds.size(), wait_ms());
            std::size_t i = 1;
            for (auto& p : pairs_) {
                for (auto* d : {&p.to_server, &p.to_client}) {
                    if (fds[i++].revents != 0) {
                        read(*d);
                    }
                    write_due(*d);
                }
                p.over = p.to_server.ended && p.to_client.ended && p.to_server.delayed.empty() &&
                         p.to_client.delayed.empty();
            }
            std::erase_if(pairs_, [](const pair& p) {
                if (p.over) {
                    close(p.client);
                    close(p.server);
                }
                return p.over;
            });
            if (fds[0].revents != 0) {
                pairs_.push_back({accept(listener(), nullptr, nullptr), connect_to(to_port_)});
            }
        }
        for (const auto& p : pairs_) {
            close(p.client);
            close(p.server);
        }
    }

    unsigned to_port_;
    std::chrono::milliseconds delay_;
    std::atomic<bool> stopping_{false};
    std::list<pair> pairs_;
    std::thread thread_;  ///< the last member: it uses the others
};

}  // namespace

std::unique_ptr<loopback_server> make_tcp_relay(unsigned to_port,
                                                std::chrono::milliseconds round_trip) {
    return std::make_unique<tcp_relay>(to_port, round_trip);
}

}  // namespace bench
