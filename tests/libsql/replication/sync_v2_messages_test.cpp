#include "libsql/replication/sync_v2_messages.hpp"

#include "support/outcome.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace libsql::replication {
namespace {

using testing::failed_with;
using testing::succeeded;

TEST(sync_v2_messages, paths_follow_the_protocol) {
    EXPECT_EQ(path_of_frames(3, 1, 128), "/sync/3/1/129");
    EXPECT_EQ(path_of_frames(1, 4294967295U, 1), "/sync/1/4294967295/4294967296");
    EXPECT_EQ(path_of_frames(1, 2, 3, "a-b"), "/sync/1/2/5/a-b");
    EXPECT_EQ(path_of_frames(1, 2, 3, "../x?y #\n"), "/sync/1/2/5/%2E%2E%2Fx%3Fy%20%23%0A");
    EXPECT_EQ(path_of_export(7), "/export/7");
}

TEST(sync_v2_messages, generations_are_read) {
    EXPECT_EQ(read_current_generation(R"({"current_generation":4,"x":null})"), 4U);
    EXPECT_EQ(read_generation(R"({"generation":1})"), 1U);
    for (const auto* const bad :
         {"", "{", "[]", "null", "4", R"({"generation":0})", R"({"generation":"1"})",
          R"({"generation":-1})", R"({"generation":1.5})", R"({"generation":4294967296})",
          R"({"error":"no"})", "<html>"}) {
        EXPECT_EQ(read_generation(bad), std::nullopt) << bad;
    }
}

TEST(sync_v2_messages, replies_to_a_push_are_read) {
    const auto ok =
        read_push_reply(R"({"status":"ok","generation":2,"max_frame_no":9,"baton":"b"})");
    ASSERT_TRUE(ok);
    EXPECT_FALSE(ok->conflict);
    EXPECT_EQ(ok->generation, 2U);
    EXPECT_EQ(ok->last, 9U);
    EXPECT_EQ(ok->baton, "b");
    const auto conflict =
        read_push_reply(R"({"status":"conflict","generation":2,"max_frame_no":0,"baton":null})");
    ASSERT_TRUE(conflict);
    EXPECT_TRUE(conflict->conflict);
    EXPECT_EQ(conflict->baton, "");
    for (const auto* const bad :
         {"", "{}", R"({"status":"maybe","generation":2,"max_frame_no":9})",
          R"({"generation":2,"max_frame_no":9})", R"({"status":"ok","max_frame_no":9})",
          R"({"status":"ok","generation":2})", R"({"status":1,"generation":2,"max_frame_no":9})"}) {
        EXPECT_FALSE(read_push_reply(bad)) << bad;
    }
}

TEST(sync_v2_messages, frames_are_read_and_written) {
    std::string bytes(frame::size, 'x');
    bytes.replace(0, 8, std::string("\0\0\1\2\0\0\0\3", 8));
    const auto f = read_log_frame(bytes, 12);
    ASSERT_TRUE(f);
    EXPECT_EQ(f->number, 12U);
    EXPECT_EQ(f->page, 258U);
    EXPECT_EQ(f->size_after, 3U);
    EXPECT_EQ(f->content, std::string(frame::page_size, 'x'));
    EXPECT_FALSE(read_log_frame(bytes + 'x', 12));
    EXPECT_FALSE(read_log_frame(bytes.substr(1), 12));
    bytes.replace(0, 4, std::string(4, '\0'));
    EXPECT_FALSE(read_log_frame(bytes, 12));
}

/// A database's file with `pages` pages, of which the header says `said`.
std::string database_file(std::size_t pages, char said) {
    std::string file(pages * frame::page_size, 'x');
    file.replace(0, 16, std::string("SQLite format 3\0", 16));
    file.replace(16, 2, std::string("\x10\0", 2));
    file.replace(24, 4, "1234");
    file.replace(92, 4, "1234");
    file.replace(28, 4, std::string("\0\0\0", 3) + said);
    return file;
}

result<std::vector<std::uint32_t>> read_all(const std::string& file, std::size_t piece) {
    export_reader reader;
    std::vector<std::uint32_t> pages;
    for (std::size_t at = 0; at < file.size(); at += piece) {
        const auto fed = reader.feed(std::string_view(file).substr(at, piece), [&](const frame& f) {
            pages.push_back(f.page);
            return result<void>();
        });
        if (!fed) {
            return fed.error();
        }
    }
    if (auto whole = reader.finish(); !whole) {
        return whole.error();
    }
    return pages;
}

TEST(export_reader, reads_pieces_of_every_size) {
    const std::string file = database_file(3, 3);
    for (const std::size_t piece : {1UL, 7UL, 4095UL, 4096UL, 4097UL, 10'000UL, 100'000UL}) {
        const auto pages = read_all(file, piece);
        ASSERT_TRUE(succeeded(pages)) << piece;
        EXPECT_EQ(*pages, (std::vector<std::uint32_t>{1, 2, 3}));
    }
    EXPECT_TRUE(read_all("", 1).value().empty());
}

TEST(export_reader, refuses_an_invalid_or_truncated_database) {
    const std::string file = database_file(3, 3);
    const auto with = [&](std::size_t at, std::string_view bytes) {
        std::string bad = file;
        bad.replace(at, bytes.size(), bytes);
        return read_all(bad, 1000);
    };
    EXPECT_TRUE(failed_with(with(0, "X"), error_kind::protocol, "header"));
    EXPECT_TRUE(failed_with(with(16, "\x20"), error_kind::protocol, "4096"));
    EXPECT_TRUE(failed_with(read_all(file.substr(0, file.size() - 1), 99), error_kind::protocol));
    EXPECT_TRUE(failed_with(read_all(file.substr(0, 8192), 99), error_kind::protocol, "truncated"));
    // An old writer did not keep the count.
    EXPECT_TRUE(succeeded(with(92, "5678")));
}

TEST(export_reader, stops_when_a_page_is_refused) {
    export_reader reader;
    EXPECT_TRUE(failed_with(
        reader.feed(database_file(2, 2),
                    [](const frame&) { return result<void>(error(error_kind::full, "no")); }),
        error_kind::full));
}

TEST(export_reader, sets_the_header_to_wal_mode) {
    export_reader reader;
    std::string file = database_file(1, 1);
    file.replace(18, 2, "\1\1");
    ASSERT_TRUE(succeeded(reader.feed(file, [](const frame& f) {
        EXPECT_EQ(f.content.substr(18, 2), "\2\2");
        return result<void>();
    })));
}

}  // namespace
}  // namespace libsql::replication
