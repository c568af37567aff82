#include "libsql/replication/sync_v2_client.hpp"

#include "libsql/remote/server_error.hpp"

#include <algorithm>
#include <utility>

namespace libsql::replication {

namespace {

/// The largest reply that is buffered: larger than the frames of one request, and than any other
/// reply.
constexpr std::size_t largest_frames_reply = (frames_per_request + 1) * frame::size;

error protocol(std::string what) {
    return error(error_kind::protocol, std::move(what));
}

bool is_redirection(int status) noexcept {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool is_secure(std::string_view url) noexcept {
    return url.starts_with("https://");
}

/// The target of a redirection. It must not be less secure than the first URL.
result<std::string> target_of(const std::string& from, const std::string& location) {
    std::string to = location;
    if (location.starts_with("/") && !location.starts_with("//")) {
        to = from.substr(0, from.find('/', from.find("://") + 3)) + location;
    }
    if (!is_secure(to) && !to.starts_with("http://")) {
        return protocol("the server redirects to an invalid address");
    }
    if (is_secure(from) && !is_secure(to)) {
        return protocol("the server redirects from https to http");
    }
    return to;
}

}  // namespace

sync_v2_client::sync_v2_client(std::shared_ptr<remote::server> server)
    : server_(std::move(server)), http_(server_->how()) {}

result<net::http_reply> sync_v2_client::call_once(const net::http_request& request, const sink& to,
                                                  deadline until) {
    auto started = server_->start(http_, request, until);
    if (auto* failed = std::get_if<net::http_failure>(&started)) {
        return failed->why;
    }
    auto& got = std::get<remote::server::answer>(started);
    auto& head = got.exchange->head();
    const bool to_sink = to && head.status == 200;
    for (;;) {
        if (to_sink) {
            if (auto taken = to(got.body); !taken) {
                return taken.error();
            }
            got.body.clear();
        } else if (got.body.size() > largest_frames_reply) {
            return protocol("the server's reply is larger than requested");
        }
        if (got.complete) {
            break;
        }
        auto read = got.exchange->read(got.body, until);
        if (auto* failed = std::get_if<net::http_failure>(&read)) {
            return failed->why;
        }
        got.complete = std::get<bool>(read);
    }
    head.body = std::move(got.body);
    return std::move(head);
}

result<net::http_reply> sync_v2_client::call(const std::string& path,
                                             std::optional<std::string> body, const sink& to,
                                             deadline until) {
    using namespace std::chrono_literals;
    constexpr int most_retries = 5;
    // Pushing is idempotent, because frames are numbered.
    net::http_request request{
        .url = server_->url().at(path), .body = std::move(body), .again = net::repeats::always};
    if (request.body) {
        request.headers.emplace_back("content-type: application/octet-stream");
    }
    bool redirected = false;
    for (int retries = 0;;) {
        auto reply = call_once(request, to, until);
        if (!reply) {
            return reply;
        }
        if (is_redirection(reply->status) && !std::exchange(redirected, true)) {
            if (!reply->location) {
                return protocol("the server redirects without an address");
            }
            auto next = target_of(request.url, *reply->location);
            if (!next) {
                return next.error();
            }
            if (request.body && !server_->is_at(*next)) {
                return protocol("the server redirects a push to another server");
            }
            request.url = *std::move(next);  // to another host without the token
            continue;
        }
        // A 503 was already retried, and a server may report the end of a generation by a 500.
        const bool again = reply->status >= 500 && reply->status != 503 &&
                           !read_generation(reply->body) && retries < most_retries;
        if (!again || !wait(100ms * (1 << retries), until)) {
            return reply;
        }
        ++retries;
    }
}

/// The message in a refusal, which may be JSON, text or an HTML page.
error sync_v2_client::refusal(const net::http_reply& reply) {
    constexpr std::size_t longest = 200;
    return remote::reply_error(
        reply.status, {.message = server_->without_secrets(reply.body).substr(0, longest)});
}

result<std::optional<std::uint32_t>> sync_v2_client::info(deadline until) {
    auto reply = call("/info", std::nullopt, {}, until);
    if (!reply) {
        return reply.error();
    }
    if (reply->status == 401 || reply->status == 429 || reply->status >= 500) {
        return refusal(*reply);
    }
    // Accepts only a valid reply, because other servers may have a page at this path.
    return reply->status >= 200 && reply->status < 300 ? read_current_generation(reply->body)
                                                       : std::nullopt;
}

result<void> sync_v2_client::export_database(
    std::uint32_t generation, const std::function<result<void>(std::string_view)>& on_bytes,
    deadline until) {
    auto reply = call(path_of_export(generation), std::nullopt, on_bytes, until);
    if (!reply) {
        return reply.error();
    }
    return reply->status == 200 ? result<void>() : result<void>(refusal(*reply));
}

result<std::variant<pulled_frames, end_of_generation>> sync_v2_client::pull(
    std::uint32_t generation, std::uint32_t first, deadline until) {
    using either = std::variant<pulled_frames, end_of_generation>;
    auto reply =
        call(path_of_frames(generation, first, frames_per_request), std::nullopt, {}, until);
    if (!reply) {
        return reply.error();
    }
    if (reply->status == 200) {
        const std::size_t size = reply->body.size();
        if (size == 0 || size % frame::size != 0 || size / frame::size > frames_per_request) {
            return protocol("the server sent " + std::to_string(size) +
                            " bytes, which are not the requested frames");
        }
        return either(pulled_frames{std::move(reply->body)});
    }
    if (reply->status == 400 || reply->status == 500) {
        if (const auto newest = read_generation(reply->body)) {
            return either(end_of_generation{*newest});
        }
    }
    return refusal(*reply);
}

result<push_reply> sync_v2_client::push(std::uint32_t generation, std::uint32_t first,
                                        std::string frames, std::string_view baton,
                                        deadline until) {
    const auto count = static_cast<std::uint32_t>(frames.size() / frame::size);
    auto reply =
        call(path_of_frames(generation, first, count, baton), std::move(frames), {}, until);
    if (!reply) {
        return reply.error();
    }
    if (reply->status != 200) {
        return refusal(*reply);
    }
    auto said = read_push_reply(reply->body);
    if (!said) {
        return protocol("the server's reply to a push is invalid");
    }
    return *std::move(said);
}

}  // namespace libsql::replication
