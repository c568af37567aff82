#include "libsql/remote/stream.hpp"

#include "libsql/remote/server_error.hpp"

#include <array>
#include <utility>

namespace libsql::remote {

http_request stream::request_for(const codec& c, std::string_view what, std::string body) const {
    const auto& where = server_->url();
    return {.url = base_url_.value_or(where.base) + std::string(c.path()) + std::string(what) +
                   where.query,
            .body = std::move(body),
            .headers = {"content-type: " + std::string(c.content_type())}};
}

/// Where the server says that the stream goes on is a server's address as any other, and no less
/// safe; with a token it is the server that the token is for.
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
    auto there = parse_server_url(*base_url);
    if (!there) {
        forget();
        return not_a_reply("its base_url is not the URL of a server");
    }
    if (server_->url().secure && !there->secure) {
        forget();
        return not_a_reply("its base_url is http, where the option uri is https");
    }
    if (!server_->is_at(there->base) && server_->has_secrets()) {
        forget();
        return not_a_reply("its base_url is another server, and the token is not for that");
    }
    base_url_ = std::move(there->base);
    return {};
}

/// The same for all requests of a stream.
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

error stream::refused(int status, std::string body) {
    const bool was_open = is_open();
    forget();
    auto why = codec_->read_refusal(std::move(body));
    redact(why);
    return reply_error(status, why, was_open);
}

/// What a server says becomes an error, which may be shown to anybody.
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
}

void stream::close() noexcept {
    if (!baton_) {
        return;
    }
    const std::array<hrana::request, 1> requests{hrana::close_request{}};
    if (auto body = codec_->write_pipeline(baton_, requests)) {
        http_->send_unattended(
            server_->with_headers(request_for(*codec_, "/pipeline", *std::move(body))));
    }
    forget();
}

result<hrana::reply> stream::send(std::span<const hrana::request> requests, deadline until) {
    return send(requests, true, until);
}

result<hrana::reply> stream::keep_alive(deadline until) {
    const std::array<hrana::request, 1> requests{hrana::get_autocommit_request{}};
    return send(requests, false, until);
}

result<hrana::reply> stream::send(std::span<const hrana::request> requests, bool attended,
                                  deadline until) {
    auto c = choose_codec(until);
    if (!c) {
        return c.error();
    }
    auto body = (*c)->write_pipeline(baton_, requests);
    if (!body) {
        return body.error();  // nothing was sent: the stream is as it was
    }
    auto request = request_for(**c, "/pipeline", *std::move(body));
    request.attended = attended;
    auto answer = server_->send(*http_, request, until);
    if (auto* failed = std::get_if<http_failure>(&answer)) {
        forget();
        return transport_error(*failed);
    }
    auto& got = std::get<http_reply>(answer);
    if (got.status != 200) {
        return refused(got.status, std::move(got.body));
    }
    auto reply = (*c)->read_pipeline(std::move(got.body), requests);
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
                                                          deadline until) {
    auto c = choose_codec(until);
    if (!c) {
        return c.error();
    }
    auto body = (*c)->write_cursor(baton_, batch);
    if (!body) {
        return body.error();
    }
    auto request = request_for(**c, "/cursor", *std::move(body));
    request.compressed = false;  // the first row is not to wait until a block of them is full
    auto started = server_->start(*http_, request, until);
    if (auto* failed = std::get_if<http_failure>(&started)) {
        forget();
        return transport_error(*failed);
    }
    auto& got = std::get<server::answer>(started);
    const int status = got.exchange->head().status;
    if (status != 200) {
        // What it says is for people: as much of it as comes.
        static_cast<void>(got.exchange->read_rest(got.body, until, largest_refusal));
        return refused(status, std::move(got.body));
    }
    auto reader = (*c)->read_cursor();
    reader->input() = std::move(got.body);
    if (got.complete) {
        reader->end();
    }
    return std::make_unique<cursor_reply>(*this, std::move(got), std::move(reader));
}

void cursor_reply::drop_rest() noexcept {
    constexpr std::size_t enough = 1024U * 1024;
    const auto now = deadline::in(std::chrono::nanoseconds(0));
    std::string dropped;
    for (std::size_t size = 0; !answer_.complete && size < enough; size += dropped.size()) {
        dropped.clear();
        const auto read = answer_.exchange->read(dropped, now);
        if (std::holds_alternative<http_failure>(read)) {
            return;
        }
        answer_.complete = std::get<bool>(read);
    }
}

result<std::optional<hrana::cursor_entry>> cursor_reply::next(deadline until) {
    for (;;) {
        auto entry = reader_->next();
        if (!entry) {
            stream_->forget();
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
        if (answer_.complete) {
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
        auto read = answer_.exchange->read(reader_->input(), until);
        if (auto* failed = std::get_if<http_failure>(&read)) {
            stream_->forget();
            return transport_error(*failed);
        }
        answer_.complete = std::get<bool>(read);
        if (answer_.complete) {
            reader_->end();
        }
    }
}

}  // namespace libsql::remote
