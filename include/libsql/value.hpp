#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <libsql/export.hpp>

namespace libsql {

/// The five storage classes of SQLite. The numbers are SQLite's.
enum class value_type : unsigned char { integer = 1, real = 2, text = 3, blob = 4, null = 5 };

/// The type's name as SQLite's `typeof()` gives it: "integer", "real", "text", "blob", "null".
LIBSQL_API std::string_view to_string(value_type type) noexcept;

using blob = std::vector<std::byte>;
using blob_view = std::span<const std::byte>;

/// One owned SQL value. Text and blob never change into each other; there is no conversion.
class LIBSQL_API value {
public:
    value() noexcept = default;

    value(std::nullptr_t) noexcept {}

    template <std::integral I>
        requires(sizeof(I) < 8 || std::signed_integral<I>)
    value(I i) noexcept : data_(static_cast<std::int64_t>(i)) {}

    /// Only floating-point types: a 64-bit unsigned integer must not become a real in silence.
    template <std::floating_point F>
        requires(sizeof(F) <= sizeof(double))
    value(F d) noexcept : data_(static_cast<double>(d)) {}

    value(std::string text) noexcept : data_(std::move(text)) {}

    value(std::string_view text) : data_(std::string(text)) {}

    /// A null pointer is NULL.
    value(const char* text) {
        if (text != nullptr) {
            data_ = std::string(text);
        }
    }

    value(libsql::blob bytes) noexcept : data_(std::move(bytes)) {}

    value(blob_view bytes) : data_(libsql::blob(bytes.begin(), bytes.end())) {}

    [[nodiscard]] value_type type() const noexcept;

    [[nodiscard]] bool is_null() const noexcept { return data_.index() == 0; }

    /// The content if it has exactly that type, else null. O(1).
    [[nodiscard]] const std::int64_t* if_integer() const noexcept { return std::get_if<std::int64_t>(&data_); }

    [[nodiscard]] const double* if_real() const noexcept { return std::get_if<double>(&data_); }

    [[nodiscard]] const std::string* if_text() const noexcept { return std::get_if<std::string>(&data_); }

    [[nodiscard]] const libsql::blob* if_blob() const noexcept { return std::get_if<libsql::blob>(&data_); }

    /// As an SQL literal: `NULL`, `42`, `1.5`, `'it''s'`, `x'00ff'`. Every bit is kept: a real has the
    /// shortest digits, or, where SQLite would read those back as another double (it does not always
    /// take the nearest one), is an exact product in brackets; an infinity is written as `9e999`.
    [[nodiscard]] std::string to_sql() const;

    /// Same type and same content. 1 and 1.0 are different values.
    friend bool operator==(const value&, const value&) = default;

private:
    std::variant<std::monostate, std::int64_t, double, std::string, libsql::blob> data_;
};

}  // namespace libsql
