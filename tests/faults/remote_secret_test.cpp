#include "support/faulty_server.hpp"
#include "support/outcome.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

/// @file
/// Tokens, and that no error contains a secret.

namespace libsql::remote {
namespace {

using namespace std::chrono_literals;
using namespace testing;

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
    faulty_server s{.fault = always(reply_with(401, "who are you")), .where = "/"};
    auto chosen = s.how();
    chosen.auth_token = [&] { return "token" + std::to_string(++asked); };
    EXPECT_TRUE(failed_with(database::open(chosen), error_kind::authentication, "who are you"));
    EXPECT_EQ(asked, 2);
    EXPECT_EQ(s.server.requests().size(), 2U);
}

TEST(remote_fault, a_refused_token_given_as_text_is_not_retried) {
    faulty_server s{.fault = always(reply_with(401, "who are you")), .where = "/"};
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

TEST(remote_fault, errors_contain_no_part_of_a_secret_where_a_text_is_cut) {
    const std::string secret = "s3cr3t/with+signs";
    for (const std::string& echoed : {secret, std::string(R"(s3cr3t\/with+signs)")}) {
        for (std::size_t before = 470; before <= 510; ++before) {
            faulty_server s;
            s.fault = [&](const scripted_request&) {
                return reply_with(502, std::string(before, '.') + echoed);
            };
            auto chosen = s.how();
            chosen.auth_token = secret;
            auto c = faulty_server::connect(chosen);
            const auto failed = c.execute("UPDATE fault SET x = 1");
            ASSERT_FALSE(failed);
            EXPECT_EQ(failed.error().message().find("s3"), std::string::npos)
                << before << failed.error().message();
        }
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

}  // namespace
}  // namespace libsql::remote
