#pragma once

#include <ecto/type.hpp>
#include <libsql/export.hpp>

#include <compare>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace ecto {

/// A decimal number that keeps every digit, also zeros at its end. It does not calculate. Thread
/// safety: as a standard container.
class LIBSQL_API decimal {
public:
    decimal() = default;  ///< 0

    /// An integer.
    decimal(std::signed_integral auto i) : text_(std::to_string(std::int64_t{i})) {}

    /// From "12.50", "-0.1", "1e-3". `invalid` for anything else, NaN and infinities, and for an
    /// exponent above 131072 or below -16383.
    static result<decimal> parse(std::string_view text);

    /// All digits, without an exponent: "12.50".
    [[nodiscard]] const std::string& to_string() const noexcept { return text_; }

    /// Whether a column of numbers (of affinity NUMERIC, such as DECIMAL) stores it exactly: an
    /// integer of 64 bits, or at most 15 significant digits. A column of texts stores all.
    [[nodiscard]] bool fits_number_column() const noexcept;

    /// By value: 1.0 equals 1.00.
    friend bool operator==(const decimal& a, const decimal& b) noexcept {
        return (a <=> b) == std::weak_ordering::equivalent;
    }

    /// By value.
    friend std::weak_ordering operator<=>(const decimal& a, const decimal& b) noexcept {
        return a.compare(b);
    }

private:
    [[nodiscard]] std::weak_ordering compare(const decimal& other) const noexcept;

    std::string text_{"0"};
};

/// Written as text, which a column of numbers makes a number of. Read from a text, an integer or a
/// real, of which the shortest digits are taken.
template <>
struct LIBSQL_API type<decimal> {
    static constexpr std::string_view sql = "DECIMAL_TEXT";  ///< a column that keeps all digits
    static constexpr std::string_view word = "a decimal number";  ///< for messages
    /// Stored texts do not sort as the numbers do, so queries do not compare them.
    static constexpr bool compared = false;

    /// Whether a column of numbers would round it. Such a value is written to columns of texts
    /// only.
    static bool needs_text_column(const decimal& d) noexcept { return !d.fits_number_column(); }

    /// Reads a stored number or text.
    static bool load(const detail::cell& from, decimal& to);
    /// The text.
    static bool dump(const decimal& from, detail::cell& to, detail::arena& room);
    /// Reads a number or a text from outside.
    static bool cast(const param& from, decimal& to);
};

}  // namespace ecto
