#include "libsql/replication/frames_reader.hpp"

#include "libsql/net/protobuf_wire.hpp"
#include "support/frames.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace libsql::replication {
namespace {

using namespace std::string_literals;
using net::protobuf::writer;
using testing::filled_page;
using testing::frame_bytes;

class kept_frames final : public frame_sink {
public:
    bool on_frame(const frame& f) override {
        numbers.push_back(f.number);
        pages_are_right = pages_are_right && f.content == filled_page(static_cast<char>(f.page));
        return numbers.size() < allowed;
    }

    std::size_t allowed{100};
    std::vector<std::uint64_t> numbers;
    bool pages_are_right{true};
};

/// A `Frame`, with the fields that may be beside the data.
std::string frame_message(std::uint64_t number, bool with_more) {
    std::string out;
    writer to(out);
    to.bytes(1, frame_bytes(number, 'a' + static_cast<std::uint32_t>(number), 0,
                            filled_page(static_cast<char>('a' + number))));
    if (with_more) {
        to.varint(2, 1'700'000'000'000);
        to.varint(3, 7);
    }
    return out;
}

std::string frames_message() {
    std::string out;
    writer to(out);
    to.bytes(1, frame_message(0, false));
    to.varint(9, 1234567);  // fields of a later version
    to.bytes(8, "something else");
    to.bytes(7, "");
    to.real(6, 2.5);
    out += "\x2d\x01\x02\x03\x04"s;  // field 5, four bytes
    to.bytes(1, frame_message(1, true));
    return out;
}

bool feed(frames_reader& reader, std::string_view message, std::size_t piece) {
    bool ok = reader.message_begins(message.size());
    for (std::size_t at = 0; ok && at < message.size(); at += piece) {
        ok = reader.message_content(message.substr(at, piece));
    }
    return ok && reader.message_ends();
}

TEST(frames_reader, finds_the_frames_in_pieces_of_any_size) {
    const std::string message = frames_message();
    for (const std::size_t piece : {1U, 2U, 3U, 7U, 1000U, 4119U, 4120U, 4121U, 1'000'000U}) {
        kept_frames frames;
        frames_reader reader(frames_reader::message::frames, frames);
        EXPECT_TRUE(feed(reader, message, piece));
        EXPECT_EQ(frames.numbers, (std::vector<std::uint64_t>{0, 1})) << piece;
        EXPECT_TRUE(frames.pages_are_right);
    }
}

TEST(frames_reader, a_frame_is_passed_on_as_soon_as_it_is_complete) {
    const std::string message = frames_message();
    kept_frames frames;
    frames_reader reader(frames_reader::message::frames, frames);
    ASSERT_TRUE(reader.message_begins(message.size()));
    ASSERT_TRUE(reader.message_content(std::string_view(message).substr(0, 4200)));
    EXPECT_EQ(frames.numbers.size(), 1U);
}

TEST(frames_reader, each_message_of_a_snapshot_is_a_frame) {
    for (const std::size_t piece : {1U, 100U, 10'000U}) {
        kept_frames frames;
        frames_reader reader(frames_reader::message::frame, frames);
        EXPECT_TRUE(feed(reader, frame_message(5, true), piece));
        EXPECT_TRUE(feed(reader, frame_message(3, false), piece));
        EXPECT_EQ(frames.numbers, (std::vector<std::uint64_t>{5, 3}));
    }
}

TEST(frames_reader, an_empty_reply_has_no_frames) {
    kept_frames frames;
    frames_reader reader(frames_reader::message::frames, frames);
    EXPECT_TRUE(feed(reader, "", 1));
    EXPECT_TRUE(frames.numbers.empty());
}

TEST(frames_reader, a_message_cut_anywhere_is_malformed) {
    const std::string message = frames_message();
    std::vector<std::size_t> whole;  // between two fields nobody can see that something is missing
    for (std::size_t size = 1; size < message.size(); ++size) {
        kept_frames frames;
        frames_reader reader(frames_reader::message::frames, frames);
        if (feed(reader, std::string_view(message).substr(0, size), 500)) {
            whole.push_back(size);
        } else {
            EXPECT_TRUE(reader.is_malformed()) << size;
        }
    }
    EXPECT_EQ(whole.size(), 6U);
}

bool is_malformed(frames_reader::message kind, std::string_view message) {
    kept_frames frames;
    frames_reader reader(kind, frames);
    return !feed(reader, message, 64) && reader.is_malformed();
}

TEST(frames_reader, a_message_without_frames_is_malformed) {
    using enum frames_reader::message;
    std::string short_frame;
    writer(short_frame).bytes(1, "short");
    std::string without_data;
    writer(without_data).varint(2, 5);
    std::string no_page;
    writer(no_page).bytes(1, frame_bytes(1, 0, 0, filled_page('x')));
    for (const auto& one : {short_frame, without_data, no_page, "\xff"s}) {
        EXPECT_TRUE(is_malformed(frame, one));
        std::string wrapped;
        writer(wrapped).bytes(1, one);
        EXPECT_TRUE(is_malformed(frames, wrapped));
    }
    EXPECT_TRUE(is_malformed(frame, ""));
    EXPECT_TRUE(is_malformed(frame, std::string(6000, 'x')));
    EXPECT_TRUE(is_malformed(frames, "\x0a\xff\xff\xff\xff\x0f"s));  // a frame of 4 GiB
    EXPECT_TRUE(is_malformed(frames, "\x0b"s));                      // a group
    EXPECT_TRUE(is_malformed(frames, "\x00\x01"s));                  // field 0
    EXPECT_TRUE(is_malformed(frames, std::string(11, '\xff')));      // a varint without end
}

TEST(frames_reader, the_sink_can_stop_it) {
    kept_frames frames;
    frames.allowed = 1;
    frames_reader reader(frames_reader::message::frames, frames);
    EXPECT_FALSE(feed(reader, frames_message(), 10'000));
    EXPECT_FALSE(reader.is_malformed());
    EXPECT_EQ(frames.numbers.size(), 1U);
}

}  // namespace
}  // namespace libsql::replication
