#pragma once

#include <ecto/param.hpp>
#include <ecto/result.hpp>
#include <libsql/detail/arena.hpp>
#include <libsql/detail/cell.hpp>
#include <libsql/export.hpp>
#include <libsql/value.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace ecto {

using blob = libsql::blob;  ///< owned bytes

/// Names a type in a call.
template <class T>
struct tag {};

/// How a C++ type is stored. Specialise it for a type of your own:
///
/// ```
/// template <>
/// struct ecto::type<money> {
///     using storage = std::int64_t;
///     static storage dump(const money& m) { return m.cents; }
///     static ecto::result<money> load(const storage& cents) { return money{cents}; }
/// };
/// ```
/// `storage` is a type that can be stored already. `dump` may also return a `result<storage>`.
/// Optional: `static result<money> cast(const param&)` reads a value from outside the program
/// (without it, `storage` is cast, and then loaded).
template <class T>
struct type;

namespace detail {

using libsql::detail::arena;
using libsql::detail::cell;
using libsql::detail::cell_type;

LIBSQL_API void set_null(cell& to) noexcept;
LIBSQL_API void set_integer(cell& to, std::int64_t i) noexcept;
/// False for NaN, which SQLite would store as NULL.
LIBSQL_API bool set_real(cell& to, double d) noexcept;
/// By view. False from 2 GiB on.
LIBSQL_API bool set_text(cell& to, std::string_view text) noexcept;
/// By view. False from 2 GiB on.
LIBSQL_API bool set_blob(cell& to, libsql::blob_view bytes) noexcept;
/// A copy of the text, in `room`.
LIBSQL_API bool copy_text(cell& to, std::string_view text, arena& room);
/// Copies the bytes that the cell views into `room`.
LIBSQL_API void keep(cell& kept, arena& room);
/// The cell's text or bytes.
LIBSQL_API std::string_view bytes_of(const cell& c) noexcept;

LIBSQL_API bool load_boolean(const cell& from, bool& to) noexcept;
/// An integer that has exactly this value, a real, or a text that is a number and nothing else.
LIBSQL_API bool load_real(const cell& from, double& to) noexcept;

LIBSQL_API bool cast_boolean(const param& from, bool& to) noexcept;
LIBSQL_API bool cast_integer(const param& from, std::int64_t& to) noexcept;
LIBSQL_API bool cast_real(const param& from, double& to) noexcept;

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
struct without_optional {
    using type = T;
};

template <class T>
struct without_optional<std::optional<T>> {
    using type = T;
};
/// The type without `const`, `&` and `std::optional`.
template <class T>
using bare = typename without_optional<std::remove_cvref_t<T>>::type;

template <class T>
concept character = libsql::detail::character<T>;

template <class T>
concept number = (std::integral<T> && !std::same_as<T, bool> && !character<T>) ||
                 std::same_as<T, float> || std::same_as<T, double>;

template <class T>
concept built_in =
    number<T> || std::same_as<T, bool> || std::same_as<T, std::string> || std::same_as<T, blob>;

/// A trait of this library: it reads and writes cells.
template <class T>
concept with_cells = requires(const cell& from, cell& to, T& t, arena& room) {
    { type<T>::load(from, t) } -> std::same_as<bool>;
    { type<T>::dump(std::as_const(t), to, room) } -> std::same_as<bool>;
};

/// A trait that stores the type as another one.
template <class T>
concept with_storage = requires {
    typename type<T>::storage;
};

template <class T>
concept storable = built_in<bare<T>> || with_cells<bare<T>> || with_storage<bare<T>>;

template <class T>
bool load_integer(const cell& from, T& to) noexcept {
    if (from.type != cell_type::integer || !std::in_range<T>(from.integer)) {
        return false;
    }
    to = static_cast<T>(from.integer);
    return true;
}

/// Reads a stored value. False if it is not one of a `T`; `to` is then unspecified.
template <class T>
bool load(const cell& from, T& to) {
    if constexpr (is_optional<T>) {
        if (from.type == cell_type::null) {
            to.reset();
            return true;
        }
        return load(from, to ? *to : to.emplace());
    } else if constexpr (std::same_as<T, bool>) {
        return load_boolean(from, to);
    } else if constexpr (std::integral<T>) {
        return load_integer(from, to);
    } else if constexpr (std::floating_point<T>) {
        double wide{};
        if (!load_real(from, wide)) {
            return false;
        }
        constexpr double most = std::numeric_limits<T>::max();
        to = static_cast<T>(wide);
        return (wide >= -most && wide <= most) || wide - wide != 0;  // an infinity stays one
    } else if constexpr (std::same_as<T, std::string>) {
        to.assign(from.type == cell_type::text ? bytes_of(from) : std::string_view());
        return from.type == cell_type::text;
    } else if constexpr (std::same_as<T, blob>) {
        const auto bytes = from.type == cell_type::blob ? bytes_of(from) : std::string_view();
        to.resize(bytes.size());
        if (!bytes.empty()) {
            std::memcpy(to.data(), bytes.data(), bytes.size());
        }
        return from.type == cell_type::blob;
    } else if constexpr (with_cells<T>) {
        return type<T>::load(from, to);
    } else {
        typename type<T>::storage stored{};
        if (!load(from, stored)) {
            return false;
        }
        auto made = type<T>::load(std::as_const(stored));
        if (!made) {
            return false;
        }
        to = *std::move(made);
        return true;
    }
}

/// Makes the stored form, which may view `from` and `room`. False if the value cannot be stored.
template <class T>
bool dump(const T& from, cell& to, arena& room) {
    if constexpr (is_optional<T>) {
        if (!from) {
            set_null(to);
            return true;
        }
        return dump(*from, to, room);
    } else if constexpr (std::integral<T>) {
        set_integer(to, static_cast<std::int64_t>(from));
        return std::in_range<std::int64_t>(
            static_cast<std::conditional_t<std::same_as<T, bool>, int, T>>(
                from));  // not of bool, of which in_range knows nothing
    } else if constexpr (std::floating_point<T>) {
        return set_real(to, from);
    } else if constexpr (std::same_as<T, std::string>) {
        return set_text(to, from);
    } else if constexpr (std::same_as<T, blob>) {
        return set_blob(to, from);
    } else if constexpr (with_cells<T>) {
        return type<T>::dump(from, to, room);
    } else {
        const auto made = type<T>::dump(from);
        bool fits = false;
        if constexpr (libsql::detail::is_result<std::remove_cvref_t<decltype(made)>>) {
            fits = made && dump(*made, to, room);
        } else {
            fits = dump(made, to, room);
        }
        if (fits) {
            keep(to, room);
        }
        return fits;
    }
}

/// Reads a value from outside the program. False if it is not one of a `T`.
template <class T>
bool cast(const param& from, T& to) {
    if constexpr (is_optional<T>) {
        if (from.is_null()) {
            to.reset();
            return true;
        }
        return cast(from, to ? *to : to.emplace());
    } else if constexpr (std::same_as<T, bool>) {
        return cast_boolean(from, to);
    } else if constexpr (std::integral<T>) {
        std::int64_t wide{};
        if (!cast_integer(from, wide) || !std::in_range<T>(wide)) {
            return false;
        }
        to = static_cast<T>(wide);
        return true;
    } else if constexpr (std::floating_point<T>) {
        double wide{};
        const bool is_number = cast_real(from, wide);
        to = static_cast<T>(wide);
        return is_number && to - to == 0;  // NOLINT(misc-redundant-expression): false for infinity
    } else if constexpr (std::same_as<T, std::string>) {
        const auto* text = from.get_if<std::string>();
        to = text != nullptr ? *text : std::string();
        return text != nullptr;
    } else if constexpr (std::same_as<T, blob>) {
        return false;  // bytes have no form in JSON
    } else if constexpr (with_cells<T>) {
        return type<T>::cast(from, to);
    } else {
        std::optional<result<T>> made;
        if constexpr (requires { type<T>::cast(from); }) {
            made = type<T>::cast(from);
        } else {
            typename type<T>::storage stored{};
            if (!cast(from, stored)) {
                return false;
            }
            made = type<T>::load(std::as_const(stored));
        }
        if (!*made) {
            return false;
        }
        to = **std::move(made);
        return true;
    }
}

template <class T>
consteval std::string_view sql_type() {
    if constexpr (is_optional<T>) {
        return sql_type<bare<T>>();
    } else if constexpr (std::integral<T>) {
        return "INTEGER";
    } else if constexpr (std::floating_point<T>) {
        return "REAL";
    } else if constexpr (std::same_as<T, std::string>) {
        return "TEXT";
    } else if constexpr (std::same_as<T, blob>) {
        return "BLOB";
    } else if constexpr (requires { type<T>::sql; }) {
        return type<T>::sql;
    } else {
        return sql_type<typename type<T>::storage>();
    }
}

/// What a message calls a value of the type.
template <class T>
consteval std::string_view type_word() {
    if constexpr (is_optional<T>) {
        return type_word<bare<T>>();
    } else if constexpr (std::same_as<T, bool>) {
        return "a boolean";
    } else if constexpr (std::integral<T>) {
        constexpr bool is_signed = std::signed_integral<T>;
        switch (sizeof(T)) {
            case 1:
                return is_signed ? "an integer of 8 bits" : "an unsigned integer of 8 bits";
            case 2:
                return is_signed ? "an integer of 16 bits" : "an unsigned integer of 16 bits";
            case 4:
                return is_signed ? "an integer of 32 bits" : "an unsigned integer of 32 bits";
            default:
                return is_signed ? "an integer" : "an unsigned integer";
        }
    } else if constexpr (std::floating_point<T>) {
        return "a number";
    } else if constexpr (std::same_as<T, std::string>) {
        return "a text";
    } else if constexpr (std::same_as<T, blob>) {
        return "a blob";
    } else if constexpr (requires { type<T>::word; }) {
        return type<T>::word;
    } else {
        return "a value of the field's type";
    }
}

/// Whether a column of numbers would change the value, so that it needs one of texts.
template <class T, class V>
bool needs_text_column(const V& value) {
    if constexpr (is_optional<V>) {
        return value && needs_text_column<T>(*value);
    } else if constexpr (requires { type<T>::needs_text_column(value); }) {
        return type<T>::needs_text_column(value);
    } else {
        return false;
    }
}

/// What compiled code knows of a C++ type.
struct type_ops {
    std::string_view sql;   ///< the declared type of a column
    std::string_view word;  ///< for messages: "an integer"
    bool nullable;
    bool (*load)(const cell& from, void* to);
    bool (*dump)(const void* from, cell& to, arena& room);
    bool (*cast)(const param& from, void* to);
    bool (*is_unset)(const void* value);  ///< whether it is what a new `T` has
    bool (*needs_text_column)(const void* value);
};

template <class T>
struct type_ops_of {
    static_assert(storable<T>,
                  "ecto: a value of this type cannot be stored: specialise ecto::type for it");

    static bool load_it(const cell& from, void* to) { return load(from, *static_cast<T*>(to)); }

    static bool dump_it(const void* from, cell& to, arena& room) {
        return dump(*static_cast<const T*>(from), to, room);
    }

    static bool cast_it(const param& from, void* to) { return cast(from, *static_cast<T*>(to)); }

    static bool is_unset(const void* value) {
        if constexpr (std::equality_comparable<T>) {
            return *static_cast<const T*>(value) == T{};
        } else {
            return false;
        }
    }

    static bool needs_text(const void* value) {
        return needs_text_column<bare<T>>(*static_cast<const T*>(value));
    }

    static constexpr type_ops ops{sql_type<T>(), type_word<T>(), is_optional<T>, &load_it,
                                  &dump_it,      &cast_it,       &is_unset,      &needs_text};
};

}  // namespace detail

}  // namespace ecto
