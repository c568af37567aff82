#pragma once

#include <libsql/export.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
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
    value() noexcept : type_(value_type::null) {}

    /// A copy; may throw `std::bad_alloc`.
    value(const value& other);

    /// `other` keeps its type; the content of a text or blob is then unspecified.
    value(value&& other) noexcept { take(std::move(other)); }

    /// If memory runs out for the copy, this value is unchanged.
    value& operator=(const value& other) { return *this = value(other); }

    /// As the move.
    value& operator=(value&& other) noexcept {
        if (this != &other) {
            destroy();
            take(std::move(other));
        }
        return *this;
    }

    ~value() { destroy(); }

    /// NULL.
    value(std::nullptr_t) noexcept : value() {}

    /// An INTEGER. Not from 64-bit unsigned integers, which may not fit, nor from character types,
    /// which may be meant as text.
    template <std::integral I>
    requires((sizeof(I) < 8 || std::signed_integral<I>)&&!detail::character<I>) value(I i)
    noexcept : integer_(static_cast<std::int64_t>(i)), type_(value_type::integer) {}

    /// A REAL. A template, so that a 64-bit unsigned integer does not silently become a REAL.
    template <std::floating_point F>
    requires(sizeof(F) <= sizeof(double)) value(F d)
    noexcept : real_(static_cast<double>(d)), type_(value_type::real) {}

    /// TEXT of any bytes; the engine treats it as UTF-8.
    value(std::string text) noexcept : text_(std::move(text)), type_(value_type::text) {}

    /// TEXT; copied.
    value(std::string_view text) : text_(text), type_(value_type::text) {}

    /// TEXT, copied; NULL for a null pointer.
    value(const char* text) : value() {
        if (text != nullptr) {
            std::construct_at(&text_, text);
            type_ = value_type::text;
        }
    }

    /// A BLOB.
    value(libsql::blob bytes) noexcept : blob_(std::move(bytes)), type_(value_type::blob) {}

    /// A BLOB; copied.
    value(blob_view bytes) : blob_(bytes.begin(), bytes.end()), type_(value_type::blob) {}

    /// The type of the value.
    [[nodiscard]] value_type type() const noexcept { return type_; }

    /// True when it is NULL.
    [[nodiscard]] bool is_null() const noexcept { return type_ == value_type::null; }

    /// The content if the value has exactly this type, else null. O(1). The pointer is valid until
    /// the value is changed.
    [[nodiscard]] const std::int64_t* if_integer() const noexcept {
        return type_ == value_type::integer ? &integer_ : nullptr;
    }

    /// As `if_integer`, for a REAL.
    [[nodiscard]] const double* if_real() const noexcept {
        return type_ == value_type::real ? &real_ : nullptr;
    }

    /// As `if_integer`, for a TEXT.
    [[nodiscard]] const std::string* if_text() const noexcept {
        return type_ == value_type::text ? &text_ : nullptr;
    }

    /// As `if_integer`, for a BLOB.
    [[nodiscard]] const libsql::blob* if_blob() const noexcept {
        return type_ == value_type::blob ? &blob_ : nullptr;
    }

    /// As above; the text may be changed or moved out.
    [[nodiscard]] std::string* if_text() noexcept {
        return type_ == value_type::text ? &text_ : nullptr;
    }

    /// As above; the bytes may be changed or moved out.
    [[nodiscard]] libsql::blob* if_blob() noexcept {
        return type_ == value_type::blob ? &blob_ : nullptr;
    }

    /// The value as an SQL literal: `NULL`, `42`, `1.5`, ``'it''s'``, ``x'00ff'``. It is exact: a
    /// real has the shortest digits, or, where SQLite would read those back as another double (it
    /// does not always choose the nearest one), it is an exact product in brackets. An infinity is
    /// written as `9e999`. A NaN, which SQL does not have, is `NULL`. For text see `quote_literal`.
    /// Linear.
    [[nodiscard]] std::string to_sql() const;

    /// Equal if type and content are the same: 1 and 1.0 are different values.
    friend bool operator==(const value& a, const value& b) noexcept { return a.equals(b); }

private:
    [[nodiscard]] bool equals(const value& other) const noexcept;

    /// For an object that holds nothing. As after any move, a text or blob of `other` stays one, of
    /// unspecified content.
    void take(value&& other) noexcept {
        type_ = other.type_;
        switch (type_) {
            case value_type::integer:
                integer_ = other.integer_;
                break;
            case value_type::real:
                real_ = other.real_;
                break;
            case value_type::text:
                std::construct_at(&text_, std::move(other.text_));
                break;
            case value_type::blob:
                std::construct_at(&blob_, std::move(other.blob_));
                break;
            case value_type::null:
                break;
        }
    }

    void destroy() noexcept {
        if (type_ == value_type::text) {
            std::destroy_at(&text_);
        } else if (type_ == value_type::blob) {
            std::destroy_at(&blob_);
        }
    }

    // Not a variant: that costs every program that includes this much time to compile, and the
    // copy constructor of libstdc++ 12's destroys an object that it has not constructed if memory
    // runs out.
    // NOLINTBEGIN(readability-identifier-naming): they are private
    union {
        std::int64_t integer_;
        double real_;
        std::string text_;
        libsql::blob blob_;
    };

    // NOLINTEND(readability-identifier-naming)

    value_type type_;
};

}  // namespace libsql
