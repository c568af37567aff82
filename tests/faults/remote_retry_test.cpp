#include "support/faulty_server.hpp"
#include "support/outcome.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>

/// @file
/// Which requests are sent again, and which are not: broken connections, refusals and busy servers.

namespace libsql::remote {
namespace {

using namespace std::chrono_literals;
using namespace testing;
using clock = std::chrono::steady_clock;

// --- nothing is sent twice ---

TEST(remote_fault, a_request_is_not_sent_again_when_a_kept_connection_breaks) {
    for (const auto end : {scripted_end::close, scripted_end::reset}) {
        faulty_server s{.fault = always({.end = end})};
        auto c = s.connect();
        ASSERT_TRUE(is_alive(c));  // the connection is kept from here on
        EXPECT_TRUE(failed_with(c.execute("INSERT INTO fault VALUES (1)"), error_kind::network,
                                "may have carried out"));
        EXPECT_EQ(s.count("INSERT"), 1U);
        EXPECT_TRUE(is_alive(c));
    }
}

TEST(remote_fault, a_large_request_is_not_sent_again_when_its_connection_breaks) {
    faulty_server s{.fault = always(broken())};
    auto c = s.connect();
    ASSERT_TRUE(is_alive(c));
    const std::string large(3'000'000, 'x');
    EXPECT_TRUE(failed_with(c.execute("INSERT INTO fault VALUES (?)", large), error_kind::network));
    EXPECT_EQ(s.count("INSERT"), 1U);
    EXPECT_TRUE(is_alive(c));
}

TEST(remote_fault, a_reply_that_is_not_http_is_an_error_and_not_retried) {
    for (const char* const bytes :
         {"garbage\r\n\r\n", "\r\n\r\n", "HTTP/9.9 200 OK\r\n\r\n", "HTTP/1.1\r\n\r\n",
          "HTTP/1.1 abc\r\n\r\n", "ICY 200 OK\r\n\r\n", "\x16\x03\x01\x02", "SSH-2.0-x\r\n",
          "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
          "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
          "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
          "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
          "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nabcd"}) {
        faulty_server s{.fault = always({.bytes = bytes, .end = scripted_end::close})};
        auto c = s.connect();
        const auto got = c.execute("INSERT INTO fault VALUES (1)");
        ASSERT_FALSE(got) << bytes;
        EXPECT_TRUE(got.error().kind() == error_kind::network ||
                    got.error().kind() == error_kind::protocol)
            << bytes << got.error().to_string();
        EXPECT_EQ(s.count("INSERT"), 1U) << bytes;
        EXPECT_TRUE(is_alive(c)) << bytes;
    }
}

// --- refusals ---

TEST(remote_fault, a_read_is_retried_when_a_busy_server_says_to) {
    for (const bool says_when : {true, false}) {
        faulty_server s{.fault = always(says_when ? reply_with(503, "later", {"Retry-After: 1"})
                                                  : reply_with(429, "later"))};
        s.faults = 1;
        auto c = s.connect();
        const auto begin = clock::now();
        EXPECT_TRUE(succeeded(c.fetch<int>("SELECT fault")));
        EXPECT_GE(since(begin), says_when ? 950ms : 0ms);
        EXPECT_EQ(s.count("fault"), 2U);
    }
}

/// What a server that is busy says when it, or what stands before it, has run what it was asked.
TEST(remote_fault, a_write_is_not_retried_on_a_busy_server) {
    for (const auto& [status, kind] :
         {std::pair(429, error_kind::busy), std::pair(503, error_kind::network)}) {
        faulty_server s{.fault = always(reply_with(status, R"({"error":"later"})"))};
        auto c = s.connect();
        const auto got = c.execute("UPDATE fault SET x = 1");
        ASSERT_TRUE(failed_with(got, kind, "may have carried out"));
        EXPECT_EQ(got.error().http_status(), status);
        EXPECT_EQ(s.count("UPDATE fault"), 1U);
        batch b;
        b.add("SELECT fault");
        b.add("DELETE FROM fault");
        for (const auto mode : {batch_mode::independent, batch_mode::transactional}) {
            EXPECT_TRUE(failed_with(c.run(b, mode), kind, "may have carried out"));
        }
        EXPECT_EQ(s.count("DELETE FROM fault"), 2U);
        EXPECT_TRUE(failed_with(c.query("INSERT INTO fault VALUES (1) RETURNING x"), kind,
                                "may have carried out"));
        EXPECT_EQ(s.count("INSERT INTO fault"), 1U);
        EXPECT_TRUE(is_alive(c));
    }
}

/// The server had no connection for it, and says so.
TEST(remote_fault, a_request_that_provably_did_not_begin_is_retried) {
    for (const char* const words : {R"({"error":"Timed out while opening database connection"})",
                                    R"({"error":"Too many concurrent requests"})"}) {
        faulty_server s{.fault = always(reply_with(429, words))};
        s.faults = 2;
        auto c = s.connect();
        EXPECT_TRUE(succeeded(c.execute("UPDATE fault SET x = 1")));
        EXPECT_EQ(s.count("UPDATE"), 3U);
        s.faults = 5;
        const auto got = c.execute("UPDATE fault SET x = 2");
        ASSERT_TRUE(failed_with(got, error_kind::busy));
        EXPECT_EQ(got.error().message().find("may have carried out"), std::string::npos);
    }
}

TEST(remote_fault, nothing_is_retried_in_a_transaction) {
    for (const int status : {429, 503}) {
        for (const char* const sql : {"UPDATE fault SET x = 1", "SELECT fault"}) {
            faulty_server s{
                .fault = always(reply_with(status, R"({"error":"Too many concurrent requests"})"))};
            auto c = s.connect();
            auto t = c.begin().value();
            ASSERT_TRUE(succeeded(t.execute("INSERT INTO t VALUES (1)")));
            EXPECT_TRUE(failed_with(
                t.execute(sql), status == 429 ? error_kind::busy : error_kind::network, "lost"));
            EXPECT_EQ(s.count("fault"), 1U);
            EXPECT_TRUE(failed_with(t.execute("SELECT 1"), error_kind::transaction));
        }
    }
}

TEST(remote_fault, a_refused_commit_may_have_been_carried_out) {
    for (const int status : {429, 500, 502, 503, 504}) {
        faulty_server s{.fault = always(reply_with(status, "later")), .where = R"("sql":"COMMIT")"};
        auto c = s.connect();
        auto t = c.begin().value();
        ASSERT_TRUE(succeeded(t.execute("INSERT INTO t VALUES (1)")));
        const auto got = t.commit();
        ASSERT_FALSE(got);
        EXPECT_NE(got.error().message().find("may have carried out"), std::string::npos)
            << got.error().to_string();
        EXPECT_EQ(s.count("COMMIT"), 1U);
    }
}

TEST(remote_fault, every_invalid_reply_to_a_write_says_that_it_may_have_been_carried_out) {
    for (const auto& reply :
         {reply_with(500, "x"), reply_with(502, "x"), reply_with(200, "x"), reply_with(200, "{}"),
          cut(reply_with(200, "{}"), 20), cut(reply_with(200, "{}"), 0),
          cut(reply_with(200, "{}"), 20, scripted_end::reset)}) {
        faulty_server s{.fault = always(reply)};
        auto c = s.connect();
        const auto got = c.execute("UPDATE fault SET x = 1");
        ASSERT_FALSE(got);
        EXPECT_NE(got.error().message().find("may have carried out"), std::string::npos)
            << got.error().to_string();
        EXPECT_EQ(s.count("UPDATE"), 1U);
    }
}

TEST(remote_fault, a_kept_connection_that_breaks_gives_a_message_of_the_driver) {
    for (const auto end : {scripted_end::close, scripted_end::reset}) {
        faulty_server s{.fault = always({.end = end})};
        auto c = s.connect();
        ASSERT_TRUE(is_alive(c));
        const auto got = c.execute("UPDATE fault SET x = 1");
        ASSERT_TRUE(failed_with(got, error_kind::network,
                                "the connection to the server broke before it replied"));
    }
}

TEST(remote_fault, requests_to_a_server_that_stays_busy_are_given_up) {
    for (const auto& [status, kind] :
         {std::pair(429, error_kind::busy), std::pair(503, error_kind::network)}) {
        faulty_server s{.fault = always(reply_with(status, R"({"error":"too many"})"))};
        auto c = s.connect();
        const auto begin = clock::now();
        const auto got = c.fetch<int>("SELECT fault");
        ASSERT_TRUE(failed_with(got, kind, "too many"));
        EXPECT_EQ(got.error().http_status(), status);
        EXPECT_EQ(s.count("fault"), 5U);
        EXPECT_LE(since(begin), 20s);
        EXPECT_TRUE(is_alive(c));
    }
}

TEST(remote_fault, a_retry_after_that_is_too_long_is_not_waited_for) {
    faulty_server s;
    for (const char* const header : {"retry-after: 3600", "retry-after: 99999999999999999999",
                                     "retry-after: Fri, 31 Dec 2100 23:59:59 GMT"}) {
        s.fault = always(reply_with(503, "", {header}));
        auto c = s.connect();
        EXPECT_TRUE(failed_with(c.fetch<int>("SELECT fault"), error_kind::network));
    }
    s.fault = always(reply_with(503, "", {"retry-after: 60"}));
    auto c = s.connect();
    const auto begin = clock::now();
    EXPECT_TRUE(failed_with(c.fetch<int>(deadline::in(300s), "SELECT fault"), error_kind::network));
    EXPECT_LE(since(begin), 50s) << "it waits as long as the server said";
}

TEST(remote_fault, a_reply_with_another_status_does_not_show_its_baton) {
    for (const int status : {206, 299}) {
        faulty_server s{.fault = always(reply_with(
                            status, R"({"baton":"s3cr3t","base_url":null,"results":[]})"))};
        auto c = s.connect();
        const auto got = c.execute("UPDATE fault SET x = 1");
        ASSERT_TRUE(failed_with(got, error_kind::protocol));
        EXPECT_EQ(got.error().to_string().find("s3cr3t"), std::string::npos);
        EXPECT_EQ(got.error().outcome(), error_outcome::unknown);
    }
}

TEST(remote_fault, other_refusals_are_not_retried) {
    struct refusal {
        int status;
        error_kind kind;
    };

    for (const auto [status, kind] :
         {refusal{204, error_kind::protocol}, refusal{301, error_kind::protocol},
          refusal{307, error_kind::protocol}, refusal{400, error_kind::protocol},
          refusal{403, error_kind::authentication}, refusal{404, error_kind::cannot_open},
          refusal{405, error_kind::protocol}, refusal{413, error_kind::protocol},
          refusal{500, error_kind::network}, refusal{502, error_kind::network},
          refusal{504, error_kind::network}, refusal{599, error_kind::network}}) {
        faulty_server s{.fault = always(reply_with(status, status == 204 ? "" : "its words",
                                                   {"location: http://127.0.0.1:1/"}))};
        auto c = s.connect();
        const auto got = c.execute("UPDATE fault SET x = 1");
        ASSERT_TRUE(failed_with(got, kind, status == 204 ? "" : "its words")) << status;
        EXPECT_EQ(got.error().http_status(), status);
        const bool not_run = status == 403 || status == 404;
        EXPECT_EQ(got.error().outcome(), not_run ? error_outcome::not_run : error_outcome::unknown)
            << status;
        EXPECT_EQ(got.error().message().find("may have carried out") == std::string::npos, not_run)
            << status;
        EXPECT_EQ(s.count("UPDATE"), 1U) << status;
        EXPECT_TRUE(is_alive(c)) << status;
    }
}

TEST(remote_fault, a_server_that_does_not_listen_is_a_network_error) {
    std::string url;
    {
        const scripted_server gone({reply_with(200, "")});
        url = gone.url();
    }
    const auto begin = clock::now();
    EXPECT_TRUE(failed_with(database::open({.uri = url}), error_kind::network));
    EXPECT_GE(since(begin), 60ms);  // it was tried several times
    EXPECT_LE(since(begin), 20s);
    const auto again = clock::now();
    EXPECT_TRUE(failed_with(database::open({.uri = url, .timeout = 50ms}), error_kind::network));
    EXPECT_LE(since(again), 10s);
}

TEST(remote_fault, an_unknown_host_is_a_network_error) {
    faulty_server s;
    auto c = s.connect();
    ASSERT_TRUE(is_alive(c));
    const auto got = database::open({.uri = "http://no-such-host.invalid", .timeout = 3s});
    EXPECT_TRUE(failed_with(got, error_kind::network));
    EXPECT_EQ(got.error().message().find("may have carried out"), std::string::npos);
}

}  // namespace
}  // namespace libsql::remote
