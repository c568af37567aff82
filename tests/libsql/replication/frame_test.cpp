#include "libsql/replication/frame.hpp"

#include "support/frames.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

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
    EXPECT_EQ(f->checksum, 0U);
    EXPECT_EQ(f->size_after, 0x01020304U);
    EXPECT_EQ(f->content, filled_page('z'));
}

TEST(frame, of_another_size_or_without_a_page_is_invalid) {
    const std::string bytes = frame_bytes(1, 1, 0, filled_page('z'));
    EXPECT_FALSE(read_frame(std::string_view(bytes).substr(1)));
    EXPECT_FALSE(read_frame(bytes + "x"));
    EXPECT_FALSE(read_frame(""));
    EXPECT_FALSE(read_frame(frame_bytes(1, 0, 0, filled_page('z'))));
}

TEST(frame, a_fingerprint_covers_all_bytes_and_their_number) {
    EXPECT_EQ(fingerprint("a page"), fingerprint("a page"));
    for (const char* const other : {"", "a pagf", "b page", "a page\n", "a  page", "a pag"}) {
        EXPECT_NE(fingerprint("a page"), fingerprint(other)) << other;
    }
    auto page = filled_page('z');
    const auto before = fingerprint(page);
    page.back() = 'y';
    EXPECT_NE(fingerprint(page), before);
    EXPECT_EQ(fingerprint(std::string_view("12345678", 8)), 5695629178290257602U);  // on the disk
}

TEST(frame, the_schema_number_is_read_where_sqlite_stores_it) {
    auto page = filled_page('\0');
    page[43] = 7;
    EXPECT_EQ(schema_number(page), 7U);
    set_schema_number(page.data(), 0x01020304);
    EXPECT_EQ(schema_number(page), 0x01020304U);
    EXPECT_EQ(page.substr(39, 6), std::string("\0\1\2\3\4\0", 6));
}

TEST(frame, numbers_are_read_as_little_endian) {
    EXPECT_EQ(read_little_endian(""), 0U);
    EXPECT_EQ(read_little_endian("\x01\x02"), 0x0201U);
    EXPECT_EQ(read_little_endian("\xff\xff\xff\xff\xff\xff\xff\xff"), UINT64_MAX);
}

}  // namespace
}  // namespace libsql::replication
