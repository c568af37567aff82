#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace libsql::net::protobuf {

/// How a field is encoded.
enum class wire_type : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

/// What precedes a field: its number and its encoding. Readers switch over it, so a field with a
/// known number but another encoding is treated as unknown, as protobuf requires.
constexpr std::uint64_t tag(std::uint32_t number, wire_type type) noexcept {
    return (std::uint64_t{number} << 3) | static_cast<std::uint64_t>(type);
}

constexpr std::uint64_t zigzag(std::int64_t value) noexcept {
    return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}

constexpr std::int64_t unzigzag(std::uint64_t value) noexcept {
    return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
}

/// One field of a message.
struct field {
    std::uint64_t tag{0};
    std::uint64_t number{0};  ///< its value, if it is a varint or of fixed size
    std::string_view bytes;   ///< its content, if it has a length: a part of the message

    [[nodiscard]] std::int64_t as_int64() const noexcept {
        return static_cast<std::int64_t>(number);
    }

    [[nodiscard]] std::int64_t as_sint64() const noexcept { return unzigzag(number); }

    [[nodiscard]] double as_double() const noexcept { return std::bit_cast<double>(number); }
};

/// Reads a varint at the beginning of `bytes` and removes it. False, and nothing is removed, if it
/// is truncated or longer than 64 bits.
bool take_varint(std::string_view& bytes, std::uint64_t& value) noexcept;

/// Reads the fields of a message in order; nothing is copied.
///
///     protobuf::reader in(message);
///     for (protobuf::field f; in.next(f);) {
///         switch (f.tag) { case tag(1, wire_type::bytes): ... }
///     }
///     if (in.is_malformed()) ...
class reader {
public:
    explicit reader(std::string_view message) noexcept : rest_(message) {}

    /// False at the end, and if the message is malformed: a truncated field, the field number 0, a
    /// varint of more than 64 bits, or an unknown encoding (groups are unknown).
    bool next(field& out) noexcept;

    [[nodiscard]] bool is_malformed() const noexcept { return malformed_; }

private:
    bool take(std::size_t size, std::string_view& bytes) noexcept;

    std::string_view rest_;
    bool malformed_{false};
};

/// Appends the fields of a message to a string.
class writer {
public:
    explicit writer(std::string& out) noexcept : out_(out) {}

    void varint(std::uint32_t number, std::uint64_t value);

    void sint(std::uint32_t number, std::int64_t value) { varint(number, zigzag(value)); }

    void boolean(std::uint32_t number, bool value) { varint(number, value ? 1 : 0); }

    void real(std::uint32_t number, double value);
    void bytes(std::uint32_t number, std::string_view value);

    /// A nested message: `fill` writes its fields with this writer.
    template <class F>
    void message(std::uint32_t number, F&& fill) {
        append_varint(tag(number, wire_type::bytes));
        const std::size_t from = out_.size();
        fill();
        put_length_before(from);
    }

private:
    void append_varint(std::uint64_t value);
    void put_length_before(std::size_t from);

    std::string& out_;
};

}  // namespace libsql::net::protobuf
