#include "libsql/net/http_session.hpp"
#include "libsql/remote/codec.hpp"
#include "support/outcome.hpp"
#include "support/scripted_server.hpp"
#include "support/sqld_server.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// @file
/// Replies that end too early: at every byte.

namespace libsql::remote {
namespace {

using namespace std::chrono_literals;
using namespace testing;

/// How the length of a body is told.
enum class framing : unsigned char { length, chunks, end_of_connection };

scripted_reply framed(framing how, const std::string& body) {
    if (how == framing::length) {
        return reply_with(200, body);
    }
    const bool in_chunks = how == framing::chunks;
    scripted_reply out{.bytes = "HTTP/1.1 200 OK\r\n", .end = scripted_end::close};
    out.bytes += in_chunks ? "transfer-encoding: chunked\r\n\r\n" : "\r\n";
    if (!in_chunks) {
        out.bytes += body;
        return out;
    }
    char size[20];
    for (std::size_t at = 0; at < body.size(); at += 40) {
        const auto one = body.substr(at, 40);
        std::snprintf(size, sizeof(size), "%zx\r\n", one.size());
        out.bytes += size + one + "\r\n";
    }
    out.bytes += "0\r\n\r\n";
    out.end = scripted_end::keep;
    return out;
}

/// The body that a real server sends for a request.
std::string real_reply(const testing::sqld_server& real, const codec& c, const char* path,
                       std::string body) {
    net::http_session http({});
    auto got = http.send({.url = real.url() + std::string(c.path) + path, .body = std::move(body)},
                         deadline::in(300s));
    EXPECT_EQ(std::get<net::http_reply>(got).status, 200);
    return std::get<net::http_reply>(got).body;
}

constexpr const char* pipeline_sql = "SELECT 1, 'two', x'03', 4.5, NULL";
constexpr const char* cursor_sql = "SELECT value, 'text', x'00' FROM json_each('[1,2,3]')";

struct real_replies {
    std::string ping;
    std::string pipeline;
    std::string cursor;
};

real_replies record(const testing::sqld_server& real, const codec& c) {
    const std::vector<hrana::request> requests{hrana::execute_request{{.sql = pipeline_sql}},
                                               hrana::close_request{}};
    const std::vector<hrana::request> ping{hrana::get_autocommit_request{}, hrana::close_request{}};
    const hrana::batch_request batch{.steps = {{{.sql = cursor_sql}, {}}}};
    return {real_reply(real, c, "/pipeline", c.write_pipeline({}, ping).value()),
            real_reply(real, c, "/pipeline", c.write_pipeline({}, requests).value()),
            real_reply(real, c, "/cursor", c.write_cursor({}, batch).value())};
}

struct cut_case {
    wire_format format;
    framing how;
};

class remote_cut : public ::testing::TestWithParam<cut_case> {
protected:
    remote_cut() {
        const testing::sqld_server real;
        replies_ =
            record(real, GetParam().format == wire_format::json ? json_codec() : protobuf_codec());
    }

    scripted_reply say(const scripted_request& request) {
        if (request.number == 0) {
            return reply_with(200, replies_.ping);  // of the opening
        }
        const bool cursor = request.target.ends_with("/cursor");
        const auto whole = framed(GetParam().how, cursor ? replies_.cursor : replies_.pipeline);
        const auto size = size_.exchange(SIZE_MAX);
        return size < whole.bytes.size() ? cut(whole, size, end_) : whole;
    }

    /// Without the end of the last chunk, "0", which need not be complete.
    [[nodiscard]] std::size_t whole_size(const std::string& body) const {
        const std::size_t size = framed(GetParam().how, body).bytes.size();
        return GetParam().how == framing::chunks ? size - 5 : size;
    }

    connection connect() {
        return database::open({.uri = server_.url(), .wire_format = GetParam().format})
            .value()
            .connect()
            .value();
    }

    real_replies replies_;
    std::atomic<std::size_t> size_{SIZE_MAX};  ///< of the next reply
    std::atomic<scripted_end> end_{scripted_end::close};
    scripted_server server_{[this](const scripted_request& r) { return say(r); }};
};

::testing::AssertionResult is_cut(const error& why) {
    if (why.kind() == error_kind::network) {
        const bool warns = why.message().find("may have carried out") != std::string::npos;
        return warns ? ::testing::AssertionSuccess()
                     : ::testing::AssertionFailure() << why.to_string();
    }
    return testing::is_error(why, error_kind::protocol);
}

TEST_P(remote_cut, a_pipeline_reply_may_be_cut_at_any_byte) {
    auto c = connect();
    for (const auto end : {scripted_end::close, scripted_end::reset}) {
        if (end == scripted_end::reset && GetParam().how != framing::length) {
            break;
        }
        end_ = end;
        for (std::size_t size = 0; size < whole_size(replies_.pipeline); ++size) {
            const std::size_t before = server_.requests().size();
            size_ = size;
            const auto failed = c.execute(pipeline_sql);
            ASSERT_FALSE(failed) << "cut at " << size;
            ASSERT_TRUE(is_cut(failed.error())) << "cut at " << size;
            ASSERT_TRUE(succeeded(c.execute(pipeline_sql))) << "after a cut at " << size;
            ASSERT_EQ(server_.requests().size(), before + 2) << "cut at " << size;
        }
    }
}

TEST_P(remote_cut, a_cursor_reply_may_be_cut_at_any_byte) {
    auto c = connect();
    const std::size_t whole = whole_size(replies_.cursor);
    std::size_t complete = 0;
    for (std::size_t size = 0; size < whole; ++size) {
        size_ = size;
        auto rows = c.cursor(cursor_sql);
        std::int64_t seen = 0;
        std::optional<error> why;
        if (!rows) {
            why = rows.error();
        }
        while (rows && !why && !rows->done()) {
            const auto one = rows->fetch(1);
            if (!one) {
                why = one.error();
            } else if (!one->empty()) {
                ASSERT_EQ(one->front()[0], value(++seen));
                ASSERT_EQ(one->front()[1], value("text"));
            }
        }
        if (why) {
            ASSERT_TRUE(is_cut(*why)) << "cut at " << size;
        } else {
            ASSERT_EQ(seen, 3) << "cut at " << size;
            ++complete;
        }
        ASSERT_TRUE(succeeded(c.execute(pipeline_sql))) << "after a cut at " << size;
    }
    // Only behind the statement's end can a cut do no harm, when nothing tells the length.
    EXPECT_LE(complete, GetParam().how == framing::end_of_connection ? 80U : 0U);
}

std::string name_of(const ::testing::TestParamInfo<cut_case>& info) {
    static constexpr const char* framings[] = {"length", "chunks", "end_of_connection"};
    return std::string(info.param.format == wire_format::json ? "json_" : "protobuf_") +
           framings[static_cast<int>(info.param.how)];
}

INSTANTIATE_TEST_SUITE_P(remote, remote_cut,
                         ::testing::Values(cut_case{wire_format::json, framing::length},
                                           cut_case{wire_format::json, framing::chunks},
                                           cut_case{wire_format::json, framing::end_of_connection},
                                           cut_case{wire_format::protobuf, framing::length},
                                           cut_case{wire_format::protobuf, framing::chunks},
                                           cut_case{wire_format::protobuf,
                                                    framing::end_of_connection}),
                         name_of);

}  // namespace
}  // namespace libsql::remote
