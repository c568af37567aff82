#include "libsql/net/base64.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace libsql::net {
namespace {

std::string encoded(std::string_view text) {
    std::string out;
    append_base64(out, std::as_bytes(std::span(text)));
    return out;
}

/// Into room that is as large as it has to be and no larger, so that sanitizers see more.
std::optional<std::string> decoded(std::string_view text) {
    std::vector<std::byte> room(decoded_size(text.size()));
    const auto size = decode_base64(text, room.data());
    if (!size) {
        return std::nullopt;
    }
    return std::string(reinterpret_cast<const char*>(room.data()), *size);
}

/// Bytes, and their base64 without padding: first those of RFC 4648, section 10.
constexpr std::pair<std::string_view, std::string_view> examples[] = {
    {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
    {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff\xbf", "+/+/"}};

std::string padded(std::string text) {
    text.append((4 - text.size() % 4) % 4, '=');
    return text;
}

TEST(base64, writes_the_examples_of_the_specification) {
    for (const auto& [bytes, text] : examples) {
        EXPECT_EQ(encoded(bytes), text);
    }
}

TEST(base64, reads_them_with_and_without_padding) {
    for (const auto& [bytes, text] : examples) {
        EXPECT_EQ(decoded(text), bytes) << text;
        EXPECT_EQ(decoded(padded(std::string(text))), bytes) << text;
    }
}

TEST(base64, refuses_invalid_text) {
    for (const char* const text : {"Z", "Zm9vY", "Zg=", "Zg===", "=", "==", "====", "Z===", "Zm9v=",
                                   "Z=g=", "Zm 9", "Zm\n9", "Zm9-", "Zm9_", "Zm9\xc3", "Zm9v\\/"}) {
        EXPECT_EQ(decoded(text), std::nullopt) << text;
    }
    EXPECT_EQ(decoded(std::string_view("Zm\0v", 4)), std::nullopt);
}

TEST(base64, appends_to_existing_content) {
    std::string out = "before:";
    append_base64(out, std::as_bytes(std::span("foo", 3)));
    EXPECT_EQ(out, "before:Zm9v");
}

RC_GTEST_PROP(base64, any_bytes_survive_a_round_trip, (const std::vector<std::uint8_t>& bytes)) {
    const std::string text(bytes.begin(), bytes.end());
    RC_ASSERT(decoded(encoded(text)) == text);
    RC_ASSERT(decoded(padded(encoded(text))) == text);
}

RC_GTEST_PROP(base64, any_text_is_read_or_refused, (const std::string& text)) {
    if (const auto bytes = decoded(text)) {
        RC_ASSERT(bytes->size() <= decoded_size(text.size()));
        RC_ASSERT(encoded(*bytes).size() <= text.size());
    }
}

}  // namespace
}  // namespace libsql::net
