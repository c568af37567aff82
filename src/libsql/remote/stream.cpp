#include "libsql/remote/stream.hpp"

#include "libsql/remote/hrana_json.hpp"
#include "libsql/remote/server_error.hpp"

#include <utility>

namespace libsql::remote {

stream::stream(server_url where, std::string token, http_options how)
    : where_(std::move(where)), http_(std::move(how)) {
    headers_.emplace_back("content-type: application/json");
    if (!token.empty()) {
        headers_.push_back("authorization: Bearer " + std::move(token));
    }
}

void stream::forget() noexcept {
    baton_.reset();
    base_url_.reset();
}

result<hrana::reply> stream::send(std::span<const hrana::request> requests, deadline until) {
    auto body = write_pipeline(baton_, requests);
    if (!body) {
        return body.error();  // nothing was sent: the stream is as it was
    }
    http_request request;
    request.url =
        base_url_ ? *base_url_ + "/v3/pipeline" + where_.query : where_.at("/v3/pipeline");
    request.body = *std::move(body);
    request.headers = headers_;
    auto answer = http_.send(std::move(request), until);
    if (auto* failed = std::get_if<http_failure>(&answer)) {
        forget();
        return failed->why;
    }
    const auto& got = std::get<http_reply>(answer);
    if (got.status != 200) {
        forget();
        return reply_error(got.status, read_failure(got.body));
    }
    auto reply = read_pipeline(got.body, requests);
    if (!reply) {
        forget();
        return reply.error();
    }
    baton_ = reply->baton;
    base_url_ = reply->base_url ? reply->base_url : base_url_;
    if (!baton_) {
        base_url_.reset();
    }
    return reply;
}

}  // namespace libsql::remote
