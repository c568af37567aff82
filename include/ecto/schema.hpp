#pragma once

#include <ecto/datetime.hpp>
#include <ecto/detail/words.hpp>
#include <ecto/type.hpp>
#include <libsql/export.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace ecto {

/// What a field is; see `field_option`.
enum class field_flag : std::uint8_t {
    none = 0,
    primary_key = 1,   ///< (a part of) the primary key
    redact = 2,        ///< `inspect` does not show its value
    is_virtual = 4,    ///< in the struct, not in the table
    write_once = 8,    ///< an update leaves it as it was inserted
    inserted_at = 16,  ///< set to the present time by an insert, unless it is set already
    updated_at = 32,   ///< as `inserted_at`; an update sets it anew
    generated = 64,    ///< an insert makes a value, unless one is set already
};

/// Both.
constexpr field_flag operator|(field_flag a, field_flag b) noexcept {
    return static_cast<field_flag>(static_cast<std::uint8_t>(a) | static_cast<std::uint8_t>(b));
}

/// Whether `flag` is one of `all`.
constexpr bool has(field_flag all, field_flag flag) noexcept {
    return (static_cast<std::uint8_t>(all) & static_cast<std::uint8_t>(flag)) != 0;
}

/// Properties of a field. A comma puts two into one.
struct field_option {
    field_flag flags{field_flag::none};  ///< what the field is
    std::string_view column{};           ///< the column's name, if not the field's
    /// Makes a value for an insert.
    void (*generate)(void* field){nullptr};
    const detail::type_ops* generates{nullptr};  ///< the type of that value

    /// Both.
    friend constexpr field_option operator,(field_option a, const field_option& b) noexcept {
        a.flags = a.flags | b.flags;
        a.column = b.column.empty() ? a.column : b.column;
        // Not by comparing with null, which is not constant for g++ with -fsanitize=undefined.
        if (has(b.flags, field_flag::generated)) {
            a.generate = b.generate;
            a.generates = b.generates;
        }
        return a;
    }
};

inline constexpr field_option primary_key{field_flag::primary_key};  ///< see `field_flag`
inline constexpr field_option redact{field_flag::redact};            ///< see `field_flag`
inline constexpr field_option write_once{field_flag::write_once};    ///< see `field_flag`

/// The field's column has another name than the field.
constexpr field_option source(std::string_view column) noexcept {
    return {field_flag::none, column};
}

/// An insert fills the field with what `F()` returns, unless it is set already.
template <auto F>
inline constexpr field_option autogenerate{
    field_flag::generated,
    {},
    [](void* field) { *static_cast<std::remove_cvref_t<decltype(F())>*>(field) = F(); },
    &detail::type_ops_of<std::remove_cvref_t<decltype(F())>>::ops};

namespace detail {

/// One field of a struct, as compiled code sees it.
struct field {
    std::string_view name;
    std::string_view column;
    const type_ops* type;  ///< null for a virtual field
    std::uint32_t offset;
    field_flag flags;
    void (*generate)(void* field);

    [[nodiscard]] bool is(field_flag flag) const noexcept { return has(flags, flag); }

    [[nodiscard]] void* in(void* object) const noexcept {
        return static_cast<std::byte*>(object) + offset;
    }

    [[nodiscard]] const void* in(const void* object) const noexcept {
        return static_cast<const std::byte*>(object) + offset;
    }
};

struct schema_statements;

/// What compiled code knows of a struct. Made once, at first use.
struct schema_info {
    std::string_view table{};
    std::vector<field> fields{};
    std::string problem{};  ///< why the schema cannot be used; empty if it can

    /// The field at an offset; null if there is none.
    [[nodiscard]] LIBSQL_API const field* find(std::uint32_t offset) const noexcept;
};

/// The address that stands for a schema. What it holds is made at first use and never destroyed.
struct schema_slot {
    void (*describe)(schema_info& to);
    mutable std::atomic<const schema_info*> made{nullptr};
    mutable std::atomic<const schema_statements*> statements{nullptr};

    [[nodiscard]] LIBSQL_API const schema_info& info() const;
};

template <class>
struct member_of;

template <class T, class V>
struct member_of<V T::*> {
    using owner = T;
    using value = V;
};

/// Room for an object that is never made.
template <class T>
union unmade {
    constexpr unmade() noexcept : none{} {}

    constexpr ~unmade() {}  // NOLINT(modernize-use-equals-default): there is no object

    unmade(const unmade&) = delete;
    unmade& operator=(const unmade&) = delete;

    char none;
    T object;
};

template <class T>
inline constinit unmade<T> place_of{};

/// Where a member is in its struct.
template <auto M>
std::uint32_t offset_of() noexcept {
    const auto& object = place_of<typename member_of<decltype(M)>::owner>.object;
    return static_cast<std::uint32_t>(
        reinterpret_cast<const std::byte*>(std::addressof(object.*M)) -
        reinterpret_cast<const std::byte*>(std::addressof(object)));
}

/// The options that may stand in the brackets of a field, by these names without a namespace.
struct option_names {
    static constexpr field_option primary_key = ecto::primary_key;
    static constexpr field_option redact = ecto::redact;
    static constexpr field_option write_once = ecto::write_once;

    static constexpr field_option source(std::string_view column) noexcept {
        return ecto::source(column);
    }

    template <auto F>
    static constexpr field_option autogenerate = ecto::autogenerate<F>;
};

LIBSQL_API void add_field(schema_info& to, std::string_view name, std::uint32_t offset,
                          const type_ops* type, const field_option& option);

template <class D>
void set_now(std::chrono::sys_time<D>& to) {
    to = std::chrono::floor<D>(utc_now());
}

template <class D>
void set_now(std::chrono::local_time<D>& to) {
    to = std::chrono::local_time<D>(std::chrono::floor<D>(utc_now()).time_since_epoch());
}

template <class T>
void set_now(std::optional<T>& to) {
    set_now(to.emplace());
}

template <class V>
constexpr field_option timestamp(field_flag which) noexcept {
    return {which | field_flag::generated,
            {},
            [](void* to) { set_now(*static_cast<V*>(to)); },
            &type_ops_of<V>::ops};
}

template <class V>
consteval bool generates_another(const field_option& option) {
    return has(option.flags, field_flag::generated) && option.generates != &type_ops_of<V>::ops;
}

template <class T>
schema_slot& slot_of() noexcept;

}  // namespace detail

/// A field of the table that a table variable stands for. A plain value.
template <auto M>
struct column {
    using ecto_owner = typename detail::member_of<decltype(M)>::owner;  ///< for the library
    using ecto_value = typename detail::member_of<decltype(M)>::value;  ///< for the library

    std::uint16_t ecto_alias;  ///< for the library

    /// For the library.
    [[nodiscard]] detail::word ecto_word(detail::op code) const noexcept {
        detail::word w{};
        w.code = code;
        w.b = ecto_alias;
        w.c = detail::offset_of<M>();
        w.pointer = &detail::slot_of<ecto_owner>();
        return w;
    }
};

/// A field that is in the struct but not in the table.
template <auto M>
struct virtual_column {
    using ecto_field = typename detail::member_of<decltype(M)>::value;  ///< for the library

    std::uint16_t ecto_alias;  ///< for the library
};

/// The base of `describes`.
struct describes_base {
    std::uint16_t ecto_alias;  ///< for the library
    detail::schema_info*
        ecto_to;  ///< for the library: what is filled in; null for a table variable

    /// For the library.
    template <auto M>
    [[nodiscard]] constexpr std::uint16_t ecto_add(std::string_view name,
                                                   const field_option& option = {}) const {
        using value = typename detail::member_of<decltype(M)>::value;
        if (ecto_to != nullptr) {
            detail::add_field(*ecto_to, name, detail::offset_of<M>(),
                              &detail::type_ops_of<value>::ops, option);
        }
        return ecto_alias;
    }

    /// For the library.
    template <auto M>
    [[nodiscard]] constexpr std::uint16_t ecto_add_virtual(std::string_view name,
                                                           const field_option& option = {}) const {
        if (ecto_to != nullptr) {
            detail::add_field(*ecto_to, name, detail::offset_of<M>(), nullptr, option);
        }
        return ecto_alias;
    }

    /// For the library.
    template <auto M>
    [[nodiscard]] constexpr std::uint16_t ecto_add_timestamp(std::string_view name,
                                                             field_flag which) const {
        return ecto_add<M>(
            name, detail::timestamp<typename detail::member_of<decltype(M)>::value>(which));
    }
};

/// What a description of `T` is derived from; see `schema`.
template <class T>
struct describes : describes_base {
    using ecto_model = T;  ///< for the library

    template <auto M>
    using ecto_column = column<M>;  ///< for the library

    template <auto M>
    using ecto_virtual = virtual_column<M>;  ///< for the library

    /// A column, in a description that is written by hand.
    template <auto M>
    [[nodiscard]] constexpr column<M> field(std::string_view name,
                                            const field_option& option = {}) const {
        return {ecto_add<M>(name, option)};
    }
};

/// A description that is written by hand. `ECTO_SCHEMA` writes the same in the namespace of the
/// struct.
///
/// ```
/// template <>
/// struct ecto::schema<point> : ecto::describes<point> {
///     static constexpr std::string_view table_name = "points";
///     ecto::column<&point::id> id = field<&point::id>("id", ecto::primary_key);
///     ecto::column<&point::x> x = field<&point::x>("x");
/// };
/// ```
template <class T>
struct schema;

namespace detail {

template <class T>
concept described_by_macro = requires {
    ecto_schema_for(tag<T>());
};

template <class T>
concept described_by_hand = requires {
    sizeof(schema<T>);
};

/// Stands in for a description that is not there, so that there is one message and not ten.
template <class T>
struct description_of {
    using type = describes<T>;
};

template <described_by_hand T>
struct description_of<T> {
    using type = schema<T>;
};

template <described_by_macro T>
struct description_of<T> {
    using type = std::remove_pointer_t<decltype(ecto_schema_for(tag<T>()))>;
};

template <class T>
using description = typename description_of<T>::type;

}  // namespace detail

/// A struct that has a schema.
template <class T>
concept has_schema = detail::described_by_macro<T> || detail::described_by_hand<T>;

namespace detail {

template <class T>
inline constexpr bool is_described = has_schema<T>;

template <class T>
void describe(schema_info& to) {
    if constexpr (described_by_macro<T>) {
        to.table = ecto_table_for(tag<T>());
    } else {
        to.table = schema<T>::table_name;
    }
    static_cast<void>(description<T>{{{0, &to}}});
}

template <class T>
inline constinit schema_slot slot_for{&describe<T>};

template <class T>
schema_slot& slot_of() noexcept {
    return slot_for<T>;
}

/// Two variables with names that have the same number would be one table, so zero is no name's.
consteval std::uint16_t number_of(std::string_view name) {
    std::uint32_t hash = 2166136261U;
    for (const char c : name) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    }
    return static_cast<std::uint16_t>((hash ^ hash >> 16) | 1U);
}

LIBSQL_API std::string inspect(const schema_slot& slot, const void* object);

}  // namespace detail

/// A table in a query. Its columns are members: `u.age`. Two variables of one struct are the same
/// table, unless one has a name: `ecto::table<user> boss{"boss"};`. A plain value.
template <class T>
class table : public detail::description<T> {
    static_assert(detail::is_described<T>,
                  "ecto: this struct has no schema: write ECTO_SCHEMA(...) in its namespace");

public:
    using ecto_table = T;  ///< for the library

    /// The table of the struct.
    constexpr table() noexcept : detail::description<T>{{{0, nullptr}}} {}

    /// The table once more, under another name.
    template <std::size_t N>
    consteval explicit table(const char (&ecto_name)[N]) noexcept
        : detail::description<T>{{{detail::number_of({ecto_name, N - 1}), nullptr}}} {}
};

/// A text that shows the fields of a struct, but not those that its schema redacts.
template <has_schema T>
[[nodiscard]] std::string inspect(const T& object) {
    return detail::inspect(detail::slot_of<T>(), &object);
}

}  // namespace ecto

// NOLINTBEGIN(bugprone-macro-parentheses): the parameters are names

/// @brief Describes a struct; in its namespace, after it:
///
/// ```
/// ECTO_SCHEMA(user, "users") {
///     ECTO_FIELD(id, primary_key);
///     ECTO_FIELD(email, source("email_address"), redact);
///     ECTO_VIRTUAL(password, redact);
///     ECTO_TIMESTAMPS(inserted_at, updated_at);
/// };
/// ```
#define ECTO_SCHEMA(T, TABLE)                                             \
    template <class>                                                      \
    struct ecto_schema_;                                                  \
    constexpr std::string_view ecto_table_for(::ecto::tag<T>) noexcept {  \
        return TABLE;                                                     \
    }                                                                     \
    constexpr ecto_schema_<T>* ecto_schema_for(::ecto::tag<T>) noexcept { \
        return nullptr;                                                   \
    }                                                                     \
    template <>                                                           \
    struct ecto_schema_<T> : ::ecto::describes<T>

// The member is named once, so that a misspelt one is one error. The options are looked up in a
// struct of their own, so that a column may be called `source`.

/// @brief A column. Options: `primary_key`, `source("name")`, `redact`, `write_once`,
/// `autogenerate<F>`.
#define ECTO_FIELD(n, ...)                                                              \
    struct ecto_options_##n : ::ecto::detail::option_names {                            \
        static constexpr ::ecto::field_option all =                                     \
            (::ecto::field_option {} __VA_OPT__(, ) __VA_ARGS__);                       \
        static_assert(!::ecto::detail::generates_another<decltype(ecto_model::n)>(all), \
                      "ecto: autogenerate makes another type than the field has");      \
    };                                                                                  \
    static constexpr auto ecto_member_##n = &ecto_model::n;                             \
    ecto_column<ecto_member_##n> n {                                                    \
        this->template ecto_add<ecto_member_##n>(#n, ecto_options_##n::all)             \
    }

/// @brief A field that is in the struct but not in the table. Option: `redact`.
#define ECTO_VIRTUAL(n, ...)                                                                   \
    struct ecto_options_##n : ::ecto::detail::option_names {                                   \
        static constexpr ::ecto::field_option all =                                            \
            (::ecto::field_option{::ecto::field_flag::is_virtual} __VA_OPT__(, ) __VA_ARGS__); \
    };                                                                                         \
    static constexpr auto ecto_member_##n = &ecto_model::n;                                    \
    ecto_virtual<ecto_member_##n> n {                                                          \
        this->template ecto_add_virtual<ecto_member_##n>(#n, ecto_options_##n::all)            \
    }

/// @brief For `ECTO_TIMESTAMPS`.
#define ECTO_TIMESTAMP(n, flag)                                                          \
    static constexpr auto ecto_member_##n = &ecto_model::n;                              \
    ecto_column<ecto_member_##n> n {                                                     \
        this->template ecto_add_timestamp<ecto_member_##n>(#n, ::ecto::field_flag::flag) \
    }

/// @brief The columns of the time of the insert and of the last update.
#define ECTO_TIMESTAMPS(inserted, updated) \
    ECTO_TIMESTAMP(inserted, inserted_at); \
    ECTO_TIMESTAMP(updated, updated_at)

// NOLINTEND(bugprone-macro-parentheses)
