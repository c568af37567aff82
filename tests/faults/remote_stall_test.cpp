#include "support/faulty_server.hpp"
#include "support/outcome.hpp"
#include "support/while_interrupted.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

/// @file
/// Servers that do not answer: deadlines and interrupts.

namespace libsql::remote {
namespace {

using namespace std::chrono_literals;
using namespace testing;
using clock = std::chrono::steady_clock;

// --- stalls ---

TEST(remote_fault, a_stall_ends_at_the_deadline) {
    const std::string whole = reply_with(200, "{}").bytes;
    for (const std::size_t sent : {std::size_t{0}, std::size_t{10}, whole.size() - 1}) {
        faulty_server s{.fault = always(cut(reply_with(200, "{}"), sent, scripted_end::stall))};
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
    faulty_server s{.fault = always(stalled())};
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
    faulty_server s{.fault = always(cut(whole, third_row, scripted_end::stall))};
    auto c = s.connect();
    auto rows = c.cursor(deadline::in(1500ms), "SELECT fault").value();
    const auto begin = clock::now();
    EXPECT_EQ(rows.fetch(2).value().at(1).at(0), value(2));
    EXPECT_TRUE(failed_with(rows.fetch(1), error_kind::timeout));
    EXPECT_LE(since(begin), 10s);
    EXPECT_TRUE(is_alive(c));
}

TEST(remote_fault, a_stall_in_a_transaction_loses_the_transaction) {
    faulty_server s{.fault = always(stalled())};
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
        faulty_server s{.fault = always(cut(whole, sent, scripted_end::stall))};
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
    faulty_server s{.fault = always(cut(whole, whole.bytes.find(R"("3")"), scripted_end::stall))};
    auto c = s.connect();
    auto rows = c.cursor("SELECT fault").value();
    EXPECT_TRUE(
        failed_with(interrupted(c, [&] { return rows.fetch(100); }), error_kind::interrupted));
    EXPECT_TRUE(is_alive(c));
}

TEST(remote_fault, an_interrupt_ends_the_wait_before_a_retry) {
    faulty_server s{.fault = always(reply_with(503, "later", {"retry-after: 25"}))};
    auto c = s.connect();
    const auto begin = clock::now();
    const auto interrupt_the_wait = [&, i = c.interrupter()] {
        if (s.count("fault") > 0) {  // the request was sent, and is not sent again
            i.interrupt();
        }
    };
    EXPECT_TRUE(failed_with(testing::while_interrupted(
                                interrupt_the_wait, [&] { return c.fetch<int>("SELECT fault"); }),
                            error_kind::interrupted));
    EXPECT_LE(since(begin), 10s);
    EXPECT_EQ(s.count("fault"), 1U);
    EXPECT_TRUE(is_alive(c));
}

TEST(remote_fault, an_interrupt_ends_a_batch) {
    faulty_server s{.fault = always(stalled())};
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

}  // namespace
}  // namespace libsql::remote
