#include "libsql/replication/frames_reader.hpp"

#include "libsql/net/protobuf_wire.hpp"

#include <algorithm>

namespace libsql::replication {

namespace {

using net::protobuf::tag;
using net::protobuf::wire_type;

/// A frame and the fields around it: two numbers, and whatever later versions add.
constexpr std::size_t largest_frame_message = frame::size + 1024;
constexpr std::size_t longest_varint = 10;

}  // namespace

void frames_reader::expect_varint(part next) noexcept {
    part_ = next;
    varint_.clear();
}

bool frames_reader::expect_frame(std::size_t size) {
    if (size == 0 || size > largest_frame_message) {
        return malformed();
    }
    part_ = part::frame;
    field_.expect(size);
    return true;
}

bool frames_reader::message_begins(std::size_t size) {
    if (kind_ == message::frame) {
        return expect_frame(size);
    }
    expect_varint(part::tag);
    return true;
}

bool frames_reader::message_ends() {
    // After a complete `Frame` the state is also this.
    return (part_ == part::tag && varint_.empty()) || malformed();
}

bool frames_reader::feed_part(std::string_view& bytes) {
    if (part_ == part::skipped) {
        const std::size_t now = std::min(skip_, bytes.size());
        bytes.remove_prefix(now);
        skip_ -= now;
        if (skip_ == 0) {
            expect_varint(part::tag);
        }
        return true;
    }
    if (part_ == part::frame) {
        const auto whole = field_.take(bytes);
        if (!whole) {
            return true;
        }
        expect_varint(part::tag);
        return on_field(*whole);
    }
    varint_ += bytes.front();
    bytes.remove_prefix(1);
    if ((static_cast<unsigned char>(varint_.back()) & 0x80U) != 0) {
        return varint_.size() < longest_varint || malformed();
    }
    std::string_view encoded = varint_;
    std::uint64_t value = 0;
    return net::protobuf::take_varint(encoded, value) ? on_varint(value) : malformed();
}

bool frames_reader::on_varint(std::uint64_t value) {
    switch (part_) {
        case part::scalar:
            expect_varint(part::tag);
            return true;
        case part::size:
            if (of_frame_) {
                return expect_frame(value);
            }
            skip_ = value;
            expect_varint(value == 0 ? part::tag : part::skipped);
            return true;
        default:
            break;
    }
    of_frame_ = value == tag(1, wire_type::bytes);
    switch (static_cast<wire_type>(value & 7)) {
        case wire_type::bytes:
            expect_varint(part::size);
            return value >> 3 != 0 || malformed();
        case wire_type::varint:
            expect_varint(part::scalar);
            return value >> 3 != 0 || malformed();
        case wire_type::fixed32:
        case wire_type::fixed64:
            part_ = part::skipped;
            skip_ = (value & 7) == static_cast<std::uint64_t>(wire_type::fixed64) ? 8 : 4;
            return value >> 3 != 0 || malformed();
    }
    return malformed();
}

bool frames_reader::on_field(std::string_view bytes) {
    net::protobuf::reader fields(bytes);
    std::optional<frame> found;
    for (net::protobuf::field f; fields.next(f);) {
        if (f.tag == tag(1, wire_type::bytes)) {
            found = read_frame(f.bytes);
            if (!found) {
                return malformed();
            }
        }
    }
    if (fields.is_malformed() || !found) {
        return malformed();
    }
    return to_.on_frame(*found);
}

}  // namespace libsql::replication
