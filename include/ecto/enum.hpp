#pragma once

#include <ecto/type.hpp>

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>

namespace ecto {

namespace detail {

/// The values of an enumeration and how each is stored.
template <class E, std::size_t N>
struct enum_names {
    std::array<E, N> values;
    std::array<std::string_view, N> names;
};

/// `text` is the list of the names as it stands in the program: "active, banned".
template <class E, class... Es>
consteval auto name_values(std::string_view text, E first, Es... others) {
    enum_names<E, sizeof...(Es) + 1> made{{first, others...}, {}};
    for (auto& name : made.names) {
        const auto begin = text.find_first_not_of(", ");
        const auto end = text.find_first_of(", ", begin);
        name = text.substr(begin, end - begin);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end);
    }
    return made;
}

template <class E>
concept named_enum = std::is_enum_v<E> && requires {
    ecto_values_of(tag<E>());
};

}  // namespace detail

/// An enumeration that `ECTO_ENUM` lists: stored as the name of its value. A stored name that is
/// not in the list is an error, and so is a value without a name.
template <detail::named_enum E>
struct type<E> {
    static constexpr std::string_view sql = "TEXT";                 ///< the type of a column
    static constexpr std::string_view word = "a name of its list";  ///< for messages

    /// Reads a stored name.
    static bool load(const detail::cell& from, E& to) {
        return from.type == detail::cell_type::text && find(detail::bytes_of(from), to);
    }

    /// The name of the value.
    static bool dump(const E& from, detail::cell& to, detail::arena& /*room*/) {
        static constexpr auto list = ecto_values_of(tag<E>());
        for (std::size_t i = 0; i < list.values.size(); ++i) {
            if (list.values[i] == from) {
                return detail::set_text(to, list.names[i]);
            }
        }
        return false;
    }

    /// Reads a name from outside.
    static bool cast(const param& from, E& to) {
        const auto* text = from.get_if<std::string>();
        return text != nullptr && find(*text, to);
    }

private:
    static bool find(std::string_view name, E& to) {
        static constexpr auto list = ecto_values_of(tag<E>());
        for (std::size_t i = 0; i < list.names.size(); ++i) {
            if (list.names[i] == name) {
                to = list.values[i];
                return true;
            }
        }
        return false;
    }
};

}  // namespace ecto

/// @brief `ECTO_ENUM(status, active, banned);` in the namespace of the enumeration, after it: its
/// values are stored as "active" and "banned".
#define ECTO_ENUM(E, ...)                                              \
    consteval auto ecto_values_of(::ecto::tag<E>) {                    \
        using enum E;                                                  \
        return ::ecto::detail::name_values(#__VA_ARGS__, __VA_ARGS__); \
    }                                                                  \
    static_assert(std::is_enum_v<E>, "ecto: ECTO_ENUM needs an enumeration")
