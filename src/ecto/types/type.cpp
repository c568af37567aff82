#include <ecto/type.hpp>

#include <charconv>
#include <cmath>
#include <system_error>

namespace ecto::detail {

namespace {

constexpr std::size_t most_bytes = 0x7fffffff;

bool set_bytes(cell& to, const void* data, std::size_t size, cell_type type) noexcept {
    to.data = data != nullptr ? data : "";
    to.size = size <= most_bytes ? static_cast<std::uint32_t>(size) : 0;
    to.type = type;
    return size <= most_bytes;
}

template <class T>
bool parse_number(std::string_view text, T& to) noexcept {
    const auto* end = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(text.data(), end, to);
    return problem == std::errc() && stop == end;
}

/// Not an infinity or NaN, which `from_chars` also reads.
bool parse_real(std::string_view text, double& to) noexcept {
    return parse_number(text, to) && std::isfinite(to);
}

}  // namespace

void set_null(cell& to) noexcept {
    to.integer = 0;
    to.size = 0;
    to.type = cell_type::null;
}

void set_integer(cell& to, std::int64_t i) noexcept {
    to.integer = i;
    to.size = 0;
    to.type = cell_type::integer;
}

bool set_real(cell& to, double d) noexcept {
    to.real = d;
    to.size = 0;
    to.type = cell_type::real;
    return !std::isnan(d);
}

bool set_text(cell& to, std::string_view text) noexcept {
    return set_bytes(to, text.data(), text.size(), cell_type::text);
}

bool set_blob(cell& to, libsql::blob_view bytes) noexcept {
    return set_bytes(to, bytes.data(), bytes.size(), cell_type::blob);
}

bool copy_text(cell& to, std::string_view text, arena& room) {
    const bool fits = set_text(to, text);
    if (fits) {
        keep(to, room);
    }
    return fits;
}

void keep(cell& kept, arena& room) {
    const auto bytes = bytes_of(kept);
    if (!bytes.empty()) {
        auto* copy = room.take(bytes.size());
        std::memcpy(copy, bytes.data(), bytes.size());
        kept.data = copy;
    }
}

std::string_view bytes_of(const cell& c) noexcept {
    const bool has_bytes = c.type == cell_type::text || c.type == cell_type::blob;
    return has_bytes ? std::string_view(static_cast<const char*>(c.data), c.size)
                     : std::string_view();
}

bool load_boolean(const cell& from, bool& to) noexcept {
    if (from.type == cell_type::integer) {
        to = from.integer == 1;
        return from.integer == 0 || from.integer == 1;
    }
    // Other writers leave texts.
    const auto text = from.type == cell_type::text ? bytes_of(from) : std::string_view();
    to = text == "1" || text == "true" || text == "TRUE";
    return to || text == "0" || text == "false" || text == "FALSE";
}

bool load_real(const cell& from, double& to) noexcept {
    constexpr std::int64_t exact = std::int64_t{1} << 53;
    switch (from.type) {
        case cell_type::real:
            to = from.real;
            return true;
        case cell_type::integer:
            to = static_cast<double>(from.integer);
            return from.integer >= -exact && from.integer <= exact;
        case cell_type::text:
            return parse_real(bytes_of(from), to);
        default:
            return false;
    }
}

bool cast_boolean(const param& from, bool& to) noexcept {
    if (const auto* b = from.get_if<bool>()) {
        to = *b;
        return true;
    }
    const auto* text = from.get_if<std::string>();
    to = text != nullptr && (*text == "true" || *text == "1");
    return to || (text != nullptr && (*text == "false" || *text == "0"));
}

bool cast_integer(const param& from, std::int64_t& to) noexcept {
    if (const auto* i = from.get_if<std::int64_t>()) {
        to = *i;
        return true;
    }
    const auto* text = from.get_if<std::string>();
    return text != nullptr && parse_number(*text, to);
}

bool cast_real(const param& from, double& to) noexcept {
    if (const auto* d = from.get_if<double>()) {
        to = *d;
        return std::isfinite(*d);
    }
    if (const auto* i = from.get_if<std::int64_t>()) {
        to = static_cast<double>(*i);
        return true;
    }
    const auto* text = from.get_if<std::string>();
    return text != nullptr && parse_real(*text, to);
}

}  // namespace ecto::detail
