#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace libsql::replication {

/// A page as the primary's log has it.
struct frame {
    static constexpr std::size_t page_size = 4096;
    static constexpr std::size_t size = 24 + page_size;

    std::uint64_t number{0};      ///< its place in the log, from 0
    std::uint32_t page{0};        ///< from 1
    std::uint64_t checksum{0};    ///< of all that the log has had, up to the end of this page
    std::uint32_t size_after{0};  ///< the last of a transaction: the pages of the database then
    std::string_view content{};   ///< of the page; a part of what it was read from

    bool operator==(const frame&) const = default;
};

/// Reads a frame; none if there are not exactly `frame::size` bytes, or it is of no page.
std::optional<frame> read_frame(std::string_view bytes) noexcept;

/// `bytes` as a number, the lowest first; at most 8.
std::uint64_t read_little_endian(std::string_view bytes) noexcept;

/// A hash of some bytes, for comparing what nobody forges; the same on every machine.
std::uint64_t fingerprint(std::string_view bytes) noexcept;

/// The number in a database's first page by which connections know that the schema is another one.
std::uint32_t schema_number(std::string_view first_page) noexcept;
void set_schema_number(char* first_page, std::uint32_t number) noexcept;

}  // namespace libsql::replication
