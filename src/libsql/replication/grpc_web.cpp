#include "libsql/replication/grpc_web.hpp"

#include <cstdint>

namespace libsql::replication {

namespace {

constexpr unsigned trailers_flag = 0x80;
constexpr std::size_t largest_trailers = 64 * 1024;

}  // namespace

bool grpc_web_reader::feed_part(std::string_view& bytes) {
    switch (part_) {
        case part::head: {
            const auto head = head_.take(bytes);
            return !head || read_head(*head);
        }
        case part::message: {
            const std::string_view piece = bytes.substr(0, left_);
            bytes.remove_prefix(piece.size());
            left_ -= piece.size();
            if (!to_.message_content(piece)) {
                return false;
            }
            if (left_ > 0) {
                return true;
            }
            part_ = part::head;
            head_.expect(head_size);
            return to_.message_ends();
        }
        case part::trailers:
            if (const auto text = trailers_.take(bytes)) {
                status_ = read_trailers(*text);
                part_ = part::end;
                return status_ || malformed();
            }
            return true;
        case part::end:
            break;
    }
    return malformed();
}

bool grpc_web_reader::read_head(std::string_view head) {
    const auto byte = [&](std::size_t i) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(head[i]));
    };
    const std::uint32_t flags = byte(0);
    const std::size_t size = byte(1) << 24 | byte(2) << 16 | byte(3) << 8 | byte(4);
    if (flags == trailers_flag) {
        if (size == 0 || size > largest_trailers) {
            return malformed();
        }
        part_ = part::trailers;
        trailers_.expect(size);
        return true;
    }
    if (flags != 0) {
        return malformed();  // compressed, which was not requested
    }
    if (!to_.message_begins(size)) {
        return false;
    }
    if (size == 0) {
        head_.expect(head_size);
        return to_.message_ends();
    }
    part_ = part::message;
    left_ = size;
    return true;
}

std::string grpc_message(std::string_view content) {
    std::string out(1, '\0');
    for (unsigned shift = 32; shift > 0; shift -= 8) {
        out += static_cast<char>((content.size() >> (shift - 8)) & 0xff);
    }
    out += content;
    return out;
}

}  // namespace libsql::replication
