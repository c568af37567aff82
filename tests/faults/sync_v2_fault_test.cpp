#include "support/packed_bytes.hpp"
#include "support/sync_v2_test.hpp"
#include "support/while_interrupted.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

/// @file
/// What a server of the newer sync protocol may do wrong.

namespace libsql {
namespace {

using namespace std::chrono_literals;
using namespace testing;

class sync_v2_fault : public testing::sync_v2_test {
protected:
    using fault =
        std::function<std::optional<scripted_reply>(const scripted_request&, scripted_reply)>;

    /// Syncs until `how` has spoilt a reply: on a busy machine the deadline may come before it.
    void cut_once(const database& db, const fault& how) {
        auto done = std::make_shared<std::atomic<bool>>(false);
        server.on_reply([=](const scripted_request& r, scripted_reply normal) {
            auto spoilt = *done ? std::nullopt : how(r, normal);
            *done = *done || spoilt;
            return spoilt ? *std::move(spoilt) : normal;
        });
        do {
            expect_cut(sync(db, deadline::in(30ms)));
        } while (!*done);
    }
};

TEST_F(sync_v2_fault, invalid_replies_are_refused) {
    server.execute("CREATE TABLE t(x)");
    const auto db = open(options_of_replica());
    server.execute("INSERT INTO t VALUES (1)");
    const std::string frame(4120, '\0');
    for (const auto& body :
         {std::string(), frame.substr(1), frame + 'x', frame, std::string("{}")}) {
        once("/sync", [&](auto) { return reply_with(200, body); });
        EXPECT_TRUE(failed_with(sync(db), error_kind::protocol)) << body.size();
    }
    std::string many;
    for (int i = 0; i < 130; ++i) {
        many += frame;
    }
    once("/sync", [&](auto) { return reply_with(200, many); });
    EXPECT_TRUE(failed_with(sync(db), error_kind::protocol, "larger"));
    for (const auto* const body : {"", "{}", R"({"generation":0})", R"({"generation":"1"})"}) {
        once("/sync", [&](auto) { return reply_with(400, body); });
        EXPECT_TRUE(failed_with(sync(db), error_kind::protocol)) << body;
    }
    once("/sync", [&](auto) { return reply_with(404, "nowhere"); });
    EXPECT_TRUE(failed_with(sync(db), error_kind::cannot_open, "nowhere"));
    server.on_reply({});
    ASSERT_TRUE(succeeded(sync(db)));
    EXPECT_EQ(number(db, "SELECT count(*) FROM t"), 1);
}

TEST_F(sync_v2_fault, a_page_twice_in_a_transaction_does_not_shift_the_numbers) {
    server.execute("CREATE TABLE t(x)");
    const auto db = open(options_of_replica());
    server.execute("INSERT INTO t VALUES (1)");
    once("/sync", [](scripted_reply normal) {
        std::string one = normal.bytes.substr(normal.bytes.size() - 4120);
        std::string open_one = one;
        open_one.replace(4, 4, std::string(4, '\0'));
        const std::string old = normal.bytes.substr(normal.bytes.size() - 2 * 4120, 4120);
        return reply_with(200, old + open_one + open_one + one);
    });
    EXPECT_TRUE(failed_with(sync(db), error_kind::protocol, "does not follow"));
    ASSERT_TRUE(succeeded(sync(db)));
    EXPECT_EQ(db.replica()->frame_number(), server.frames());
    EXPECT_EQ(number(db, "SELECT count(*) FROM t"), 1);
}

TEST_F(sync_v2_fault, a_transaction_that_is_not_complete_yet_is_left_out) {
    server.execute("CREATE TABLE t(x)");
    const auto db = open(options_of_replica());
    const auto have = server.frames();
    server.execute("INSERT INTO t VALUES (1); INSERT INTO t VALUES (zeroblob(20000))");
    server.on_reply([&](const scripted_request& r, scripted_reply normal) {
        const auto first = normal.bytes.find("\r\n\r\n") + 4;
        if (r.target.starts_with("/sync/1/" + std::to_string(have + 1) + "/")) {
            return reply_with(200, normal.bytes.substr(first, 3 * 4120));
        }
        if (r.target.starts_with("/sync/1/" + std::to_string(have) + "/")) {
            return reply_with(200, normal.bytes.substr(first, 4120));
        }
        return reply_with(400, R"({"generation":1})");
    });
    const auto synced = sync(db);
    ASSERT_TRUE(succeeded(synced));
    EXPECT_EQ(synced->frame_number, have + 1);
    EXPECT_EQ(number(db, "SELECT count(*) FROM t"), 1);
    server.on_reply({});
    ASSERT_TRUE(succeeded(sync(db)));
    EXPECT_EQ(number(db, "SELECT count(*) FROM t"), 2);
}

TEST_F(sync_v2_fault, an_older_generation_is_reported_as_another_primary) {
    server.execute("CREATE TABLE t(x)");
    server.next_generation();
    const auto db = open(options_of_replica());
    once("/sync", [](auto) { return reply_with(400, R"({"generation":1})"); });
    EXPECT_TRUE(failed_with(sync(db), error_kind::protocol, "restored"));
}

TEST_F(sync_v2_fault, an_invalid_export_leaves_nothing_behind) {
    server.execute("CREATE TABLE t(x); INSERT INTO t VALUES (zeroblob(20000))");
    server.next_generation();
    const auto o = options_of_replica();
    const auto part = [](std::size_t size) {
        return [=](const scripted_reply& r) {
            return reply_with(200, r.bytes.substr(r.bytes.find("\r\n\r\n") + 4, size));
        };
    };
    for (const std::size_t size : {1U, 4095U, 4096U, 8192U, 20000U}) {
        once("/export", part(size));
        EXPECT_TRUE(failed_with(database::open(o), error_kind::protocol, "truncated")) << size;
        EXPECT_TRUE(failed_with(database::open({.database = o.database}), error_kind::cannot_open));
    }
    once("/export", [](auto) { return reply_with(200, std::string(8192, 'x')); });
    EXPECT_TRUE(failed_with(database::open(o), error_kind::protocol, "not a database"));
    auto late = o;
    late.timeout = 300ms;
    for (const std::size_t size : {20U, 100U, 5000U, 20000U}) {
        once(
            "/export", [=](scripted_reply r) { return cut(std::move(r), size); }, 100);
        EXPECT_TRUE(failed_with(database::open(late), error_kind::timeout)) << size;
    }
    server.on_reply({});
    EXPECT_EQ(number(open(o), "SELECT count(*) FROM t"), 1);
}

/// Some hundred kilobytes that are hundreds of megabytes when decompressed.
TEST_F(sync_v2_fault, a_compressed_reply_that_is_too_large_is_refused) {
    constexpr std::size_t size = 400U * 1024 * 1024;
    server.execute("CREATE TABLE t(x); INSERT INTO t VALUES (1)");
    server.next_generation();
    server.execute("INSERT INTO t VALUES (2)");
    const auto o = options_of_replica();
    const auto bomb = [](const std::string& head) {
        return [packed = testing::packed_bytes(head, '\0', size)](const scripted_reply&) {
            return reply_with(200, packed, {"content-encoding: gzip"});
        };
    };
    const auto is_bounded = [](const auto& outcome) {
        ASSERT_FALSE(outcome);
        const auto kind = outcome.error().kind();
        EXPECT_TRUE(kind == error_kind::too_big || kind == error_kind::protocol)
            << outcome.error().to_string();
    };
    once("/info", bomb(R"({"current_generation":)"));
    is_bounded(database::open(o));
    const auto db = open(o);
    EXPECT_EQ(number(db, "SELECT sum(x) FROM t"), 3);
    server.execute("INSERT INTO t VALUES (4)");
    once("/sync", bomb(""));
    is_bounded(sync(db));
    EXPECT_EQ(number(db, "SELECT sum(x) FROM t"), 3);
    ASSERT_TRUE(succeeded(sync(db)));
    EXPECT_EQ(number(db, "SELECT sum(x) FROM t"), 7);
}

TEST_F(sync_v2_fault, a_reply_cut_anywhere_is_asked_for_again) {
    server.execute("CREATE TABLE t(x)");
    const auto db = open(options_of_replica());
    std::int64_t rows = 0;
    const auto cut_at = [&](std::size_t size, const std::string& what) {
        server.execute("INSERT INTO t VALUES (1)");
        ++rows;
        cut_once(
            db,
            [=](const scripted_request& r, scripted_reply normal) -> std::optional<scripted_reply> {
                const bool is_it =
                    r.method == "GET" && normal.bytes.starts_with("HTTP/1.1 " + what);
                return is_it ? std::optional(cut(std::move(normal), size)) : std::nullopt;
            });
        ASSERT_TRUE(succeeded(sync(db))) << size;
        ASSERT_EQ(number(db, "SELECT count(*) FROM t"), rows) << size;
        ASSERT_EQ(db.replica()->frame_number(), server.frames());
    };
    for (std::size_t size = 0; size < 70; ++size) {
        cut_at(size, "400");
    }
    for (std::size_t size = 0; size < 60; ++size) {
        cut_at(size, "200");
    }
    for (std::size_t size = 60; size < 4200; size += 97) {
        cut_at(size, "200");
    }
}

TEST_F(sync_v2_fault, a_push_whose_reply_is_cut_is_not_applied_twice) {
    server.execute("CREATE TABLE t(x)");
    const auto db = open(offline());
    for (std::size_t size = 0; size < 130; size += 3) {
        write(db, "INSERT INTO t VALUES (1)");
        cut_once(
            db,
            [=](const scripted_request& r, scripted_reply normal) -> std::optional<scripted_reply> {
                return r.method == "POST" ? std::optional(cut(std::move(normal), size))
                                          : std::nullopt;
            });
        ASSERT_TRUE(succeeded(sync(db))) << size;
    }
    EXPECT_EQ(server.number("SELECT count(*) FROM t"), number(db, "SELECT count(*) FROM t"));
    EXPECT_EQ(info().read()->durable, server.frames());
}

TEST_F(sync_v2_fault, a_silent_server_is_given_up_at_the_deadline) {
    server.execute("CREATE TABLE t(x)");
    const auto db = open(options_of_replica());
    server.execute("INSERT INTO t VALUES (1)");
    once(
        "/sync", [](scripted_reply r) { return cut(std::move(r), 500, scripted_end::stall); }, 9);
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_TRUE(failed_with(sync(db, deadline::in(100ms)), error_kind::timeout));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
    auto replica = db.replica().value();
    const auto ended =
        testing::while_interrupted([&] { replica.interrupt(); }, [&] { return replica.sync(); });
    EXPECT_TRUE(failed_with(ended, error_kind::interrupted));
    server.on_reply({});
    ASSERT_TRUE(succeeded(replica.sync()));
    EXPECT_EQ(number(db, "SELECT count(*) FROM t"), 1);
}

TEST_F(sync_v2_fault, redirections_are_followed_once) {
    server.execute("CREATE TABLE t(x)");
    std::string moved;
    const testing::scripted_server other(
        [&](const scripted_request&) { return reply_with(200, moved); });
    const auto db = open(options_of_replica());
    const std::string to = "location: " + other.url() + "/elsewhere?x=y";
    once("/sync", [&](const scripted_reply& normal) {
        moved = normal.bytes.substr(normal.bytes.find("\r\n\r\n") + 4);
        return reply_with(307, "", {to});
    });
    ASSERT_TRUE(succeeded(sync(db)));
    EXPECT_EQ(other.requests().at(0).target, "/elsewhere?x=y");
    once("/sync", [](auto) { return reply_with(302, "", {"location: /sync/1/2/130"}); });
    ASSERT_TRUE(succeeded(sync(db)));
    once(
        "/sync", [](auto) { return reply_with(307, "", {"location: /sync/1/2/130"}); }, 2);
    EXPECT_TRUE(failed_with(sync(db), error_kind::protocol, "307"));
    once("/sync", [](auto) { return reply_with(307, ""); });
    EXPECT_TRUE(failed_with(sync(db), error_kind::protocol, "without an address"));
    once("/sync", [](auto) { return reply_with(307, "", {"location: file:///etc/passwd"}); });
    EXPECT_TRUE(failed_with(sync(db), error_kind::protocol, "an invalid address"));
}

TEST_F(sync_v2_fault, a_redirection_to_another_server_gets_no_token) {
    server.execute("CREATE TABLE t(x)");
    std::string moved;
    const testing::scripted_server other(
        [&](const scripted_request&) { return reply_with(200, moved); });
    auto o = offline();
    o.auth_token = "token";
    o.remote_encryption_key = "key";
    const auto db = open(o);
    const std::string to = "location: " + other.url() + "/elsewhere";
    once("/sync", [&](const scripted_reply& normal) {
        moved = normal.bytes.substr(normal.bytes.find("\r\n\r\n") + 4);
        return reply_with(307, "", {to});
    });
    ASSERT_TRUE(succeeded(sync(db)));
    ASSERT_EQ(other.requests().size(), 1U);
    EXPECT_FALSE(other.requests().at(0).header("authorization"));
    EXPECT_FALSE(other.requests().at(0).header("x-turso-encryption-key"));
    // What is pushed does not go there.
    write(db, "INSERT INTO t VALUES (1)");
    server.on_reply([&](const scripted_request& r, const scripted_reply& normal) {
        return r.method == "POST" ? reply_with(307, "", {to}) : normal;
    });
    EXPECT_TRUE(failed_with(sync(db), error_kind::protocol, "another server"));
    EXPECT_EQ(other.requests().size(), 1U);
}

TEST_F(sync_v2_fault, errors_contain_no_secret) {
    server.execute("CREATE TABLE t(x)");
    auto o = options_of_replica();
    o.auth_token = "s3cr3t-token";
    const auto db = open(o);
    // Also where a text is cut.
    once("/sync", [](auto) { return reply_with(418, std::string(195, 'x') + "s3cr3t-token"); });
    const auto failed = sync(db);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().message().find("s3c"), std::string::npos) << failed.error().message();
}

TEST_F(sync_v2_fault, an_error_of_the_server_is_retried_five_times) {
    server.execute("CREATE TABLE t(x)");
    const auto db = open(options_of_replica());
    server.execute("INSERT INTO t VALUES (1)");
    once(
        "/sync", [](auto) { return reply_with(502, "bad gateway"); }, 2);
    ASSERT_TRUE(succeeded(sync(db)));
    const auto before = server.http().requests().size();
    once(
        "/sync", [](auto) { return reply_with(500, "broken"); }, 100);
    EXPECT_TRUE(failed_with(sync(db), error_kind::network, "broken"));
    EXPECT_EQ(server.http().requests().size(), before + 6);
}

TEST_F(sync_v2_fault, a_refused_token_is_asked_for_again) {
    server.execute("CREATE TABLE t(x)");
    server.on_reply([](const scripted_request& r, scripted_reply normal) {
        return r.header("authorization") == "Bearer right" ? normal : reply_with(401, "no");
    });
    auto o = options_of_replica();
    o.auth_token = "wrong";
    EXPECT_TRUE(failed_with(database::open(o), error_kind::authentication));
    EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
    int asked = 0;
    o.auth_token = auth_token(
        [&]() -> result<std::string> { return std::string(++asked == 1 ? "wrong" : "right"); });
    EXPECT_EQ(number(open(o), "SELECT count(*) FROM t"), 0);
}

}  // namespace
}  // namespace libsql
