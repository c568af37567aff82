#pragma once

#include <libsql/error.hpp>

#include <concepts>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace libsql {

/// What a fallible call returns: its value, or an `error`. The interface is that of
/// `std::expected`, with three differences: it must not be ignored; every access is checked (a
/// wrong one throws `libsql::exception`, never undefined behaviour); and `value()` and `*` of a
/// temporary give the value itself, not a reference.
///
/// Thread safety: that of `T`.
template <class T>
class [[nodiscard]] result {
public:
    using value_type = T;              ///< what it holds on success
    using error_type = libsql::error;  ///< what it holds on failure

    /// A success: a `T` made of `value`.
    template <class U = T>

    requires(std::is_constructible_v<T, U&&> && !std::same_as<std::remove_cvref_t<U>, result> &&
             !std::same_as<std::remove_cvref_t<U>, libsql::error>) result(U&& value)
        : state_(std::in_place_index<0>, std::forward<U>(value)) {}

    /// A failure.
    result(libsql::error e) noexcept : state_(std::in_place_index<1>, std::move(e)) {}

    /// True on success.
    [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }

    /// True on success.
    explicit operator bool() const noexcept { return has_value(); }

    /// The value. Throws `libsql::exception` with the error when there is none.
    T& value() & {
        check();
        return *std::get_if<0>(&state_);
    }

    /// As above.
    const T& value() const& {
        check();
        return *std::get_if<0>(&state_);
    }

    /// By value, so that `for (auto& x : f().value())` does not iterate over a dead temporary.
    T value() && {
        check();
        return std::move(*std::get_if<0>(&state_));
    }

    /// As `value()`: checked.
    T& operator*() & { return value(); }

    /// As `value()`: checked.
    const T& operator*() const& { return value(); }

    /// As `value()`: checked, and by value.
    T operator*() && { return std::move(*this).value(); }

    /// As `value()`: checked.
    T* operator->() { return &value(); }

    /// As `value()`: checked.
    const T* operator->() const { return &value(); }

    /// The error. Throws `libsql::exception` (kind `misuse`) when there is a value.
    [[nodiscard]] const libsql::error& error() const {
        if (const auto* e = std::get_if<1>(&state_)) {
            return *e;
        }
        throw libsql::exception(libsql::error(
            error_kind::misuse, has_value()
                                    ? "error() of a result that has a value"
                                    : "a result whose value was lost when moving it threw"));
    }

    /// The value, or `fallback`.
    template <class U>
    T value_or(U&& fallback) const& {
        return has_value() ? *std::get_if<0>(&state_) : static_cast<T>(std::forward<U>(fallback));
    }

    /// As above; the value is moved out.
    template <class U>
    T value_or(U&& fallback) && {
        return has_value() ? std::move(*std::get_if<0>(&state_))
                           : static_cast<T>(std::forward<U>(fallback));
    }

    /// `f(value)`, which returns a result, or this error.
    template <class F>
    auto and_then(F&& f) && -> std::remove_cvref_t<std::invoke_result_t<F, T&&>> {
        if (!has_value()) {
            return error();
        }
        return std::invoke(std::forward<F>(f), std::move(*std::get_if<0>(&state_)));
    }

    /// As above; `f` gets the value as an lvalue, and it stays.
    template <class F>
    auto and_then(F&& f) & -> std::remove_cvref_t<std::invoke_result_t<F, T&>> {
        if (!has_value()) {
            return error();
        }
        return std::invoke(std::forward<F>(f), *std::get_if<0>(&state_));
    }

    /// A result of `f(value)`, or this error.
    template <class F>
    auto transform(F&& f) && -> result<std::remove_cvref_t<std::invoke_result_t<F, T&&>>>;

    /// This value, or `f(error)`, which returns a result of the same type.
    template <class F>
    result or_else(F&& f) && {
        if (has_value()) {
            return std::move(*this);
        }
        return std::invoke(std::forward<F>(f), error());
    }

private:
    void check() const {
        if (state_.index() != 0) {
            throw libsql::exception(error());
        }
    }

    std::variant<T, libsql::error> state_;
};

/// A call that gives nothing back but may fail.
template <>
class [[nodiscard]] result<void> {
public:
    using value_type = void;           ///< what it holds on success
    using error_type = libsql::error;  ///< what it holds on failure

    result() noexcept = default;

    /// A failure.
    result(libsql::error e) noexcept : error_(std::move(e)) {}

    /// True on success.
    [[nodiscard]] bool has_value() const noexcept { return !error_; }

    /// True on success.
    explicit operator bool() const noexcept { return has_value(); }

    /// Throws `libsql::exception` when the call failed.
    void value() const {
        if (error_) {
            throw libsql::exception(*error_);
        }
    }

    /// The error. Throws `libsql::exception` (kind `misuse`) when there is none.
    [[nodiscard]] const libsql::error& error() const {
        if (!error_) {
            throw libsql::exception(
                libsql::error(error_kind::misuse, "error() of a result that has a value"));
        }
        return *error_;
    }

    /// `f()`, which returns a result, or this error.
    template <class F>
    auto and_then(F&& f) const -> std::remove_cvref_t<std::invoke_result_t<F>> {
        if (error_) {
            return *error_;
        }
        return std::invoke(std::forward<F>(f));
    }

private:
    std::optional<libsql::error> error_;
};

// doxygen takes it for another function.
/// @cond
template <class T>
template <class F>
auto result<T>::transform(F&& f) && -> result<std::remove_cvref_t<std::invoke_result_t<F, T&&>>> {
    using U = std::remove_cvref_t<std::invoke_result_t<F, T&&>>;
    if (!has_value()) {
        return error();
    }
    if constexpr (std::is_void_v<U>) {
        std::invoke(std::forward<F>(f), std::move(*std::get_if<0>(&state_)));
        return {};
    } else {
        return std::invoke(std::forward<F>(f), std::move(*std::get_if<0>(&state_)));
    }
}

/// @endcond

}  // namespace libsql
