#include "libsql/remote/server.hpp"

#include "libsql/core/backoff.hpp"
#include "libsql/engine/process_mark.hpp"
#include "libsql/net/base64.hpp"
#include "libsql/remote/server_error.hpp"

#include <libsql/version.hpp>

#include <span>
#include <utility>

namespace libsql::remote {

namespace {

std::string base64(std::string_view text) {
    std::string out;
    net::append_base64(out, std::as_bytes(std::span(text)));
    return out;
}

/// A value with a line break could inject another header.
bool is_header_value(std::string_view text) noexcept {
    return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

/// The token that a request carries; empty if none.
std::string token_of(const net::http_request& sent) {
    constexpr std::string_view before = "authorization: Bearer ";
    for (const auto& header : sent.headers) {
        if (header.starts_with(before)) {
            return header.substr(before.size());
        }
    }
    return {};
}

/// Replaces each `secret` in `text`, if it is not empty.
void remove_secret(std::string& text, std::string_view secret) {
    constexpr std::string_view shown = "***";
    for (std::size_t at = 0; !secret.empty();) {
        at = text.find(secret, at);
        if (at == std::string::npos) {
            return;
        }
        text.replace(at, secret.size(), shown);
        at += shown.size();
    }
}

/// `text` as JSON that escapes slashes has it.
std::string with_escaped_slashes(std::string_view text) {
    std::string out;
    for (const char c : text) {
        out += c == '/' ? "\\/" : std::string(1, c);
    }
    return out;
}

/// Whether a request that a server refused because it is busy may be repeated.
bool may_repeat(const net::http_request& refused, server::answer& with, deadline until) {
    if (refused.again != net::repeats::not_begun) {
        return refused.again == net::repeats::always;
    }
    static_cast<void>(with.exchange->read_rest(with.body, until, net::largest_refusal));
    return did_not_begin(with.exchange->head().status, with.body);
}

}  // namespace

result<std::shared_ptr<server>> server::make(const libsql::options& chosen) {
    for (const auto& [name, text] :
         {std::pair("namespace", &chosen.server_namespace),
          std::pair("user_agent", &chosen.user_agent),
          std::pair("remote_encryption_key", &chosen.remote_encryption_key)}) {
        if (!is_header_value(*text)) {
            return error(error_kind::invalid_argument,
                         "option " + std::string(name) + " contains a line break or a NUL");
        }
    }
    return detail::parse_server_url(chosen.uri).transform([&](detail::server_url&& where) {
        return detail::make_marked<server>(chosen, std::move(where));
    });
}

server::server(libsql::options chosen, detail::server_url where)
    : chosen_(std::move(chosen)), where_(std::move(where)) {}

net::http_options server::how() const {
    return {.connect_timeout = chosen_.connect_timeout,
            .ca_file = chosen_.ca_file,
            .proxy = chosen_.proxy,
            .user_agent = chosen_.user_agent.empty()
                              ? "ecto_libsql/" + std::string(libsql::engine().driver_version)
                              : chosen_.user_agent};
}

/// `asking_` must be held, and `mutex_` not.
result<void> server::ask_token() {
    auto given = chosen_.auth_token.get();
    if (!given) {
        return given.error();
    }
    if (!is_header_value(*given)) {
        return error(error_kind::authentication, "the token contains a line break or a NUL");
    }
    const std::lock_guard lock(mutex_);
    refused_token_ = std::exchange(token_, *std::move(given));
    has_token_ = true;
    return {};
}

result<std::string> server::token() {
    const auto known = [this]() -> std::optional<std::string> {
        const std::lock_guard lock(mutex_);
        return has_token_ ? std::optional(token_) : std::nullopt;
    };
    if (auto token = known()) {
        return *std::move(token);
    }
    const std::lock_guard lock(asking_);
    if (!known()) {
        if (auto asked = ask_token(); !asked) {
            return asked.error();
        }
    }
    return *known();
}

bool server::knows_another_token(const std::string& refused) {
    const std::lock_guard lock(mutex_);
    return token_ != refused;
}

result<bool> server::renew_token(const std::string& refused) {
    if (!chosen_.auth_token.can_change()) {
        return false;
    }
    if (knows_another_token(refused)) {
        return true;
    }
    const std::lock_guard lock(asking_);
    if (!knows_another_token(refused)) {
        if (auto asked = ask_token(); !asked) {
            return asked.error();
        }
    }
    return knows_another_token(refused);
}

bool server::is_at(std::string_view address) const {
    return detail::origin_of(address) == detail::origin_of(where_.base);
}

bool server::has_secrets() {
    return !chosen_.remote_encryption_key.empty() || !token().value_or(std::string()).empty();
}

void server::add_headers(net::http_request& to, const std::string& token) const {
    const bool is_here = is_at(to.url);
    if (is_here && !token.empty()) {
        to.headers.push_back("authorization: Bearer " + token);
    }
    if (!chosen_.server_namespace.empty()) {
        // Older servers read only the second header.
        to.headers.push_back("x-namespace: " + chosen_.server_namespace);
        to.headers.push_back("x-namespace-bin: " + base64(chosen_.server_namespace));
    }
    if (is_here && !chosen_.remote_encryption_key.empty()) {
        to.headers.push_back("x-turso-encryption-key: " + chosen_.remote_encryption_key);
    }
}

net::http_request server::with_headers(net::http_request request) {
    std::string known;
    {
        const std::lock_guard lock(mutex_);
        known = token_;
    }
    add_headers(request, known);
    return request;
}

bool server::has_another_token(const net::http_request& refused) {
    return renew_token(token_of(refused)).value_or(false);
}

std::optional<bool> server::seek_another_token(const net::http_request& refused) {
    const std::string used = token_of(refused);
    if (knows_another_token(used) || !chosen_.auth_token.can_change()) {
        return knows_another_token(used);
    }
    const std::lock_guard lock(mutex_);
    if (!sought_.valid()) {
        sought_ = std::async(std::launch::async,
                             [this, used] { return renew_token(used).value_or(false); });
    }
    if (sought_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
        return std::nullopt;
    }
    return sought_.get();
}

std::variant<server::answer, net::http_failure> server::start(net::http_session& http,
                                                              const net::http_request& request,
                                                              deadline until) {
    using namespace std::chrono_literals;
    constexpr int most_tries = 5;
    detail::backoff pause(20ms, 1000ms);
    bool renewed = false;
    for (int tries = 1;; ++tries) {
        auto used = token();
        if (!used) {
            return net::http_failure{used.error(), false};
        }
        net::http_request sent = request;
        add_headers(sent, *used);
        answer got;
        got.exchange = http.start(std::move(sent));
        auto read = got.exchange->read(got.body, until);
        std::chrono::milliseconds wait = pause.next();
        if (auto* failed = std::get_if<net::http_failure>(&read)) {
            if (!failed->may_pass || tries == most_tries) {
                return *failed;
            }
            auto waited = http.wait(wait, until);
            if (!waited) {
                return net::http_failure{waited.error(), false};
            }
            if (!*waited) {
                return *failed;
            }
            continue;
        }
        got.complete = std::get<bool>(read);
        const auto& head = got.exchange->head();
        if (head.status == 401 && !std::exchange(renewed, true)) {
            auto another = renew_token(*used);
            if (!another) {
                return net::http_failure{another.error(), false};
            }
            if (*another) {
                continue;
            }
        }
        const bool is_busy = head.status == 429 || head.status == 503;
        if (is_busy && tries < most_tries && may_repeat(request, got, until)) {
            wait = std::max<std::chrono::milliseconds>(
                wait, head.retry_after.value_or(std::chrono::seconds(0)));
            constexpr auto longest = 30s;
            auto waited = wait <= longest ? http.wait(wait, until) : result<bool>(false);
            if (!waited) {
                return net::http_failure{waited.error(), false};
            }
            if (*waited) {
                continue;
            }
        }
        return got;
    }
}

std::variant<net::http_reply, net::http_failure> server::send(net::http_session& http,
                                                              const net::http_request& request,
                                                              deadline until) {
    auto started = start(http, request, until);
    if (const auto* failed = std::get_if<net::http_failure>(&started)) {
        return *failed;
    }
    auto& got = std::get<answer>(started);
    const bool ok = got.exchange->head().status == 200;
    auto failed =
        got.exchange->read_rest(got.body, until, ok ? net::largest_reply : net::largest_refusal);
    if (failed && (ok || failed->why.kind() != error_kind::too_big)) {
        return *std::move(failed);
    }
    got.exchange->head().body = std::move(got.body);
    return std::move(got.exchange->head());
}

std::string server::without_secrets(std::string text) {
    const std::lock_guard lock(mutex_);
    for (const std::string_view secret :
         {std::string_view(token_), std::string_view(refused_token_),
          std::string_view(chosen_.remote_encryption_key)}) {
        remove_secret(text, secret);
        remove_secret(text, with_escaped_slashes(secret));
    }
    return text;
}

result<const codec*> server::choose_codec(net::http_session& http, deadline until) {
    if (const auto* const known = codec_.load()) {
        return known;
    }
    const codec* found =
        chosen_.wire_format == wire_format::json ? &json_codec() : &protobuf_codec();
    if (chosen_.wire_format == wire_format::automatic) {
        auto probed = send(
            http, {.url = where_.at(protobuf_codec().path), .again = net::repeats::always}, until);
        if (auto* failed = std::get_if<net::http_failure>(&probed)) {
            // This request executes nothing.
            return failed->why.with_outcome(error_outcome::not_run);
        }
        const int status = std::get<net::http_reply>(probed).status;
        if (status != 200) {
            found = &json_codec();
        }
        if (status == 401 || status == 403 || status == 429 || status >= 500) {
            return found;  // this status says nothing about the format, so the next call asks again
        }
    }
    codec_.store(found);
    return found;
}

}  // namespace libsql::remote
