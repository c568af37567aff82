#pragma once

#include <libsql/detail/arena.hpp>
#include <libsql/detail/cell.hpp>
#include <libsql/detail/copied_cell.hpp>
#include <libsql/export.hpp>
#include <libsql/sql_traits.hpp>
#include <libsql/value.hpp>

#include <array>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

/// @file
/// How C++ values become SQL parameters. Text and blobs are passed by view and must stay valid
/// until the call returns. `execute` does not copy them; a query does, because its rows are read
/// later.
///
/// | C++                                              | SQL     |
/// |--------------------------------------------------|---------|
/// | `nullptr`, `std::nullopt`, empty `std::optional` | NULL    |
/// | `bool`, integers                                 | INTEGER |
/// | `double`, `float`                                | REAL    |
/// | `std::string`, `std::string_view`, `const char*` | TEXT    |
/// | `libsql::blob`, `libsql::blob_view`              | BLOB    |
/// | `libsql::value`                                  | as held |
/// | a type of your own                               | what sql_traits.hpp says |
///
/// An unsigned integer above INT64_MAX, a NaN (which SQLite would store as NULL) and a text or blob
/// of 2 GiB or more are `error_kind::invalid_argument` when the call is made. Infinities are
/// stored.
///
/// A null `const char*` is NULL.

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

/// A template, so that no other type (an enumeration, a class with a conversion) silently becomes a
/// REAL.
template <std::floating_point F>
requires(sizeof(F) <= sizeof(double)) cell to_cell(F d)
noexcept {
    cell c;
    c.real = static_cast<double>(d);
    c.size = 0;
    // As `std::isnan`; <cmath> costs every program time to compile.
    const bool is_nan = d != d;  // NOLINT(misc-redundant-expression)
    c.type = is_nan ? cell_type::invalid_nan : cell_type::real;
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

inline cell to_cell(const cell& c) noexcept {
    return c;
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
inline constexpr bool is_bindable = directly_bindable<T>;

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

/// The cell of one argument. A type that cannot be a parameter fails to compile with a readable
/// message.
template <class T>
cell bind_argument(const T& argument) noexcept {
    if constexpr (is_optional<T>) {
        return argument ? bind_argument(*argument) : null_cell();
    } else if constexpr (std::same_as<T, bool>) {
        return to_cell(static_cast<std::int64_t>(argument));
    } else {
        static_assert(
            is_bindable<T>,
            "libsql: this type cannot be an SQL parameter: give it sql_traits, or see the "
            "table in <libsql/argument.hpp>");
        if constexpr (is_bindable<T>) {
            return to_cell(argument);
        } else {
            return null_cell();
        }
    }
}

/// The value to bind for `argument`: itself, or what its `sql_traits` convert it to.
template <class T>
decltype(auto) to_bindable(const T& argument) {
    if constexpr (mapped<T>) {
        return sql_traits<T>::to_sql(argument);
    } else if constexpr (is_mapped<T>) {
        using stored =
            std::remove_cvref_t<decltype(sql_traits<typename T::value_type>::to_sql(*argument))>;
        return argument
                   ? std::optional<stored>(sql_traits<typename T::value_type>::to_sql(*argument))
                   : std::nullopt;
    } else {
        return (argument);  // in brackets: a reference
    }
}

/// Whether `T` owns text or bytes; a view into a temporary `T` would dangle.
template <class T>
inline constexpr bool owns_bytes =
    std::same_as<T, std::string> || std::same_as<T, blob> || std::same_as<T, value>;
template <class T>
inline constexpr bool owns_bytes<std::optional<T>> = owns_bytes<T>;

/// The cells of an argument list whose length is known only at run time. Text and bytes are viewed,
/// or copied.
class LIBSQL_API argument_cells {
public:
    argument_cells() noexcept = default;
    argument_cells(const argument_cells& other);
    argument_cells(argument_cells&& other) noexcept;
    ~argument_cells();

    /// Without memory for both, this keeps what it has.
    argument_cells& operator=(argument_cells other) noexcept;

    void reserve(std::size_t count);
    void clear() noexcept;

    template <class T>
    void add(const T& argument) {
        if constexpr (is_mapped<T>) {
            add_copy(argument);
        } else {
            cells_.push_back(bind_argument(argument));
        }
    }

    template <class T>
    void add_copy(const T& argument) {
        const auto& bound = to_bindable(argument);
        const cell viewed = bind_argument(bound);
        cell kept = viewed;
        if (viewed.size > 0) {
            auto* end = copies_.take(viewed.size);
            keep_cell(kept, end, viewed);
        }
        cells_.push_back(kept);
    }

    [[nodiscard]] std::size_t size() const noexcept { return cells_.size(); }

    [[nodiscard]] const cell* data() const noexcept { return cells_.data(); }

private:
    std::vector<cell> cells_;
    arena copies_;
};

}  // namespace detail

/// One named parameter: `{"min", 18}`. The name may be given with its prefix (`:min`) or without.
struct named_argument {
    /// Views `parameter` and the content of `argument`. A value that SQL cannot hold (see above) is
    /// reported as `invalid_argument` when the call is made.
    template <class T>
    requires(!detail::is_mapped<T>) named_argument(std::string_view parameter, const T& argument)
    noexcept : name(parameter), cell(detail::bind_argument(argument)) {}

    /// As above, for a type with `sql_traits`. The converted value is kept here.
    template <class T>

    requires(detail::is_mapped<T>) named_argument(std::string_view parameter, const T& argument)
        : name(parameter), cell(detail::null_cell()) {
        converted.add_copy(argument);
    }

    /// As above, for a temporary that owns its text or bytes: they are copied, so that a list that
    /// is kept does not view what is gone.
    template <class T>

    requires(detail::owns_bytes<T>) named_argument(std::string_view parameter, const T&& argument)
        : name(parameter), cell(detail::null_cell()) {
        converted.add_copy(argument);
    }

    std::string_view name;               ///< with or without its prefix
    detail::cell cell;                   ///< the value, by view
    detail::argument_cells converted{};  ///< the value that is kept, if any, in place of `cell`
};

/// Named parameters for one call: `conn.query(sql, libsql::named{{"min", 18}, {"max", 65}})`.
///
/// Each parameter of the statement must be given exactly once, and no other. A missing, unknown or
/// repeated name is `invalid_argument`; so is a parameter of the statement that has no name. Names
/// and text values are views; see above for how long they must live. Of a temporary `std::string`,
/// `blob` or `value` the list keeps a copy; a temporary name must not be kept.
///
/// Exception safety: adding may throw `std::bad_alloc` or whatever `sql_traits` throw; the list is
/// then as before. Thread safety: as a standard container.
class LIBSQL_API named {
public:
    /// Lists the parameters of one call.
    named(std::initializer_list<named_argument> arguments);

    named() noexcept;
    /// A copy; may throw `std::bad_alloc`.
    named(const named& other);

    /// The list that is moved from has no parameters that can be used.
    named(named&& other) noexcept;
    ~named();

    /// Without memory for a copy of all, this keeps what it has.
    named& operator=(named other) noexcept;

    /// Adds a parameter by view. A temporary that owns its text or bytes does not compile; use
    /// `add_copy`. Amortised O(1).
    template <class T>
    named& add(std::string_view name, const T& argument) {
        add_named(name, [&] { cells_.add(argument); });
        return *this;
    }

    template <class T>
    requires(detail::owns_bytes<T>) named& add(std::string_view name, const T&& argument) = delete;

    /// Adds a parameter, copying its value but not its name.
    template <class T>
    named& add_copy(std::string_view name, const T& argument) {
        add_named(name, [&] { cells_.add_copy(argument); });
        return *this;
    }

    /// For the driver: the arguments to pass on. Valid until this list is changed or destroyed.
    [[nodiscard]] detail::arguments_view view() const noexcept {
        return {cells_.data(), cells_.size(), names_.data()};
    }

private:
    /// Both or none, when there is no memory or `to_sql` throws.
    template <class Add>
    void add_named(std::string_view name, Add add_cell) {
        names_.push_back(name);
        try {
            add_cell();
        } catch (...) {
            names_.pop_back();
            throw;
        }
    }

    std::vector<std::string_view> names_;
    detail::argument_cells cells_;
};

/// Positional parameters whose number is known only at run time:
/// `conn.query(sql, libsql::positional(values))`. Exception and thread safety: as `named`.
class LIBSQL_API positional {
public:
    /// Views `values`, which must live as long as this list. Linear.
    explicit positional(std::span<const value> values);

    positional() = default;

    /// Adds a parameter by view. A temporary that owns its text or bytes does not compile; use
    /// `add_copy`. Amortised O(1).
    template <class T>
    positional& add(const T& argument) {
        cells_.add(argument);
        return *this;
    }

    template <class T>
    requires(detail::owns_bytes<T>) positional& add(const T&& argument) = delete;

    /// Adds a parameter, copying its value.
    template <class T>
    positional& add_copy(const T& argument) {
        cells_.add_copy(argument);
        return *this;
    }

    /// Makes room for `count` parameters in all.
    void reserve(std::size_t count) { cells_.reserve(count); }

    /// Removes all parameters but keeps the memory for reuse.
    void clear() noexcept { cells_.clear(); }

    /// The number of parameters.
    [[nodiscard]] std::size_t size() const noexcept { return cells_.size(); }

    /// For the driver: the arguments to pass on. Valid until this list is changed or destroyed.
    [[nodiscard]] detail::arguments_view view() const noexcept {
        return {cells_.data(), cells_.size(), nullptr};
    }

private:
    detail::argument_cells cells_;
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

/// Arguments of which some are converted; the converted values live as long as the call.
template <class... Args>

requires(is_mapped<Args> || ...) class arguments<Args...> {
public:
    explicit arguments(const Args&... args)
        : bound_(to_bindable(args)...),
          cells_(std::apply([](const auto&... each) { return std::array{bind_argument(each)...}; },
                            bound_)) {}

    arguments(const arguments&) = delete;
    arguments& operator=(const arguments&) = delete;

    [[nodiscard]] arguments_view view() const noexcept {
        return {cells_.data(), cells_.size(), nullptr};
    }

private:
    std::tuple<decltype(to_bindable(std::declval<const Args&>()))...> bound_;
    std::array<cell, sizeof...(Args)> cells_;
};

template <class... Args>
arguments(const Args&...) -> arguments<Args...>;

}  // namespace detail

}  // namespace libsql
