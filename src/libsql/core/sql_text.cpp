#include "libsql/core/sql_text.hpp"

#include <cstddef>
#include <string>

namespace libsql {

namespace {

/// The length in bytes of the UTF-8 sequence at `at`; 0 if it is not well-formed (Unicode 15, table
/// 3-7).
std::size_t sequence_length(std::string_view text, std::size_t at) noexcept {
    const auto byte = [&](std::size_t i) {
        return at + i < text.size() ? static_cast<unsigned char>(text[at + i])
                                    : static_cast<unsigned char>(0);
    };
    const auto continues = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
    const unsigned char first = byte(0);
    if (first < 0x80) {
        return 1;
    }
    if (first >= 0xC2 && first <= 0xDF) {
        return continues(1) ? 2 : 0;
    }
    if (first >= 0xE0 && first <= 0xEF) {
        const unsigned char low = first == 0xE0 ? 0xA0 : 0x80;
        const unsigned char high = first == 0xED ? 0x9F : 0xBF;
        return byte(1) >= low && byte(1) <= high && continues(2) ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        const unsigned char low = first == 0xF0 ? 0x90 : 0x80;
        const unsigned char high = first == 0xF4 ? 0x8F : 0xBF;
        return byte(1) >= low && byte(1) <= high && continues(2) && continues(3) ? 4 : 0;
    }
    return 0;
}

}  // namespace

std::optional<std::size_t> find_invalid_utf8(std::string_view text) noexcept {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = sequence_length(text, at);
        if (length == 0) {
            return at;
        }
        at += length;
    }
    return std::nullopt;
}

std::optional<error> check_sql_text(std::string_view sql) {
    if (const auto nul = sql.find('\0'); nul != std::string_view::npos) {
        return error(error_kind::invalid_argument,
                     "the statement's text contains a NUL at byte " + std::to_string(nul));
    }
    if (const auto bad = find_invalid_utf8(sql)) {
        return error(error_kind::invalid_argument,
                     "the statement's text is not UTF-8 at byte " + std::to_string(*bad));
    }
    return std::nullopt;
}

}  // namespace libsql
