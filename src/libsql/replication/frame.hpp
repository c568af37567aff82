#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace libsql::replication {

/// A page as in the primary's log.
struct frame {
    static constexpr std::size_t page_size = 4096;
    static constexpr std::size_t size = 24 + page_size;

    std::uint64_t number{0};    ///< its position in the log, from 0
    std::uint32_t page{0};      ///< from 1
    std::uint64_t checksum{0};  ///< over the whole log up to the end of this page
    /// For the last frame of a transaction: the size of the database in pages.
    std::uint32_t size_after{0};
    std::string_view content{};  ///< of the page; a view into what it was read from

    bool operator==(const frame&) const = default;
};

/// Reads a frame; none if there are not exactly `frame::size` bytes, or the page number is 0.
std::optional<frame> read_frame(std::string_view bytes) noexcept;

/// `bytes` as a little-endian number; at most 8 bytes.
std::uint64_t read_little_endian(std::string_view bytes) noexcept;

/// A hash of some bytes, for comparisons that need no protection against forgery; the same on every
/// machine.
std::uint64_t fingerprint(std::string_view bytes) noexcept;

/// The schema cookie in the first page of a database, by which connections notice a schema change.
std::uint32_t schema_number(std::string_view first_page) noexcept;
void set_schema_number(char* first_page, std::uint32_t number) noexcept;

}  // namespace libsql::replication
