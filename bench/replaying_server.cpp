#include "replaying_server.hpp"

#include "harness.hpp"

#include <curl/curl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace bench {

namespace {

struct http_message {
    std::string head;
    std::string body;

    [[nodiscard]] std::string_view first_line() const {
        return std::string_view(head).substr(0, head.find("\r\n"));
    }
};

std::size_t length_in(std::string_view head) {
    std::string lower(head);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    constexpr std::string_view name = "content-length:";
    const auto at = lower.find(name);
    std::size_t length = 0;
    if (at != std::string::npos) {
        const auto digits = lower.find_first_not_of(' ', at + name.size());
        std::from_chars(lower.data() + digits, lower.data() + lower.size(), length);
    }
    check(lower.find("transfer-encoding: chunked") == std::string::npos, "a chunked request");
    return length;
}

std::size_t append(char* data, std::size_t one, std::size_t count, void* to) {
    static_cast<std::string*>(to)->append(data, one * count);
    return one * count;
}

class replaying_server final : public loopback_server {
public:
    explicit replaying_server(unsigned of_port)
        : of_port_(of_port), acceptor_([this] { accept_all(); }) {}

    ~replaying_server() override {
        stopping_ = true;
        acceptor_.join();
        for (auto& t : threads_) {
            t.join();
        }
    }

private:
    /// True when `into` is a complete request; the bytes after it remain in `buffer`.
    bool receive(int socket, std::string& buffer, http_message& into) const {
        for (;;) {
            const auto end = buffer.find("\r\n\r\n");
            if (end != std::string::npos) {
                const std::size_t length = length_in(std::string_view(buffer).substr(0, end));
                if (buffer.size() >= end + 4 + length) {
                    into.head = buffer.substr(0, end);
                    into.body = buffer.substr(end + 4, length);
                    buffer.erase(0, end + 4 + length);
                    return true;
                }
            }
            pollfd wait{socket, POLLIN, 0};
            while (poll(&wait, 1, 100) == 0) {
                if (stopping_) {
                    return false;
                }
            }
            std::array<char, 65536> bytes;
            const auto count = recv(socket, bytes.data(), bytes.size(), 0);
            if (count <= 0) {
                return false;
            }
            buffer.append(bytes.data(), static_cast<std::size_t>(count));
        }
    }

    const std::string& answer(const http_message& request) {
        const std::lock_guard lock(mutex_);
        const std::string key = std::string(request.first_line()) + '\n' + request.body;
        auto [found, is_new] = answers_.try_emplace(key);
        if (is_new) {
            found->second = ask(request);
        }
        return found->second;
    }

    std::string ask(const http_message& request) const {
        const auto line = request.first_line();
        const auto path = line.substr(line.find(' ') + 1, line.rfind(' ') - line.find(' ') - 1);
        const std::string url = "http://127.0.0.1:" + std::to_string(of_port_) + std::string(path);
        std::string body;
        long status = 0;
        CURL* const easy = curl_easy_init();
        curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &append);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, &body);
        if (line.starts_with("POST")) {
            curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                             static_cast<curl_off_t>(request.body.size()));
            curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, request.body.c_str());
        }
        check(curl_easy_perform(easy) == CURLE_OK, "the server that is replayed does not answer");
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_cleanup(easy);
        return "HTTP/1.1 " + std::to_string(status) +
               " x\r\ncontent-type: application/json\r\ncontent-length: " +
               std::to_string(body.size()) + "\r\n\r\n" + body;
    }

    void serve(int socket) {
        std::string buffer;
        http_message request;
        while (receive(socket, buffer, request) && send_all(socket, answer(request))) {
        }
        close(socket);
    }

    void accept_all() {
        while (!stopping_) {
            pollfd wait{listener(), POLLIN, 0};
            if (poll(&wait, 1, 100) > 0) {
                const int socket = accept(listener(), nullptr, nullptr);
                threads_.emplace_back([this, socket] { serve(socket); });
            }
        }
    }

    unsigned of_port_;
    std::atomic<bool> stopping_{false};
    std::mutex mutex_;
    std::map<std::string, std::string> answers_;
    std::vector<std::thread> threads_;
    std::thread acceptor_;  ///< the last member: it uses the others
};

}  // namespace

std::unique_ptr<loopback_server> make_replaying_server(unsigned of_port) {
    return std::make_unique<replaying_server>(of_port);
}

}  // namespace bench
