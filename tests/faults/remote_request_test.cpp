#include "support/faulty_server.hpp"
#include "support/outcome.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// @file
/// What is sent, and where: headers, wire format, certificates, proxies and base_url.

namespace libsql::remote {
namespace {

using namespace std::chrono_literals;
using namespace testing;
using clock = std::chrono::steady_clock;

// --- what is sent ---

TEST(remote_fault, options_are_sent_as_headers) {
    faulty_server s;
    auto chosen = s.how();
    chosen.auth_token = "t0ken";
    chosen.server_namespace = "one";
    chosen.remote_encryption_key = "a2V5";
    chosen.user_agent = "tester/1";
    auto c = s.connect(chosen);
    ASSERT_TRUE(is_alive(c));
    ASSERT_TRUE(succeeded(c.cursor("SELECT 1")));
    auto t = c.begin().value();
    ASSERT_TRUE(succeeded(t.execute("INSERT INTO t VALUES (1)")));
    ASSERT_TRUE(succeeded(t.rollback()));
    for (const auto& r : s.server.requests()) {
        EXPECT_EQ(r.header("authorization"), "Bearer t0ken");
        EXPECT_EQ(r.header("x-namespace"), "one");
        EXPECT_EQ(r.header("x-namespace-bin"), "b25l");
        EXPECT_EQ(r.header("x-turso-encryption-key"), "a2V5");
        EXPECT_EQ(r.header("user-agent"), "tester/1");
        EXPECT_EQ(r.header("content-type"), "application/json");
        EXPECT_EQ(r.header("expect"), std::nullopt);
    }
}

TEST(remote_fault, options_that_are_not_set_send_no_headers) {
    faulty_server s;
    auto c = s.connect();
    for (const auto& r : s.server.requests()) {
        EXPECT_EQ(r.header("authorization"), std::nullopt);
        EXPECT_EQ(r.header("x-namespace"), std::nullopt);
        EXPECT_EQ(r.header("x-turso-encryption-key"), std::nullopt);
        EXPECT_TRUE(r.header("user-agent").value_or("").starts_with("ecto_libsql/"));
    }
}

TEST(remote_fault, an_option_cannot_inject_a_header) {
    for (const char* const text : {"a\r\nx: b", "a\nb", "a\rb"}) {
        options one{.uri = "http://127.0.0.1:1", .server_namespace = text};
        options two{.uri = "http://127.0.0.1:1", .remote_encryption_key = text};
        options three{.uri = "http://127.0.0.1:1", .user_agent = text};
        for (const auto& chosen : {one, two, three}) {
            EXPECT_TRUE(failed_with(database::open(chosen), error_kind::invalid_argument));
        }
    }
}

TEST(remote_fault, the_wire_format_is_asked_for_once) {
    faulty_server s;
    auto db = database::open({.uri = s.server.url()});
    // It answers JSON to what is protobuf.
    EXPECT_TRUE(failed_with(db, error_kind::protocol));
    EXPECT_EQ(s.server.requests_for("/v3-protobuf").size(), 1U);
    faulty_server without;
    without.where = "/v3-protobuf";
    without.fault = always(reply_with(404, ""));
    auto c = without.connect({.uri = without.server.url()});
    EXPECT_TRUE(is_alive(c));
    EXPECT_TRUE(is_alive(c));
    EXPECT_EQ(without.server.requests_for("/v3-protobuf").size(), 1U);
}

TEST(remote_fault, the_wire_format_is_asked_for_again_after_an_inconclusive_reply) {
    faulty_server s{.fault = always(reply_with(500, "")), .where = "/v3-protobuf"};
    auto c = s.connect({.uri = s.server.url()});
    EXPECT_TRUE(is_alive(c));
    EXPECT_GE(s.server.requests_for("/v3-protobuf").size(), 2U);
    // A stream is closed in the format that it was opened in, without asking again.
    {
        auto t = c.begin().value();
        ASSERT_TRUE(succeeded(t.execute("INSERT INTO t VALUES (1)")));
        ASSERT_TRUE(succeeded(c.reset()));
    }
    ASSERT_TRUE(is_alive(c));
    EXPECT_EQ(s.count(R"({"baton":"b","requests":[{"type":"close"}]})"), 1U);
}

// --- certificates and proxies ---

TEST(remote_fault, a_missing_ca_file_is_an_error) {
    faulty_server s;
    const auto begin = clock::now();
    const auto got = database::open({.uri = "https://127.0.0.1:" + std::to_string(s.server.port()),
                                     .ca_file = "/there/is/no/such/file.pem"});
    ASSERT_TRUE(failed_with(got, error_kind::network, "/there/is/no/such/file.pem"));
    EXPECT_EQ(got.error().message().find('\n'), std::string::npos);
    EXPECT_EQ(got.error().message().find("may have carried out"), std::string::npos);
    EXPECT_LE(since(begin), 10s);
}

TEST(remote_fault, a_server_that_does_not_speak_tls_is_an_error) {
    faulty_server s;  // it waits for the end of what it takes for a request
    const auto got = database::open(
        {.uri = "https://127.0.0.1:" + std::to_string(s.server.port()), .connect_timeout = 100ms});
    ASSERT_TRUE(failed_with(got, error_kind::network));
    EXPECT_EQ(got.error().message().find("may have carried out"), std::string::npos);
}

TEST(remote_fault, a_proxy_gets_the_whole_address) {
    faulty_server s;
    auto chosen = s.how();
    chosen.uri = "http://db.example.org:8080";
    chosen.proxy = s.server.url();
    auto c = s.connect(chosen);
    EXPECT_TRUE(is_alive(c));
    EXPECT_EQ(s.server.requests().front().target, "http://db.example.org:8080/v3/pipeline");
    EXPECT_EQ(s.server.requests().front().header("host"), "db.example.org:8080");
}

// --- base_url ---

/// Replies that the rest of the stream goes to `url`.
auto sends_to(const std::string& url) {
    return [url](const scripted_request& r) {
        auto body = testing::hrana_reply_to(r.body, false, "b");
        const std::string null = R"("base_url":null)";
        body.replace(body.find(null), null.size(), R"("base_url":")" + url + '"');
        return reply_with(200, body);
    };
}

TEST(remote_fault, a_stream_follows_its_base_url_and_comes_back) {
    scripted_server other(hrana_server_says);
    faulty_server s{.fault = sends_to(other.url()), .where = "BEGIN"};
    auto c = s.connect();
    auto t = c.begin().value();
    ASSERT_TRUE(succeeded(t.execute("INSERT INTO t VALUES (1)")));
    ASSERT_TRUE(succeeded(t.execute("INSERT INTO t VALUES (2)")));
    ASSERT_TRUE(succeeded(t.commit()));
    EXPECT_EQ(s.count("VALUES (1)"), 1U);
    EXPECT_EQ(s.count("VALUES (2)"), 0U);
    EXPECT_EQ(s.count("COMMIT"), 0U);
    const auto there = [&](std::string_view words) {
        const auto all = other.requests();
        return std::count_if(all.begin(), all.end(), [&](const scripted_request& r) {
            return r.body.find(words) != std::string::npos;
        });
    };
    EXPECT_EQ(there("VALUES (2)"), 1);
    EXPECT_EQ(there("COMMIT"), 1);  // and then a close, which nobody waits for
    const std::size_t before = s.server.requests().size();
    EXPECT_TRUE(is_alive(c));
    EXPECT_EQ(s.server.requests().size(), before + 1);
}

TEST(remote_fault, a_token_does_not_follow_a_base_url_to_another_server) {
    scripted_server other(hrana_server_says);
    for (const bool with_key : {false, true}) {
        faulty_server s{.fault = sends_to(other.url()), .where = "BEGIN"};
        auto chosen = s.how();
        if (with_key) {
            chosen.remote_encryption_key = "key";
        } else {
            chosen.auth_token = "token";
        }
        auto c = faulty_server::connect(chosen);
        auto t = c.begin().value();
        EXPECT_TRUE(failed_with(t.execute("INSERT INTO t VALUES (1)"), error_kind::protocol,
                                "another server"));
        EXPECT_TRUE(is_alive(c));
    }
    EXPECT_EQ(other.requests().size(), 0U);
}

TEST(remote_fault, an_invalid_base_url_is_refused) {
    for (const char* const url : {"", "x", "file:///etc/passwd", "gopher://127.0.0.1:1",
                                  "http://a b", "http://", "http://user@127.0.0.1:1"}) {
        faulty_server s{.fault = sends_to(url), .where = "BEGIN"};
        auto c = s.connect();
        auto t = c.begin().value();
        EXPECT_TRUE(
            failed_with(t.execute("INSERT INTO t VALUES (1)"), error_kind::protocol, "base_url"))
            << url;
        EXPECT_TRUE(failed_with(t.execute("INSERT INTO t VALUES (2)"), error_kind::transaction))
            << url;
        EXPECT_TRUE(is_alive(c)) << url;
    }
}

}  // namespace
}  // namespace libsql::remote
