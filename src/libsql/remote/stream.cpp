#include "libsql/remote/stream.hpp"

#include "libsql/remote/hrana_json.hpp"
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

void stream::follow(const std::optional<std::string>& baton,
                    const std::optional<std::string>& base_url) {
    baton_ = baton;
    base_url_ = baton ? (base_url ? base_url : base_url_) : std::nullopt;
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
    // A stream that is open was opened in the format that is known by now.
    if (auto c = server_->choose_codec(*http_, deadline::in(std::chrono::nanoseconds(0)))) {
        if (auto body = (*c)->write_pipeline(baton_, requests)) {
            http_->send_unattended(
                server_->with_headers(request_for(**c, "/pipeline", *std::move(body))));
        }
    }
    forget();
}

result<hrana::reply> stream::send(std::span<const hrana::request> requests, deadline until) {
    auto c = server_->choose_codec(*http_, until);
    if (!c) {
        forget();
        return c.error();
    }
    auto body = (*c)->write_pipeline(baton_, requests);
    if (!body) {
        return body.error();  // nothing was sent: the stream is as it was
    }
    auto answer = server_->send(*http_, request_for(**c, "/pipeline", *std::move(body)), until);
    if (auto* failed = std::get_if<http_failure>(&answer)) {
        forget();
        return transport_error(*failed);
    }
    auto& got = std::get<http_reply>(answer);
    if (got.status != 200) {
        forget();
        return reply_error(got.status, read_failure(std::move(got.body)));
    }
    auto reply = (*c)->read_pipeline(std::move(got.body), requests);
    if (!reply) {
        forget();
        return reply.error();
    }
    follow(reply->baton, reply->base_url);
    return reply;
}

result<std::unique_ptr<cursor_reply>> stream::open_cursor(const hrana::batch_request& batch,
                                                          deadline until) {
    auto c = server_->choose_codec(*http_, until);
    if (!c) {
        forget();
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
        forget();
        // What it says is for people: as much of it as comes.
        static_cast<void>(got.exchange->read_rest(got.body, until));
        return reply_error(status, read_failure(std::move(got.body)));
    }
    auto reader = (*c)->read_cursor();
    reader->input() = std::move(got.body);
    if (got.complete) {
        reader->end();
    }
    return std::make_unique<cursor_reply>(*this, std::move(got), std::move(reader));
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
                stream_->follow(head->baton, head->base_url);
                opened_ = true;
                continue;
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
