#pragma once

#include <libsql/detail/cell.hpp>
#include <libsql/detail/fields.hpp>
#include <libsql/detail/row_source.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>
#include <libsql/value.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace libsql {

namespace detail {

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

/// A C++ type that one cell can be read as.
template <class T>
concept readable_scalar = std::integral<T> || std::floating_point<T> ||
    std::same_as<T, std::string_view> || std::same_as<T, std::string> ||
    std::same_as<T, blob_view> || std::same_as<T, blob> || std::same_as<T, value>;

/// A type of which values view the row that they were read from.
template <class T>
inline constexpr bool is_view = std::same_as<T, std::string_view> || std::same_as<T, blob_view>;
template <class T>
inline constexpr bool is_view<std::optional<T>> = is_view<T>;
template <class... T>
inline constexpr bool is_view<std::tuple<T...>> =  // also of references: a row type's fields
    std::disjunction_v<std::bool_constant<is_view<std::remove_cvref_t<T>>>...>;
template <class A, class B>
inline constexpr bool is_view<std::pair<A, B>> = is_view<A> || is_view<B>;

/// Whether a `T` that a row was read as outlives the row.
template <class T>
constexpr bool outlives_row() {
    if constexpr (readable_scalar<T> || is_std_optional<T> || is_tuple<T>) {
        return !is_view<T>;
    } else {
        return !is_view<decltype(tie_fields(std::declval<T&>()))>;
    }
}

template <class T>
concept readable = readable_scalar<T> ||
    (is_std_optional<T>&& readable_scalar<typename T::value_type>);

LIBSQL_API value to_value(const cell& c);

inline std::string_view text_of(const cell& c) noexcept {
    return {static_cast<const char*>(c.data), c.size};
}

inline blob_view blob_of(const cell& c) noexcept {
    return {static_cast<const std::byte*>(c.data), c.size};
}

/// Reads `c` as `T`; false when the type does not fit or the number would change.
template <class T>
bool read_cell(const cell& c, T& out) {
    if constexpr (is_std_optional<T>) {
        if (c.type == cell_type::null) {
            out.reset();
            return true;
        }
        return read_cell(c, out.emplace());
    } else if constexpr (std::same_as<T, bool>) {
        out = c.integer == 1;
        return c.type == cell_type::integer && (c.integer == 0 || c.integer == 1);
    } else if constexpr (std::integral<T>) {
        out = static_cast<T>(c.integer);
        return c.type == cell_type::integer && std::in_range<T>(c.integer);
    } else if constexpr (std::floating_point<T>) {
        if (c.type == cell_type::real) {
            out = static_cast<T>(c.real);
            return std::isfinite(out) || !std::isfinite(c.real);
        }
        constexpr std::int64_t exact = std::int64_t{1}
                                       << std::min(std::numeric_limits<T>::digits, 53);
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

/// A C++ type's name for the message of a mismatch.
template <class T>
constexpr std::string_view type_word() {
    if constexpr (is_std_optional<T>) {
        return type_word<typename T::value_type>();
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

}  // namespace detail

/// One row of a running query, by view: valid until the next row is read or the rows are dropped,
/// and so are the `string_view` and `blob_view` taken from it.
///
/// Columns are read strictly: INTEGER as an integer type it fits in (as `bool` only 0 and 1), REAL
/// as a floating-point type (as `float` it is rounded, and one beyond its range is none), an
/// INTEGER up to 2^53 (`float`: 2^24) also as one, TEXT as text, BLOB as a blob, NULL only as
/// `std::optional` or `value`. Anything else is `mismatch`, never a conversion.
class LIBSQL_API row {
public:
    /// For the driver: rows are made by `rows`.
    explicit row(detail::row_source& source) noexcept : source_(&source) {}

    /// The number of columns.
    [[nodiscard]] std::size_t size() const noexcept { return source_->size(); }

    /// The type of column `i`, which must be below `size()` (else `null`).
    [[nodiscard]] value_type type(std::size_t i) const noexcept {
        return i < size() ? static_cast<value_type>(source_->cells()[i].type) : value_type::null;
    }

    /// True when column `i` is NULL, and when there is no such column.
    [[nodiscard]] bool is_null(std::size_t i) const noexcept { return type(i) == value_type::null; }

    /// Column `i` as `T`. Throws `libsql::exception`: `invalid_argument` when there is no such
    /// column, `mismatch` when the value is not a `T`. For a result instead: `try_get`.
    template <detail::readable T>
    [[nodiscard]] T get(std::size_t i) const {
        T out{};
        if (i >= size() || !detail::read_cell(source_->cells()[i], out)) [[unlikely]] {
            raise(i, detail::type_word<T>());
        }
        return out;
    }

    /// The first column called `name` as `T`; as `get(i)`. O(columns).
    template <detail::readable T>
    [[nodiscard]] T get(std::string_view name) const {
        return get<T>(find(name).value());
    }

    /// Column `i` as `T`, or the error.
    template <detail::readable T>
    [[nodiscard]] result<T> try_get(std::size_t i) const {
        T out{};
        if (i >= size() || !detail::read_cell(source_->cells()[i], out)) {
            return mismatch(i, detail::type_word<T>());
        }
        return out;
    }

    /// The first column called `name` as `T`, or the error. O(columns).
    template <detail::readable T>
    [[nodiscard]] result<T> try_get(std::string_view name) const {
        const auto i = find(name);
        if (!i) {
            return i.error();
        }
        return try_get<T>(*i);
    }

    /// The index of the first column called `name` (exact, case-sensitive), or `invalid_argument`.
    [[nodiscard]] result<std::size_t> find(std::string_view name) const;

    /// The whole row: as a tuple or pair, as an aggregate (of at most 31 fields) whose fields are
    /// the columns in order, or (one column) as a scalar. The number of columns must be the same,
    /// else `mismatch`.
    template <class T>
    [[nodiscard]] result<T> as() const {
        T out{};
        if constexpr (detail::readable<T>) {
            if (size() != 1) {
                return wrong_size(1);
            }
            if (!detail::read_cell(source_->cells()[0], out)) {
                return mismatch(0, detail::type_word<T>());
            }
        } else if constexpr (detail::is_tuple<T>) {
            if (auto failed = fill(out)) {
                return *std::move(failed);
            }
        } else {
            static_assert(std::is_aggregate_v<T>,
                          "libsql: a row is read as a scalar, a tuple or an aggregate");
            auto fields = detail::tie_fields(out);
            if (auto failed = fill(fields)) {
                return *std::move(failed);
            }
        }
        return out;
    }

private:
    template <class Tuple>
    std::optional<error> fill(Tuple& fields) const {
        constexpr std::size_t n = std::tuple_size_v<Tuple>;
        if (size() != n) {
            return wrong_size(n);
        }
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            std::optional<error> failed;
            static_cast<void>((fill_one<I>(std::get<I>(fields), failed) && ...));
            return failed;
        }
        (std::make_index_sequence<n>{});
    }

    template <std::size_t I, class T>
    bool fill_one(T& out, std::optional<error>& failed) const {
        static_assert(detail::readable<T>, "libsql: a column cannot be read as this field's type");
        if (!detail::read_cell(source_->cells()[I], out)) {
            failed = mismatch(I, detail::type_word<T>());
            return false;
        }
        return true;
    }

    [[noreturn]] void raise(std::size_t i, std::string_view wanted) const;
    [[nodiscard]] error mismatch(std::size_t i, std::string_view wanted) const;
    [[nodiscard]] error wrong_size(std::size_t wanted) const;

    detail::row_source* source_;
};

}  // namespace libsql
