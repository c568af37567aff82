#include "support/sqld_server.hpp"

#include "support/child_process.hpp"
#include "support/http_request.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>
#include <thread>

namespace {

using namespace libsql::testing;
using testing::HasSubstr;
using namespace std::chrono_literals;

http_answer run(const sqld_server& server, const std::string& sql, const std::string& token = {},
                const std::vector<std::string>& more = {}) {
    std::vector<std::string> headers = more;
    if (!token.empty()) {
        headers.push_back("authorization: Bearer " + token);
    }
    return ask(
        "POST", server.url() + "/v3/pipeline",
        R"({"requests":[{"type":"execute","stmt":{"sql":")" + sql + R"("}},{"type":"close"}]})",
        headers);
}

testing::AssertionResult ran(const http_answer& got) {
    if (got.status == 200 && got.body.find(R"("type":"error")") == std::string::npos) {
        return testing::AssertionSuccess();
    }
    return testing::AssertionFailure() << got.status << " " << got.body;
}

bool answers(const std::string& url) {
    return ask("GET", url + "/health").status == 200;
}

TEST(sqld_server, a_missing_binary_is_an_error) {
    const char* const before = std::getenv("SQLD");
    const std::string kept = before == nullptr ? "" : before;
    setenv("SQLD", "/there/is/no/server", 1);
    EXPECT_THROW(sqld_server{}, std::runtime_error);
    if (before == nullptr) {
        unsetenv("SQLD");
    } else {
        setenv("SQLD", kept.c_str(), 1);
    }
}

TEST(sqld_server, unknown_arguments_are_an_error) {
    try {
        const sqld_server server({.arguments = {"--no-such-argument"}});
        FAIL() << "it started";
    } catch (const std::runtime_error& why) {
        EXPECT_THAT(why.what(), HasSubstr("--no-such-argument"));
    }
}

TEST(sqld_server, runs_sql) {
    const sqld_server server;
    EXPECT_THAT(run(server, "SELECT 40 + 2").body, HasSubstr(R"("value":"42")"));
    EXPECT_TRUE(std::filesystem::exists(server.data_path() + "/dbs/default/data"));
}

TEST(sqld_server, two_can_run_at_once) {
    const sqld_server one;
    const sqld_server two;
    ASSERT_TRUE(ran(run(one, "CREATE TABLE t(x)")));
    EXPECT_TRUE(ran(run(one, "SELECT * FROM t")));
    EXPECT_FALSE(ran(run(two, "SELECT * FROM t")));
}

TEST(sqld_server, ends_with_its_object) {
    std::string url;
    std::string data;
    {
        const sqld_server server;
        url = server.url();
        data = server.data_path();
        ASSERT_TRUE(answers(url));
    }
    EXPECT_FALSE(answers(url));
    EXPECT_FALSE(std::filesystem::exists(data));
}

TEST(sqld_server, ends_with_the_process_that_is_killed) {
    libsql::testing::child_process process({"serve"});
    const std::string url = process.read_line().value();
    ASSERT_TRUE(answers(url));
    process.finish();
    for (int i = 0; i < 500 && answers(url); ++i) {
        std::this_thread::sleep_for(10ms);
    }
    EXPECT_FALSE(answers(url));
}

TEST(sqld_server, outlives_the_thread_that_started_it) {
    sqld_server server;
    std::thread([&] {
        server.kill();
        server.restart();
    }).join();
    EXPECT_TRUE(ran(run(server, "SELECT 1")));
}

TEST(sqld_server, restarts_with_its_data) {
    sqld_server server;
    const std::string url = server.url();
    const pid_t pid = server.pid();
    ASSERT_TRUE(ran(run(server, "CREATE TABLE t(x)")));
    server.restart();
    EXPECT_EQ(server.url(), url);
    EXPECT_NE(server.pid(), pid);
    EXPECT_TRUE(ran(run(server, "SELECT * FROM t")));
}

TEST(sqld_server, restarts_after_a_crash) {
    sqld_server server;
    ASSERT_TRUE(ran(run(server, "CREATE TABLE t(x)")));
    server.kill();
    EXPECT_EQ(server.pid(), -1);
    EXPECT_FALSE(answers(server.url()));
    server.restart();
    EXPECT_TRUE(ran(run(server, "SELECT * FROM t")));
}

TEST(sqld_server, restarts_without_its_data) {
    sqld_server server;
    ASSERT_TRUE(ran(run(server, "CREATE TABLE t(x)")));
    server.restart(sqld_data::empty);
    EXPECT_THAT(run(server, "SELECT * FROM t").body, HasSubstr("no such table"));
}

TEST(sqld_server, answers_nothing_while_it_is_suspended) {
    sqld_server server;
    server.stop_process();
    std::thread later([&] {
        std::this_thread::sleep_for(200ms);
        server.continue_process();
    });
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_TRUE(ran(run(server, "SELECT 1")));
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 150ms);
    later.join();
}

TEST(sqld_server, moves_its_clock) {
    sqld_server server({.moving_clock = true});
    const auto before = std::to_string(std::time(nullptr) / 1000 * 1000 + 5'000'000);
    const std::string sql = "SELECT 'late' WHERE unixepoch() >= " + before;
    EXPECT_THAT(run(server, sql).body, testing::Not(HasSubstr(R"("value":"late")")));
    server.move_clock(std::chrono::seconds(5'000'000));
    server.move_clock(std::chrono::seconds(1'000));
    EXPECT_THAT(run(server, sql).body, HasSubstr(R"("value":"late")"));
    server.restart();
    EXPECT_THAT(run(server, sql).body, HasSubstr(R"("value":"late")"));
}

TEST(sqld_server, ends_while_it_is_suspended) {
    sqld_server server;
    server.stop_process();
    server.kill();
    EXPECT_EQ(server.pid(), -1);
}

TEST(sqld_server, checks_tokens) {
    const sqld_server server({.authentication = true});
    EXPECT_EQ(run(server, "SELECT 1").status, 401);
    EXPECT_EQ(run(server, "SELECT 1", "nonsense").status, 401);
    EXPECT_EQ(run(server, "SELECT 1", token_signer().token()).status, 401);
    EXPECT_EQ(run(server, "SELECT 1", server.token({.expires_in = -1h})).status, 401);
    EXPECT_TRUE(ran(run(server, "SELECT 1", server.token({.expires_in = 1h}))));
    EXPECT_TRUE(ran(run(server, "CREATE TABLE t(x)", server.token())));
    EXPECT_TRUE(ran(run(server, "SELECT * FROM t", server.token({.read_only = true}))));
    EXPECT_EQ(run(server, "INSERT INTO t VALUES (1)", server.token({.read_only = true})).status,
              403);
}

TEST(sqld_server, serves_namespaces) {
    sqld_server server({.namespaces = true});
    server.create_namespace("one");
    server.create_namespace("two");
    EXPECT_THROW(server.create_namespace("two"), std::runtime_error);
    const std::vector<std::string> one{"x-namespace-bin: b25l"};
    const std::vector<std::string> two{"x-namespace-bin: dHdv"};
    ASSERT_TRUE(ran(run(server, "CREATE TABLE t(x)", {}, one)));
    EXPECT_TRUE(ran(run(server, "SELECT * FROM t", {}, one)));
    EXPECT_FALSE(ran(run(server, "SELECT * FROM t", {}, two)));
    server.delete_namespace("two");
    EXPECT_EQ(run(server, "SELECT 1", {}, two).status, 404);
}

TEST(sqld_server, checks_tokens_of_a_namespace) {
    sqld_server server({.authentication = true, .namespaces = true});
    server.create_namespace("one");
    server.create_namespace("two");
    const std::string token = server.token({.server_namespace = "one"});
    EXPECT_TRUE(ran(run(server, "CREATE TABLE t(x)", token, {"x-namespace-bin: b25l"})));
    EXPECT_FALSE(ran(run(server, "CREATE TABLE t(x)", token, {"x-namespace-bin: dHdv"})));
    const std::string reads = server.token({.read_only = true, .server_namespace = "one"});
    EXPECT_TRUE(ran(run(server, "SELECT * FROM t", reads, {"x-namespace-bin: b25l"})));
    EXPECT_FALSE(ran(run(server, "INSERT INTO t VALUES (1)", reads, {"x-namespace-bin: b25l"})));
}

TEST(sqld_server, has_the_limits_and_the_url_of_its_options) {
    const sqld_server server(
        {.max_log_size_mb = 1, .max_response_size = "1KB", .self_url = "http://localhost:{port}"});
    EXPECT_THAT(run(server, "SELECT hex(zeroblob(2000))").body, HasSubstr("RESPONSE_TOO_LARGE"));
    EXPECT_THAT(run(server, "SELECT 1").body,
                HasSubstr("http://localhost:" + std::to_string(server.http_port())));
    ASSERT_TRUE(ran(run(server, "CREATE TABLE t(x)")));
    const auto is_there = [&] {
        const std::string snapshots = server.data_path() + "/dbs/default/snapshots";
        return std::filesystem::exists(snapshots) && !std::filesystem::is_empty(snapshots);
    };
    for (int i = 0; i < 20; ++i) {
        ASSERT_TRUE(ran(run(server, "INSERT INTO t VALUES (randomblob(200000))")));
    }
    for (int i = 0; i < 1000 && !is_there(); ++i) {  // the server creates it in the background
        std::this_thread::sleep_for(10ms);
    }
    EXPECT_TRUE(is_there());
}

}  // namespace
