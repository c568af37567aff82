#include "libsql/net/http_session.hpp"

#include "support/scripted_server.hpp"
#include "support/sqld_server.hpp"
#include "support/while_interrupted.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <variant>

namespace libsql::net {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;
using testing::reply_with;
using testing::scripted_end;
using testing::scripted_server;

const http_reply& reply_of(const std::variant<http_reply, http_failure>& got) {
    if (const auto* failed = std::get_if<http_failure>(&got)) {
        ADD_FAILURE() << failed->why.to_string();
    }
    return std::get<http_reply>(got);
}

TEST(http_session, sends_and_receives_heads_and_bodies) {
    const scripted_server server(
        {reply_with(302, "its body",
                    {"Location: /there", "grpc-status: 9", "Grpc-Message: a%20b%", "retry-after: 3",
                     "x:", ":"})});
    http_session http({.user_agent = "tester"});
    const auto got =
        http.send({.url = server.url() + "/x", .headers = {"a: b"}}, deadline::in(300s));
    const auto& reply = reply_of(got);
    EXPECT_EQ(reply.status, 302);
    EXPECT_EQ(reply.body, "its body");
    EXPECT_EQ(reply.location, "/there");
    EXPECT_EQ(reply.grpc_status, "9");
    EXPECT_EQ(reply.grpc_message, "a b%");
    EXPECT_EQ(reply.retry_after, 3s);
    const auto asked = server.requests().at(0);
    EXPECT_EQ(asked.method, "GET");
    EXPECT_EQ(asked.target, "/x");
    EXPECT_EQ(asked.header("a"), "b");
    EXPECT_EQ(asked.header("user-agent"), "tester");
}

TEST(http_session, reports_when_the_server_last_answered) {
    const scripted_server server({reply_with(200, "x"), {.end = scripted_end::stall}});
    http_session http({});
    EXPECT_FALSE(http.contact().last);
    EXPECT_FALSE(http.contact().silent);
    reply_of(http.send({.url = server.url()}, deadline()));
    const auto heard = http.contact().last;
    ASSERT_TRUE(heard);
    EXPECT_FALSE(http.contact().silent);
    std::thread waits([&] { http.send({.url = server.url()}, deadline()); });
    while (http.contact().silent.value_or(0s) < 5ms) {
        std::this_thread::yield();
    }
    EXPECT_EQ(http.contact().last, heard);
    http.interrupt();
    waits.join();
    EXPECT_FALSE(http.contact().silent);
}

TEST(http_session, tls_to_a_server_without_it_names_the_server_and_the_way_out) {
    const testing::sqld_server server;
    const std::string host = server.url().substr(std::string("http://").size());
    http_session http({});
    const auto got = http.send({.url = "https://name:word@" + host + "/x"}, deadline::in(300s));
    const auto* const failed = std::get_if<http_failure>(&got);
    ASSERT_NE(failed, nullptr);
    EXPECT_EQ(failed->why.kind(), error_kind::network);
    EXPECT_THAT(failed->why.message(),
                ::testing::StartsWith("no TLS connection to https://" + host + ": "));
    EXPECT_THAT(failed->why.message(), ::testing::HasSubstr("use http://"));
    EXPECT_TRUE(failed->may_pass);
}

TEST(http_session, a_connection_is_kept_open) {
    const scripted_server server({reply_with(200, "x")});
    http_session http({});
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(reply_of(http.send({.url = server.url(), .body = "b"}, deadline())).body, "x");
    }
    EXPECT_EQ(server.connections(), 1U);
    EXPECT_EQ(server.requests().size(), 5U);
}

TEST(http_session, a_body_arrives_in_pieces_and_can_be_abandoned) {
    testing::scripted_reply endless{.bytes = "HTTP/1.1 200 OK\r\n\r\n" + std::string(65536, 'x'),
                                    .endless = true};
    const scripted_server server({endless});
    http_session http({});
    std::size_t seen = 0;
    const auto got = http.stream({.url = server.url()}, deadline::in(300s), [&](auto piece) {
        EXPECT_LE(piece.size(), 2U * 1024 * 1024);
        seen += piece.size();
        return seen < 50'000'000;
    });
    EXPECT_EQ(reply_of(got).status, 200);
    EXPECT_LT(seen, 60'000'000U);
}

TEST(http_session, the_body_of_a_refusal_does_not_go_to_the_sink) {
    const scripted_server server({reply_with(500, "words")});
    http_session http({});
    const auto got = http.stream({.url = server.url()}, deadline::in(300s), [](auto) {
        ADD_FAILURE();
        return true;
    });
    EXPECT_EQ(reply_of(got).body, "words");
}

/// A gzip file whose content is not compressed (RFC 1951, 1952).
std::string as_gzip(const std::string& text) {
    std::uint32_t crc = 0xffffffff;
    for (const char c : text) {
        crc ^= static_cast<unsigned char>(c);
        for (int i = 0; i < 8; ++i) {
            crc = crc >> 1 ^ (crc % 2 == 1 ? 0xedb88320 : 0);
        }
    }
    const auto number = [](std::uint32_t value, int bytes) {
        std::string out;
        for (int i = 0; i < bytes; ++i) {
            out += static_cast<char>(value >> (8 * i) & 0xff);
        }
        return out;
    };
    const auto size = static_cast<std::uint32_t>(text.size());
    return std::string("\x1f\x8b\x08\0\0\0\0\0\0\xff\x01", 11) + number(size, 2) +
           number(~size, 2) + text + number(~crc, 4) + number(size, 4);
}

TEST(http_session, a_reply_may_be_compressed) {
    const std::string text = "what the server says";
    scripted_server server(
        {reply_with(200, as_gzip(text), {"content-encoding: gzip"}),
         reply_with(200, as_gzip(text).replace(20, 1, "?"), {"content-encoding: gzip"}),
         reply_with(200, text)});
    http_session http({});
    EXPECT_EQ(reply_of(http.send({.url = server.url()}, deadline::in(300s))).body, text);
    const auto damaged = http.send({.url = server.url()}, deadline::in(300s));
    ASSERT_TRUE(std::holds_alternative<http_failure>(damaged));
    EXPECT_EQ(std::get<http_failure>(damaged).why.kind(), error_kind::network);
    EXPECT_EQ(
        reply_of(http.send({.url = server.url(), .compressed = false}, deadline::in(300s))).body,
        text);
    const auto asked = server.requests();
    EXPECT_NE(asked.at(0).header("accept-encoding").value_or("").find("gzip"), std::string::npos);
    EXPECT_FALSE(asked.at(2).header("accept-encoding"));
}

TEST(http_session, an_earlier_interrupt_does_not_end_a_later_request) {
    const scripted_server server({reply_with(200, "x")});
    http_session http({});
    http.interrupt();
    EXPECT_EQ(reply_of(http.send({.url = server.url()}, deadline::in(300s))).body, "x");
}

TEST(http_session, an_unattended_request_is_not_interrupted_but_can_be_given_up) {
    testing::scripted_reply slow = reply_with(200, "x");
    slow.delay = 300ms;
    testing::scripted_reply never{.end = scripted_end::stall};
    const scripted_server server({slow, never});
    http_session http({});
    std::thread soon([&] {
        std::this_thread::sleep_for(50ms);
        http.interrupt();
    });
    EXPECT_EQ(
        reply_of(http.send({.url = server.url(), .attended = false}, deadline::in(300s))).body,
        "x");
    soon.join();
    const auto ended = testing::while_interrupted(
        [&] { http.give_up(); },
        [&] { return http.send({.url = server.url(), .attended = false}, deadline::in(60s)); });
    ASSERT_TRUE(std::holds_alternative<http_failure>(ended));
    EXPECT_EQ(std::get<http_failure>(ended).why.kind(), error_kind::interrupted);
}

TEST(http_session, waits_until_a_deadline_or_an_interrupt) {
    http_session http({});
    const auto begin = clock::now();
    EXPECT_TRUE(http.wait(50ms, deadline()).value());
    EXPECT_GE(clock::now() - begin, 45ms);
    EXPECT_FALSE(http.wait(1h, deadline::in(100ms)).value());
    const auto ended = testing::while_interrupted([&] { http.interrupt(); },
                                                  [&] { return http.wait(1h, deadline()); });
    EXPECT_EQ(ended.error().kind(), error_kind::interrupted);
    EXPECT_LE(clock::now() - begin, 10s);
}

TEST(http_session, a_request_that_is_not_waited_for_arrives) {
    const scripted_server server({reply_with(200, "x")});
    const auto arrived = [&](std::size_t n) {
        for (int i = 0; i < 100 && server.requests().size() < n; ++i) {
            std::this_thread::sleep_for(10ms);
        }
        return server.requests().size() == n;
    };
    http_session http({});
    http.send_unattended({.url = server.url(), .body = "on a new connection"});
    EXPECT_TRUE(arrived(1));
    EXPECT_EQ(reply_of(http.send({.url = server.url()}, deadline::in(300s))).body, "x");
    http.send_unattended({.url = server.url(), .body = "on a kept one"});
    EXPECT_TRUE(arrived(3));
    http.interrupt();
    {
        http_session other({});
        other.send_unattended({.url = server.url(), .body = "at the end"});
        other.give_up();
    }
    EXPECT_TRUE(arrived(4));
}

TEST(http_session, a_request_that_is_not_waited_for_does_not_delay_the_destructor) {
    const scripted_server server({{.end = scripted_end::stall}});
    const auto begin = clock::now();
    {
        http_session http({});
        http.send_unattended({.url = server.url(), .body = "x"});
        http.send_unattended({.url = server.url(), .body = "y"});
    }
    EXPECT_LE(clock::now() - begin, 10s);
}

TEST(http_session, only_what_was_sent_may_have_run) {
    std::string url;
    {
        const scripted_server gone({reply_with(200, "")});
        url = gone.url();
    }
    http_session http({});
    const auto refused = http.send({.url = url, .body = "x"}, deadline::in(300s));
    EXPECT_FALSE(std::get<http_failure>(refused).may_have_run);
    EXPECT_TRUE(std::get<http_failure>(refused).may_pass);
    const auto wrong = http.send({.url = "http://a b", .body = "x"}, deadline::in(300s));
    EXPECT_FALSE(std::get<http_failure>(wrong).may_have_run);
    EXPECT_FALSE(std::get<http_failure>(wrong).may_pass);
    const scripted_server server({{.end = scripted_end::close}});
    const auto broken = http.send({.url = server.url(), .body = "x"}, deadline::in(300s));
    EXPECT_TRUE(std::get<http_failure>(broken).may_have_run);
    EXPECT_FALSE(std::get<http_failure>(broken).may_pass);
}

}  // namespace
}  // namespace libsql::net
