#pragma once

#include <ecto/type.hpp>
#include <libsql/export.hpp>

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace ecto {

/// A UUID of any version; a new one has 16 zero bytes. A plain value.
class LIBSQL_API uuid {
public:
    constexpr uuid() noexcept = default;

    /// With these bytes.
    constexpr explicit uuid(const std::array<std::uint8_t, 16>& bytes) noexcept : bytes_(bytes) {}

    /// A random one, of version 4. The random bits are those of the operating system. Throws
    /// `std::runtime_error` if that has none.
    static uuid v4();

    /// One of version 7: the time in milliseconds, then random bits. Later ones sort behind those
    /// of earlier milliseconds. Throws as `v4` does.
    static uuid v7();

    /// From 36 characters: "01234567-89ab-cdef-0123-456789abcdef", in either case. `invalid`
    /// otherwise.
    static result<uuid> parse(std::string_view text);

    /// The 36 characters, in lower case.
    [[nodiscard]] std::string to_string() const;

    /// The bytes.
    [[nodiscard]] constexpr const std::array<std::uint8_t, 16>& bytes() const noexcept {
        return bytes_;
    }

    friend auto operator<=>(const uuid&, const uuid&) = default;

private:
    std::array<std::uint8_t, 16> bytes_{};
};

/// Stored as the text of 36 characters. A stored blob of 16 bytes is read, too.
template <>
struct LIBSQL_API type<uuid> {
    static constexpr std::string_view sql = "TEXT";     ///< the type of a column
    static constexpr std::string_view word = "a UUID";  ///< for messages

    /// Reads a stored text or blob.
    static bool load(const detail::cell& from, uuid& to);
    /// The text.
    static bool dump(const uuid& from, detail::cell& to, detail::arena& room);
    /// Reads a text from outside.
    static bool cast(const param& from, uuid& to);
};

}  // namespace ecto
