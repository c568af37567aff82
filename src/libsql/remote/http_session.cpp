#include "libsql/remote/http_session.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstddef>
#include <mutex>
#include <utility>

namespace libsql::remote {

namespace {

/// libcurl is set up once, by whoever comes first, and not torn down: other users of it in the
/// process could still need it.
void initialise() {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

/// What a reply may be without being streamed: more than any server of this protocol sends.
constexpr std::size_t largest_reply = 1024U * 1024 * 1024;

/// One request on its way.
struct exchange {
    http_reply reply;
    const std::function<bool(std::string_view)>* sink{nullptr};
    CURL* easy{nullptr};
    bool given_up{false};
    bool too_big{false};

    static std::size_t on_body(char* data, std::size_t one, std::size_t count, void* self) {
        auto& e = *static_cast<exchange*>(self);
        const std::string_view bytes(data, one * count);
        long status = 0;
        curl_easy_getinfo(e.easy, CURLINFO_RESPONSE_CODE, &status);
        if (e.sink != nullptr && status == 200) {
            e.given_up = !(*e.sink)(bytes);
            return e.given_up ? 0 : bytes.size();
        }
        e.too_big = e.reply.body.size() + bytes.size() > largest_reply;
        if (e.too_big) {
            return 0;
        }
        e.reply.body += bytes;
        return bytes.size();
    }
};

class header_list {
public:
    explicit header_list(const std::vector<std::string>& headers) {
        for (const auto& h : headers) {
            all_ = curl_slist_append(all_, h.c_str());
        }
    }

    ~header_list() { curl_slist_free_all(all_); }

    header_list(const header_list&) = delete;
    header_list& operator=(const header_list&) = delete;

    [[nodiscard]] curl_slist* get() const noexcept { return all_; }

private:
    curl_slist* all_{nullptr};
};

/// Nothing can have reached a server after these.
bool came_before_the_request(CURLcode code) noexcept {
    switch (code) {
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_RESOLVE_PROXY:
        case CURLE_COULDNT_CONNECT:
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CACERT_BADFILE:
            return true;
        default:
            return false;
    }
}

}  // namespace

struct http_session::state {
    http_options chosen;
    CURLM* multi{nullptr};
    CURL* easy{nullptr};
    std::atomic<unsigned> interrupts{0};
    std::array<char, CURL_ERROR_SIZE> message{};
};

http_session::http_session(http_options chosen) : state_(std::make_unique<state>()) {
    initialise();
    state_->chosen = std::move(chosen);
    state_->multi = curl_multi_init();
    state_->easy = curl_easy_init();
}

http_session::~http_session() {
    curl_easy_cleanup(state_->easy);
    curl_multi_cleanup(state_->multi);
}

void http_session::interrupt() noexcept {
    state_->interrupts.fetch_add(1);
    curl_multi_wakeup(state_->multi);
}

std::variant<http_reply, http_failure> http_session::send(const http_request& request,
                                                          deadline until) {
    return stream(request, until, {});
}

std::variant<http_reply, http_failure> http_session::stream(
    const http_request& request, deadline until,
    const std::function<bool(std::string_view)>& sink) {
    auto& s = *state_;
    if (s.multi == nullptr || s.easy == nullptr) {
        return http_failure{error(error_kind::out_of_memory, "libcurl has no memory"), false};
    }
    const unsigned interrupts = s.interrupts.load();
    const header_list headers(request.headers);
    exchange now;
    now.easy = s.easy;
    now.sink = sink ? &sink : nullptr;

    CURL* const easy = s.easy;
    curl_easy_reset(easy);  // keeps the connections
    curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(easy, CURLOPT_USERAGENT, s.chosen.user_agent.c_str());
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     static_cast<long>(s.chosen.connect_timeout.count()));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &exchange::on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &now);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, s.message.data());
    if (!s.chosen.ca_file.empty()) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, s.chosen.ca_file.c_str());
    }
    if (!s.chosen.proxy.empty()) {
        curl_easy_setopt(easy, CURLOPT_PROXY, s.chosen.proxy.c_str());
    }
    if (request.has_body) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                         static_cast<curl_off_t>(request.body.size()));
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
    }
    s.message[0] = '\0';
    curl_multi_add_handle(s.multi, easy);
    const auto done = [&]() -> std::variant<CURLcode, error> {
        for (;;) {
            int running = 0;
            curl_multi_perform(s.multi, &running);
            int left = 0;
            while (const CURLMsg* m = curl_multi_info_read(s.multi, &left)) {
                if (m->msg == CURLMSG_DONE) {
                    return m->data.result;
                }
            }
            if (s.interrupts.load() != interrupts) {
                return error(error_kind::interrupted, "interrupted");
            }
            if (until.passed()) {
                return error(error_kind::timeout, "the call's deadline passed");
            }
            using namespace std::chrono;
            milliseconds wait(1000);
            if (until.is_set()) {
                const auto left_time =
                    duration_cast<milliseconds>(until.at() - deadline::clock::now());
                wait = std::clamp(left_time + milliseconds(1), milliseconds(0), wait);
            }
            curl_multi_poll(s.multi, nullptr, 0, static_cast<int>(wait.count()), nullptr);
        }
    }();
    curl_multi_remove_handle(s.multi, easy);

    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    now.reply.status = static_cast<int>(status);
    if (const auto* stopped = std::get_if<error>(&done)) {
        return http_failure{*stopped};
    }
    const CURLcode code = std::get<CURLcode>(done);
    if (code == CURLE_OK || now.given_up) {
        curl_off_t retry_after = 0;
        if (curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &retry_after) == CURLE_OK &&
            retry_after > 0) {
            now.reply.retry_after_s = retry_after;
        }
        return std::move(now.reply);
    }
    if (now.too_big) {
        return http_failure{error(error_kind::too_big, "the server's reply is larger than 1 GiB")};
    }
    const std::string why = s.message[0] != '\0' ? s.message.data() : curl_easy_strerror(code);
    return http_failure{error(error_kind::network, why), !came_before_the_request(code)};
}

}  // namespace libsql::remote
