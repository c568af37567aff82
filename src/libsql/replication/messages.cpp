#include "libsql/replication/messages.hpp"

#include "libsql/net/protobuf_wire.hpp"

#include <algorithm>
#include <limits>

namespace libsql::replication {

using net::protobuf::tag;
using net::protobuf::wire_type;

namespace {

std::optional<unsigned> hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') {
        return static_cast<unsigned>(c - '0');
    }
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? std::optional(static_cast<unsigned>(lower - 'a' + 10))
                                        : std::nullopt;
}

/// The value is later sent as a header.
bool is_header_value(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(),
                                        [](unsigned char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

std::optional<log_id> parse_log_id(std::string_view text) noexcept {
    log_id out;
    std::size_t digits = 0;
    for (const char c : text) {
        if (c == '-') {
            continue;
        }
        const auto digit = hex_digit(c);
        if (!digit || digits == 2 * out.bytes.size()) {
            return std::nullopt;
        }
        auto& byte = out.bytes.at(digits / 2);
        byte = static_cast<unsigned char>((unsigned{byte} << 4) | *digit);
        ++digits;
    }
    return digits == 2 * out.bytes.size() ? std::optional(out) : std::nullopt;
}

std::string write_hello_request() {
    std::string out;
    net::protobuf::writer(out).varint(1, 1);  // the version of the handshake
    return out;
}

std::optional<hello> read_hello(std::string_view message) {
    hello out;
    std::optional<log_id> log;
    net::protobuf::reader fields(message);
    for (net::protobuf::field f; fields.next(f);) {
        switch (f.tag) {
            case tag(3, wire_type::bytes):
                log = parse_log_id(f.bytes);
                break;
            case tag(4, wire_type::bytes):
                out.session = f.bytes;
                break;
            case tag(5, wire_type::varint):
                out.newest = f.number;
                break;
            default:
                break;
        }
    }
    constexpr auto no_frame = std::numeric_limits<std::uint64_t>::max();
    if (fields.is_malformed() || !log || !is_header_value(out.session) || out.newest == no_frame) {
        return std::nullopt;
    }
    out.log = *log;
    return out;
}

std::string write_log_offset(std::uint64_t next) {
    std::string out;
    net::protobuf::writer(out).varint(1, next);
    return out;
}

}  // namespace libsql::replication
