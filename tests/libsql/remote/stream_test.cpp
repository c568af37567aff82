#include "libsql/remote/stream.hpp"

#include "support/hrana_script.hpp"
#include "support/outcome.hpp"
#include "support/scripted_server.hpp"
#include "support/sqld_server.hpp"

#include <libsql/argument.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace libsql::remote {
namespace {

using namespace std::chrono_literals;
using namespace testing;

struct open_stream {
    explicit open_stream(std::string url, wire_format format = wire_format::automatic)
        : where(server::make({.uri = std::move(url), .wire_format = format}).value()) {}

    result<hrana::reply> send(std::vector<hrana::request> requests) {
        return s.send(requests, intent::writes, deadline::in(300s));
    }

    result<hrana::reply> run(std::string_view sql) {
        return send({hrana::execute_request{{.sql = sql}}});
    }

    std::shared_ptr<server> where;
    net::http_session http{{}};
    stream s{where, http};
};

TEST(hrana_stream, is_open_until_it_is_closed) {
    const testing::sqld_server server;
    open_stream one(server.url());
    EXPECT_FALSE(one.s.is_open());
    ASSERT_TRUE(succeeded(one.run("BEGIN")));
    EXPECT_TRUE(one.s.is_open());
    const auto state = one.send({hrana::get_autocommit_request{}}).value();
    EXPECT_FALSE(std::get<bool>(std::get<hrana::response>(state.results.at(0))));
    ASSERT_TRUE(succeeded(one.send({hrana::close_request{}})));
    EXPECT_FALSE(one.s.is_open());
}

TEST(hrana_stream, an_expired_stream_is_a_lost_transaction) {
    testing::sqld_server server({.moving_clock = true});
    open_stream one(server.url());
    ASSERT_TRUE(succeeded(one.run("BEGIN")));
    server.move_clock(12s);
    const auto late = one.run("SELECT 1");
    ASSERT_TRUE(failed_with(late, error_kind::transaction));
    EXPECT_EQ(late.error().hrana_code(), "STREAM_EXPIRED");
    EXPECT_EQ(late.error().http_status(), 400);
    EXPECT_FALSE(one.s.is_open());
    EXPECT_TRUE(succeeded(one.run("SELECT 1")));
}

TEST(hrana_stream, a_closed_stream_releases_its_lock_at_once) {
    const testing::sqld_server server;
    open_stream one(server.url());
    ASSERT_TRUE(succeeded(one.run("CREATE TABLE t(x)")));
    ASSERT_TRUE(succeeded(one.run("BEGIN IMMEDIATE")));
    one.s.close();
    EXPECT_FALSE(one.s.is_open());
    open_stream other(server.url());
    const auto begin = std::chrono::steady_clock::now();
    ASSERT_TRUE(succeeded(other.run("INSERT INTO t VALUES (1)")));
    EXPECT_LE(std::chrono::steady_clock::now() - begin, 8s);  // the server ends it after 10 s
}

TEST(hrana_stream, each_baton_is_used_once) {
    int n = 0;
    scripted_server server([&](const testing::scripted_request& r) {
        return reply_with(200, testing::hrana_reply_to(r.body, false, "b" + std::to_string(++n)));
    });
    open_stream one(server.url(), wire_format::json);
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(succeeded(one.run("SELECT 1")));
    }
    const auto all = server.requests();
    EXPECT_NE(all.at(0).body.find(R"("baton":null)"), std::string::npos);
    EXPECT_NE(all.at(1).body.find(R"("baton":"b1")"), std::string::npos);
    EXPECT_NE(all.at(2).body.find(R"("baton":"b2")"), std::string::npos);
}

TEST(hrana_stream, an_unsent_request_does_not_end_it) {
    const testing::sqld_server server;
    open_stream one(server.url());
    ASSERT_TRUE(succeeded(one.run("BEGIN")));
    const std::vector<detail::cell> wrong{detail::to_cell("\xff")};
    EXPECT_TRUE(
        failed_with(one.send({hrana::execute_request{{.sql = "SELECT ?", .arguments = wrong}}}),
                    error_kind::invalid_argument));
    EXPECT_TRUE(one.s.is_open());
    EXPECT_TRUE(succeeded(one.run("COMMIT")));
}

// Turso Cloud says 404 for a stream that it does not know any more.
TEST(hrana_stream, an_unknown_stream_is_a_lost_transaction) {
    scripted_server server([](const testing::scripted_request& r) {
        return r.number == 0 ? reply_with(200, testing::hrana_reply_to(r.body, false, "b"))
                             : reply_with(404, "no such stream");
    });
    open_stream one(server.url(), wire_format::json);
    ASSERT_TRUE(succeeded(one.run("BEGIN")));
    EXPECT_TRUE(failed_with(one.run("SELECT 1"), error_kind::transaction, "no such stream"));
    EXPECT_TRUE(failed_with(one.run("SELECT 1"), error_kind::cannot_open, "no such stream"));
}

}  // namespace
}  // namespace libsql::remote
