#include "libsql/replica/frame.hpp"

#include "support/frames.hpp"

#include <gtest/gtest.h>

#include <string>

namespace libsql::replication {
namespace {

using testing::filled_page;
using testing::frame_bytes;

TEST(frame, is_read_from_its_bytes) {
    const std::string bytes = frame_bytes(0x0102030405060708, 7, 0x01020304, filled_page('z'));
    const auto f = read_frame(bytes);
    ASSERT_TRUE(f);
    EXPECT_EQ(f->number, 0x0102030405060708U);
    EXPECT_EQ(f->page, 7U);
    EXPECT_EQ(f->size_after, 0x01020304U);
    EXPECT_EQ(f->content, filled_page('z'));
}

TEST(frame, of_another_size_or_of_no_page_is_none) {
    const std::string bytes = frame_bytes(1, 1, 0, filled_page('z'));
    EXPECT_FALSE(read_frame(std::string_view(bytes).substr(1)));
    EXPECT_FALSE(read_frame(bytes + "x"));
    EXPECT_FALSE(read_frame(""));
    EXPECT_FALSE(read_frame(frame_bytes(1, 0, 0, filled_page('z'))));
}

TEST(frame, numbers_are_read_with_the_lowest_byte_first) {
    EXPECT_EQ(read_little_endian(""), 0U);
    EXPECT_EQ(read_little_endian("\x01\x02"), 0x0201U);
    EXPECT_EQ(read_little_endian("\xff\xff\xff\xff\xff\xff\xff\xff"), UINT64_MAX);
}

}  // namespace
}  // namespace libsql::replication
