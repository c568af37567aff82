#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace ecto {

/// One value from outside the program, as a form or a JSON text has it. Thread safety: as a
/// standard container.
class param {
public:
    /// What there is: nothing, or a value of one of these types.
    using content = std::variant<std::monostate, bool, std::int64_t, double, std::string>;

    param() noexcept = default;  ///< nothing

    /// Nothing: JSON's null.
    param(std::nullptr_t) noexcept {}

    /// A boolean.
    template <std::same_as<bool> B>
    param(B b) noexcept : content_(b) {}

    /// An integer.
    template <std::signed_integral I>
    requires(!std::same_as<I, char>) param(I i)
    noexcept : content_(std::int64_t{i}) {}

    /// A number with a fraction.
    template <std::floating_point F>
    requires(sizeof(F) <= sizeof(double)) param(F d)
    noexcept : content_(double{d}) {}

    /// A text; copied.
    param(std::string_view text) : content_(std::string(text)) {}

    /// A text.
    param(std::string text) noexcept : content_(std::move(text)) {}

    /// A text; copied.
    param(const char* text) : content_(std::string(text)) {}

    /// True if there is no value.
    [[nodiscard]] bool is_null() const noexcept { return content_.index() == 0; }

    /// The value if it is a `T`, one of the types of `content`; else null. Valid until the value is
    /// changed.
    template <class T>
    [[nodiscard]] const T* get_if() const noexcept {
        return std::get_if<T>(&content_);
    }

private:
    content content_;
};

}  // namespace ecto
