#include "libsql/remote/keep_alive.hpp"

#include "libsql/remote/stream.hpp"
#include "support/hrana_script.hpp"
#include "support/outcome.hpp"
#include "support/remote_connection.hpp"
#include "support/scripted_server.hpp"
#include "support/sqld_server.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

/// @file
/// Time is moved here, never waited for.

namespace libsql::remote {
namespace {

using namespace std::chrono_literals;
using namespace testing;

bool is_sign(const scripted_request& r) {
    return r.body.find(R"("requests":[{"type":"get_autocommit"}])") != std::string::npos;
}

bool is_sign_beside_a_cursor(const scripted_request& r) {
    return r.body.find(R"("requests":[{"type":"close_sql","sql_id":0}])") != std::string::npos;
}

std::size_t signs(const scripted_server& server) {
    std::size_t n = 0;
    for (const auto& r : server.requests()) {
        n += is_sign(r) || is_sign_beside_a_cursor(r) ? 1U : 0U;
    }
    return n;
}

/// A server whose streams have batons b0, b1 ...; it does to a sign of life what `to_sign` says.
struct baton_server {
    explicit baton_server(scripted_server::script to_sign = {})
        : server([this, to_sign = std::move(to_sign)](const scripted_request& r) {
              const bool sign = is_sign(r) || is_sign_beside_a_cursor(r);
              return sign && to_sign ? to_sign(r) : ok(r);
          }) {}

    scripted_reply ok(const scripted_request& r) {
        const std::string baton = "b" + std::to_string(n_++);
        return r.target.ends_with("/cursor")
                   ? reply_with(200, testing::hrana_cursor_reply(baton))
                   : reply_with(200, testing::hrana_reply_to(r.body, false, baton));
    }

    [[nodiscard]] std::string last_body() const { return server.requests().back().body; }

private:
    int n_{0};

public:
    scripted_server server;
};

/// A stream on which a transaction was begun.
struct begun_stream {
    explicit begun_stream(const scripted_server& server, auth_token token = {})
        : where(server::make({.uri = server.url(),
                              .auth_token = std::move(token),
                              .wire_format = wire_format::json})
                    .value()) {
        EXPECT_TRUE(succeeded(run("BEGIN")));
    }

    result<hrana::reply> run(std::string_view sql) {
        const std::vector<hrana::request> requests{hrana::execute_request{{.sql = sql}}};
        return s.send(requests, intent::writes, deadline::in(300s));
    }

    /// Until what was sent is answered, or given up.
    bool is_done() {
        return soon([&] { return !s.keep_alive(); });
    }

    std::shared_ptr<server> where;
    net::http_session http{{}};
    stream s{where, http};
};

/// A stream whose sign of life was sent and is not answered.
struct unanswered_stream {
    unanswered_stream() {
        keep_alive::move_clock(4s);
        EXPECT_TRUE(one.s.keep_alive());
    }

    baton_server b{
        [](const scripted_request&) { return scripted_reply{.end = scripted_end::stall}; }};
    begun_stream one{b.server};
};

TEST(remote_keep_alive, sends_nothing_before_four_seconds_of_silence) {
    baton_server b;
    begun_stream one(b.server);
    EXPECT_FALSE(one.s.keep_alive());
    keep_alive::move_clock(3s);
    EXPECT_FALSE(one.s.keep_alive());
    EXPECT_EQ(signs(b.server), 0U);
    keep_alive::move_clock(1s);
    one.s.keep_alive();
    EXPECT_TRUE(one.is_done());
    EXPECT_EQ(signs(b.server), 1U);
    keep_alive::move_clock(3s);
    EXPECT_FALSE(one.s.keep_alive());  // what was sent counts
    keep_alive::move_clock(1s);
    one.s.keep_alive();
    EXPECT_TRUE(one.is_done());
    EXPECT_EQ(signs(b.server), 2U);
}

TEST(remote_keep_alive, sends_nothing_on_a_closed_stream) {
    baton_server b;
    begun_stream one(b.server);
    one.s.close();
    keep_alive::move_clock(5s);
    EXPECT_FALSE(one.s.keep_alive());
    EXPECT_EQ(signs(b.server), 0U);
}

TEST(remote_keep_alive, the_answer_has_the_next_baton) {
    baton_server b;
    begun_stream one(b.server);
    keep_alive::move_clock(4s);
    one.s.keep_alive();
    EXPECT_TRUE(succeeded(one.s.settle(deadline::in(300s))));
    EXPECT_TRUE(succeeded(one.run("SELECT 1")));
    EXPECT_NE(b.last_body().find(R"("baton":"b1")"), std::string::npos);
}

TEST(remote_keep_alive, waiting_for_an_answer_ends_at_the_deadline_and_loses_nothing) {
    unanswered_stream stream;
    auto& one = stream.one;
    EXPECT_TRUE(failed_with(one.s.settle(deadline::in(20ms)), error_kind::timeout));
    EXPECT_TRUE(one.s.is_open());
    one.http.interrupt();  // which came before
    std::thread later([&] {
        std::this_thread::sleep_for(20ms);
        one.http.interrupt();
    });
    EXPECT_TRUE(failed_with(one.s.settle(deadline()), error_kind::interrupted));
    later.join();
    EXPECT_TRUE(one.s.is_open());
}

TEST(remote_keep_alive, an_answer_missing_for_six_seconds_ends_the_stream) {
    unanswered_stream stream;
    auto& one = stream.one;
    keep_alive::move_clock(5s);
    EXPECT_TRUE(one.s.keep_alive());
    keep_alive::move_clock(1s);
    EXPECT_FALSE(one.s.keep_alive());
    EXPECT_FALSE(one.s.is_open());
}

TEST(remote_keep_alive, a_refusal_ends_the_stream) {
    for (const auto& refusal :
         {reply_with(400, "Received an invalid baton"), reply_with(503, "later"),
          reply_with(200, "nonsense"), scripted_reply{.end = scripted_end::reset}}) {
        baton_server b([&](const scripted_request&) { return refusal; });
        begun_stream one(b.server);
        keep_alive::move_clock(4s);
        one.s.keep_alive();
        EXPECT_TRUE(one.is_done());
        EXPECT_FALSE(one.s.is_open());
        EXPECT_EQ(signs(b.server), 1U);  // it is not sent again
    }
}

TEST(remote_keep_alive, a_refused_token_is_replaced) {
    int asked = 0;
    std::unique_ptr<baton_server> b;
    b = std::make_unique<baton_server>([&](const scripted_request& r) {
        return r.header("authorization") == "Bearer second" ? b->ok(r) : reply_with(401, "no");
    });
    begun_stream one(b->server, [&] { return std::string(++asked == 1 ? "first" : "second"); });
    keep_alive::move_clock(4s);
    one.s.keep_alive();
    EXPECT_TRUE(one.is_done());
    EXPECT_TRUE(one.s.is_open());
    EXPECT_EQ(asked, 2);
    EXPECT_EQ(signs(b->server), 2U);
}

/// A stream whose sign of life is refused for its token. The function that gives another one has
/// been called, and returns when it is told to.
struct sign_without_token {
    sign_without_token() {
        keep_alive::move_clock(4s);
        one.s.keep_alive();
        EXPECT_TRUE(soon([&] { return one.s.keep_alive() && asked == 2; }));
    }

    ~sign_without_token() {
        if (!is_released) {
            release();
        }
    }

    std::string token() {
        if (++asked == 1) {
            return "first";
        }
        released.get_future().wait();
        return "second";
    }

    void release() {
        is_released = true;
        released.set_value();
    }

    std::atomic<int> asked{0};
    std::promise<void> released;
    bool is_released{false};
    baton_server b{[this](const scripted_request& r) {
        return r.header("authorization") == "Bearer second" ? b.ok(r) : reply_with(401, "no");
    }};
    begun_stream one{b.server, [this] { return token(); }};
};

TEST(remote_keep_alive, does_not_wait_for_a_function_that_gives_tokens) {
    sign_without_token waits;
    EXPECT_TRUE(waits.one.s.keep_alive());  // returns though the function has not
    EXPECT_TRUE(waits.one.s.is_open());
    waits.release();
    EXPECT_TRUE(waits.one.is_done());
    EXPECT_TRUE(waits.one.s.is_open());
    EXPECT_EQ(waits.asked, 2);
    EXPECT_EQ(signs(waits.b.server), 2U);
}

TEST(remote_keep_alive, a_call_waits_for_the_token_that_a_sign_needs) {
    sign_without_token waits;
    waits.release();
    EXPECT_TRUE(succeeded(waits.one.s.settle(deadline::in(300s))));
    EXPECT_TRUE(waits.one.s.is_open());
    EXPECT_EQ(waits.asked, 2);
}

TEST(remote_keep_alive, a_sign_for_which_no_token_comes_is_given_up) {
    sign_without_token waits;
    keep_alive::move_clock(6s);
    EXPECT_TRUE(waits.one.is_done());
    EXPECT_FALSE(waits.one.s.is_open());
}

TEST(remote_keep_alive, does_not_query_the_database_while_a_cursor_is_open) {
    const auto whole = reply_with(200, testing::hrana_cursor_reply("b1"));
    std::optional<scripted_server> server;
    server.emplace([&](const scripted_request& r) {
        if (r.target.ends_with("/cursor")) {  // the third row does not come
            return testing::cut(whole, whole.bytes.find(R"("3")"), scripted_end::stall);
        }
        return reply_with(200, testing::hrana_reply_to(r.body, false, r.number == 0 ? "b0" : "b2"));
    });
    begun_stream one(*server);
    auto reply =
        one.s.open_cursor({.steps = {{{.sql = "SELECT 1"}, {}}}}, true, deadline()).value();
    EXPECT_TRUE(succeeded(reply->next(deadline::in(300s))));  // the head of the reply, and a baton
    keep_alive::move_clock(4s);
    one.s.keep_alive();
    EXPECT_TRUE(one.is_done());
    EXPECT_TRUE(is_sign_beside_a_cursor(server->requests().back()));
    EXPECT_NE(server->requests().back().body.find(R"("baton":"b1")"), std::string::npos);
    reply.reset();
    EXPECT_TRUE(succeeded(one.run("SELECT 2")));
    EXPECT_NE(server->requests().back().body.find(R"("baton":"b2")"), std::string::npos);
}

// --- the thread ---

/// A connection with a transaction that nobody uses.
struct idle_transaction {
    explicit idle_transaction(const scripted_server& server)
        : c(database::open({.uri = server.url(), .wire_format = wire_format::json})
                .value()
                .connect()
                .value()) {
        t.emplace(c.begin().value());
        EXPECT_TRUE(succeeded(t->execute("SELECT 1")));
    }

    libsql::connection c;
    std::optional<transaction> t;
};

TEST(remote_keep_alive, a_stopped_server_does_not_delay_others) {
    const auto stalls = [](const scripted_request& r) {
        return is_sign(r) ? scripted_reply{.end = scripted_end::stall}
                          : testing::hrana_server_says(r);
    };
    scripted_server stalled(stalls);
    scripted_server healthy(&testing::hrana_server_says);
    const idle_transaction one(stalled);
    const idle_transaction two(stalled);
    idle_transaction three(healthy);
    const auto sent = keep_alive::sent.load();
    keep_alive::move_clock(4s);
    EXPECT_TRUE(soon([&] { return keep_alive::sent >= sent + 3; }));
    EXPECT_TRUE(soon([&] { return signs(healthy) == 1; }));
    EXPECT_TRUE(succeeded(three.t->execute("SELECT 2")));
    // The others are as they were: only their server can say whether they are lost.
    EXPECT_FALSE(one.c.is_autocommit());
    EXPECT_FALSE(two.c.is_autocommit());
    keep_alive::move_clock(6s);  // now they are
}

TEST(remote_keep_alive, a_hundred_transactions_are_kept_alive_at_once) {
    const auto answered = keep_alive::answered.load();
    std::uint64_t received = 0;
    std::atomic<std::uint64_t> most_at_once{0};
    scripted_server slow([&](const scripted_request& r) {
        auto reply = testing::hrana_server_says(r);
        if (is_sign(r)) {
            reply.delay = 200ms;
            ++received;
            most_at_once =
                std::max(most_at_once.load(), received - (keep_alive::answered - answered));
        }
        return reply;
    });
    std::vector<idle_transaction> all;
    for (int i = 0; i < 100; ++i) {
        all.emplace_back(slow);
    }
    keep_alive::move_clock(4s);
    EXPECT_TRUE(soon([&] { return keep_alive::answered >= answered + 100; }));
    EXPECT_GE(most_at_once, 5U);  // one after the other: 1
    for (auto& one : all) {
        EXPECT_TRUE(succeeded(one.t->execute("SELECT 2")));
    }
}

}  // namespace
}  // namespace libsql::remote
