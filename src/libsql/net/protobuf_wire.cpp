#include "libsql/net/protobuf_wire.hpp"

#include <array>

namespace libsql::net::protobuf {

namespace {

constexpr std::size_t longest_varint = 10;

/// Decodes a little-endian integer of `size` bytes.
std::uint64_t little_endian(std::string_view bytes) noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        value |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    }
    return value;
}

struct encoded_varint {
    std::array<char, longest_varint> bytes;
    std::size_t size;

    [[nodiscard]] std::string_view view() const noexcept { return {bytes.data(), size}; }
};

encoded_varint encode(std::uint64_t value) noexcept {
    encoded_varint out{};
    while (value >= 0x80) {
        out.bytes[out.size++] = static_cast<char>((value & 0x7f) | 0x80);
        value >>= 7;
    }
    out.bytes[out.size++] = static_cast<char>(value);
    return out;
}

}  // namespace

bool take_varint(std::string_view& bytes, std::uint64_t& value) noexcept {
    std::uint64_t read = 0;
    for (std::size_t i = 0; i < bytes.size() && i < longest_varint; ++i) {
        const auto byte = static_cast<unsigned char>(bytes[i]);
        if (i == longest_varint - 1 && byte > 1) {
            return false;  // more than 64 bits
        }
        read |= std::uint64_t{byte & 0x7fU} << (7 * i);
        if (byte < 0x80) {
            bytes.remove_prefix(i + 1);
            value = read;
            return true;
        }
    }
    return false;
}

bool reader::take(std::size_t size, std::string_view& bytes) noexcept {
    if (size > rest_.size()) {
        return false;
    }
    bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
}

bool reader::next(field& out) noexcept {
    if (malformed_ || rest_.empty()) {
        return false;
    }
    out = {};
    bool whole = take_varint(rest_, out.tag) && (out.tag >> 3) != 0 && out.tag <= UINT32_MAX;
    if (whole) {
        switch (static_cast<wire_type>(out.tag & 7)) {
            case wire_type::varint:
                whole = take_varint(rest_, out.number);
                break;
            case wire_type::fixed64:
                whole = take(8, out.bytes);
                out.number = little_endian(out.bytes);
                break;
            case wire_type::fixed32:
                whole = take(4, out.bytes);
                out.number = little_endian(out.bytes);
                break;
            case wire_type::bytes:
                whole = take_varint(rest_, out.number) && take(out.number, out.bytes);
                break;
            default:
                whole = false;
        }
    }
    malformed_ = !whole;
    return whole;
}

void writer::append_varint(std::uint64_t value) {
    out_ += encode(value).view();
}

void writer::put_length_before(std::size_t from) {
    out_.insert(from, encode(out_.size() - from).view());
}

void writer::varint(std::uint32_t number, std::uint64_t value) {
    append_varint(tag(number, wire_type::varint));
    append_varint(value);
}

void writer::real(std::uint32_t number, double value) {
    append_varint(tag(number, wire_type::fixed64));
    const auto bits = std::bit_cast<std::uint64_t>(value);
    for (unsigned shift = 0; shift < 64; shift += 8) {
        out_ += static_cast<char>((bits >> shift) & 0xff);
    }
}

void writer::bytes(std::uint32_t number, std::string_view value) {
    append_varint(tag(number, wire_type::bytes));
    append_varint(value.size());
    out_ += value;
}

}  // namespace libsql::net::protobuf
