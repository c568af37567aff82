#pragma once

#include <ecto/type.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace ecto::testing {

/// A cell with what it views.
struct stored_form {
    detail::arena room{};
    detail::cell cell{};
    bool valid{false};

    /// What the cell is, and its content, as text: "text 2026-01-31".
    [[nodiscard]] std::string text() const {
        switch (valid ? cell.type : detail::cell_type::invalid_nan) {
            case detail::cell_type::integer:
                return "integer " + std::to_string(cell.integer);
            case detail::cell_type::real:
                return "real " + std::to_string(cell.real);
            case detail::cell_type::text:
                return "text " + std::string(detail::bytes_of(cell));
            case detail::cell_type::blob:
                return "blob " + std::string(detail::bytes_of(cell));
            case detail::cell_type::null:
                return "null";
            default:
                return "invalid";
        }
    }
};

/// The stored form of a value as text.
template <class T>
std::string stored(const T& value) {
    stored_form form;
    form.valid = detail::dump(value, form.cell, form.room);
    return form.text();
}

/// What a stored value is read as; none if it is not a `T`.
template <class T>
std::optional<T> loaded(const detail::cell& from) {
    T value{};
    return detail::load(from, value) ? std::optional<T>(value) : std::nullopt;
}

/// As above, of a text.
template <class T>
std::optional<T> loaded(std::string_view text) {
    detail::cell c{};
    detail::set_text(c, text);
    return loaded<T>(c);
}

/// As above, of an integer.
template <class T>
std::optional<T> loaded_integer(std::int64_t i) {
    detail::cell c{};
    detail::set_integer(c, i);
    return loaded<T>(c);
}

/// As above, of a real.
template <class T>
std::optional<T> loaded_real(double d) {
    detail::cell c{};
    detail::set_real(c, d);
    return loaded<T>(c);
}

/// What a value from outside is read as.
template <class T>
std::optional<T> casted(const param& from) {
    T value{};
    return detail::cast(from, value) ? std::optional<T>(value) : std::nullopt;
}

/// Whether a value is the same after it was stored and read.
template <class T>
bool survives(const T& value) {
    stored_form form;
    T read{};
    return detail::dump(value, form.cell, form.room) && detail::load(form.cell, read) &&
           read == value;
}

}  // namespace ecto::testing
