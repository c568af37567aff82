#pragma once

#include <libsql/detail/cell.hpp>
#include <libsql/value.hpp>

#include <array>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// @file
/// How C++ values become SQL parameters. Text and blobs are taken by view and must live until the
/// call returns. `execute` does not copy them; a query does, since its rows are read later.
///
/// | C++                                              | SQL     |
/// |--------------------------------------------------|---------|
/// | `nullptr`, `std::nullopt`, empty `std::optional` | NULL    |
/// | `bool`, integers                                 | INTEGER |
/// | `double`, `float`                                | REAL    |
/// | `std::string`, `std::string_view`, `const char*` | TEXT    |
/// | `libsql::blob`, `libsql::blob_view`              | BLOB    |
/// | `libsql::value`                                  | as held |
///
/// An unsigned integer above INT64_MAX, a NaN (SQLite would store NULL) and 2 GiB of text or blob
/// are `error_kind::invalid_argument` when the call is made. Infinities are stored.

namespace libsql {

namespace detail {

inline cell null_cell() noexcept {
    cell c;
    c.integer = 0;
    c.size = 0;
    c.type = cell_type::null;
    return c;
}

template <std::integral I>
requires(!character<I>) cell to_cell(I i)
noexcept {
    cell c;
    c.integer = static_cast<std::int64_t>(i);
    c.size = 0;
    c.type = cell_type::integer;
    if constexpr (std::unsigned_integral<I> && sizeof(I) == 8) {
        if (i > static_cast<I>(std::numeric_limits<std::int64_t>::max())) {
            c.type = cell_type::invalid_unsigned;
        }
    }
    return c;
}

/// A template, so that nothing else (an enumeration, a class that converts) becomes a real in
/// silence.
template <std::floating_point F>
requires(sizeof(F) <= sizeof(double)) cell to_cell(F d)
noexcept {
    cell c;
    c.real = static_cast<double>(d);
    c.size = 0;
    c.type = std::isnan(d) ? cell_type::invalid_nan : cell_type::real;
    return c;
}

inline cell bytes_cell(const void* data, std::size_t size, cell_type type) noexcept {
    cell c;
    c.data = data != nullptr ? data : "";
    const bool fits = size <= 0x7fffffff;
    c.size = fits ? static_cast<std::uint32_t>(size) : 0;
    c.type = fits ? type : cell_type::invalid_size;
    return c;
}

inline cell to_cell(std::string_view text) noexcept {
    return bytes_cell(text.data(), text.size(), cell_type::text);
}

inline cell to_cell(const char* text) noexcept {
    return text == nullptr ? null_cell() : to_cell(std::string_view(text));
}

inline cell to_cell(blob_view bytes) noexcept {
    return bytes_cell(bytes.data(), bytes.size(), cell_type::blob);
}

inline cell to_cell(std::nullptr_t) noexcept {
    return null_cell();
}

inline cell to_cell(std::nullopt_t) noexcept {
    return null_cell();
}

template <std::same_as<value> V>
cell to_cell(const V& v) noexcept {
    if (const auto* i = v.if_integer()) {
        return to_cell(*i);
    }
    if (const auto* d = v.if_real()) {
        return to_cell(*d);
    }
    if (const auto* t = v.if_text()) {
        return to_cell(std::string_view(*t));
    }
    if (const auto* b = v.if_blob()) {
        return to_cell(blob_view(*b));
    }
    return null_cell();
}

template <class T>
concept directly_bindable = requires(const T& t) {
    to_cell(t);
}

&&!character<T>;

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

/// The cell of one argument, or a readable error when the type cannot be a parameter.
template <class T>
cell bind_argument(const T& argument) noexcept {
    if constexpr (is_optional<T>) {
        return argument ? bind_argument(*argument) : null_cell();
    } else if constexpr (std::same_as<T, bool>) {
        return to_cell(static_cast<std::int64_t>(argument));
    } else {
        static_assert(
            directly_bindable<T>,
            "libsql: this type cannot be an SQL parameter; see the table in <libsql/argument.hpp>");
        if constexpr (directly_bindable<T>) {
            return to_cell(argument);
        } else {
            return null_cell();
        }
    }
}

}  // namespace detail

/// One named parameter: `{"min", 18}`. The name may have its prefix (`:min`) or not.
struct named_argument {
    /// Views `parameter` and the content of `argument`. A value that SQL cannot hold (see above) is
    /// `invalid_argument` when the call is made.
    template <class T>
    named_argument(std::string_view parameter, const T& argument) noexcept
        : name(parameter), cell(detail::bind_argument(argument)) {}

    std::string_view name;  ///< with or without its prefix
    detail::cell cell;      ///< the value, by view
};

/// Named parameters for one call: `conn.query(sql, libsql::named{{"min", 18}, {"max", 65}})`.
///
/// Each parameter of the statement must be given exactly once, and nothing else: a missing, unknown
/// or repeated name is `invalid_argument`, and so is a parameter without a name. Names and text
/// values are views; see above for how long they must live.
class named {
public:
    /// The parameters of one call.
    named(std::initializer_list<named_argument> arguments) {
        for (const auto& a : arguments) {
            add(a);
        }
    }

    named() = default;

    /// Adds one more.
    template <class T>
    named& add(std::string_view name, const T& argument) {
        add(named_argument(name, argument));
        return *this;
    }

    /// For the driver: what is passed on. Valid until this is changed or dropped.
    [[nodiscard]] detail::arguments_view view() const noexcept {
        return {cells_.data(), cells_.size(), names_.data()};
    }

private:
    void add(const named_argument& a) {
        names_.push_back(a.name);
        cells_.push_back(a.cell);
    }

    std::vector<std::string_view> names_;
    std::vector<detail::cell> cells_;
};

/// Positional parameters whose number is known only at run time:
/// `conn.query(sql, libsql::positional(values))`.
class positional {
public:
    /// Views `values`, which must live as long as this.
    explicit positional(std::span<const value> values) {
        cells_.reserve(values.size());
        for (const auto& v : values) {
            cells_.push_back(detail::to_cell(v));
        }
    }

    positional() = default;

    /// Adds one more, by view.
    template <class T>
    positional& add(const T& argument) {
        cells_.push_back(detail::bind_argument(argument));
        return *this;
    }

    /// For the driver: what is passed on. Valid until this is changed or dropped.
    [[nodiscard]] detail::arguments_view view() const noexcept {
        return {cells_.data(), cells_.size(), nullptr};
    }

private:
    std::vector<detail::cell> cells_;
};

namespace detail {  /// The arguments of one call as cells on the stack.

template <class... Args>
class arguments {
public:
    explicit arguments(const Args&... args) noexcept : cells_{bind_argument(args)...} {}

    [[nodiscard]] arguments_view view() const noexcept {
        return {cells_.data(), cells_.size(), nullptr};
    }

private:
    std::array<cell, sizeof...(Args)> cells_;
};

template <>
class arguments<> {
public:
    [[nodiscard]] arguments_view view() const noexcept { return {}; }
};

template <class... Args>
inline constexpr bool is_argument_list = false;
template <class T>
inline constexpr bool is_argument_list<T> = std::same_as<T, named> || std::same_as<T, positional>;

template <class T>

requires(is_argument_list<T>) class arguments<T> {
public:
    explicit arguments(const T& list) noexcept : view_(list.view()) {}

    [[nodiscard]] arguments_view view() const noexcept { return view_; }

private:
    arguments_view view_;
};

template <class... Args>
arguments(const Args&...) -> arguments<Args...>;

}  // namespace detail

}  // namespace libsql
