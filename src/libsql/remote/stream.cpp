#include "libsql/remote/stream.hpp"

#include "libsql/core/out_of_memory.hpp"
#include "libsql/remote/server_error.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace libsql::remote {

namespace {

// A server closes a stream that has received no request for 10 s.
constexpr auto quiet = std::chrono::seconds(4);
constexpr auto longest_sign = std::chrono::seconds(6);

deadline earlier(deadline until, std::chrono::milliseconds wait) noexcept {
    return deadline(std::min(until.at(), deadline::in(wait).at()));
}

bool is_wait_over(const error& why) noexcept {
    return why.kind() == error_kind::timeout || why.kind() == error_kind::interrupted;
}

}  // namespace

net::http_request stream::request_for(const codec& c, std::string_view what,
                                      std::string body) const {
    const auto& where = server_->url();
    return {.url = base_url_.value_or(where.base) + std::string(c.path) + std::string(what) +
                   where.query,
            .body = std::move(body),
            .headers = {"content-type: " + std::string(c.content_type)}};
}

/// Follows the baton and the address in a reply. The address must be a valid server URL and no less
/// secure than the first one. If there is a token, it must be the same server, because the token is
/// meant for that one.
result<void> stream::follow(const std::optional<std::string>& baton,
                            const std::optional<std::string>& base_url) {
    if (!baton) {
        forget();
        return {};
    }
    baton_ = baton;
    if (!base_url) {
        return {};
    }
    auto there = detail::parse_server_url(*base_url);
    if (!there) {
        forget();
        return not_a_reply("its base_url is not the URL of a server");
    }
    if (server_->url().secure && !there->secure) {
        forget();
        return not_a_reply("its base_url is http, but the option uri is https");
    }
    if (!server_->is_at(there->base) && server_->has_secrets()) {
        forget();
        return not_a_reply("its base_url names another server, which must not receive the token");
    }
    base_url_ = std::move(there->base);
    return {};
}

/// All requests of a stream must use the same codec.
result<const codec*> stream::choose_codec(deadline until) {
    if (!baton_ || codec_ == nullptr) {
        auto chosen = server_->choose_codec(*http_, until);
        if (!chosen) {
            forget();
            return chosen.error();
        }
        codec_ = *chosen;
    }
    return codec_;
}

error stream::lost(const net::http_failure& why) {
    forget();
    return transport_error(why);
}

error stream::refused(int status, std::string body) {
    const bool was_open = is_open();
    forget();
    const bool may_have_run =
        status >= 500 || (status == 429 && (was_open || !did_not_begin(status, body)));
    // Before a part of it is cut off, which may end in the middle of a secret; and once more,
    // because text in JSON may be escaped.
    auto said = codec_->read_refusal(server_->without_secrets(std::move(body)));
    redact(said);
    if (status < 300) {
        said.message.clear();  // the body may be a reply that contains the baton
    }
    const error why = reply_error(status, said, was_open);
    return may_have_run || why.outcome() == error_outcome::unknown ? with_doubt(why) : why;
}

/// The text of a server's error becomes visible to anybody who sees our error, so secrets are
/// removed.
void stream::redact(hrana::failure& why) const {
    why.message = server_->without_secrets(std::move(why.message));
    why.code = server_->without_secrets(std::move(why.code));
}

void stream::redact(hrana::reply& all) const {
    for (auto& result : all.results) {
        if (auto* why = std::get_if<hrana::failure>(&result)) {
            redact(*why);
        } else if (auto* outcome =
                       std::get_if<hrana::batch_outcome>(&std::get<hrana::response>(result))) {
            for (auto& step : outcome->failures) {
                if (step) {
                    redact(*step);
                }
            }
        }
    }
}

void stream::forget() noexcept {
    baton_.reset();
    base_url_.reset();
    sign_.reset();
}

void stream::close() noexcept {
    constexpr auto longest = std::chrono::milliseconds(200);
    const auto until = deadline::in(longest);
    detail::insist([&]() -> result<void> {
        static_cast<void>(settle(until));
        if (baton_ && !sign_) {  // a stream cannot be named without its next baton
            const std::array<hrana::request, 1> requests{hrana::close_request{}};
            if (auto body = codec_->write_pipeline(baton_, requests)) {
                http_->send_unattended(
                    server_->with_headers(request_for(*codec_, "/pipeline", *std::move(body))));
            }
        }
        return {};
    });
    forget();
}

// --- keeping an idle stream alive ---

bool stream::keep_alive() noexcept {
    try {
        if (!sign_ && is_open() && keep_alive::now() - last_sent_ >= quiet) {
            send_sign();
        }
        if (sign_) {
            static_cast<void>(
                await_sign(deadline::in(std::chrono::nanoseconds(0)), token_use::never_waits));
        }
    } catch (...) {
        forget();  // out of memory: the reply to the sign of life cannot be received
    }
    return sign_.has_value();
}

/// Sends a request that resets the server's timeout. If nothing else is running, it asks whether a
/// transaction is open. While a cursor runs, it is a request that the stream answers itself:
/// get_autocommit would wait for the end of the cursor, and would occupy one of sqld's few threads
/// until then.
void stream::send_sign() {
    std::array<hrana::request, 1> what{hrana::get_autocommit_request{}};
    if (reading_) {
        what[0] = hrana::close_sql_request{};
    }
    auto body = codec_->write_pipeline(baton_, what);
    if (!body) {
        return forget();
    }
    auto request = request_for(*codec_, "/pipeline", *std::move(body));
    request.attended = false;
    auto sent = server_->with_headers(request);
    auto exchange = http_->start(sent);
    sign_ = sign_of_life{what, std::move(request), std::move(sent), std::move(exchange),
                         keep_alive::end_of(longest_sign)};
    last_sent_ = keep_alive::now();
    ++keep_alive::sent;
}

/// Sends a sign that was refused again, if there is another token.
void stream::repeat_sign(token_use by) {
    auto& s = *sign_;
    const auto another = by == token_use::may_wait ? server_->has_another_token(s.sent)
                                                   : server_->seek_another_token(s.sent);
    if (another && *another) {
        s.sent = server_->with_headers(s.request);
        s.exchange = http_->start(s.sent);
    } else if (another || keep_alive::has_passed(s.end)) {
        forget();
    }
}

/// After a failure the reply, or another token, is still awaited.
result<void> stream::await_sign(deadline until, token_use by) {
    while (sign_) {
        auto& s = *sign_;
        if (!s.exchange) {
            repeat_sign(by);
            if (sign_ && !sign_->exchange) {
                return {};
            }
            continue;
        }
        const bool late = keep_alive::has_passed(s.end);
        auto read = s.exchange->read(s.body, earlier(until, std::chrono::seconds(late ? 0 : 1)));
        if (const auto* failed = std::get_if<net::http_failure>(&read)) {
            if (late || !is_wait_over(failed->why)) {
                forget();
            } else if (failed->why.kind() == error_kind::interrupted || until.passed()) {
                return failed->why;
            }
        } else if (s.body.size() > net::largest_refusal) {
            forget();
        } else if (std::get<bool>(read)) {
            if (!take_sign(s.exchange->head())) {
                forget();
            }
        }
    }
    return {};
}

/// False if the stream is lost.
bool stream::take_sign(net::http_reply& answer) {
    auto& s = *sign_;
    if (answer.status == 401 && !std::exchange(s.renewed, true)) {
        s.body.clear();
        s.exchange.reset();
        return true;
    }
    if (answer.status != 200) {
        return false;
    }
    const auto reply = codec_->read_pipeline(std::move(s.body), s.what);
    sign_.reset();
    ++keep_alive::answered;
    return reply && follow(reply->baton, reply->base_url);
}

result<void> stream::settle(deadline until) {
    if (!sign_) {
        return {};
    }
    const unsigned interrupts = http_->interrupts();
    const auto attend = [this](bool on) {
        if (sign_ && sign_->exchange) {
            sign_->exchange->attend(on);
        }
    };
    attend(true);
    auto settled = await_sign(until, token_use::may_wait);
    attend(false);
    if (settled && http_->interrupts() != interrupts) {
        return error(error_kind::interrupted, "interrupted");
    }
    return settled;
}

// --- requests ---

/// The request that sends to `where` what `write` encodes.
template <class Write>
result<net::http_request> stream::encode(std::string_view where, deadline until, Write write) {
    auto c = choose_codec(until);
    if (!c) {
        return c.error();
    }
    auto body = write(**c);
    if (!body) {
        return body.error();  // nothing was sent, so the stream is unchanged
    }
    return request_for(**c, where, *std::move(body));
}

result<hrana::reply> stream::send(std::span<const hrana::request> requests, intent what,
                                  deadline until) {
    auto request = encode("/pipeline", until,
                          [&](const codec& c) { return c.write_pipeline(baton_, requests); });
    if (!request) {
        return request.error();
    }
    if (baton_) {
        request->again = net::repeats::never;  // a baton can be used only once
    } else if (what == intent::reads) {
        request->again = net::repeats::always;
    }
    last_sent_ = keep_alive::now();
    auto answer = server_->send(*http_, *request, until);
    if (auto* failed = std::get_if<net::http_failure>(&answer)) {
        return lost(*failed);
    }
    auto& got = std::get<net::http_reply>(answer);
    if (got.status != 200) {
        return refused(got.status, std::move(got.body));
    }
    auto reply = codec_->read_pipeline(std::move(got.body), requests);
    if (!reply) {
        forget();
        return reply.error();
    }
    redact(*reply);
    if (auto followed = follow(reply->baton, reply->base_url); !followed) {
        return followed.error();
    }
    return reply;
}

result<std::unique_ptr<cursor_reply>> stream::open_cursor(const hrana::batch_request& batch,
                                                          bool goes_on, deadline until) {
    auto request =
        encode("/cursor", until, [&](const codec& c) { return c.write_cursor(baton_, batch); });
    if (!request) {
        return request.error();
    }
    request->compressed = false;  // compression would delay the first row until a block is full
    request->again = baton_ ? net::repeats::never : net::repeats::always;
    last_sent_ = keep_alive::now();
    auto started = server_->start(*http_, *request, until);
    if (auto* failed = std::get_if<net::http_failure>(&started)) {
        return lost(*failed);
    }
    auto& got = std::get<server::answer>(started);
    const int status = got.exchange->head().status;
    if (status != 200) {
        // The body is only used for a message, so a part of it is sufficient.
        static_cast<void>(got.exchange->read_rest(got.body, until, net::largest_refusal));
        return refused(status, std::move(got.body));
    }
    auto reader = codec_->read_cursor();
    reader->input() = std::move(got.body);
    return std::make_unique<cursor_reply>(*this, goes_on, std::move(got), std::move(reader));
}

// --- cursors ---

cursor_reply::cursor_reply(stream& of, bool goes_on, server::answer answer,
                           std::unique_ptr<cursor_reader> reader)
    : stream_(&of), goes_on_(goes_on), answer_(std::move(answer)), reader_(std::move(reader)) {
    stream_->reading_ = true;
    if (answer_.complete) {
        reader_->end();
        let_go();
    }
}

/// Reads what has already arrived. If that completes the reply, the HTTP connection can be reused.
cursor_reply::~cursor_reply() {
    constexpr std::size_t enough = 1024U * 1024;
    const auto now = deadline::in(std::chrono::nanoseconds(0));
    try {
        std::string dropped;
        for (std::size_t size = 0; !is_here() && size < enough; size += dropped.size()) {
            dropped.clear();
            const auto read = answer_.exchange->read(dropped, now);
            if (std::holds_alternative<net::http_failure>(read) || std::get<bool>(read)) {
                break;
            }
        }
    } catch (...) {
        let_go();  // out of memory: close the HTTP connection instead
        return;
    }
    let_go();
}

/// Frees the stream. If the reply is incomplete, closes the HTTP connection, which tells the server
/// to stop.
void cursor_reply::let_go() noexcept {
    if (!is_here()) {
        answer_.exchange.reset();
        stream_->reading_ = false;
    }
}

/// Waits for bytes of the reply, and keeps the stream alive while waiting.
std::optional<net::http_failure> cursor_reply::receive(std::string& into, deadline until) {
    for (;;) {
        deadline next = until;
        if (goes_on_ && opened_) {  // before that, the next baton is unknown
            stream_->keep_alive();
            next = earlier(until, std::chrono::milliseconds(200));
        }
        auto read = answer_.exchange->read(into, next);
        if (const bool* const complete = std::get_if<bool>(&read)) {
            answer_.complete = *complete;
            if (*complete) {
                let_go();
            }
            return std::nullopt;
        }
        const auto& failed = std::get<net::http_failure>(read);
        if (failed.why.kind() != error_kind::timeout || until.passed()) {
            return failed;
        }
    }
}

result<void> cursor_reply::hold(deadline until) {
    if (is_here()) {
        return {};
    }
    if (!held_) {
        held_.emplace();
    }
    std::string piece;
    while (!is_here()) {
        piece.clear();
        if (const auto failed = receive(piece, until)) {
            if (is_wait_over(failed->why)) {
                return failed->why;  // the request that waits for this was not sent
            }
            late_ = transport_error(*failed);
        } else if (auto written = held_->write(piece); !written) {
            late_ = written.error();
        }
        if (late_) {
            let_go();
        }
    }
    return {};
}

/// Passes more of the spooled bytes to the reader.
result<void> cursor_reply::take_held() {
    if (held_->size() > 0) {
        return held_->read(reader_->input());
    }
    held_.reset();
    if (late_) {
        return *late_;
    }
    if (answer_.complete) {
        reader_->end();
    }
    return {};
}

result<std::optional<hrana::cursor_entry>> cursor_reply::next(deadline until) {
    for (;;) {
        auto entry = reader_->next();
        if (!entry) {
            if (!is_here()) {
                stream_->forget();
            }
            return entry.error();
        }
        if (*entry) {
            if (auto* head = std::get_if<hrana::cursor_opened>(&**entry)) {
                if (auto followed = stream_->follow(head->baton, head->base_url); !followed) {
                    return followed.error();
                }
                opened_ = true;
                continue;
            }
            if (auto* failed = std::get_if<hrana::step_failed>(&**entry)) {
                stream_->redact(failed->why);
            } else if (auto* all = std::get_if<hrana::cursor_failed>(&**entry)) {
                stream_->redact(all->why);
            }
            return entry;
        }
        if (held_) {
            if (auto taken = take_held(); !taken) {
                return taken.error();
            }
            continue;
        }
        if (is_here()) {
            if (!opened_) {
                stream_->forget();
                return not_a_reply("it is empty");
            }
            return std::nullopt;
        }
        constexpr std::size_t largest_entry = 1024U * 1024 * 1024;
        if (reader_->input().size() > largest_entry) {
            stream_->forget();
            return error(error_kind::too_big,
                         "an entry of the server's reply is larger than 1 GiB");
        }
        if (const auto failed = receive(reader_->input(), until)) {
            if (!opened_) {
                stream_->forget();
            }
            return transport_error(*failed);
        }
        if (is_here()) {
            reader_->end();
        }
    }
}

}  // namespace libsql::remote
