#pragma once

#include <libsql/export.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace libsql {

/// The five storage classes of SQLite. The numbers are SQLite's.
enum class value_type : unsigned char { integer = 1, real = 2, text = 3, blob = 4, null = 5 };

/// The name of the type as SQLite's `typeof()` returns it: "integer", "real", "text", "blob",
/// "null".
LIBSQL_API std::string_view to_string(value_type type) noexcept;

using blob = std::vector<std::byte>;           ///< owned bytes
using blob_view = std::span<const std::byte>;  ///< bytes that are owned elsewhere

namespace detail {

template <class T>
concept character = std::same_as<T, char> || std::same_as<T, wchar_t> || std::same_as<T, char8_t> ||
    std::same_as<T, char16_t> || std::same_as<T, char32_t>;

}  // namespace detail

/// One SQL value that owns its content. No value is converted; text and blobs in particular never
/// become each other. Thread safety: as a standard container.
class LIBSQL_API value {
public:
    value() noexcept = default;

    /// A copy; may throw `std::bad_alloc`. (Not the variant's own copy constructor: that of
    /// libstdc++ 12 destroys an object that it has not constructed if memory runs out.)
    value(const value& other) { copy(other); }

    value(value&& other) noexcept = default;
    value& operator=(value&& other) noexcept = default;
    ~value() = default;

    /// If memory runs out for the copy, this value is unchanged.
    value& operator=(const value& other) {
        copy(other);
        return *this;
    }

    /// NULL.
    value(std::nullptr_t) noexcept {}

    /// An INTEGER. Not from 64-bit unsigned integers, which may not fit, nor from character types,
    /// which may be meant as text.
    template <std::integral I>
    requires((sizeof(I) < 8 || std::signed_integral<I>)&&!detail::character<I>) value(I i)
    noexcept : data_(static_cast<std::int64_t>(i)) {}

    /// A REAL. A template, so that a 64-bit unsigned integer does not silently become a REAL.
    template <std::floating_point F>
    requires(sizeof(F) <= sizeof(double)) value(F d)
    noexcept : data_(static_cast<double>(d)) {}

    /// TEXT of any bytes; the engine treats it as UTF-8.
    value(std::string text) noexcept : data_(std::move(text)) {}

    /// TEXT; copied.
    value(std::string_view text) : data_(std::string(text)) {}

    /// TEXT, copied; NULL for a null pointer.
    value(const char* text) {
        if (text != nullptr) {
            data_ = std::string(text);
        }
    }

    /// A BLOB.
    value(libsql::blob bytes) noexcept : data_(std::move(bytes)) {}

    /// A BLOB; copied.
    value(blob_view bytes) : data_(libsql::blob(bytes.begin(), bytes.end())) {}

    /// The type of the value.
    [[nodiscard]] value_type type() const noexcept;

    /// True when it is NULL.
    [[nodiscard]] bool is_null() const noexcept { return data_.index() == 0; }

    /// The content if the value has exactly this type, else null. O(1). The pointer is valid until
    /// the value is changed.
    [[nodiscard]] const std::int64_t* if_integer() const noexcept {
        return std::get_if<std::int64_t>(&data_);
    }

    /// As `if_integer`, for a REAL.
    [[nodiscard]] const double* if_real() const noexcept { return std::get_if<double>(&data_); }

    /// As `if_integer`, for a TEXT.
    [[nodiscard]] const std::string* if_text() const noexcept {
        return std::get_if<std::string>(&data_);
    }

    /// As `if_integer`, for a BLOB.
    [[nodiscard]] const libsql::blob* if_blob() const noexcept {
        return std::get_if<libsql::blob>(&data_);
    }

    /// As above; the text may be changed or moved out.
    [[nodiscard]] std::string* if_text() noexcept { return std::get_if<std::string>(&data_); }

    /// As above; the bytes may be changed or moved out.
    [[nodiscard]] libsql::blob* if_blob() noexcept { return std::get_if<libsql::blob>(&data_); }

    /// The value as an SQL literal: `NULL`, `42`, `1.5`, ``'it''s'``, ``x'00ff'``. It is exact: a
    /// real has the shortest digits, or, where SQLite would read those back as another double (it
    /// does not always choose the nearest one), it is an exact product in brackets. An infinity is
    /// written as `9e999`. A NaN, which SQL does not have, is `NULL`. For text see `quote_literal`.
    /// Linear.
    [[nodiscard]] std::string to_sql() const;

    /// Equal if type and content are the same: 1 and 1.0 are different values.
    friend bool operator==(const value&, const value&) = default;

private:
    void copy(const value& other);

    std::variant<std::monostate, std::int64_t, double, std::string, libsql::blob> data_;
};

}  // namespace libsql
