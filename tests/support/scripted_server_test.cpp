#include "support/scripted_server.hpp"

#include "support/http_request.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>

namespace {

using namespace libsql::testing;
using namespace std::chrono_literals;

TEST(scripted_server, sends_scripted_replies_and_records_requests) {
    const scripted_server server({reply_with(201, "one", {"x: y"}), reply_with(404, "two")});
    EXPECT_EQ(ask("POST", server.url() + "/a", "body", {"Name: value"}).body, "one");
    EXPECT_EQ(ask("GET", server.url() + "/b").status, 404);
    EXPECT_EQ(ask("GET", server.url() + "/c").body, "two");
    const auto all = server.requests();
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].method, "POST");
    EXPECT_EQ(all[0].target, "/a");
    EXPECT_EQ(all[0].body, "body");
    EXPECT_EQ(all[0].header("name"), "value");
    EXPECT_EQ(all[0].header("other"), std::nullopt);
    EXPECT_EQ(all[2].number, 2U);
    EXPECT_EQ(all[2].connection, 2U);
    EXPECT_EQ(server.requests_for("/b").size(), 1U);
    EXPECT_EQ(server.connections(), 3U);
}

TEST(scripted_server, cuts_replies_and_breaks_connections) {
    const scripted_server server({cut(reply_with(200, "body"), 10),
                                  cut(reply_with(200, "body"), 40, scripted_end::reset),
                                  {.end = scripted_end::close}});
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(ask("GET", server.url()).status, 0);
    }
}

TEST(scripted_server, delays_replies_and_sends_them_byte_by_byte) {
    auto slow = reply_with(200, "body");
    slow.delay = 100ms;
    slow.piece = 1;
    const scripted_server server({slow});
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(ask("GET", server.url()).body, "body");
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 100ms);
}

TEST(scripted_server, ends_with_its_object) {
    std::string url;
    {
        const scripted_server server({reply_with(200, "")});
        url = server.url();
        EXPECT_EQ(ask("GET", url).status, 200);
    }
    EXPECT_EQ(ask("GET", url).status, 0);
}

}  // namespace
