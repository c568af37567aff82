#include "support/faulty_server.hpp"
#include "support/outcome.hpp"
#include "support/packed_bytes.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>

/// @file
/// Replies that are invalid, endless or lost.

namespace libsql::remote {
namespace {

using namespace testing;

/// A reply whose body never ends: after the first of its bytes come only those that are `filler`.
scripted_reply without_end(const std::string& status, char filler) {
    return {.bytes = "HTTP/1.1 " + status + "\r\n\r\n" + std::string(65536, filler),
            .endless = true};
}

/// A write that is answered by `reply` fails so, and the connection goes on after it.
void expect_refused(const scripted_reply& reply, error_kind kind, std::string_view words) {
    faulty_server s{.fault = always(reply)};
    auto c = s.connect();
    EXPECT_TRUE(failed_with(c.execute("UPDATE fault SET x = 1"), kind, words));
    EXPECT_TRUE(is_alive(c));
}

// --- replies ---

TEST(remote_fault, invalid_replies_are_refused) {
    for (const char* const body :
         {"", " ", "null", "[]", "{}", "42", "\"x\"", "Hello", "\xff\xfe", "{\"results\":",
          R"({"results":{}})", R"({"results":[]})", R"({"results":[{"type":"ok"},{"type":"ok"}]})",
          R"({"results":[{"type":"error"},{"type":"error"}]})", R"({"baton":5,"results":[]})"}) {
        faulty_server s{.fault = always(reply_with(200, body))};
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
    expect_refused(without_end("200 OK", ' '), error_kind::too_big, "1 GiB");
}

std::string packed_spaces(std::size_t size) {
    return testing::packed_bytes("", ' ', size);
}

/// A reply of some kilobytes that are 400 MiB when they are unpacked.
scripted_reply packed(int status) {
    return reply_with(status, packed_spaces(400U * 1024 * 1024), {"content-encoding: gzip"});
}

TEST(remote_fault, a_compressed_reply_that_is_too_large_is_refused) {
    expect_refused(packed(200), error_kind::too_big, "decompressed");
}

TEST(remote_fault, a_compressed_refusal_that_is_too_large_is_refused) {
    expect_refused(packed(500), error_kind::network, "500");
}

TEST(remote_fault, an_endless_entry_is_refused) {
    faulty_server s{.fault = always(without_end("200 OK", '['))};
    auto c = s.connect();
    EXPECT_TRUE(failed_with(c.cursor("SELECT fault"), error_kind::too_big, "1 GiB"));
    EXPECT_TRUE(is_alive(c));
}

TEST(remote_fault, an_endless_refusal_is_an_error) {
    faulty_server s{.fault = always(without_end("500 No", 'x'))};
    auto c = s.connect();
    EXPECT_FALSE(c.execute("UPDATE fault SET x = 1"));
    EXPECT_FALSE(c.cursor("SELECT fault"));
    EXPECT_TRUE(is_alive(c));
}

TEST(remote_fault, an_error_that_loses_a_transaction_says_so) {
    faulty_server s{.fault = always(reply_with(500, "its words"))};
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
    faulty_server s{.fault = always(broken()), .where = "COMMIT"};
    auto c = s.connect();
    auto t = c.begin().value();
    ASSERT_TRUE(succeeded(t.execute("INSERT INTO t VALUES (1)")));
    const auto got = t.commit();
    ASSERT_TRUE(failed_with(got, error_kind::network, "may have carried out"));
    EXPECT_EQ(got.error().message().find("rolls it back"), std::string::npos);
    EXPECT_EQ(s.count("COMMIT"), 1U);
    EXPECT_TRUE(is_alive(c));
}

// --- batches that go step by step ---

TEST(remote_fault, a_batch_whose_later_step_is_not_sent_says_that_the_earlier_ones_stand) {
    faulty_server s{.fault = always(reply_with(503, "later"))};
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
        faulty_server s{.fault = always(broken())};
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
