#include "libsql/remote/codec.hpp"

#include "libsql/net/http_session.hpp"
#include "libsql/net/protobuf_wire.hpp"
#include "support/cursor_pieces.hpp"
#include "support/outcome.hpp"
#include "support/sqld_server.hpp"

#include <libsql/argument.hpp>
#include <libsql/options.hpp>
#include <libsql/row.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// @file
/// Both codecs: what they write a real server reads, what it says they read, and nothing else.

namespace libsql::remote {
namespace {

using namespace std::chrono_literals;
using testing::failed_with;
using testing::succeeded;

const testing::sqld_server& server() {
    static const testing::sqld_server one;
    return one;
}

class hrana_codec : public ::testing::TestWithParam<wire_format> {
protected:
    [[nodiscard]] static const codec& format() {
        return GetParam() == wire_format::json ? json_codec() : protobuf_codec();
    }

    static std::string ask(const char* path, std::string body) {
        net::http_session http({});
        auto got = http.send(
            {.url = server().url() + std::string(format().path) + path, .body = std::move(body)},
            deadline::in(300s));
        const auto& reply = std::get<net::http_reply>(got);
        EXPECT_EQ(reply.status, 200) << reply.body;
        return reply.body;
    }

    static std::string raw(const std::vector<hrana::request>& requests) {
        return ask("/pipeline", format().write_pipeline({}, requests).value());
    }

    static hrana::reply send(const std::vector<hrana::request>& requests) {
        return format().read_pipeline(raw(requests), requests).value();
    }

    /// The values that a row of a statement with these arguments has.
    static std::vector<value> row(std::string_view sql,
                                  const std::vector<detail::cell>& arguments) {
        const auto reply = send(
            {hrana::execute_request{{.sql = sql, .arguments = arguments}}, hrana::close_request{}});
        const auto& one =
            std::get<hrana::statement_result>(std::get<hrana::response>(reply.results.at(0)));
        std::vector<value> out;
        for (const auto& c : one.cells) {
            out.push_back(detail::to_value(c));
        }
        return out;
    }
};

INSTANTIATE_TEST_SUITE_P(remote, hrana_codec,
                         ::testing::Values(wire_format::json, wire_format::protobuf),
                         [](const auto& one) {
                             return one.param == wire_format::json ? "json" : "protobuf";
                         });

std::vector<value> edges() {
    std::vector<value> all{
        value(),
        value(std::int64_t{0}),
        value(std::int64_t{-1}),
        value(std::numeric_limits<std::int64_t>::min()),
        value(std::numeric_limits<std::int64_t>::max()),
        value(std::int64_t{9007199254740993}),
        value(0.1),
        value(-0.0),
        value(1.0),
        value(std::numeric_limits<double>::max()),
        value(std::numeric_limits<double>::lowest()),
        value(std::numeric_limits<double>::min()),
        value(std::numeric_limits<double>::denorm_min()),
        value(5e-324),
        value(std::nextafter(1.0, 2.0)),
        value(std::string()),
        value(std::string("a/b\\c\"d'e\b\f\n\r\t\x01\x1f\x7f")),
        value(std::string("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xef\xbf\xbf\xe2\x80\xa8")),
        value(std::string("a\0b", 3)),
        value(std::string(100'000, 'x')),
        value(blob()),
        value(blob(1, std::byte{0})),
    };
    for (std::size_t size = 1; size < 6; ++size) {
        all.emplace_back(blob(size, std::byte{0xff}));
    }
    blob every;
    for (int i = 0; i < 256; ++i) {
        every.push_back(static_cast<std::byte>(i));
    }
    all.emplace_back(every);
    return all;
}

TEST_P(hrana_codec, every_value_survives_a_round_trip_to_a_server) {
    for (const auto& v : edges()) {
        const std::vector<detail::cell> arguments{detail::to_cell(v)};
        const auto got = row("SELECT ?, typeof(?1)", arguments);
        ASSERT_EQ(got.size(), 2U);
        EXPECT_EQ(got[0], v);
    }
}

TEST_P(hrana_codec, any_values_survive_a_round_trip_to_a_server) {
    const bool held = rc::check(
        [&](const std::vector<std::int64_t>& integers, const std::vector<std::uint8_t>& bytes) {
            std::vector<value> sent;
            for (const auto i : integers) {
                sent.emplace_back(i);
                double d = 0;
                std::memcpy(&d, &i, sizeof(d));
                if (std::isfinite(d)) {
                    sent.emplace_back(d);
                }
            }
            blob b;
            for (const auto one : bytes) {
                b.push_back(static_cast<std::byte>(one));
            }
            sent.emplace_back(b);
            std::string text;
            for (const auto one : bytes) {
                text += static_cast<char>(one & 0x7f);
            }
            sent.emplace_back(text);
            std::vector<detail::cell> arguments;
            std::string sql = "SELECT 0";
            for (const auto& v : sent) {
                arguments.push_back(detail::to_cell(v));
                sql += ", ?";
            }
            auto got = row(sql, arguments);
            got.erase(got.begin());
            RC_ASSERT(got == sent);
        });
    EXPECT_TRUE(held);
}

TEST_P(hrana_codec, infinities_from_a_server_are_read) {
    const auto got = row("SELECT 9e999, -9e999", {});
    ASSERT_EQ(got.size(), 2U);
    if (GetParam() == wire_format::protobuf) {
        EXPECT_EQ(got[0], value(std::numeric_limits<double>::infinity()));
        EXPECT_EQ(got[1], value(-std::numeric_limits<double>::infinity()));
    } else {  // a server writes null
        EXPECT_TRUE(std::isnan(*got[0].if_real()));
    }
}

TEST_P(hrana_codec, named_arguments_reach_a_server) {
    const std::vector<detail::cell> values{detail::to_cell(std::int64_t{1}),
                                           detail::to_cell("two \" \\")};
    const std::vector<std::string_view> names{":a", "$b"};
    const auto reply =
        send({hrana::execute_request{{.sql = "SELECT $b, :a", .arguments = values, .names = names}},
              hrana::close_request{}});
    const auto& one =
        std::get<hrana::statement_result>(std::get<hrana::response>(reply.results.at(0)));
    EXPECT_EQ(detail::to_value(one.cells.at(0)), value(std::string("two \" \\")));
    EXPECT_EQ(detail::to_value(one.cells.at(1)), value(std::int64_t{1}));
}

TEST_P(hrana_codec, values_that_cannot_be_sent_are_refused) {
    const auto write = [&](const detail::cell& c) {
        const std::vector<detail::cell> arguments{c};
        const std::vector<hrana::request> requests{
            hrana::execute_request{{.sql = "SELECT ?", .arguments = arguments}}};
        return format().write_pipeline({}, requests);
    };
    EXPECT_TRUE(failed_with(write(detail::to_cell("\xff")), error_kind::invalid_argument, "UTF-8"));
    EXPECT_TRUE(
        failed_with(write(detail::to_cell("\xed\xa0\x80")), error_kind::invalid_argument, "UTF-8"));
    if (GetParam() == wire_format::json) {
        EXPECT_TRUE(failed_with(write(detail::to_cell(std::numeric_limits<double>::infinity())),
                                error_kind::invalid_argument, "infinity"));
    }
}

TEST_P(hrana_codec, each_kind_of_request_has_its_reply) {
    using namespace hrana;
    const std::vector<step> steps{{{.sql = "SELECT 1 AS one"}, {}},
                                  {{.sql = "SELECT * FROM sqlite_schema WHERE 0"}, {}},
                                  {{.sql = "SELECT abs(-9223372036854775807 - 1)"}, {}},
                                  {{.sql = "SELECT 4"}, condition::ok(2)},
                                  {{.sql = "SELECT 5"}, !condition::ok(2)}};
    const auto reply =
        send({batch_request{steps}, describe_request{"SELECT ?2, :x, name FROM sqlite_schema"},
              execute_request{{.sql = "SELEC"}}, get_autocommit_request{}, close_request{}});
    ASSERT_EQ(reply.results.size(), 5U);
    EXPECT_FALSE(reply.baton);
    const auto& all = std::get<batch_outcome>(std::get<response>(reply.results[0]));
    ASSERT_TRUE(all.results[0]);
    EXPECT_EQ(all.results[0]->columns.at(0).name, "one");
    EXPECT_EQ(all.results[0]->row_count, 1U);
    EXPECT_EQ(all.results[1]->row_count, 0U);
    EXPECT_EQ(all.results[1]->columns.size(), 5U);
    EXPECT_EQ(all.results[1]->columns[0].declared_type, "TEXT");
    ASSERT_TRUE(all.failures[2]);
    EXPECT_FALSE(all.results[2]);
    EXPECT_NE(all.failures[2]->message.find("integer overflow"), std::string::npos);
    EXPECT_FALSE(all.results[3]);
    EXPECT_FALSE(all.failures[3]);
    EXPECT_TRUE(all.results[4]);
    const auto& known = std::get<description>(std::get<response>(reply.results[1]));
    ASSERT_EQ(known.parameters.size(), 3U);
    EXPECT_EQ(known.parameters[0], std::nullopt);
    EXPECT_EQ(known.parameters[1], "?2");
    EXPECT_EQ(known.parameters[2], ":x");
    EXPECT_EQ(known.columns.size(), 3U);
    EXPECT_TRUE(known.is_read_only);
    EXPECT_FALSE(known.is_explain);
    EXPECT_EQ(std::get<failure>(reply.results[2]).code, "SQL_PARSE_ERROR");
    EXPECT_TRUE(std::get<bool>(std::get<response>(reply.results[3])));
}

// --- malformed replies ---

const std::vector<hrana::step>& two_steps() {
    static const std::vector<hrana::step> steps{{{.sql = "SELECT 1, 'text', x'01', 1.5, NULL"}, {}},
                                                {{.sql = "SELECT nope"}, condition::ok(0)}};
    return steps;
}

std::vector<hrana::request> every_kind() {
    return {hrana::execute_request{{.sql = "SELECT 1, 'text', x'0102', 1.5, NULL"}},
            hrana::execute_request{{.sql = "SELEC"}},
            hrana::batch_request{{two_steps().front()}},
            hrana::describe_request{"SELECT ?1"},
            hrana::get_autocommit_request{},
            hrana::close_sql_request{},
            hrana::close_request{}};
}

TEST_P(hrana_codec, a_truncated_reply_is_refused) {
    const auto requests = every_kind();
    const std::string whole = raw(requests);
    ASSERT_TRUE(succeeded(format().read_pipeline(whole, requests)));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        ASSERT_TRUE(failed_with(format().read_pipeline(whole.substr(0, size), requests),
                                error_kind::protocol))
            << size;
    }
}

TEST_P(hrana_codec, a_reply_to_more_or_fewer_or_other_requests_is_refused) {
    const auto requests = every_kind();
    const std::string whole = raw(requests);
    auto fewer = requests;
    fewer.pop_back();
    EXPECT_TRUE(failed_with(format().read_pipeline(whole, fewer), error_kind::protocol, "more"));
    auto more = requests;
    more.emplace_back(hrana::close_request{});
    EXPECT_TRUE(failed_with(format().read_pipeline(whole, more), error_kind::protocol, "fewer"));
    auto swapped = requests;
    std::swap(swapped[0], swapped[3]);
    EXPECT_TRUE(failed_with(format().read_pipeline(whole, swapped), error_kind::protocol));
    auto fewer_steps = requests;
    fewer_steps[2] = hrana::batch_request{};
    EXPECT_TRUE(failed_with(format().read_pipeline(whole, fewer_steps), error_kind::protocol));
}

TEST_P(hrana_codec, a_reply_with_a_byte_changed_is_read_or_refused) {
    const auto requests = every_kind();
    const std::string whole = raw(requests);
    for (std::size_t at = 0; at < whole.size(); ++at) {
        for (const char c : {'\0', '\x7f', '\xff', '"', '9', '['}) {
            auto changed = whole;
            changed[at] = c;
            if (const auto got = format().read_pipeline(changed, requests)) {
                ASSERT_EQ(got->results.size(), requests.size());
            } else {
                ASSERT_TRUE(failed_with(got, error_kind::protocol));
            }
        }
    }
}

/// What a cursor's reply says, one line an entry, when it comes in pieces of `piece` bytes.
std::vector<std::string> read_entries(const codec& c, std::string_view bytes, std::size_t piece) {
    std::vector<std::string> out;
    std::vector<std::string> rows;
    const auto end =
        testing::read_in_pieces(c, bytes, piece, [&](const hrana::cursor_entry& entry) {
            out.push_back(std::to_string(entry.index()));
            if (const auto* row = std::get_if<hrana::cursor_row>(&entry)) {
                std::string text = "row";
                for (const auto& one : row->cells) {
                    text += ' ' + detail::to_value(one).to_sql();
                }
                rows.push_back(text);
            }
        });
    if (!end) {
        out.push_back(std::string(to_string(end.error().kind())));
    }
    out.insert(out.end(), rows.begin(), rows.end());
    return out;
}

TEST_P(hrana_codec, a_cursor_is_read_in_pieces_of_every_size) {
    const hrana::batch_request batch{
        .steps = {{{.sql = "SELECT value, 'ab', x'01', NULL, 0.5 FROM json_each('[1,2,3]')"}, {}}}};
    const std::string whole = ask("/cursor", format().write_cursor({}, batch).value());
    const auto expected = read_entries(format(), whole, whole.size());
    ASSERT_EQ(expected.size(), 10U);
    EXPECT_EQ(expected[7], "row 1 'ab' x'01' NULL 0.5");
    EXPECT_EQ(expected[9], "row 3 'ab' x'01' NULL 0.5");
    for (std::size_t piece = 1; piece < whole.size(); ++piece) {
        ASSERT_EQ(read_entries(format(), whole, piece), expected) << piece;
    }
}

TEST_P(hrana_codec, a_kept_row_with_short_texts_does_not_change) {
    const hrana::batch_request batch{
        .steps = {{{.sql = "SELECT column1 FROM (VALUES ('ab'), ('cd'), ('ef'))"}, {}}}};
    const std::string whole = ask("/cursor", format().write_cursor({}, batch).value());
    const auto got = read_entries(format(), whole, 1);
    ASSERT_EQ(got.size(), 10U);
    EXPECT_EQ(got[7], "row 'ab'");
    EXPECT_EQ(got[8], "row 'cd'");
    EXPECT_EQ(got[9], "row 'ef'");
}

TEST_P(hrana_codec, an_error_of_a_cursor_is_an_entry) {
    const hrana::batch_request batch{
        .steps = {
            {{.sql = "SELECT abs(column1) FROM (VALUES (1), (-9223372036854775807 - 1))"}, {}}}};
    const std::string whole = ask("/cursor", format().write_cursor({}, batch).value());
    const auto reader = format().read_cursor();
    reader->input() = whole;
    reader->end();
    std::optional<hrana::failure> why;
    while (auto entry = reader->next().value()) {
        if (const auto* failed = std::get_if<hrana::step_failed>(&*entry)) {
            EXPECT_EQ(failed->step, 0U);
            why = failed->why;
        }
    }
    ASSERT_TRUE(why);
    EXPECT_NE(why->message.find("integer overflow"), std::string::npos);
}

TEST_P(hrana_codec, a_truncated_cursor_ends_early_or_is_refused) {
    const hrana::batch_request batch{.steps = {{{.sql = "SELECT 1, 'text'"}, {}}}};
    const std::string whole = ask("/cursor", format().write_cursor({}, batch).value());
    const auto expected = read_entries(format(), whole, whole.size());
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const auto got = read_entries(format(), std::string_view(whole).substr(0, size), size + 1);
        ASSERT_TRUE(got != expected || size + 1 == whole.size()) << size;
    }
}

// --- JSON ---

result<hrana::reply> read_json(std::string body) {
    const std::vector<hrana::request> one{hrana::execute_request{{.sql = "SELECT 1"}}};
    return json_codec().read_pipeline(std::move(body), one);
}

std::string json_result(std::string_view cols, std::string_view rows) {
    return R"({"results":[{"type":"ok","response":{"type":"execute","result":{"cols":)" +
           std::string(cols) + R"(,"rows":)" + std::string(rows) + "}}}]}";
}

TEST(hrana_json, invalid_values_are_refused) {
    for (const char* const v : {"1",
                                "null",
                                "[]",
                                "{}",
                                R"({"type":"integer"})",
                                R"({"type":"integer","value":5})",
                                R"({"type":"integer","value":""})",
                                R"({"type":"integer","value":"1x"})",
                                R"({"type":"integer","value":" 1"})",
                                R"({"type":"integer","value":"+1"})",
                                R"({"type":"integer","value":"1.0"})",
                                R"({"type":"integer","value":"9223372036854775808"})",
                                R"({"type":"integer","value":"-9223372036854775809"})",
                                R"({"type":"float"})",
                                R"({"type":"float","value":"1.5"})",
                                R"({"type":"text","value":5})",
                                R"({"type":"text","value":null})",
                                R"({"type":"blob","base64":"Z"})",
                                R"({"type":"blob","base64":5})",
                                R"({"type":"blob","value":"Zg"})",
                                R"({"type":"date","value":"x"})",
                                R"({"type":5})"}) {
        EXPECT_TRUE(
            failed_with(read_json(json_result(R"([{"name":"x"}])", "[[" + std::string(v) + "]]")),
                        error_kind::protocol))
            << v;
    }
}

TEST(hrana_json, invalid_results_are_refused) {
    constexpr const char* null = R"({"type":"null"})";
    const std::string one = R"([{"name":"x"}])";
    ASSERT_TRUE(succeeded(read_json(json_result(one, "[]"))));
    ASSERT_TRUE(succeeded(read_json(json_result(one, std::string("[[") + null + "]]"))));
    for (const std::string& rows : std::vector<std::string>{
             "null", "{}", "5", "[5]", "[{}]", "[[]]", std::string("[[") + null + "," + null + "]]",
             std::string("[[") + null + "],[]]", std::string("[[],[") + null + "," + null + "]]"}) {
        EXPECT_TRUE(failed_with(read_json(json_result(one, rows)), error_kind::protocol)) << rows;
    }
    for (const char* const cols : {"null", "{}", "[5]", R"([{"name":5}])", R"(["x"])"}) {
        EXPECT_TRUE(failed_with(read_json(json_result(cols, "[]")), error_kind::protocol)) << cols;
    }
    for (
        const char* const body :
        {R"({"results":[{"type":"ok"}]})", R"({"results":[{"type":"ok","response":{}}]})",
         R"({"results":[{"type":"ok","response":{"result":{}}}]})",
         R"({"results":[{"type":"ok","response":{"result":{"cols":[]}}}]})",
         R"({"results":[{"type":"error"}]})", R"({"results":[{"type":"error","error":5}]})",
         R"({"results":[{"type":"error","error":{"message":5}}]})",
         R"({"results":[{"type":"what"}]})", R"({"results":[5]})", R"({"results":5})",
         R"({"results":[{"type":"ok","response":{"result":{"rows":[],"affected_row_count":-1.5}}}]})",
         R"({"results":[{"type":"ok","response":{"result":{"rows":[],"affected_row_count":true}}}]})",
         R"({"results":[{"type":"ok","response":{"result":{"rows":[],"rows_read":-1}}}]})",
         R"({"results":[{"type":"ok","response":{"result":{"rows":[],"last_insert_rowid":"x"}}}]})"}) {
        EXPECT_TRUE(failed_with(read_json(body), error_kind::protocol)) << body;
    }
}

TEST(hrana_json, deep_nesting_is_refused) {
    for (const std::size_t depth :
         {std::size_t{1100}, std::size_t{100'000}, std::size_t{5'000'000}}) {
        std::string body = R"({"x":)" + std::string(depth, '[');
        EXPECT_TRUE(failed_with(read_json(body), error_kind::protocol));
        body += std::string(depth, ']') + R"(,"results":[]})";
        EXPECT_TRUE(failed_with(read_json(body), error_kind::protocol));
    }
}

TEST(hrana_json, a_repeated_key_counts_once) {
    const std::string rows = R"([[{"type":"null"}]])";
    const auto got = read_json(
        json_result(R"([{"name":"x"}])", rows + R"(,"rows":[[{"type":"null"},{"type":"null"}]])"));
    if (got) {
        const auto& one =
            std::get<hrana::statement_result>(std::get<hrana::response>(got->results.at(0)));
        EXPECT_EQ(one.cells.size(), one.row_count * one.columns.size());
    }
    EXPECT_TRUE(
        failed_with(read_json(json_result("[]", rows + R"(,"cols":[])")), error_kind::protocol));
}

TEST(hrana_json, unknown_fields_are_skipped) {
    const auto got = read_json(
        R"({"new":{"a":[1]},"baton":"b","results":[{"type":"ok","x":1,"response":{"type":"execute",)"
        R"("result":{"cols":[{"name":null,"y":2}],"rows":[[{"type":"null","z":3}]],"w":[]}}}]})");
    ASSERT_TRUE(succeeded(got));
    EXPECT_EQ(got->baton, "b");
}

TEST(hrana_json, text_with_any_character_is_kept) {
    const auto got =
        read_json(json_result(R"([{"name":"\u0000\ud83d\ude00"}])",
                              R"([[{"type":"text","value":"a\u0000\"\\\/\n\ud83d\ude00"}]])"));
    ASSERT_TRUE(succeeded(got));
    const auto& one =
        std::get<hrana::statement_result>(std::get<hrana::response>(got->results.at(0)));
    EXPECT_EQ(one.columns.at(0).name, std::string("\0\xf0\x9f\x98\x80", 5));
    EXPECT_EQ(detail::to_value(one.cells.at(0)),
              value(std::string("a\0\"\\/\n\xf0\x9f\x98\x80", 10)));
}

// --- protobuf ---

/// One result of a statement, with these fields.
template <class Fill>
std::string protobuf_result(Fill fill) {
    std::string out;
    net::protobuf::writer to(out);
    to.message(3, [&] {
        to.message(1, [&] { to.message(2, [&] { to.message(1, [&] { fill(to); }); }); });
    });
    return out;
}

result<hrana::reply> read_protobuf(std::string body) {
    const std::vector<hrana::request> one{hrana::execute_request{{.sql = "SELECT 1"}}};
    return protobuf_codec().read_pipeline(std::move(body), one);
}

TEST(hrana_protobuf, rows_of_the_wrong_width_are_refused) {
    const auto with = [](int columns, const std::vector<int>& widths) {
        return protobuf_result([&](net::protobuf::writer& to) {
            for (int i = 0; i < columns; ++i) {
                to.message(1, [&] { to.bytes(1, "c"); });
            }
            for (const int width : widths) {
                to.message(2, [&] {
                    for (int i = 0; i < width; ++i) {
                        to.message(1, [&] { to.sint(2, i); });
                    }
                });
            }
        });
    };
    EXPECT_TRUE(succeeded(read_protobuf(with(0, {}))));
    EXPECT_TRUE(succeeded(read_protobuf(with(2, {}))));
    EXPECT_TRUE(succeeded(read_protobuf(with(2, {2, 2}))));
    for (const auto& widths :
         std::vector<std::vector<int>>{{0}, {1}, {3}, {2, 1}, {1, 3}, {2, 0}}) {
        EXPECT_TRUE(failed_with(read_protobuf(with(2, widths)), error_kind::protocol, "as wide"));
    }
}

TEST(hrana_protobuf, invalid_values_are_refused) {
    const auto with = [](auto fill) {
        return read_protobuf(protobuf_result([&](net::protobuf::writer& to) {
            to.message(1, [] {});
            to.message(2, [&] { to.message(1, [&] { fill(to); }); });
        }));
    };
    EXPECT_TRUE(succeeded(with([](auto& to) { to.message(1, [] {}); })));
    EXPECT_TRUE(failed_with(with([](auto&) {}), error_kind::protocol));
    EXPECT_TRUE(failed_with(with([](auto& to) { to.varint(1, 5); }), error_kind::protocol));
    EXPECT_TRUE(failed_with(with([](auto& to) { to.bytes(2, "5"); }), error_kind::protocol));
    EXPECT_TRUE(failed_with(with([](auto& to) { to.varint(3, 5); }), error_kind::protocol));
    EXPECT_TRUE(failed_with(with([](auto& to) { to.varint(4, 5); }), error_kind::protocol));
    EXPECT_TRUE(failed_with(with([](auto& to) { to.bytes(6, "5"); }), error_kind::protocol));
}

TEST(hrana_protobuf, invalid_replies_are_refused) {
    const auto nested = [](std::initializer_list<std::uint32_t> numbers) {
        std::string out;
        for (auto i = std::rbegin(numbers); i != std::rend(numbers); ++i) {
            std::string outer;
            net::protobuf::writer(outer).bytes(*i, out);
            out = std::move(outer);
        }
        return out;
    };
    EXPECT_TRUE(succeeded(read_protobuf(nested({3, 1, 2, 1}))));
    for (const auto& body :
         {std::string(), nested({3}), nested({3, 1}), nested({3, 3}), nested({3, 1, 1}),
          nested({3, 1, 3}), nested({3, 1, 2}), nested({3, 1, 2, 1}) + nested({3, 1, 2, 1}),
          nested({1}), std::string("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
          std::string("\x1a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
          std::string("\x1a\xff\xff\xff\xff\x0f"), std::string("\0", 1), std::string("\x0b\x0c")}) {
        EXPECT_TRUE(failed_with(read_protobuf(body), error_kind::protocol));
    }
}

TEST(hrana_protobuf, a_result_of_a_step_that_was_not_sent_is_refused) {
    std::string body;
    net::protobuf::writer to(body);
    const std::vector<hrana::step> steps{{{.sql = "SELECT 1"}, {}}};
    const std::vector<hrana::request> one{hrana::batch_request{steps}};
    for (const std::uint32_t map : {1U, 2U}) {
        for (const std::uint64_t step : {std::uint64_t{1}, UINT64_MAX}) {
            body.clear();
            to.message(3, [&] {
                to.message(1, [&] {
                    to.message(3, [&] {
                        to.message(1, [&] { to.message(map, [&] { to.varint(1, step); }); });
                    });
                });
            });
            EXPECT_TRUE(failed_with(protobuf_codec().read_pipeline(body, one), error_kind::protocol,
                                    "not sent"));
        }
    }
}

TEST(hrana_protobuf, entries_without_a_valid_size_are_refused) {
    for (const char* const bytes :
         {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02",
          "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "\x81\x80\x80\x80\x04"}) {
        const auto reader = protobuf_codec().read_cursor();
        reader->input() = bytes;
        EXPECT_TRUE(failed_with(reader->next(), error_kind::protocol, "size"));
    }
}

}  // namespace
}  // namespace libsql::remote
