#include "libsql/replication/byte_collector.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace libsql::replication {
namespace {

TEST(byte_collector, does_not_copy_a_single_piece) {
    byte_collector c;
    c.expect(3);
    std::string_view bytes = "abcdef";
    const char* const from = bytes.data();
    const auto whole = c.take(bytes);
    ASSERT_TRUE(whole);
    EXPECT_EQ(whole->data(), from);
    EXPECT_EQ(*whole, "abc");
    EXPECT_EQ(bytes, "def");
}

TEST(byte_collector, gathers_pieces) {
    byte_collector c;
    c.expect(5);
    std::string_view bytes = "ab";
    EXPECT_FALSE(c.take(bytes));
    EXPECT_TRUE(bytes.empty());
    bytes = "";
    EXPECT_FALSE(c.take(bytes));
    bytes = "cdexy";
    EXPECT_EQ(c.take(bytes), "abcde");
    EXPECT_EQ(bytes, "xy");
    c.expect(2);
    EXPECT_EQ(c.take(bytes), "xy");
}

}  // namespace
}  // namespace libsql::replication
