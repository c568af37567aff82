#include "libsql/replication/frame.hpp"

#include <algorithm>

namespace libsql::replication {

std::uint64_t read_little_endian(std::string_view bytes) noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i > 0; --i) {
        value = (value << 8) | static_cast<unsigned char>(bytes[i - 1]);
    }
    return value;
}

std::uint64_t fingerprint(std::string_view bytes) noexcept {
    constexpr std::uint64_t prime = 0x9e3779b97f4a7c15;
    std::uint64_t hash = bytes.size();
    for (; !bytes.empty(); bytes.remove_prefix(std::min<std::size_t>(8, bytes.size()))) {
        hash = (hash ^ read_little_endian(bytes.substr(0, 8))) * prime;
        hash ^= hash >> 29;
    }
    return hash;
}

namespace {

constexpr std::size_t schema_number_at = 40;  ///< SQLite's schema cookie, big-endian

}  // namespace

std::uint32_t schema_number(std::string_view first_page) noexcept {
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        number = (number << 8) | static_cast<unsigned char>(first_page[schema_number_at + i]);
    }
    return number;
}

void set_schema_number(char* first_page, std::uint32_t number) noexcept {
    for (std::size_t i = 4; i > 0; --i, number >>= 8) {
        first_page[schema_number_at + i - 1] = static_cast<char>(number & 0xff);
    }
}

std::optional<frame> read_frame(std::string_view bytes) noexcept {
    if (bytes.size() != frame::size) {
        return std::nullopt;
    }
    const frame read{
        .number = read_little_endian(bytes.substr(0, 8)),
        .page = static_cast<std::uint32_t>(read_little_endian(bytes.substr(16, 4))),
        .checksum = read_little_endian(bytes.substr(8, 8)),
        .size_after = static_cast<std::uint32_t>(read_little_endian(bytes.substr(20, 4))),
        .content = bytes.substr(24)};
    return read.page == 0 ? std::nullopt : std::optional(read);
}

}  // namespace libsql::replication
