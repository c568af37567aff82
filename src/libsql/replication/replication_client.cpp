#include "libsql/replication/replication_client.hpp"

#include "libsql/net/base64.hpp"
#include "libsql/replication/grpc_web.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>

namespace libsql::replication {

namespace {

/// The name of the database on the server: the option, or else the first label of the host name.
std::string namespace_of(const libsql::options& chosen, const detail::server_url& where) {
    if (!chosen.server_namespace.empty()) {
        return chosen.server_namespace;
    }
    const std::size_t dot = where.host.find('.');
    const bool is_address = std::all_of(where.host.begin(), where.host.end(), [](unsigned char c) {
        return std::isdigit(c) != 0 || c == '.';
    });
    return dot == std::string::npos || dot == 0 || is_address ? "default"
                                                              : where.host.substr(0, dot);
}

bool is_authentication_failure(const call_end& end) {
    if (const auto* status = std::get_if<grpc_status>(&end)) {
        return !status->is_ok() && status_error(*status).kind() == error_kind::authentication;
    }
    return std::get<call_failure>(end).why.kind() == error_kind::authentication;
}

call_failure http_error(const net::http_reply& reply) {
    const bool is_temporary = reply.status == 429 || reply.status >= 500;
    error::fields all;
    all.kind = error_kind::protocol;
    if (reply.status == 401 || reply.status == 403) {
        all.kind = error_kind::authentication;
    } else if (is_temporary) {
        all.kind = error_kind::network;
    }
    all.http_status = reply.status;
    all.message = "the server answered a replication request with HTTP status " +
                  std::to_string(reply.status);
    return {error(std::move(all)), is_temporary,
            reply.retry_after.value_or(std::chrono::seconds(0))};
}

call_failure malformed(std::string_view what) {
    return {error(error_kind::protocol, "the primary sent " + std::string(what)), false};
}

/// Collects a small message.
class small_message final : public message_sink {
public:
    bool message_begins(std::size_t size) override {
        constexpr std::size_t largest = 1024 * 1024;
        content.clear();
        return ++count_ == 1 && size <= largest;
    }

    bool message_content(std::string_view piece) override {
        content += piece;
        return true;
    }

    bool message_ends() override { return true; }

    std::string content;

private:
    int count_{0};
};

}  // namespace

replication_client::replication_client(libsql::options chosen,
                                       std::shared_ptr<remote::server> server)
    : options_(std::move(chosen)), server_(std::move(server)), http_(server_->how()) {}

std::optional<error> replication_client::ask_token() {
    auto token = server_->token();
    if (!token) {
        return token.error();
    }
    token_ = *std::move(token);
    return std::nullopt;
}

std::vector<std::string> replication_client::headers() const {
    std::string name = namespace_of(options_, server_->url());
    std::string encoded;
    net::append_base64(encoded, std::as_bytes(std::span(name)));
    std::vector<std::string> all{"content-type: application/grpc-web", "te: trailers",
                                 "x-namespace-bin: " + encoded};
    if (!token_->empty()) {
        all.push_back("x-authorization: Bearer " + *token_);
    }
    if (!session_.empty()) {
        all.push_back("x-session-token: " + session_);
    }
    if (!options_.remote_encryption_key.empty()) {
        all.push_back("x-turso-encryption-key: " + options_.remote_encryption_key);
    }
    return all;
}

result<bool> replication_client::has_newer_protocol(deadline until) {
    if (!token_) {
        if (auto why = ask_token()) {
            return *std::move(why);
        }
    }
    net::http_request request{.url = server_->url().at("/info")};
    if (!token_->empty()) {
        request.headers.push_back("authorization: Bearer " + *token_);
    }
    auto reply = http_.send(std::move(request), until);
    if (auto* failed = std::get_if<net::http_failure>(&reply)) {
        return failed->why;
    }
    const auto& got = std::get<net::http_reply>(reply);
    return got.status >= 200 && got.status < 300 &&
           got.body.find("\"current_generation\"") != std::string::npos;
}

net::http_request replication_client::request_for(std::string_view method,
                                                  std::string_view message) const {
    return {.url = server_->url().at("/wal_log.ReplicationLog/" + std::string(method)),
            .body = grpc_message(message),
            .headers = headers()};
}

call_end replication_client::call_once(std::string_view method, std::string_view message,
                                       message_sink& to, deadline until, exchange begun) {
    if (!token_) {
        if (auto why = ask_token()) {
            return call_failure{*std::move(why)};
        }
    }
    grpc_web_reader reader(to);
    bool refused = false;
    auto reply = http_.stream(begun ? std::move(begun) : http_.start(request_for(method, message)),
                              until, [&](std::string_view bytes) {
                                  refused = !reader.feed(bytes);
                                  return !refused;
                              });
    if (auto* failed = std::get_if<net::http_failure>(&reply)) {
        return call_failure{failed->why, failed->why.kind() == error_kind::network};
    }
    const auto& got = std::get<net::http_reply>(reply);
    if (got.status != 200) {
        return http_error(got);
    }
    if (reader.is_malformed()) {
        return malformed("a reply that is not gRPC-web");
    }
    if (refused) {
        return malformed("messages that were not requested");
    }
    if (reader.status()) {
        return without_secrets(*reader.status());
    }
    if (auto status = read_status(got.grpc_status, got.grpc_message); status && !status->is_ok()) {
        return without_secrets(*std::move(status));
    }
    return call_failure{error(error_kind::network, "the primary's reply is truncated"), true};
}

call_end replication_client::call(std::string_view method, std::string_view message,
                                  message_sink& to, deadline until, exchange begun) {
    auto end = call_once(method, message, to, until, std::move(begun));
    if (token_ && is_authentication_failure(end)) {
        auto renewed = server_->renew_token(*token_);
        if (!renewed) {
            return call_failure{renewed.error()};
        }
        if (*renewed) {
            token_.reset();
            end = call_once(method, message, to, until, nullptr);
        }
    }
    return end;
}

grpc_status replication_client::without_secrets(grpc_status status) const {
    status.message = server_->without_secrets(std::move(status.message));
    return status;
}

call_end replication_client::shake_hands(hello& into, deadline until) {
    small_message message;
    auto end = call("Hello", write_hello_request(), message, until);
    if (const auto* status = std::get_if<grpc_status>(&end); status != nullptr && status->is_ok()) {
        auto said = read_hello(message.content);
        if (!said) {
            return malformed("a handshake without a log or a session");
        }
        into = *std::move(said);
        session_ = into.session;
    }
    return end;
}

namespace {

constexpr std::string_view batch_method = "BatchLogEntries";

call_end checked(call_end end, const frames_reader& reader) {
    if (reader.is_malformed()) {
        return malformed("invalid frames");
    }
    return end;
}

}  // namespace

void replication_client::prefetch(std::uint64_t next) {
    prefetched_ = {next, http_.start_ahead(request_for(batch_method, write_log_offset(next)))};
}

call_end replication_client::batch(std::uint64_t next, frame_sink& to, deadline until) {
    frames_reader reader(frames_reader::message::frames, to);
    exchange begun;
    if (prefetched_ && prefetched_->next == next) {
        begun = std::move(prefetched_->begun);
    }
    prefetched_.reset();
    return checked(call(batch_method, write_log_offset(next), reader, until, std::move(begun)),
                   reader);
}

call_end replication_client::snapshot(std::uint64_t next, frame_sink& to, deadline until) {
    frames_reader reader(frames_reader::message::frame, to);
    return checked(call("Snapshot", write_log_offset(next), reader, until), reader);
}

}  // namespace libsql::replication
