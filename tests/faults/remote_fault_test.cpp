#include "support/hrana_script.hpp"
#include "support/outcome.hpp"
#include "support/scripted_server.hpp"
#include "support/while_interrupted.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

/// @file
/// What no real server does on demand: stalls, nonsense, refusals, and what is sent to it.

namespace libsql::remote {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;
using testing::cut;
using testing::failed_with;
using testing::hrana_server_says;
using testing::is_error;
using testing::reply_with;
using testing::scripted_end;
using testing::scripted_reply;
using testing::scripted_request;
using testing::scripted_server;
using testing::succeeded;

/// A server without a fault, but for requests whose body or target holds `where`: there it does
/// what `fault` says.
struct faulty_server {
    std::function<scripted_reply(const scripted_request&)> fault{hrana_server_says};
    std::string where{"fault"};
    std::atomic<int> faults{INT_MAX};  ///< how often
    scripted_server server{[this](const scripted_request& r) {
        const bool here =
            r.body.find(where) != std::string::npos || r.target.find(where) != std::string::npos;
        return here && faults.fetch_sub(1) > 0 ? fault(r) : hrana_server_says(r);
    }};

    [[nodiscard]] options how() const {
        return {.uri = server.url(), .wire_format = wire_format::json};
    }

    [[nodiscard]] connection connect() const { return connect(how()); }

    static connection connect(options chosen) {
        return database::open(std::move(chosen)).value().connect().value();
    }

    [[nodiscard]] std::size_t count(std::string_view text) const {
        std::size_t n = 0;
        for (const auto& r : server.requests()) {
            n += r.body.find(text) != std::string::npos ? 1U : 0U;
        }
        return n;
    }
};

auto always(scripted_reply reply) {
    return [reply = std::move(reply)](const scripted_request&) { return reply; };
}

/// Drops what was asked, but not before it was read.
scripted_reply broken() {
    return {.end = scripted_end::close};
}

scripted_reply stalled() {
    return {.end = scripted_end::stall};
}

bool is_alive(connection& c) {
    return c.fetch_one<std::int64_t>("SELECT 42").value() == 42;
}

std::chrono::milliseconds since(clock::time_point begin) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - begin);
}

// --- nothing is sent twice ---

TEST(remote_fault, a_request_is_not_sent_again_when_a_kept_connection_breaks) {
    for (const auto end : {scripted_end::close, scripted_end::reset}) {
        faulty_server s;
        s.fault = always({.end = end});
        auto c = s.connect();
        ASSERT_TRUE(is_alive(c));  // the connection is kept from here on
        EXPECT_TRUE(failed_with(c.execute("INSERT INTO fault VALUES (1)"), error_kind::network,
                                "may have carried out"));
        EXPECT_EQ(s.count("INSERT"), 1U);
        EXPECT_TRUE(is_alive(c));
    }
}

TEST(remote_fault, a_large_request_is_not_sent_again_either) {
    faulty_server s;
    s.fault = always(broken());
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
        faulty_server s;
        s.fault = always({.bytes = bytes, .end = scripted_end::close});
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

// --- stalls ---

TEST(remote_fault, a_stall_ends_at_the_deadline) {
    const std::string whole = reply_with(200, "{}").bytes;
    for (const std::size_t sent : {std::size_t{0}, std::size_t{10}, whole.size() - 1}) {
        faulty_server s;
        s.fault = always(cut(reply_with(200, "{}"), sent, scripted_end::stall));
        auto c = s.connect();
        const auto begin = clock::now();
        EXPECT_TRUE(failed_with(c.execute(deadline::in(100ms), "UPDATE fault SET x = 1"),
                                error_kind::timeout, "may have carried out"));
        EXPECT_GE(since(begin), 95ms);
        EXPECT_LE(since(begin), 10s);
        EXPECT_TRUE(is_alive(c));
        EXPECT_LE(s.count("UPDATE"), 1U);  // none where the deadline came first
    }
}

TEST(remote_fault, a_reply_that_arrives_byte_by_byte_ends_at_the_deadline) {
    faulty_server s;
    auto slow = reply_with(200, std::string(100'000, ' '));
    slow.piece = 1;
    s.fault = always(slow);
    auto c = s.connect();
    const auto begin = clock::now();
    EXPECT_TRUE(
        failed_with(c.execute(deadline::in(100ms), "UPDATE fault SET x = 1"), error_kind::timeout));
    EXPECT_LE(since(begin), 10s);
    EXPECT_TRUE(is_alive(c));
}

TEST(remote_fault, the_option_timeout_is_the_deadline_of_each_call) {
    faulty_server s;
    s.fault = always(stalled());
    auto chosen = s.how();
    chosen.timeout = 500ms;
    auto c = s.connect(chosen);
    const auto begin = clock::now();
    EXPECT_TRUE(failed_with(c.execute("UPDATE fault SET x = 1"), error_kind::timeout));
    EXPECT_TRUE(failed_with(c.query("SELECT fault"), error_kind::timeout));
    EXPECT_TRUE(failed_with(c.cursor("SELECT fault"), error_kind::timeout));
    EXPECT_TRUE(failed_with(c.fetch<int>("SELECT fault"), error_kind::timeout));
    batch b;
    b.add("SELECT fault");
    EXPECT_TRUE(failed_with(c.run(b), error_kind::timeout));
    EXPECT_TRUE(failed_with(c.run(b, batch_mode::transactional), error_kind::timeout));
    EXPECT_LE(since(begin), 10s);
    EXPECT_TRUE(is_alive(c));
}

TEST(remote_fault, a_cursor_that_stalls_ends_at_the_deadline) {
    const auto whole = reply_with(200, testing::hrana_cursor_reply());
    const std::size_t third_row = whole.bytes.find(R"("3")");
    faulty_server s;
    s.fault = always(cut(whole, third_row, scripted_end::stall));
    auto c = s.connect();
    auto rows = c.cursor(deadline::in(1500ms), "SELECT fault").value();
    const auto begin = clock::now();
    EXPECT_EQ(rows.fetch(2).value().at(1).at(0), value(2));
    EXPECT_TRUE(failed_with(rows.fetch(1), error_kind::timeout));
    EXPECT_LE(since(begin), 10s);
    EXPECT_TRUE(is_alive(c));
}

TEST(remote_fault, a_stall_in_a_transaction_loses_the_transaction) {
    faulty_server s;
    s.fault = always(stalled());
    auto c = s.connect();
    auto t = c.begin().value();
    ASSERT_TRUE(succeeded(t.execute("INSERT INTO t VALUES (1)")));
    EXPECT_TRUE(failed_with(t.execute(deadline::in(50ms), "UPDATE fault SET x = 1"),
                            error_kind::timeout, "lost"));
    EXPECT_TRUE(failed_with(t.execute("INSERT INTO t VALUES (2)"), error_kind::transaction));
    EXPECT_TRUE(failed_with(t.commit(), error_kind::transaction));
    EXPECT_EQ(s.count("VALUES (2)"), 0U);
    EXPECT_TRUE(c.is_autocommit());
    EXPECT_TRUE(is_alive(c));
}

// --- interrupts ---

/// What `call` returns while `c` is interrupted.
template <class Call>
auto interrupted(const connection& c, Call call) {
    return testing::while_interrupted([i = c.interrupter()] { i.interrupt(); }, std::move(call));
}

TEST(remote_fault, an_interrupt_ends_the_wait_for_a_head_and_for_a_body) {
    const auto whole = reply_with(200, "{}");
    for (const std::size_t sent : {std::size_t{0}, whole.bytes.size() - 1}) {
        faulty_server s;
        s.fault = always(cut(whole, sent, scripted_end::stall));
        auto c = s.connect();
        const auto begin = clock::now();
        EXPECT_TRUE(failed_with(interrupted(c, [&] { return c.execute("UPDATE fault SET x = 1"); }),
                                error_kind::interrupted));
        EXPECT_LE(since(begin), 10s);
        EXPECT_TRUE(is_alive(c));
    }
}

TEST(remote_fault, an_interrupt_ends_the_wait_for_a_row) {
    const auto whole = reply_with(200, testing::hrana_cursor_reply());
    faulty_server s;
    s.fault = always(cut(whole, whole.bytes.find(R"("3")"), scripted_end::stall));
    auto c = s.connect();
    auto rows = c.cursor("SELECT fault").value();
    EXPECT_TRUE(
        failed_with(interrupted(c, [&] { return rows.fetch(100); }), error_kind::interrupted));
    EXPECT_TRUE(is_alive(c));
}

TEST(remote_fault, an_interrupt_ends_the_wait_before_a_retry) {
    faulty_server s;
    s.fault = always(reply_with(503, "later", {"retry-after: 25"}));
    auto c = s.connect();
    const auto begin = clock::now();
    EXPECT_TRUE(failed_with(interrupted(c, [&] { return c.fetch<int>("SELECT fault"); }),
                            error_kind::interrupted));
    EXPECT_LE(since(begin), 10s);
    EXPECT_EQ(s.count("fault"), 1U);
    EXPECT_TRUE(is_alive(c));
}

TEST(remote_fault, an_interrupt_ends_a_batch) {
    faulty_server s;
    s.fault = always(stalled());
    auto c = s.connect();
    batch b;
    b.add("UPDATE fault SET x = 1");
    b.add("UPDATE t SET x = 1");
    for (const auto mode : {batch_mode::independent, batch_mode::transactional}) {
        EXPECT_TRUE(
            failed_with(interrupted(c, [&] { return c.run(b, mode); }), error_kind::interrupted));
    }
    // Its first step is found wrong here, so that the others are sent one by one.
    batch apart;
    apart.add("SELECT ?");
    apart.add("UPDATE fault SET x = 1");
    apart.add("UPDATE other SET x = 1");
    EXPECT_TRUE(failed_with(interrupted(c, [&] { return c.run(apart); }), error_kind::interrupted));
    EXPECT_EQ(s.count("other"), 0U);
    EXPECT_TRUE(is_alive(c));
}

// --- refusals ---

TEST(remote_fault, a_read_is_retried_when_a_busy_server_says) {
    for (const bool says_when : {true, false}) {
        faulty_server s;
        s.fault = always(says_when ? reply_with(503, "later", {"Retry-After: 1"})
                                   : reply_with(429, "later"));
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
        faulty_server s;
        s.fault = always(reply_with(status, R"({"error":"later"})"));
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
        faulty_server s;
        s.fault = always(reply_with(429, words));
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
            faulty_server s;
            s.fault = always(reply_with(status, R"({"error":"Too many concurrent requests"})"));
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
        faulty_server s;
        s.where = R"("sql":"COMMIT")";
        s.fault = always(reply_with(status, "later"));
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
        faulty_server s;
        s.fault = always(reply);
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
        faulty_server s;
        s.fault = always({.end = end});
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
        faulty_server s;
        s.fault = always(reply_with(status, R"({"error":"too many"})"));
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
        faulty_server s;
        s.fault = always(reply_with(status, R"({"baton":"s3cr3t","base_url":null,"results":[]})"));
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
        faulty_server s;
        s.fault = always(reply_with(status, status == 204 ? "" : "its words",
                                    {"location: http://127.0.0.1:1/"}));
        auto c = s.connect();
        const auto got = c.execute("UPDATE fault SET x = 1");
        ASSERT_TRUE(failed_with(got, kind, status == 204 ? "" : "its words")) << status;
        EXPECT_EQ(got.error().http_status(), status);
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

TEST(remote_fault, a_server_that_listens_later_is_reached) {
    faulty_server s;
    auto c = s.connect();
    ASSERT_TRUE(is_alive(c));
    const auto got = database::open({.uri = "http://no-such-host.invalid", .timeout = 3s});
    EXPECT_TRUE(failed_with(got, error_kind::network));
    EXPECT_EQ(got.error().message().find("may have carried out"), std::string::npos);
}

// --- replies ---

TEST(remote_fault, invalid_replies_are_refused) {
    for (const char* const body :
         {"", " ", "null", "[]", "{}", "42", "\"x\"", "Hello", "\xff\xfe", "{\"results\":",
          R"({"results":{}})", R"({"results":[]})", R"({"results":[{"type":"ok"},{"type":"ok"}]})",
          R"({"results":[{"type":"error"},{"type":"error"}]})", R"({"baton":5,"results":[]})"}) {
        faulty_server s;
        s.fault = always(reply_with(200, body));
        auto c = s.connect();
        EXPECT_TRUE(failed_with(c.execute("UPDATE fault SET x = 1"), error_kind::protocol)) << body;
        EXPECT_TRUE(failed_with(c.query("SELECT fault"), error_kind::protocol)) << body;
        EXPECT_TRUE(failed_with(c.cursor("SELECT fault"), error_kind::protocol)) << body;
        batch b;
        b.add("UPDATE fault SET x = 1");
        EXPECT_TRUE(failed_with(c.run(b), error_kind::protocol)) << body;
        EXPECT_TRUE(failed_with(c.run(b, batch_mode::transactional), error_kind::protocol)) << body;
        auto p = c.prepare("SELECT fault").value();
        EXPECT_TRUE(failed_with(p.columns(), error_kind::protocol)) << body;
        EXPECT_TRUE(is_alive(c)) << body;
    }
}

TEST(remote_fault, the_reply_to_another_request_is_refused) {
    faulty_server s;
    s.fault = [](const scripted_request&) {
        return reply_with(
            200, testing::hrana_reply_to(R"({"type":"describe"}{"type":"get_autocommit"})"));
    };
    auto c = s.connect();
    EXPECT_TRUE(failed_with(c.execute("UPDATE fault SET x = 1"), error_kind::protocol));
    EXPECT_TRUE(is_alive(c));
}

TEST(remote_fault, an_endless_reply_is_refused) {
    faulty_server s;
    s.fault =
        always({.bytes = "HTTP/1.1 200 OK\r\n\r\n" + std::string(65536, ' '), .endless = true});
    auto c = s.connect();
    EXPECT_TRUE(failed_with(c.execute("UPDATE fault SET x = 1"), error_kind::too_big, "1 GiB"));
    EXPECT_TRUE(is_alive(c));
}

/// gzip of spaces, 258 of them in 13 bits.
std::string packed_spaces(std::size_t size) {
    std::string out("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10);
    unsigned bits = 0;
    unsigned count = 0;
    const auto put = [&](unsigned value, unsigned width) {
        for (unsigned i = width; i > 0; --i) {  // a code's highest bit first
            bits |= (value >> (i - 1) & 1U) << count;
            if (++count == 8) {
                out += static_cast<char>(bits);
                bits = count = 0;
            }
        }
    };
    put(0b110, 3);       // the last block, with codes that are fixed
    put(0x30 + ' ', 8);  // one
    for (; size > 258; size -= 258) {
        put(0b11000101, 8);  // 258 times what was
        put(0, 5);           // one before
    }
    put(0, 7 + 7);
    return out + std::string(8, '\0');
}

TEST(remote_fault, a_compressed_reply_that_is_too_large_is_refused) {
    faulty_server s;
    s.fault =
        always(reply_with(200, packed_spaces(400U * 1024 * 1024), {"content-encoding: gzip"}));
    auto c = s.connect();
    EXPECT_TRUE(
        failed_with(c.execute("UPDATE fault SET x = 1"), error_kind::too_big, "decompressed"));
    EXPECT_TRUE(is_alive(c));
}

TEST(remote_fault, a_compressed_refusal_that_is_too_large_is_refused) {
    faulty_server s;
    s.fault =
        always(reply_with(500, packed_spaces(400U * 1024 * 1024), {"content-encoding: gzip"}));
    auto c = s.connect();
    EXPECT_TRUE(failed_with(c.execute("UPDATE fault SET x = 1"), error_kind::network, "500"));
    EXPECT_TRUE(is_alive(c));
}

TEST(remote_fault, an_endless_entry_is_refused) {
    faulty_server s;
    s.fault =
        always({.bytes = "HTTP/1.1 200 OK\r\n\r\n" + std::string(65536, '['), .endless = true});
    auto c = s.connect();
    EXPECT_TRUE(failed_with(c.cursor("SELECT fault"), error_kind::too_big, "1 GiB"));
    EXPECT_TRUE(is_alive(c));
}

TEST(remote_fault, an_endless_refusal_is_an_error) {
    faulty_server s;
    s.fault =
        always({.bytes = "HTTP/1.1 500 No\r\n\r\n" + std::string(65536, 'x'), .endless = true});
    auto c = s.connect();
    EXPECT_FALSE(c.execute("UPDATE fault SET x = 1"));
    EXPECT_FALSE(c.cursor("SELECT fault"));
    EXPECT_TRUE(is_alive(c));
}

TEST(remote_fault, an_error_that_loses_a_transaction_says_so) {
    faulty_server s;
    s.fault = always(reply_with(500, "its words"));
    auto c = s.connect();
    auto t = c.begin().value();
    ASSERT_TRUE(succeeded(t.execute("INSERT INTO t VALUES (1)")));
    EXPECT_TRUE(
        failed_with(t.execute("INSERT INTO fault VALUES (1)"), error_kind::network, "lost"));
    EXPECT_TRUE(failed_with(t.execute("INSERT INTO t VALUES (2)"), error_kind::transaction));
    EXPECT_EQ(s.count("VALUES (2)"), 0U);
    EXPECT_TRUE(is_alive(c));
}

TEST(remote_fault, a_commit_without_a_reply_is_not_said_to_be_undone) {
    faulty_server s;
    s.where = "COMMIT";
    s.fault = always(broken());
    auto c = s.connect();
    auto t = c.begin().value();
    ASSERT_TRUE(succeeded(t.execute("INSERT INTO t VALUES (1)")));
    const auto got = t.commit();
    ASSERT_TRUE(failed_with(got, error_kind::network, "may have carried out"));
    EXPECT_EQ(got.error().message().find("rolls it back"), std::string::npos);
    EXPECT_EQ(s.count("COMMIT"), 1U);
    EXPECT_TRUE(is_alive(c));
}

// --- tokens ---

TEST(remote_fault, a_new_token_is_asked_for_once) {
    int asked = 0;
    faulty_server s;
    s.where = "/";
    s.fault = [](const scripted_request& r) {
        return r.header("authorization") == "Bearer second" ? hrana_server_says(r)
                                                            : reply_with(401, "who are you");
    };
    auto chosen = s.how();
    chosen.auth_token = [&] { return std::string(++asked == 1 ? "first" : "second"); };
    auto c = s.connect(chosen);
    EXPECT_TRUE(is_alive(c));
    EXPECT_EQ(asked, 2);
    EXPECT_EQ(s.server.requests().size(), 3U);
}

TEST(remote_fault, a_token_that_stays_refused_is_an_error) {
    int asked = 0;
    faulty_server s;
    s.where = "/";
    s.fault = always(reply_with(401, "who are you"));
    auto chosen = s.how();
    chosen.auth_token = [&] { return "token" + std::to_string(++asked); };
    EXPECT_TRUE(failed_with(database::open(chosen), error_kind::authentication, "who are you"));
    EXPECT_EQ(asked, 2);
    EXPECT_EQ(s.server.requests().size(), 2U);
}

TEST(remote_fault, a_refused_token_given_as_text_is_not_retried) {
    faulty_server s;
    s.where = "/";
    s.fault = always(reply_with(401, "who are you"));
    auto chosen = s.how();
    chosen.auth_token = "always the same";
    EXPECT_TRUE(failed_with(database::open(chosen), error_kind::authentication, "who are you"));
    EXPECT_EQ(s.server.requests().size(), 1U);
}

TEST(remote_fault, a_token_function_that_fails_fails_the_opening) {
    faulty_server s;
    auto chosen = s.how();
    chosen.auth_token = []() -> result<std::string> {
        return error(error_kind::authentication, "the vault is closed");
    };
    EXPECT_TRUE(
        failed_with(database::open(chosen), error_kind::authentication, "the vault is closed"));
    EXPECT_TRUE(s.server.requests().empty());
    chosen.auth_token = []() -> std::string { throw std::runtime_error("no"); };
    EXPECT_TRUE(failed_with(database::open(chosen), error_kind::authentication));
    chosen.auth_token = [] { return std::string("a\r\nx-other: b"); };
    EXPECT_TRUE(failed_with(database::open(chosen), error_kind::authentication, "line break"));
    EXPECT_TRUE(s.server.requests().empty());
}

TEST(remote_fault, connections_share_a_new_token) {
    std::atomic<int> asked{0};
    std::atomic<bool> first_is_over{false};
    faulty_server s;
    s.where = "/";
    s.fault = [&](const scripted_request& r) {
        const bool taken = r.header("authorization") == "Bearer 2" || !first_is_over;
        return taken ? hrana_server_says(r) : reply_with(401, "");
    };
    auto chosen = s.how();
    chosen.auth_token = [&] { return std::to_string(++asked); };
    auto db = database::open(chosen).value();
    std::vector<connection> all;
    for (int i = 0; i < 8; ++i) {
        all.push_back(db.connect().value());
    }
    first_is_over = true;
    std::vector<std::thread> threads;
    std::atomic<int> alive{0};
    for (auto& c : all) {
        threads.emplace_back([&] { alive += is_alive(c) ? 1 : 0; });
    }
    for (auto& t : threads) {
        t.join();
    }
    EXPECT_EQ(alive, 8);
    EXPECT_EQ(asked, 2);
}

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
    faulty_server s;
    s.where = "/v3-protobuf";
    s.fault = always(reply_with(500, ""));
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

// --- secrets ---

TEST(remote_fault, errors_contain_no_secret) {
    const std::string secret = "s3cr3t";
    const auto has_secret = [&](const error& e) {
        return e.to_string().find(secret) != std::string::npos ||
               e.message().find(secret) != std::string::npos;
    };
    faulty_server s;
    s.where = "/";
    // Some proxies show what they were sent.
    s.fault = [](const scripted_request& r) {
        std::string all;
        for (const auto& [name, value] : r.headers) {
            all += name + ": " + value + "\n";
        }
        return reply_with(400, all);
    };
    auto chosen = s.how();
    chosen.auth_token = "token-" + secret;
    chosen.remote_encryption_key = "key-" + secret;
    const auto echoed = database::open(chosen);
    ASSERT_FALSE(echoed);
    EXPECT_FALSE(has_secret(echoed.error())) << echoed.error().to_string();
    for (const std::string& proxy : std::vector<std::string>{
             "http://user:" + secret + "@127.0.0.1:1", "http://user:" + secret + "@:x",
             "nonsense://user:" + secret + "@127.0.0.1:1", "http://user:" + secret + "@a b",
             "http://user:" + secret + "@[::1"}) {
        auto through = s.how();
        through.proxy = proxy;
        through.timeout = 2s;
        const auto failed = database::open(through);
        ASSERT_FALSE(failed);
        EXPECT_FALSE(has_secret(failed.error())) << failed.error().to_string();
    }
}

TEST(remote_fault, errors_of_statements_contain_no_secret) {
    const std::string secret = "s3cr3t/with+signs";
    for (const bool as_cursor : {false, true}) {
        faulty_server s;
        s.fault = [&](const scripted_request& r) {
            const std::string failure =
                R"({"message":"denied to s3cr3t\/with+signs","code":"SQLITE_AUTH"})";
            if (r.target.ends_with("/cursor")) {
                return reply_with(200, R"({"baton":null,"base_url":null})"
                                       "\n"
                                       R"({"type":"step_error","step":0,"error":)" +
                                           failure + "}\n");
            }
            auto body = testing::hrana_reply_to(r.body);
            const auto from = body.find(R"({"type":"ok")");
            const auto end = body.find(R"(,{"type":"ok","response":{"type":"close")");
            body.replace(from, std::min(end, body.rfind(']')) - from,
                         R"({"type":"error","error":)" + failure + "}");
            return reply_with(200, body);
        };
        auto chosen = s.how();
        chosen.auth_token = secret;
        auto c = faulty_server::connect(chosen);
        const auto failed = as_cursor ? c.query("SELECT fault").error()
                                      : c.execute("UPDATE fault SET x = 1").error();
        EXPECT_NE(failed.message().find("denied to ***"), std::string::npos) << failed.to_string();
        EXPECT_EQ(failed.to_string().find("s3cr3t"), std::string::npos) << failed.to_string();
    }
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

TEST(remote_fault, a_stream_follows_its_base_url_and_comes_back) {
    scripted_server other(hrana_server_says);
    faulty_server s;
    s.where = "BEGIN";
    s.fault = [&](const scripted_request& r) {
        auto body = testing::hrana_reply_to(r.body, false, "b");
        const std::string null = R"("base_url":null)";
        body.replace(body.find(null), null.size(), R"("base_url":")" + other.url() + '"');
        return reply_with(200, body);
    };
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
        faulty_server s;
        s.where = "BEGIN";
        s.fault = [&](const scripted_request& r) {
            auto body = testing::hrana_reply_to(r.body, false, "b");
            const std::string null = R"("base_url":null)";
            body.replace(body.find(null), null.size(), R"("base_url":")" + other.url() + '"');
            return reply_with(200, body);
        };
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
        faulty_server s;
        s.where = "BEGIN";
        s.fault = [&](const scripted_request& r) {
            auto body = testing::hrana_reply_to(r.body, false, "b");
            const std::string null = R"("base_url":null)";
            body.replace(body.find(null), null.size(), R"("base_url":")" + std::string(url) + '"');
            return reply_with(200, body);
        };
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

// --- batches that go step by step ---

TEST(remote_fault, a_batch_whose_later_step_is_not_sent_says_that_the_earlier_ones_stand) {
    faulty_server s;
    s.fault = always(reply_with(503, "later"));
    auto c = s.connect();
    batch steps;
    steps.add("INSERT INTO there VALUES (1)");
    steps.add("SELECT ?");  // refused before it is sent
    steps.add("INSERT INTO fault VALUES (1)");
    const auto done = c.run(steps);
    ASSERT_TRUE(failed_with(done, error_kind::network));
    EXPECT_NE(done.error().outcome(), error_outcome::not_run);
    EXPECT_NE(done.error().outcome(), error_outcome::undone);
    EXPECT_EQ(s.count("there"), 1U);
}

TEST(remote_fault, a_batch_that_loses_a_transaction_says_what_stands_beside_it) {
    for (const bool before : {true, false}) {
        faulty_server s;
        s.fault = always(broken());
        auto c = s.connect();
        batch steps;
        if (before) {
            steps.add("INSERT INTO there VALUES (1)");
        }
        steps.add("BEGIN");
        steps.add("INSERT INTO there VALUES (2)");
        steps.add("SELECT ?");  // refused before it is sent
        steps.add("INSERT INTO fault VALUES (1)");
        const auto done = c.run(steps);
        ASSERT_TRUE(failed_with(done, error_kind::network));
        EXPECT_EQ(to_string(done.error().outcome()), before ? "stands" : "undone");
    }
}

}  // namespace
}  // namespace libsql::remote
