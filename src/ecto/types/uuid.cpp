#include <ecto/uuid.hpp>

#include <algorithm>
#include <chrono>
#include <random>

namespace ecto {

namespace {

constexpr std::size_t text_size = 36;

bool is_dash_at(std::size_t i) noexcept {
    return i == 8 || i == 13 || i == 18 || i == 23;
}

/// The value of a hexadecimal digit; -1 for another character.
int digit_of(char c) noexcept {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool read_text(std::string_view text, uuid& to) noexcept {
    if (text.size() != text_size) {
        return false;
    }
    std::array<std::uint8_t, 16> bytes{};
    std::size_t digits = 0;
    for (std::size_t i = 0; i < text_size; ++i) {
        if (is_dash_at(i)) {
            if (text[i] != '-') {
                return false;
            }
            continue;
        }
        const int digit = digit_of(text[i]);
        if (digit < 0) {
            return false;
        }
        auto& byte = bytes[digits / 2];
        byte = static_cast<std::uint8_t>(byte << 4 | digit);
        ++digits;
    }
    to = uuid(bytes);
    return true;
}

std::array<std::uint8_t, 16> random_bytes(int version) {
    thread_local std::random_device source;
    std::array<std::uint8_t, 16> bytes{};
    for (std::size_t i = 0; i < bytes.size(); i += sizeof(unsigned)) {
        const unsigned bits = source();
        std::memcpy(bytes.data() + i, &bits, sizeof bits);
    }
    bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | version << 4);
    bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
    return bytes;
}

}  // namespace

uuid uuid::v4() {
    return uuid(random_bytes(4));
}

uuid uuid::v7() {
    auto bytes = random_bytes(7);
    const auto now = std::chrono::floor<std::chrono::milliseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    const auto milliseconds = static_cast<std::uint64_t>(now.count());
    for (std::size_t i = 0; i < 6; ++i) {
        bytes[i] = static_cast<std::uint8_t>(milliseconds >> (40 - 8 * i));
    }
    return uuid(bytes);
}

result<uuid> uuid::parse(std::string_view text) {
    uuid made;
    if (!read_text(text, made)) {
        return error(error_kind::invalid, "the text is not a UUID");
    }
    return made;
}

std::string uuid::to_string() const {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(text_size);
    for (const auto byte : bytes_) {
        if (is_dash_at(text.size())) {
            text += '-';
        }
        text += digits[byte >> 4];
        text += digits[byte & 0x0f];
    }
    return text;
}

bool type<uuid>::load(const detail::cell& from, uuid& to) {
    const auto bytes = detail::bytes_of(from);
    if (from.type == detail::cell_type::text) {
        return read_text(bytes, to);
    }
    if (bytes.size() != 16) {
        return false;
    }
    std::array<std::uint8_t, 16> raw{};
    std::memcpy(raw.data(), bytes.data(), raw.size());
    to = uuid(raw);
    return true;
}

bool type<uuid>::dump(const uuid& from, detail::cell& to, detail::arena& room) {
    return detail::copy_text(to, from.to_string(), room);
}

bool type<uuid>::cast(const param& from, uuid& to) {
    const auto* text = from.get_if<std::string>();
    return text != nullptr && read_text(*text, to);
}

}  // namespace ecto
