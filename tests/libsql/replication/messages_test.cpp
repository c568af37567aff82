#include "libsql/replication/messages.hpp"

#include "libsql/net/protobuf_wire.hpp"

#include <gtest/gtest.h>

#include <string>

namespace libsql::replication {
namespace {

using namespace std::string_literals;
using net::protobuf::writer;

constexpr auto uuid = "a1a4b561-3601-47fb-97ba-0894f3aac713";

std::string hello_message(std::string_view log, std::string_view session) {
    std::string out;
    writer to(out);
    to.bytes(1, "generation");
    to.varint(2, 1);
    to.bytes(3, log);
    to.bytes(4, session);
    to.varint(5, 300);
    to.bytes(6, "config");
    return out;
}

TEST(messages, requests_follow_the_protocol) {
    EXPECT_EQ(write_hello_request(), "\x08\x01"s);
    EXPECT_EQ(write_log_offset(300), "\x08\xac\x02"s);
}

TEST(messages, a_hello_has_log_session_and_newest_frame) {
    const auto said = read_hello(hello_message(uuid, "session"));
    ASSERT_TRUE(said);
    EXPECT_EQ(said->log, parse_log_id(uuid));
    EXPECT_EQ(said->session, "session");
    EXPECT_EQ(said->newest, 300U);
}

TEST(messages, a_primary_without_data_has_no_newest_frame) {
    std::string message;
    writer to(message);
    to.bytes(3, uuid);
    to.bytes(4, "s");
    const auto said = read_hello(message);
    ASSERT_TRUE(said);
    EXPECT_FALSE(said->newest);
}

TEST(messages, a_hello_without_log_or_session_is_invalid) {
    EXPECT_FALSE(read_hello(""));
    EXPECT_FALSE(read_hello(hello_message("", "s")));
    EXPECT_FALSE(read_hello(hello_message("not a uuid", "s")));
    EXPECT_FALSE(read_hello(hello_message(uuid, "")));
    EXPECT_FALSE(read_hello(hello_message(uuid, "a\r\nx-header: y")));
    EXPECT_FALSE(read_hello(hello_message(uuid, "s") + "\x0a"));
}

TEST(messages, a_log_id_is_sixteen_bytes) {
    const auto id = parse_log_id(uuid);
    ASSERT_TRUE(id);
    EXPECT_EQ(id->bytes.front(), 0xa1);
    EXPECT_EQ(id->bytes.back(), 0x13);
    EXPECT_EQ(parse_log_id("A1A4B561360147FB97BA0894F3AAC713"), id);
    EXPECT_FALSE(parse_log_id("a1a4b561-3601-47fb-97ba-0894f3aac71"));
    EXPECT_FALSE(parse_log_id("a1a4b561-3601-47fb-97ba-0894f3aac7134"));
    EXPECT_FALSE(parse_log_id("g1a4b561-3601-47fb-97ba-0894f3aac713"));
}

}  // namespace
}  // namespace libsql::replication
