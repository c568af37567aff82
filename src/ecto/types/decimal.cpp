#include <ecto/decimal.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

namespace ecto {

namespace {

// The limits of the Elixir adapter, which are PostgreSQL's.
constexpr int least_exponent = -16383;
constexpr int greatest_exponent = 131072;

constexpr std::string_view all_digits = "0123456789";

/// The digits at the beginning of `text`, which are taken off it.
std::string_view take_digits(std::string_view& text) noexcept {
    const auto digits = text.substr(0, text.find_first_not_of(all_digits));
    text.remove_prefix(digits.size());
    return digits;
}

/// Takes off a sign; true if it is a minus.
bool take_minus(std::string_view& text) noexcept {
    const bool minus = text.starts_with('-');
    if (minus || text.starts_with('+')) {
        text.remove_prefix(1);
    }
    return minus;
}

/// Reads "e-3" to its end.
bool read_exponent(std::string_view text, int& exponent) noexcept {
    text.remove_prefix(1);
    if (text.starts_with('+') && text.size() > 1 && text[1] != '-') {
        text.remove_prefix(1);
    }
    const auto* end = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(text.data(), end, exponent);
    return problem == std::errc() && stop == end;
}

/// The text of digits * 10 ** exponent, without an exponent.
std::string written_out(bool minus, std::string digits, int exponent) {
    const auto first = digits.find_first_not_of('0');
    digits.erase(0, first == std::string::npos ? digits.size() - 1 : first);
    if (exponent >= 0) {
        if (digits != "0") {
            digits.append(static_cast<std::size_t>(exponent), '0');
        }
    } else {
        const auto fraction = static_cast<std::size_t>(-exponent);
        if (digits.size() <= fraction) {
            digits.insert(0, fraction + 1 - digits.size(), '0');
        }
        digits.insert(digits.size() - fraction, 1, '.');
    }
    return (minus ? "-" : "") + digits;
}

bool read_decimal(std::string_view text, std::string& to) {
    const bool minus = take_minus(text);
    std::string digits(take_digits(text));
    std::string_view fraction;
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        fraction = take_digits(text);
    }
    digits += fraction;
    int exponent = 0;
    if (digits.empty() || fraction.size() > static_cast<std::size_t>(-least_exponent)) {
        return false;
    }
    if (!text.empty() && ((text[0] != 'e' && text[0] != 'E') || !read_exponent(text, exponent))) {
        return false;
    }
    if (exponent < 2 * least_exponent || exponent > 2 * greatest_exponent) {
        return false;
    }
    exponent -= static_cast<int>(fraction.size());
    if (exponent < least_exponent || exponent > greatest_exponent) {
        return false;
    }
    to = written_out(minus, std::move(digits), exponent);
    return true;
}

/// A number in two parts, without zeros at its ends.
struct parts {
    bool minus;
    std::string_view integer;
    std::string_view fraction;
};

parts parts_of(std::string_view text) noexcept {
    const bool minus = take_minus(text);
    auto integer = take_digits(text);
    if (integer == "0") {
        integer = {};
    }
    auto fraction = text.empty() ? text : text.substr(1);
    fraction = fraction.substr(0, fraction.find_last_not_of('0') + 1);
    return {minus && !(integer.empty() && fraction.empty()), integer, fraction};
}

std::strong_ordering compare_sizes(const parts& a, const parts& b) noexcept {
    if (a.integer.size() != b.integer.size()) {
        return a.integer.size() <=> b.integer.size();
    }
    const int integers = a.integer.compare(b.integer);
    return (integers != 0 ? integers : a.fraction.compare(b.fraction)) <=> 0;
}

bool is_int64(std::string_view text) noexcept {
    std::int64_t i{};
    const auto* end = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(text.data(), end, i);
    return problem == std::errc() && stop == end;
}

bool read_real(double d, std::string& to) {
    std::array<char, 32> text{};
    const auto [end, problem] = std::to_chars(text.data(), text.data() + text.size(), d);
    return std::isfinite(d) && problem == std::errc() &&
           read_decimal({text.data(), static_cast<std::size_t>(end - text.data())}, to);
}

}  // namespace

result<decimal> decimal::parse(std::string_view text) {
    decimal made;
    if (!read_decimal(text, made.text_)) {
        return error(error_kind::invalid, "the text is not a decimal number");
    }
    return made;
}

bool decimal::fits_number_column() const noexcept {
    if (is_int64(text_)) {
        return true;
    }
    const auto [minus, integer, fraction] = parts_of(text_);
    if (integer.empty()) {
        const auto zeros = fraction.find_first_not_of('0');
        return fraction.empty() || (fraction.size() - zeros <= 15 && zeros < 307);
    }
    const auto significant =
        fraction.empty() ? integer.find_last_not_of('0') + 1 : integer.size() + fraction.size();
    return significant <= 15 && integer.size() <= 308;
}

std::weak_ordering decimal::compare(const decimal& other) const noexcept {
    const auto x = parts_of(text_);
    const auto y = parts_of(other.text_);
    if (x.minus != y.minus) {
        return x.minus ? std::weak_ordering::less : std::weak_ordering::greater;
    }
    return x.minus ? compare_sizes(y, x) : compare_sizes(x, y);
}

bool type<decimal>::load(const detail::cell& from, decimal& to) {
    std::string text;
    bool is_number = false;
    if (from.type == detail::cell_type::integer) {
        to = decimal(from.integer);
        return true;
    }
    if (from.type == detail::cell_type::real) {
        is_number = read_real(from.real, text);
    } else if (from.type == detail::cell_type::text) {
        is_number = read_decimal(detail::bytes_of(from), text);
    }
    if (is_number) {
        to = *decimal::parse(text);
    }
    return is_number;
}

bool type<decimal>::dump(const decimal& from, detail::cell& to, detail::arena& /*room*/) {
    return detail::set_text(to, from.to_string());
}

bool type<decimal>::cast(const param& from, decimal& to) {
    detail::cell c;
    detail::set_null(c);
    if (const auto* i = from.get_if<std::int64_t>()) {
        detail::set_integer(c, *i);
    } else if (const auto* d = from.get_if<double>()) {
        if (!detail::set_real(c, *d)) {
            return false;
        }
    } else if (const auto* text = from.get_if<std::string>()) {
        if (!detail::set_text(c, *text)) {
            return false;
        }
    }
    return load(c, to);
}

}  // namespace ecto
