#include "libsql/replication/grpc_web.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace libsql::replication {
namespace {

using namespace std::string_literals;

class kept_messages final : public message_sink {
public:
    bool message_begins(std::size_t size) override {
        sizes.push_back(size);
        contents.emplace_back();
        return sizes.size() <= allowed;
    }

    bool message_content(std::string_view piece) override {
        largest_piece = std::max(largest_piece, piece.size());
        contents.back() += piece;
        return true;
    }

    bool message_ends() override {
        ++ended;
        return true;
    }

    std::size_t allowed{100};
    std::vector<std::size_t> sizes;
    std::vector<std::string> contents;
    std::size_t ended{0};
    std::size_t largest_piece{0};
};

const std::string trailers = "\x80\x00\x00\x00\x0fgrpc-status:0\r\n"s;

TEST(grpc_web, finds_the_messages_in_pieces_of_any_size) {
    const std::string body =
        grpc_message("hello") + grpc_message("") + grpc_message(std::string(300, 'x')) + trailers;
    for (std::size_t piece = 1; piece <= body.size(); ++piece) {
        kept_messages messages;
        grpc_web_reader reader(messages);
        for (std::size_t at = 0; at < body.size(); at += piece) {
            EXPECT_FALSE(reader.status());
            ASSERT_TRUE(reader.feed(std::string_view(body).substr(at, piece)));
        }
        EXPECT_EQ(messages.contents,
                  (std::vector<std::string>{"hello", "", std::string(300, 'x')}));
        EXPECT_EQ(messages.sizes, (std::vector<std::size_t>{5, 0, 300}));
        EXPECT_EQ(messages.ended, 3U);
        EXPECT_LE(messages.largest_piece, piece);
        ASSERT_TRUE(reader.status());
        EXPECT_TRUE(reader.status()->is_ok());
    }
}

TEST(grpc_web, a_truncated_body_has_no_status) {
    const std::string body = grpc_message("hello") + trailers;
    for (std::size_t size = 0; size < body.size(); ++size) {
        kept_messages messages;
        grpc_web_reader reader(messages);
        EXPECT_TRUE(reader.feed(std::string_view(body).substr(0, size)));
        EXPECT_FALSE(reader.status()) << size;
        EXPECT_FALSE(reader.is_malformed());
    }
}

bool is_malformed(const std::string& body) {
    kept_messages messages;
    grpc_web_reader reader(messages);
    return !reader.feed(body) && reader.is_malformed();
}

TEST(grpc_web, a_body_that_is_not_grpc_web_is_malformed) {
    EXPECT_TRUE(is_malformed("<html>"));
    EXPECT_TRUE(is_malformed("\x01\x00\x00\x00\x01x"s));          // compressed
    EXPECT_TRUE(is_malformed("\x80\x00\x00\x00\x00"s));           // no trailers
    EXPECT_TRUE(is_malformed("\x80\x01\x00\x00\x00"s));           // 16 MiB of them
    EXPECT_TRUE(is_malformed("\x80\x00\x00\x00\x03x:y"s));        // without a status
    EXPECT_TRUE(is_malformed(trailers + "x"));                    // something behind them
    EXPECT_TRUE(is_malformed(trailers + grpc_message("hello")));  // or a message
}

TEST(grpc_web, the_sink_can_stop_it) {
    kept_messages messages;
    messages.allowed = 1;
    grpc_web_reader reader(messages);
    EXPECT_FALSE(reader.feed(grpc_message("a") + grpc_message("b")));
    EXPECT_FALSE(reader.is_malformed());
}

TEST(grpc_web, a_request_starts_with_flags_and_length) {
    EXPECT_EQ(grpc_message(std::string(258, 'm')).substr(0, 6), "\x00\x00\x00\x01\x02m"s);
}

}  // namespace
}  // namespace libsql::replication
