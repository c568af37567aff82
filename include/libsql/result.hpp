#pragma once

#include <libsql/error.hpp>

#include <concepts>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace libsql {

/// What a call that can fail returns: its value, or an error, which is a `libsql::error` unless `E`
/// says otherwise. The interface is that of `std::expected` with three differences: a result must
/// not be ignored; every access is checked, so a wrong one throws `libsql::exception` instead of
/// being undefined behaviour; and `value()` and `*` of a temporary return the value itself, not a
/// reference.
///
/// Exception safety: if moving a value into a result throws, the result may be left with neither
/// value nor error; accessing either then throws `misuse`. Thread safety: that of `T` and `E`.
template <class T, class E = libsql::error>
class result;

namespace detail {

template <class T>
inline constexpr bool is_result = false;
template <class T, class E>
inline constexpr bool is_result<result<T, E>> = true;

/// A result with what `f` returns.
template <class U, class E, class F, class... Args>
result<U, E> result_of(F&& f, Args&&... args) {
    if constexpr (std::is_void_v<U>) {
        std::invoke(std::forward<F>(f), std::forward<Args>(args)...);
        return {};
    } else {
        return std::invoke(std::forward<F>(f), std::forward<Args>(args)...);
    }
}

template <class Returned>
struct outcome {
    static_assert(is_result<Returned> || std::is_void_v<Returned>,
                  "libsql: this callable must return a libsql::result, or nothing");
    using type = std::conditional_t<is_result<Returned>, Returned, result<void>>;
};

/// What a callable of a transaction and the like gives: the result that it returns, or
/// `result<void>` if it returns nothing.
template <class F, class... Args>
using outcome_of = typename outcome<std::remove_cvref_t<std::invoke_result_t<F, Args...>>>::type;

/// Calls `f`, whose outcome that is.
template <class F, class... Args>
outcome_of<F, Args...> call_for_outcome(F&& f, Args&&... args) {
    if constexpr (is_result<std::remove_cvref_t<std::invoke_result_t<F, Args...>>>) {
        return std::invoke(std::forward<F>(f), std::forward<Args>(args)...);
    } else {
        static_cast<void>(std::invoke(std::forward<F>(f), std::forward<Args>(args)...));
        return {};
    }
}

/// The type of the deleted `begin()` of a result: its name is what the compiler's error says.
struct loop_over_the_value_of_this_result;

/// Throws what `value()` throws for a result with the error `e`.
template <class E>
[[noreturn]] void throw_error(const E& e) {
    if constexpr (std::same_as<E, libsql::error>) {
        throw exception(e);
    } else {
        throw exception(error(error_kind::misuse, "value() of a result that has an error"));
    }
}

}  // namespace detail

template <class T, class E>
class [[nodiscard]] result {
    static_assert(!std::same_as<T, E>, "libsql: a result's value and error have two types");

public:
    using value_type = T;  ///< the type of the value
    using error_type = E;  ///< the type of the error

    /// A success: constructs the `T` from `value`.
    template <class U = T>

    requires(std::is_constructible_v<T, U&&> && !std::same_as<std::remove_cvref_t<U>, result> &&
             !std::same_as<std::remove_cvref_t<U>, E> &&
             (!detail::is_result<std::remove_cvref_t<U>> ||
              std::same_as<std::remove_cvref_t<U>, T>)) result(U&& value)
        : state_(std::in_place_index<0>, std::forward<U>(value)) {}

    /// A failure.
    result(E e) noexcept : state_(std::in_place_index<1>, std::move(e)) {}

    /// True on success.
    [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }

    /// True on success.
    explicit operator bool() const noexcept { return has_value(); }

    /// The value. If there is none, throws `libsql::exception`: with the error, or of kind `misuse`
    /// if `E` is not `libsql::error`.
    T& value() & {
        check();
        return *std::get_if<0>(&state_);
    }

    /// As above.
    const T& value() const& {
        check();
        return *std::get_if<0>(&state_);
    }

    /// Returns by value, so that `for (auto& x : f().value())` does not iterate over a destroyed
    /// temporary.
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
    [[nodiscard]] const E& error() const {
        if (const auto* e = std::get_if<1>(&state_)) {
            return *e;
        }
        throw libsql::exception(libsql::error(
            error_kind::misuse, has_value()
                                    ? "error() of a result that has a value"
                                    : "a result whose value was lost when moving it threw"));
    }

    /// The value, or `fallback` if there is none.
    template <class U>
    T value_or(U&& fallback) const& {
        return has_value() ? *std::get_if<0>(&state_) : static_cast<T>(std::forward<U>(fallback));
    }

    /// As above, but moves the value out.
    template <class U>
    T value_or(U&& fallback) && {
        return has_value() ? std::move(*std::get_if<0>(&state_))
                           : static_cast<T>(std::forward<U>(fallback));
    }

    /// With a value, returns `f(value)`, which must be a result; otherwise this error.
    template <class F>
    auto and_then(F&& f) && -> std::remove_cvref_t<std::invoke_result_t<F, T&&>> {
        if (!has_value()) {
            return error();
        }
        return std::invoke(std::forward<F>(f), std::move(*std::get_if<0>(&state_)));
    }

    /// As above, but passes the value to `f` as an lvalue and keeps it.
    template <class F>
    auto and_then(F&& f) & -> std::remove_cvref_t<std::invoke_result_t<F, T&>> {
        if (!has_value()) {
            return error();
        }
        return std::invoke(std::forward<F>(f), *std::get_if<0>(&state_));
    }

    /// With a value, returns a result that holds `f(value)`; otherwise this error.
    template <class F>
    auto transform(F&& f) && -> result<std::remove_cvref_t<std::invoke_result_t<F, T&&>>, E> {
        if (!has_value()) {
            return error();
        }
        return detail::result_of<std::remove_cvref_t<std::invoke_result_t<F, T&&>>, E>(
            std::forward<F>(f), std::move(*std::get_if<0>(&state_)));
    }

    /// This value; without one, `f(error)`, which must be a result with the same value type.
    template <class F>
    auto or_else(F&& f) && -> std::remove_cvref_t<std::invoke_result_t<F, const E&>> {
        using other = std::remove_cvref_t<std::invoke_result_t<F, const E&>>;
        static_assert(std::same_as<typename other::value_type, T>,
                      "libsql: or_else takes a function that returns a result of the same value");
        if (has_value()) {
            return std::move(*std::get_if<0>(&state_));
        }
        return std::invoke(std::forward<F>(f), error());
    }

    /// This value; without one, a result whose error is `f(error)`, of any type.
    template <class F>
    auto transform_error(
        F&& f) && -> result<T, std::remove_cvref_t<std::invoke_result_t<F, const E&>>> {
        if (has_value()) {
            return std::move(*std::get_if<0>(&state_));
        }
        return std::invoke(std::forward<F>(f), error());
    }

    /// A result is no range: the value that it holds may be one. Deleted, so that a loop over a
    /// result has one error and not twenty.
    detail::loop_over_the_value_of_this_result* begin() const = delete;

    /// As above.
    detail::loop_over_the_value_of_this_result* end() const = delete;

private:
    void check() const {
        if (state_.index() != 0) {
            detail::throw_error(error());
        }
    }

    std::variant<T, E> state_;
};

/// The result of a call that returns nothing but may fail.
template <class E>
class [[nodiscard]] result<void, E> {
public:
    using value_type = void;  ///< there is no value
    using error_type = E;     ///< the type of the error

    result() noexcept = default;

    /// A failure.
    result(E e) noexcept : error_(std::move(e)) {}

    /// True on success.
    [[nodiscard]] bool has_value() const noexcept { return !error_; }

    /// True on success.
    explicit operator bool() const noexcept { return has_value(); }

    /// If the call failed, throws `libsql::exception`: with the error, or of kind `misuse` if `E`
    /// is not `libsql::error`.
    void value() const {
        if (error_) {
            detail::throw_error(*error_);
        }
    }

    /// The error. Throws `libsql::exception` (kind `misuse`) when there is none.
    [[nodiscard]] const E& error() const {
        if (!error_) {
            throw libsql::exception(
                libsql::error(error_kind::misuse, "error() of a result that has a value"));
        }
        return *error_;
    }

    /// On success, returns `f()`, which must be a result; otherwise this error.
    template <class F>
    auto and_then(F&& f) const -> std::remove_cvref_t<std::invoke_result_t<F>> {
        if (error_) {
            return *error_;
        }
        return std::invoke(std::forward<F>(f));
    }

    /// On success, returns a result that holds `f()`; otherwise this error.
    template <class F>
    auto transform(F&& f) const -> result<std::remove_cvref_t<std::invoke_result_t<F>>, E> {
        if (error_) {
            return *error_;
        }
        return detail::result_of<std::remove_cvref_t<std::invoke_result_t<F>>, E>(
            std::forward<F>(f));
    }

    /// This success; after a failure, `f(error)`, which must be a `result<void, ...>`.
    template <class F>
    auto or_else(F&& f) const -> std::remove_cvref_t<std::invoke_result_t<F, const E&>> {
        if (!error_) {
            return {};
        }
        return std::invoke(std::forward<F>(f), *error_);
    }

    /// This success; after a failure, a result whose error is `f(error)`, of any type.
    template <class F>
    auto transform_error(F&& f) const
        -> result<void, std::remove_cvref_t<std::invoke_result_t<F, const E&>>> {
        if (!error_) {
            return {};
        }
        return std::invoke(std::forward<F>(f), *error_);
    }

private:
    std::optional<E> error_;
};

}  // namespace libsql
