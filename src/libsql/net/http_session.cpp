#include "libsql/net/http_session.hpp"

#include "libsql/core/ascii_case.hpp"
#include "libsql/core/out_of_memory.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <new>
#include <utility>

namespace libsql::net {

namespace {

/// Initialises libcurl once, and never cleans up: other code in the process may still use it.
void initialise() {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

/// The largest part of a body that is buffered while the reader does not read.
constexpr std::size_t largest_piece = 512U * 1024;

/// A compressed reply may exceed the first limit if it expands by no more than the second.
constexpr std::size_t most_unpacked = 64U * 1024 * 1024;
constexpr std::size_t most_unpacked_times = 20;

class header_list {
public:
    explicit header_list(const std::vector<std::string>& headers) {
        add("Expect:");  // a server that does not support it delays the request by a second
        for (const auto& h : headers) {
            add(h.c_str());
        }
    }

    ~header_list() { curl_slist_free_all(all_); }

    header_list(const header_list&) = delete;
    header_list& operator=(const header_list&) = delete;

    [[nodiscard]] curl_slist* get() const noexcept { return all_; }

private:
    void add(const char* header) { all_ = curl_slist_append(all_, header); }

    curl_slist* all_{nullptr};
};

/// Whether the server was not found or not reached; another attempt may succeed.
bool may_pass(CURLcode code) noexcept {
    return code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_CONNECT ||
           code == CURLE_SSL_CONNECT_ERROR;
}

/// A message for a broken connection that does not assume knowledge of libcurl; null for other
/// errors.
const char* broken(CURLcode code, bool replying) noexcept {
    switch (code) {
        case CURLE_SEND_FAIL_REWIND:  // libcurl tried to send the body again
        case CURLE_GOT_NOTHING:
        case CURLE_SEND_ERROR:
        case CURLE_RECV_ERROR:
        case CURLE_PARTIAL_FILE:
            return replying ? "the connection to the server broke in the middle of its reply"
                            : "the connection to the server broke before it replied";
        default:
            return nullptr;
    }
}

/// libcurl's message as one line, without the user and password of an invalid proxy URL.
std::string tidy(std::string message) {
    const std::size_t quote = message.find('\'');
    const std::size_t at = message.rfind('@');
    if (quote != std::string::npos && at != std::string::npos && quote < at) {
        message.erase(quote + 1, at - quote);
    }
    std::replace(message.begin(), message.end(), '\n', ' ');
    return message;
}

/// Scheme, host and port of a URL, without a user and password.
std::string origin_of(std::string_view url) {
    constexpr std::string_view behind_scheme = "://";
    const std::size_t host = url.find(behind_scheme) + behind_scheme.size();
    const std::string_view rest = url.substr(host, url.find('/', host) - host);
    return std::string(url.substr(0, host)) + std::string(rest.substr(rest.rfind('@') + 1));
}

std::string decode_percents(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned byte = 0;
        if (text[i] == '%' && i + 2 < text.size() &&
            std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ptr ==
                text.data() + i + 3) {
            out += static_cast<char>(byte);
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

}  // namespace

struct http_session::state {
    http_options chosen;
    CURLM* multi{nullptr};
    std::vector<CURL*> idle;  ///< handles to be reused
    std::atomic<unsigned> interrupts{0};
    std::atomic<unsigned> ends{0};  ///< interrupts that also end requests that are not attended
    std::vector<std::unique_ptr<exchange>> unattended;
    std::atomic<std::int64_t> heard{0};   ///< system clock ticks; 0: never
    std::atomic<std::int64_t> silent{0};  ///< in steady clock ticks: waiting since then; 0: not

    void hear() noexcept {
        heard = std::chrono::system_clock::now().time_since_epoch().count();
        listen(true);
    }

    void listen(bool on) noexcept {
        silent = on ? std::chrono::steady_clock::now().time_since_epoch().count() : 0;
    }

    CURL* take() {
        if (idle.empty()) {
            constexpr std::size_t most_idle = 16;
            idle.reserve(most_idle);  // returning a handle must not allocate
            return curl_easy_init();
        }
        CURL* const easy = idle.back();
        idle.pop_back();
        curl_easy_reset(easy);
        return easy;
    }

    void pump() const;
    void drop_finished();
};

/// The buffers of libcurl's callbacks, at a stable address.
struct http_session::exchange::transfer {
    state* owner{nullptr};
    CURL* easy{nullptr};
    http_request request;
    header_list headers;
    std::size_t sent{0};
    http_reply reply;
    std::string received;  ///< body bytes that were not yet read
    std::optional<CURLcode> result;
    unsigned interrupts{0};           ///< number of relevant interrupts at the start of the request
    std::size_t most{largest_piece};  ///< of `received`, before the transfer pauses
    bool whole{false};  ///< the body is read only when complete: exceeding `most` is an error
    bool paused{false};
    bool without_memory{false};
    std::string_view too_big{};  ///< the reason why the rest of the reply is not read
    std::array<char, CURL_ERROR_SIZE> message{};

    transfer(state& s, http_request&& r)
        : owner(&s), request(std::move(r)), headers(request.headers) {}

    ~transfer() {
        if (easy == nullptr) {
            return;
        }
        curl_multi_remove_handle(owner->multi, easy);
        if (result == CURLE_OK && owner->idle.size() < owner->idle.capacity()) {
            owner->idle.push_back(easy);
        } else {
            curl_easy_cleanup(easy);  // a reset does not clear all state of a failed transfer
        }
    }

    transfer(const transfer&) = delete;
    transfer& operator=(const transfer&) = delete;

    [[nodiscard]] unsigned interrupts_now() const noexcept {
        return request.attended ? owner->interrupts.load() : owner->ends.load();
    }

    /// Runs a callback of libcurl, which must not throw; returns 0, which aborts the request, if
    /// memory runs out.
    template <class F>
    std::size_t unless_without_memory(F&& f) noexcept {
        try {
            return f();
        } catch (const std::bad_alloc&) {
            without_memory = true;
            return 0;
        }
    }

    static std::size_t on_body(char* data, std::size_t one, std::size_t count,
                               void* self) noexcept {
        auto& t = *static_cast<transfer*>(self);
        t.owner->hear();
        if (t.whole && t.is_too_big()) {
            return 0;  // abort: libcurl keeps decompressing while a transfer is paused
        }
        if (t.received.size() >= t.most) {
            t.paused = true;
            return CURL_WRITEFUNC_PAUSE;
        }
        return t.unless_without_memory([&] {
            t.received.append(data, one * count);
            return one * count;
        });
    }

    bool is_too_big() noexcept {
        curl_off_t came = 0;
        if (received.size() >= most) {
            too_big = "the server's reply is larger than 1 GiB";
        } else if (received.size() > most_unpacked &&
                   curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &came) == CURLE_OK &&
                   received.size() / most_unpacked_times > static_cast<std::size_t>(came)) {
            too_big = "the server's reply is compressed, and too large when decompressed";
        }
        return !too_big.empty();
    }

    /// There is deliberately no rewind callback. With one, libcurl would send the body again on a
    /// new connection if a reused one breaks, although the server may have received it.
    static std::size_t on_send(char* to, std::size_t one, std::size_t count, void* self) noexcept {
        auto& t = *static_cast<transfer*>(self);
        const std::size_t n = std::min(one * count, t.request.body->size() - t.sent);
        std::copy_n(t.request.body->data() + t.sent, n, to);
        t.sent += n;
        return n;
    }

    static std::size_t on_header(char* data, std::size_t one, std::size_t count,
                                 void* self) noexcept {
        auto& t = *static_cast<transfer*>(self);
        t.owner->hear();
        return t.unless_without_memory([&] { return t.take_header({data, one * count}); });
    }

    std::size_t take_header(std::string_view line) {
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) {
            return line.size();
        }
        const std::size_t from = std::min(line.find_first_not_of(" \t", colon + 1), line.size());
        const std::size_t end = line.find_last_not_of(" \t\r\n");
        const std::string_view value =
            from <= end ? line.substr(from, end + 1 - from) : std::string_view();
        const auto is = [&](std::string_view name) {
            return equals_ignoring_case(line.substr(0, colon), name);
        };
        if (is("grpc-status")) {
            reply.grpc_status = value;
        } else if (is("grpc-message")) {
            reply.grpc_message = decode_percents(value);
        } else if (is("location")) {
            reply.location = std::string(value);
        }
        return line.size();
    }

    void set_up() {
        const auto& chosen = owner->chosen;
        curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
        curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
        curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
        if (request.compressed) {
            curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
        }
        curl_easy_setopt(easy, CURLOPT_USERAGENT, chosen.user_agent.c_str());
        curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                         static_cast<long>(chosen.connect_timeout.count()));
        curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 256L * 1024);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_body);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
        curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &on_header);
        curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
        curl_easy_setopt(easy, CURLOPT_PRIVATE, this);
        curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, message.data());
        if (!chosen.ca_file.empty()) {
            curl_easy_setopt(easy, CURLOPT_CAINFO, chosen.ca_file.c_str());
        }
        if (!chosen.proxy.empty()) {
            curl_easy_setopt(easy, CURLOPT_PROXY, chosen.proxy.c_str());
        }
        if (request.body) {
            curl_easy_setopt(easy, CURLOPT_POST, 1L);
            curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                             static_cast<curl_off_t>(request.body->size()));
            curl_easy_setopt(easy, CURLOPT_READFUNCTION, &on_send);
            curl_easy_setopt(easy, CURLOPT_READDATA, this);
        }
    }

    void finish(CURLcode code) {
        result = code;
        long status = 0;
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        reply.status = static_cast<int>(status);
        curl_off_t seconds = 0;
        if (curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds) == CURLE_OK && seconds > 0) {
            reply.retry_after = std::chrono::seconds(seconds);
        }
    }

    [[nodiscard]] http_failure failure() const {
        if (without_memory) {
            return {detail::out_of_memory(), sent > 0};
        }
        if (!too_big.empty()) {
            return {error(error_kind::too_big, std::string(too_big))};
        }
        if (paused && *result == CURLE_OUT_OF_MEMORY) {  // libcurl's limit for a paused transfer
            return {error(error_kind::too_big,
                          "the server's reply is compressed, and a part of it is too large when "
                          "decompressed")};
        }
        const char* const ours = broken(*result, reply.status != 0);
        std::string why = ours != nullptr      ? ours
                          : message[0] != '\0' ? message.data()
                                               : curl_easy_strerror(*result);
        if (*result == CURLE_SSL_CONNECT_ERROR) {
            why = "no TLS connection to " + origin_of(request.url) + ": " + why;
            if (why.find("wrong version number") != std::string::npos) {
                why += ". The server does not speak TLS on that port: use http:// or ?tls=0";
            }
        }
        // A server cannot execute a request whose body was not sent.
        return {error(error_kind::network, tidy(why)), sent > 0, sent == 0 && may_pass(*result)};
    }
};

/// Lets all requests progress as far as possible without waiting.
void http_session::state::pump() const {
    int running = 0;
    curl_multi_perform(multi, &running);
    int left = 0;
    while (const CURLMsg* m = curl_multi_info_read(multi, &left)) {
        if (m->msg == CURLMSG_DONE) {
            void* of = nullptr;
            curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &of);
            static_cast<exchange::transfer*>(of)->finish(m->data.result);
        }
    }
}

void http_session::state::drop_finished() {
    std::erase_if(unattended, [](const auto& e) { return e->transfer_->result.has_value(); });
}

http_session::exchange::exchange(http_session::state& owner, http_request request)
    : transfer_(std::make_unique<transfer>(owner, std::move(request))) {
    auto& t = *transfer_;
    t.interrupts = t.interrupts_now();
    t.easy = owner.multi == nullptr ? nullptr : owner.take();
    if (t.easy == nullptr) {
        t.result = CURLE_OUT_OF_MEMORY;
        return;
    }
    t.set_up();
    curl_multi_add_handle(owner.multi, t.easy);
    owner.pump();
}

http_session::exchange::~exchange() = default;

void http_session::exchange::attend(bool on) noexcept {
    transfer_->request.attended = on;
    transfer_->interrupts = transfer_->interrupts_now();
}

http_reply& http_session::exchange::head() noexcept {
    return transfer_->reply;
}

/// Waits for the end of the reply (`end`), or until some of its body has arrived.
std::optional<http_failure> http_session::exchange::await(bool end, deadline until) {
    auto& t = *transfer_;
    auto& s = *t.owner;

    class listening {
    public:
        explicit listening(state& of) : of_(of) { of.listen(true); }

        ~listening() { of_.listen(false); }

        listening(const listening&) = delete;
        listening& operator=(const listening&) = delete;

    private:
        state& of_;
    };

    const listening now(s);
    for (;;) {
        if (t.result) {
            return *t.result == CURLE_OK ? std::nullopt : std::optional(t.failure());
        }
        if (!end && !t.received.empty()) {
            return std::nullopt;
        }
        if (std::exchange(t.paused, false)) {
            curl_easy_pause(t.easy, CURLPAUSE_CONT);
        }
        s.pump();
        if (t.result || (!end && !t.received.empty())) {
            continue;
        }
        if (t.interrupts_now() != t.interrupts) {
            return http_failure{error(error_kind::interrupted, "interrupted"), t.sent > 0};
        }
        if (until.passed()) {
            return http_failure{error(error_kind::timeout, "the deadline passed"), t.sent > 0};
        }
        using namespace std::chrono;
        milliseconds wait(1000);
        if (until.is_set()) {
            const auto left = duration_cast<milliseconds>(until.at() - deadline::clock::now());
            wait = std::clamp(left + milliseconds(1), milliseconds(0), wait);
        }
        curl_multi_poll(s.multi, nullptr, 0, static_cast<int>(wait.count()), nullptr);
    }
}

std::variant<bool, http_failure> http_session::exchange::read(std::string& into, deadline until) {
    auto& t = *transfer_;
    if (auto failed = await(false, until)) {
        return *std::move(failed);
    }
    if (!t.result) {
        long status = 0;
        curl_easy_getinfo(t.easy, CURLINFO_RESPONSE_CODE, &status);
        t.reply.status = static_cast<int>(status);
    }
    into += t.received;
    t.received.clear();
    return t.result.has_value();
}

std::optional<http_failure> http_session::exchange::read_rest(std::string& into, deadline until,
                                                              std::size_t most) {
    auto& t = *transfer_;
    curl_off_t expected = 0;
    if (!t.result) {
        curl_easy_getinfo(t.easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &expected);
    }
    constexpr curl_off_t most_reserved = 64LL * 1024 * 1024;
    if (expected > 0) {
        into.reserve(static_cast<std::size_t>(std::min(expected, most_reserved)) + 64);
    }
    into += t.received;
    t.received.swap(into);
    t.most = most;
    t.whole = true;
    if (std::exchange(t.paused, false)) {
        curl_easy_pause(t.easy, CURLPAUSE_CONT);
    }
    auto failed = await(true, until);
    into.swap(t.received);
    return failed;
}

http_session::http_session(http_options chosen) : state_(std::make_unique<state>()) {
    initialise();
    state_->chosen = std::move(chosen);
    state_->multi = curl_multi_init();
}

http_session::~http_session() {
    const auto end = deadline::in(std::chrono::seconds(1));
    for (const auto& e : state_->unattended) {
        e->transfer_->interrupts = e->transfer_->interrupts_now();  // ignore earlier interrupts
        std::string ignored;
        try {
            static_cast<void>(e->read_rest(ignored, end, largest_refusal));
        } catch (const std::bad_alloc&) {
            break;  // treated as a timeout
        }
    }
    state_->unattended.clear();
    for (CURL* const easy : state_->idle) {
        curl_easy_cleanup(easy);
    }
    curl_multi_cleanup(state_->multi);
}

void http_session::interrupt() noexcept {
    state_->interrupts.fetch_add(1);
    curl_multi_wakeup(state_->multi);
}

http_contact http_session::contact() const noexcept {
    using namespace std::chrono;
    http_contact now;
    if (const auto heard = state_->heard.load(); heard != 0) {
        now.last = system_clock::time_point(system_clock::duration(heard));
    }
    if (const auto silent = state_->silent.load(); silent != 0) {
        now.silent = steady_clock::now().time_since_epoch() - steady_clock::duration(silent);
    }
    return now;
}

unsigned http_session::interrupts() const noexcept {
    return state_->interrupts.load();
}

void http_session::give_up() noexcept {
    state_->ends.fetch_add(1);
    interrupt();
}

result<bool> http_session::wait(std::chrono::milliseconds duration, deadline until) {
    const unsigned interrupts = state_->interrupts.load();
    const auto end = deadline::clock::now() + duration;
    if (until.is_set() && until.at() < end) {
        return false;
    }
    for (;;) {
        using namespace std::chrono;
        const auto left = duration_cast<milliseconds>(end - deadline::clock::now());
        if (left.count() <= 0) {
            return true;
        }
        curl_multi_poll(state_->multi, nullptr, 0, static_cast<int>(left.count()), nullptr);
        if (state_->interrupts.load() != interrupts) {
            return error(error_kind::interrupted, "interrupted");
        }
        state_->pump();
    }
}

std::unique_ptr<http_session::exchange> http_session::start(http_request request) {
    if (!state_->unattended.empty()) {
        state_->pump();  // releases their connections
        state_->drop_finished();
    }
    return std::unique_ptr<exchange>(new exchange(*state_, std::move(request)));
}

/// Waits until the request is sent, for at most 200 ms. Only a new connection takes noticeable
/// time.
void http_session::send_out(exchange& begun) noexcept {
    auto& sent = *begun.transfer_;
    const auto end = deadline::in(std::chrono::milliseconds(200));
    while (!sent.result && sent.sent < sent.request.body->size() && !end.passed()) {
        curl_multi_poll(state_->multi, nullptr, 0, 10, nullptr);
        state_->pump();
    }
}

void http_session::send_unattended(http_request request) {
    state_->unattended.reserve(state_->unattended.size() + 1);
    send_out(*state_->unattended.emplace_back(start(std::move(request))));
}

std::unique_ptr<http_session::exchange> http_session::start_ahead(http_request request) {
    auto begun = start(std::move(request));
    send_out(*begun);
    return begun;
}

std::variant<http_reply, http_failure> http_session::send(http_request request, deadline until) {
    return stream(std::move(request), until, {});
}

std::variant<http_reply, http_failure> http_session::stream(
    http_request request, deadline until, const std::function<bool(std::string_view)>& sink) {
    return stream(start(std::move(request)), until, sink);
}

std::variant<http_reply, http_failure> http_session::stream(
    std::unique_ptr<exchange> begun, deadline until,
    const std::function<bool(std::string_view)>& sink) {
    const auto now = std::move(begun);
    std::string bytes;
    for (bool complete = false; !complete;) {
        const auto got = now->read(bytes, until);
        if (const auto* failed = std::get_if<http_failure>(&got)) {
            return *failed;
        }
        complete = std::get<bool>(got);
        const bool ok = now->head().status == 200;
        if (!sink || !ok) {
            auto failed = now->read_rest(bytes, until, ok ? largest_reply : largest_refusal);
            if (failed && (ok || failed->why.kind() != error_kind::too_big)) {
                return *std::move(failed);
            }
            break;
        }
        if (!bytes.empty() && !sink(bytes)) {
            return std::move(now->head());
        }
        bytes.clear();
    }
    now->head().body = std::move(bytes);
    return std::move(now->head());
}

}  // namespace libsql::net
