#include "libsql/replica/frame.hpp"

namespace libsql::replication {

std::uint64_t read_little_endian(std::string_view bytes) noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i > 0; --i) {
        value = (value << 8) | static_cast<unsigned char>(bytes[i - 1]);
    }
    return value;
}

std::optional<frame> read_frame(std::string_view bytes) noexcept {
    if (bytes.size() != frame::size) {
        return std::nullopt;
    }
    // Behind the number is a checksum over all of the log, which no client has all of.
    const frame read{
        .number = read_little_endian(bytes.substr(0, 8)),
        .page = static_cast<std::uint32_t>(read_little_endian(bytes.substr(16, 4))),
        .size_after = static_cast<std::uint32_t>(read_little_endian(bytes.substr(20, 4))),
        .content = bytes.substr(24)};
    return read.page == 0 ? std::nullopt : std::optional(read);
}

}  // namespace libsql::replication
