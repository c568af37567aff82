#include "support/outcome.hpp"
#include "support/remote_connection.hpp"
#include "support/sqld_server.hpp"
#include "support/token_signer.hpp"
#include "support/while_interrupted.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// @file
/// Connections to a real server: tokens, interrupts, and what they leave behind.

namespace libsql {
namespace {

using namespace std::chrono_literals;
using namespace testing;
using clock = std::chrono::steady_clock;

// --- tokens ---

TEST(remote_connection, a_token_is_required_and_checked) {
    const sqld_server server({.authentication = true});
    const auto open = [&](auth_token token) {
        return database::open({.uri = server.url(), .auth_token = std::move(token)});
    };
    ASSERT_TRUE(succeeded(open(server.token())));
    const std::vector<std::string> refused{"", "nonsense", testing::token_signer().token(),
                                           server.token({.expires_in = -1h})};
    for (const auto& token : refused) {
        const auto got = open(token);
        ASSERT_TRUE(failed_with(got, error_kind::authentication));
        EXPECT_EQ(got.error().http_status(), 401);
        EXPECT_EQ(got.error().outcome(), error_outcome::not_run);
        if (!token.empty()) {
            EXPECT_EQ(got.error().to_string().find(token), std::string::npos);
        }
    }
}

/// A server takes a token for a minute longer than it says.
constexpr std::chrono::seconds almost_refused = -56s;

/// A connection with a table, whose first token the server refuses when its clock has moved on.
struct expiring_token {
    expiring_token() { make_table(c); }

    sqld_server server{{.authentication = true, .moving_clock = true}};
    int asked{0};
    connection c{connect(server, {.auth_token = [this] {
                             return server.token(
                                 {.expires_in = ++asked == 1 ? almost_refused : 1h});
                         }})};
};

TEST(remote_connection, a_token_that_expires_is_replaced) {
    expiring_token with;
    auto& c = with.c;
    EXPECT_EQ(with.asked, 1);
    with.server.move_clock(5s);
    // A read, which is sent again if the server has meanwhile closed the idle connection.
    EXPECT_EQ(number(c, count_rows), 0);
    EXPECT_EQ(with.asked, 2);
    EXPECT_TRUE(succeeded(c.execute("INSERT INTO t(x) VALUES (1)")));
    EXPECT_EQ(number(c, count_rows), 1);
}

TEST(remote_connection, a_token_that_expires_in_a_transaction_is_replaced) {
    expiring_token with;
    auto t = with.c.begin().value();
    ASSERT_TRUE(succeeded(t.execute("INSERT INTO t(x) VALUES (1)")));
    with.server.move_clock(5s);
    expect_open(t, with.c);
}

TEST(remote_connection, a_read_only_token_cannot_write) {
    const sqld_server server({.authentication = true});
    auto owner = connect(server, {.auth_token = server.token()});
    make_table(owner);
    auto c = connect(server, {.auth_token = server.token({.read_only = true})});
    EXPECT_EQ(number(c, count_rows), 0);
    const auto got = c.execute("INSERT INTO t(x) VALUES (1)");
    ASSERT_TRUE(failed_with(got, error_kind::authentication));
    EXPECT_EQ(got.error().http_status(), 403);
    EXPECT_EQ(got.error().outcome(), error_outcome::not_run);
    EXPECT_EQ(number(c, count_rows), 0);
    auto t = c.begin().value();
    EXPECT_EQ(number(t, count_rows), 0);
    const auto refused = t.execute("INSERT INTO t(x) VALUES (1)");
    EXPECT_TRUE(failed_with(refused, error_kind::authentication, "lost"));
    EXPECT_EQ(refused.error().outcome(), error_outcome::not_run);
    EXPECT_TRUE(failed_with(t.fetch<int>(count_rows), error_kind::transaction));
    EXPECT_EQ(number(c, count_rows), 0);
}

TEST(remote_connection, a_missing_namespace_is_an_error) {
    sqld_server server({.namespaces = true});
    const auto got = database::open({.uri = server.url(), .server_namespace = "nowhere"});
    ASSERT_TRUE(failed_with(got, error_kind::cannot_open, "nowhere"));
    EXPECT_EQ(got.error().http_status(), 404);
    server.create_namespace("one");
    auto c = connect(server, {.server_namespace = "one"});
    make_table(c);
    server.delete_namespace("one");
    EXPECT_TRUE(failed_with(c.fetch<int>(count_rows), error_kind::cannot_open));
}

TEST(remote_connection, base_url_is_followed) {
    const sqld_server server({.self_url = "http://localhost:{port}"});
    auto c = connect(server);
    auto t = begin_with_row(c);
    expect_open(t, c);
}

// --- interrupts and deadlines ---

TEST(remote_connection, a_running_query_is_interrupted_and_the_connection_stays_usable) {
    sqld_server server;
    auto c = connect(server);
    for (const auto& run : std::vector<std::function<std::optional<error>()>>{
             [&] { return c.fetch_one<std::int64_t>(slow).error(); },
             [&] { return c.query(slow).error(); },
             [&] { return c.execute(slow).error(); },
         }) {
        const auto begin = clock::now();
        const auto ended =
            testing::while_interrupted([i = c.interrupter()] { i.interrupt(); }, run);
        ASSERT_TRUE(ended);
        EXPECT_TRUE(is_error(*ended, error_kind::interrupted));
        EXPECT_LE(clock::now() - begin, 10s);
        EXPECT_EQ(number(c, "SELECT 1"), 1);
    }
}

// --- what is left behind ---

TEST(remote_connection, connections_leak_no_files_and_threads) {
    const sqld_server server({.arguments = {"--max-concurrent-connections", "16"}});
    auto db = database::open({.uri = server.url()}).value();
    {
        auto c = db.connect().value();
        make_table(c);
    }
    const std::size_t files = entries("/proc/self/fd");
    const std::size_t threads = entries("/proc/self/task");
    for (int i = 0; i < 1000; ++i) {
        auto c = db.connect().value();
        switch (i % 5) {
            case 0:
                ASSERT_TRUE(succeeded(c.execute("INSERT INTO t(x) VALUES (1)"))) << i;
                break;
            case 1:
                ASSERT_TRUE(succeeded(c.query("SELECT 1 UNION SELECT 2"))) << i;  // rows dropped
                break;
            case 2: {
                auto rows = c.cursor(endless);
                ASSERT_TRUE(succeeded(rows)) << i;
                EXPECT_EQ(rows->fetch(1).value().size(), 1U);
                break;  // most of them were not sent yet
            }
            case 3: {
                auto t = c.begin(transaction_mode::immediate).value();
                ASSERT_TRUE(succeeded(t.execute("INSERT INTO t(x) VALUES (2)"))) << i;
                break;  // dropped: rolled back
            }
            default:
                break;  // not used at all
        }
    }
    auto c = db.connect().value();
    EXPECT_EQ(number(c, count_rows), 200);
    EXPECT_LE(entries("/proc/self/fd"), files + 4);
    EXPECT_TRUE(soon([&] { return entries("/proc/self/task") <= threads; }));
}

TEST(remote_connection, idle_connections_hold_no_stream) {
    const sqld_server server({.arguments = {"--max-concurrent-connections", "8"}});
    auto db = database::open({.uri = server.url()}).value();
    std::vector<connection> idle;
    for (int i = 0; i < 50; ++i) {
        idle.push_back(db.connect().value());
        auto& c = idle.back();
        if (i % 3 == 0) {
            ASSERT_TRUE(succeeded(c.execute("SELECT 1"))) << i;
        } else if (i % 3 == 1) {
            auto rows = c.cursor(endless);
            ASSERT_TRUE(succeeded(rows)) << i;
            EXPECT_EQ(rows->fetch(1).value().size(), 1U);
        } else {
            auto t = c.begin().value();
            ASSERT_TRUE(succeeded(t.execute("SELECT 1"))) << i;
            ASSERT_TRUE(succeeded(c.reset())) << i;
        }
    }
    const auto begin = clock::now();
    for (auto& c : idle) {
        EXPECT_EQ(number(c, "SELECT 1"), 1);
    }
    EXPECT_LE(clock::now() - begin, 20s);
}

}  // namespace
}  // namespace libsql
