#include "support/hrana_script.hpp"
#include "support/outcome.hpp"
#include "support/scripted_server.hpp"
#include "support/sqld_server.hpp"
#include "support/temporary_directory.hpp"
#include "support/tls_relay.hpp"

#include <libsql/libsql.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>

/// @file
/// Servers behind TLS: who is believed, and HTTP/2, which only they have.

namespace libsql::remote {
namespace {

using namespace std::chrono_literals;
using namespace testing;
using ::testing::Each;
using ::testing::IsEmpty;
using ::testing::Not;

libsql::options at(const tls_relay& relay) {
    return {.uri = relay.url(), .ca_file = relay.ca_file()};
}

TEST(remote_tls, a_real_server_is_reached_over_http_2_and_1) {
    const sqld_server server;
    for (const std::string protocol : {"h2", "http/1.1"}) {
        const tls_relay relay(server.http_port(), protocol);
        for (const auto format : {wire_format::protobuf, wire_format::json}) {
            auto chosen = at(relay);
            chosen.wire_format = format;
            auto db = database::open(chosen).value();
            auto c = db.connect().value();
            ASSERT_TRUE(succeeded(c.run_script("DROP TABLE IF EXISTS t; CREATE TABLE t(x)")));
            auto t = c.begin().value();
            for (int i = 0; i < 10; ++i) {
                ASSERT_TRUE(succeeded(t.execute("INSERT INTO t VALUES (?)", i)));
            }
            ASSERT_TRUE(succeeded(t.commit()));
            std::int64_t sum = 0;
            std::int64_t count = 0;
            for (auto& row : c.query("WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE "
                                     "i < 20000) SELECT i, printf('%0100d', i) FROM n")
                                 .value()) {
                ASSERT_TRUE(succeeded(row));
                sum += row->get<std::int64_t>(0);
                ++count;
            }
            EXPECT_EQ(count, 20'000);
            EXPECT_EQ(sum, 20'000LL * 20'001 / 2);
            EXPECT_EQ(c.fetch_one<int>("SELECT sum(x) FROM t").value(), 45);
        }
        EXPECT_THAT(relay.protocols(), Not(IsEmpty()));
        EXPECT_THAT(relay.protocols(), Each(protocol));
    }
}

TEST(remote_tls, a_replica_syncs_over_http_2) {
    const sqld_server server;
    const tls_relay relay(server.http_port(), "h2");
    const testing::temporary_directory folder;
    auto chosen = at(relay);
    auto primary = database::open(chosen).value().connect().value();
    ASSERT_TRUE(succeeded(primary.run_script(
        "CREATE TABLE t(x); WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) "
        "INSERT INTO t SELECT randomblob(1000) FROM n")));
    chosen.database = folder.file("replica.db");
    auto db = database::open(chosen).value();
    auto c = db.connect().value();
    EXPECT_EQ(c.fetch_one<int>("SELECT count(*) FROM t").value(), 3000);
    ASSERT_TRUE(succeeded(c.execute("DELETE FROM t WHERE rowid > 10")));
    EXPECT_EQ(c.fetch_one<int>("SELECT count(*) FROM t").value(), 10);
    EXPECT_THAT(relay.protocols(), Each("h2"));
}

/// Connects, which finds out what the server speaks.
result<connection> connect(const libsql::options& chosen) {
    return database::open(chosen).and_then([](const database& db) { return db.connect(); });
}

TEST(remote_tls, a_certificate_of_an_unknown_authority_is_refused) {
    const scripted_server server(&testing::hrana_server_says);
    const tls_relay relay(server.port(), "h2");
    const tls_relay other(server.port(), "h2");
    for (const auto& ca_file : {std::string(), other.ca_file()}) {
        EXPECT_TRUE(
            failed_with(connect({.uri = relay.url(), .auth_token = "secret", .ca_file = ca_file}),
                        error_kind::network, "certificate"));
    }
    EXPECT_THAT(server.requests(), IsEmpty());
    EXPECT_THAT(relay.protocols(), Each("refused"));
}

TEST(remote_tls, a_certificate_for_another_name_is_refused) {
    const scripted_server server(&testing::hrana_server_says);
    const tls_relay relay(server.port(), "h2");
    EXPECT_TRUE(failed_with(connect({.uri = "https://localhost:" + std::to_string(relay.port()),
                                     .auth_token = "secret",
                                     .ca_file = relay.ca_file()}),
                            error_kind::network, "host name 'localhost'"));
    EXPECT_THAT(server.requests(), IsEmpty());
}

TEST(remote_tls, a_stream_does_not_continue_without_tls) {
    const scripted_server plain(&testing::hrana_server_says);
    const scripted_server server([&](const scripted_request& r) {
        scripted_reply said = testing::hrana_server_says(r);
        const std::string none = R"("base_url":null)";
        if (const auto place = said.bytes.find(none); place != std::string::npos) {
            const auto head = said.bytes.find("\r\n\r\n") + 4;
            std::string body = said.bytes.substr(head);
            body.replace(place - head, none.size(), R"("base_url":")" + plain.url() + '"');
            return testing::reply_with(200, body);
        }
        return said;
    });
    const tls_relay relay(server.port(), "http/1.1");
    auto chosen = at(relay);
    chosen.auth_token = "secret";
    chosen.wire_format = wire_format::json;
    auto c = database::open(chosen).value().connect().value();
    auto t = c.begin().value();
    EXPECT_TRUE(failed_with(t.execute("INSERT INTO t VALUES (1)"), error_kind::protocol,
                            "base_url is http"));
    EXPECT_THAT(plain.requests(), IsEmpty());
}

}  // namespace
}  // namespace libsql::remote
