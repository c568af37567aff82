#include "libsql/net/protobuf_wire.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace libsql::net::protobuf {
namespace {

using namespace std::string_view_literals;

std::vector<field> read_all(std::string_view message) {
    std::vector<field> out;
    reader in(message);
    for (field f; in.next(f);) {
        out.push_back(f);
    }
    EXPECT_FALSE(in.is_malformed());
    return out;
}

bool is_malformed(std::string_view message) {
    reader in(message);
    for (field f; in.next(f);) {
    }
    return in.is_malformed();
}

TEST(protobuf_wire, writes_the_examples_of_the_specification) {
    std::string out;
    writer to(out);
    to.varint(1, 150);
    to.bytes(2, "testing");
    EXPECT_EQ(out, "\x08\x96\x01\x12\x07testing"sv);
}

TEST(protobuf_wire, zigzag_encodes_small_numbers_in_few_bytes) {
    EXPECT_EQ(zigzag(0), 0U);
    EXPECT_EQ(zigzag(-1), 1U);
    EXPECT_EQ(zigzag(1), 2U);
    EXPECT_EQ(zigzag(std::numeric_limits<std::int64_t>::min()),
              std::numeric_limits<std::uint64_t>::max());
}

RC_GTEST_PROP(protobuf_wire, every_scalar_survives_a_round_trip,
              (std::uint64_t u, std::int64_t s, double d, std::string text)) {
    std::string out;
    writer to(out);
    to.varint(1, u);
    to.sint(2, s);
    to.real(3, d);
    to.bytes(536870911, text);
    to.boolean(5, true);
    const auto fields = read_all(out);
    RC_ASSERT(fields.size() == 5U);
    RC_ASSERT(fields[0].tag == tag(1, wire_type::varint));
    RC_ASSERT(fields[0].number == u);
    RC_ASSERT(fields[1].as_sint64() == s);
    RC_ASSERT(std::bit_cast<std::uint64_t>(fields[2].as_double()) ==
              std::bit_cast<std::uint64_t>(d));
    RC_ASSERT(fields[3].tag == tag(536870911, wire_type::bytes));
    RC_ASSERT(fields[3].bytes == text);
    RC_ASSERT(fields[4].number == 1U);
}

TEST(protobuf_wire, messages_of_any_size_nest) {
    for (const std::size_t size : {0U, 100U, 127U, 128U, 16'400U, 3'000'000U}) {
        const std::string filler(size, 'x');
        std::string out;
        writer to(out);
        to.message(1, [&] {
            to.varint(9, 7);
            to.message(2, [&] { to.bytes(3, filler); });
        });
        to.varint(4, 5);
        const auto outer = read_all(out);
        ASSERT_EQ(outer.size(), 2U);
        const auto middle = read_all(outer[0].bytes);
        ASSERT_EQ(middle.size(), 2U);
        const auto inner = read_all(middle[1].bytes);
        ASSERT_EQ(inner.size(), 1U);
        EXPECT_EQ(inner[0].bytes, filler);
        EXPECT_EQ(outer[1].number, 5U);
    }
}

TEST(protobuf_wire, a_message_cut_anywhere_inside_a_field_is_malformed) {
    std::string out;
    writer to(out);
    to.bytes(1, std::string(200, 'y'));
    for (std::size_t size = 1; size < out.size(); ++size) {
        EXPECT_TRUE(is_malformed(std::string_view(out).substr(0, size))) << size;
    }
    std::string number;
    writer(number).real(1, 2.5);
    for (std::size_t size = 1; size < number.size(); ++size) {
        EXPECT_TRUE(is_malformed(std::string_view(number).substr(0, size))) << size;
    }
}

TEST(protobuf_wire, invalid_encodings_are_malformed) {
    EXPECT_TRUE(is_malformed("\x00\x01"sv));                                      // number 0
    EXPECT_TRUE(is_malformed("\x0b\x0c"sv));                                      // a group
    EXPECT_TRUE(is_malformed("\x0e\x01"sv));                                      // encoding 6
    EXPECT_TRUE(is_malformed("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"sv));  // 65 bits
    EXPECT_TRUE(is_malformed("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv));  // a huge length
    EXPECT_TRUE(is_malformed("\x80\x80\x80\x80\x80\x01\x01"sv));                  // a huge tag
    EXPECT_FALSE(is_malformed("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv));
}

TEST(protobuf_wire, unknown_fields_of_every_encoding_are_skipped) {
    const auto fields = read_all(
        "\x08\x01\x11\x01\x02\x03\x04\x05\x06\x07\x08\x1a\x01z\x25\x04\x03\x02\x01\x28\x2a"sv);
    ASSERT_EQ(fields.size(), 5U);
    EXPECT_EQ(fields[1].number, 0x0807060504030201U);
    EXPECT_EQ(fields[3].number, 0x01020304U);
    EXPECT_EQ(fields[4].number, 42U);
}

TEST(protobuf_wire, an_incomplete_varint_consumes_nothing) {
    std::string_view bytes = "\x96"sv;
    std::uint64_t value = 7;
    EXPECT_FALSE(take_varint(bytes, value));
    EXPECT_EQ(bytes.size(), 1U);
    EXPECT_EQ(value, 7U);
    bytes = "\x96\x01z"sv;
    EXPECT_TRUE(take_varint(bytes, value));
    EXPECT_EQ(value, 150U);
    EXPECT_EQ(bytes, "z");
}

}  // namespace
}  // namespace libsql::net::protobuf
