#pragma once

#include <libsql/detail/cell.hpp>
#include <libsql/detail/fields.hpp>
#include <libsql/export.hpp>
#include <libsql/sql_traits.hpp>
#include <libsql/value.hpp>

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace libsql::detail {

template <class T>
inline constexpr bool is_std_optional = false;
template <class T>
inline constexpr bool is_std_optional<std::optional<T>> = true;

template <class T>
inline constexpr bool is_tuple = false;
template <class... T>
inline constexpr bool is_tuple<std::tuple<T...>> = true;
template <class A, class B>
inline constexpr bool is_tuple<std::pair<A, B>> = true;

/// A C++ type as which one cell can be read.
template <class T>
concept readable_scalar =
    (std::integral<T> && !character<T>) || std::floating_point<T> ||
    std::same_as<T, std::string_view> || std::same_as<T, std::string> ||
    std::same_as<T, blob_view> || std::same_as<T, blob> || std::same_as<T, value>;

/// A type whose values view the row that they were read from.
template <class T>
inline constexpr bool is_view = std::same_as<T, std::string_view> || std::same_as<T, blob_view>;
template <class T>
inline constexpr bool is_view<std::optional<T>> = is_view<T>;
template <class... T>
inline constexpr bool is_view<std::tuple<T...>> =  // also of references: a row type's fields
    std::disjunction_v<std::bool_constant<is_view<std::remove_cvref_t<T>>>...>;
template <class A, class B>
inline constexpr bool is_view<std::pair<A, B>> = is_view<A> || is_view<B>;

/// Whether a `T` that was read from a row outlives the row.
template <class T>
constexpr bool outlives_row() {
    if constexpr (readable_scalar<T> || is_mapped<T> || is_std_optional<T> || is_tuple<T>) {
        return !is_view<T>;
    } else if constexpr (!std::is_aggregate_v<T>) {
        return true;  // `row::as` says that it cannot be read
    } else {
        return !is_view<decltype(tie_fields(std::declval<T&>()))>;
    }
}

template <class T>
concept readable = readable_scalar<T> || mapped<T> ||
    (is_std_optional<T> &&
     (readable_scalar<typename T::value_type> || mapped<typename T::value_type>));

/// The same, so that a failed assertion does not list why.
template <class T>
inline constexpr bool is_readable = readable<T>;

LIBSQL_API value to_value(const cell& c);

inline std::string_view text_of(const cell& c) noexcept {
    return {static_cast<const char*>(c.data), c.size};
}

inline blob_view blob_of(const cell& c) noexcept {
    return {static_cast<const std::byte*>(c.data), c.size};
}

/// As `std::isfinite`; <cmath> costs every program time to compile.
template <std::floating_point F>
constexpr bool is_finite(F d) noexcept {
    return d >= std::numeric_limits<F>::lowest() && d <= std::numeric_limits<F>::max();
}

/// Reads `c` as a `T`; false if the type does not fit or the number would change.
template <class T>
bool read_cell(const cell& c, T& out) {
    if constexpr (is_std_optional<T>) {
        if (c.type == cell_type::null) {
            out.reset();
            return true;
        }
        return read_cell(c, out.emplace());
    } else if constexpr (mapped<T>) {
        typename sql_traits<T>::stored_type stored{};
        if (!read_cell(c, stored)) {
            return false;
        }
        if constexpr (std::convertible_to<decltype(sql_traits<T>::from_sql(std::move(stored))),
                                          T>) {
            out = sql_traits<T>::from_sql(std::move(stored));
            return true;
        } else {
            std::optional<T> made = sql_traits<T>::from_sql(std::move(stored));
            if (made) {
                out = *std::move(made);
            }
            return made.has_value();
        }
    } else if constexpr (std::same_as<T, bool>) {
        out = c.integer == 1;
        return c.type == cell_type::integer && (c.integer == 0 || c.integer == 1);
    } else if constexpr (std::integral<T>) {
        out = static_cast<T>(c.integer);
        return c.type == cell_type::integer && std::in_range<T>(c.integer);
    } else if constexpr (std::floating_point<T>) {
        if (c.type == cell_type::real) {
            out = static_cast<T>(c.real);
            return sizeof(T) >= sizeof(double) || is_finite(out) || !is_finite(c.real);
        }
        constexpr int digits = std::numeric_limits<T>::digits;
        constexpr std::int64_t exact = std::int64_t{1} << (digits < 53 ? digits : 53);
        out = static_cast<T>(c.integer);
        return c.type == cell_type::integer && c.integer >= -exact && c.integer <= exact;
    } else if constexpr (std::same_as<T, std::string_view> || std::same_as<T, std::string>) {
        if (c.type != cell_type::text) {
            return false;
        }
        out = text_of(c);
        return true;
    } else if constexpr (std::same_as<T, blob_view>) {
        if (c.type != cell_type::blob) {
            return false;
        }
        out = blob_of(c);
        return true;
    } else if constexpr (std::same_as<T, blob>) {
        if (c.type != cell_type::blob) {
            return false;
        }
        const blob_view view = blob_of(c);
        out.assign(view.begin(), view.end());
        return true;
    } else {
        out = to_value(c);
        return true;
    }
}

/// The name of a C++ type, for the message of a mismatch.
template <class T>
constexpr std::string_view type_word() {
    if constexpr (is_std_optional<T>) {
        return type_word<typename T::value_type>();
    } else if constexpr (mapped<T>) {
        return "a value of that type";
    } else if constexpr (std::same_as<T, bool>) {
        return "bool";
    } else if constexpr (std::integral<T>) {
        return sizeof(T) == 8   ? "a 64-bit integer"
               : sizeof(T) == 4 ? "a 32-bit integer"
                                : "a small integer";
    } else if constexpr (std::floating_point<T>) {
        return "a floating-point number";
    } else if constexpr (std::same_as<T, std::string_view> || std::same_as<T, std::string>) {
        return "text";
    } else {
        return "a blob";
    }
}

}  // namespace libsql::detail
