#pragma once

#include <libsql/error.hpp>
#include <libsql/export.hpp>

#include <concepts>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace libsql {

/// What a call that can fail returns: its value, or an error, which is a `libsql::error` unless `E`
/// says otherwise. The interface is that of `std::expected` with three differences: a result must
/// not be ignored; every access is checked, so a wrong one throws `libsql::exception` instead of
/// being undefined behaviour; and `value()` and `*` of a temporary return the value itself, not a
/// reference.
///
/// An error type of your own may say what `value()` throws: by a member `raise() const`, which
/// throws. Without one that is `misuse`.
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

/// As `std::invoke`, without the header that it is in.
template <class F, class... Args>

requires(std::is_invocable_v<F, Args...>) constexpr decltype(auto) call(F&& f, Args&&... args) {
    if constexpr (std::is_member_pointer_v<std::remove_cvref_t<F>>) {
        return std::apply(f, std::forward_as_tuple(std::forward<Args>(args)...));
    } else {
        return std::forward<F>(f)(std::forward<Args>(args)...);
    }
}

/// A result with what `f` returns.
template <class U, class E, class F, class... Args>
result<U, E> result_of(F&& f, Args&&... args) {
    if constexpr (std::is_void_v<U>) {
        call(std::forward<F>(f), std::forward<Args>(args)...);
        return {};
    } else {
        return call(std::forward<F>(f), std::forward<Args>(args)...);
    }
}

template <class F, class... Args>
struct outcome {
    static_assert(std::is_invocable_v<F, Args...>,
                  "libsql: this callable cannot be called with what it is given: the executor, "
                  "connection, transaction or savepoint, by reference");
    using type = result<void>;
};

template <class F, class... Args>

requires(std::is_invocable_v<F, Args...>) struct outcome<F, Args...> {
    using returned = std::remove_cvref_t<std::invoke_result_t<F, Args...>>;
    static_assert(is_result<returned> || std::is_void_v<returned>,
                  "libsql: this callable must return a libsql::result, or nothing");
    using type = std::conditional_t<is_result<returned>, returned, result<void>>;
};

/// What a callable of a transaction and the like gives: the result that it returns, or
/// `result<void>` if it returns nothing.
template <class F, class... Args>
using outcome_of = typename outcome<F, Args...>::type;

/// Calls `f`, whose outcome that is.
template <class F, class... Args>
outcome_of<F, Args...> call_for_outcome(F&& f, Args&&... args) {
    if constexpr (!std::is_invocable_v<F, Args...>) {
        return {};  // `outcome` says that it cannot be called
    } else if constexpr (is_result<std::remove_cvref_t<std::invoke_result_t<F, Args...>>>) {
        return call(std::forward<F>(f), std::forward<Args>(args)...);
    } else {
        static_cast<void>(call(std::forward<F>(f), std::forward<Args>(args)...));
        return {};
    }
}

/// The type of the deleted `begin()` of a result: its name is what the compiler's error says.
struct loop_over_the_value_of_this_result;

/// Throws `e` as `libsql::exception`.
[[noreturn]] LIBSQL_API void raise(const error& e);

/// Throws `misuse` with this message.
[[noreturn]] LIBSQL_API void raise_misuse(const char* message);

/// Throws what `value()` throws for a result with the error `e`.
template <class E>
[[noreturn]] void throw_error(const E& e) {
    if constexpr (std::same_as<E, libsql::error>) {
        detail::raise(e);
    } else {
        if constexpr (requires { e.raise(); }) {
            e.raise();
        }
        raise_misuse("value() of a result that has an error");
    }
}

/// `G` is what a `result<T, E>` with an error is made of, though it is no `E`. A driver's error
/// never becomes a value where it can be an error.
template <class G, class T, class E>
concept other_error =
    !std::same_as<std::remove_cvref_t<G>, E> && !is_result<std::remove_cvref_t<G>> &&
    (std::is_void_v<T> || std::same_as<std::remove_cvref_t<G>, error> ||
     !std::is_constructible_v<T, G>)&&std::convertible_to<G, E>;

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
              std::same_as<std::remove_cvref_t<U>, T>)&&!detail::other_error<U, T, E>)
        result(U&& value)
        : value_(std::forward<U>(value)), holds_(content::value) {}

    /// A failure.
    // NOLINTNEXTLINE(performance-unnecessary-value-param): it is moved
    result(E e) noexcept : error_(std::move(e)), holds_(content::error) {}

    /// A failure with an error of another type that converts to `E`, such as the driver's in a
    /// result of a layer above it. What also makes a `T` is a value, except a `libsql::error`.
    template <detail::other_error<T, E> G>
    result(G&& e) : error_(std::forward<G>(e)), holds_(content::error) {}

    /// A copy.
    result(const result& other) requires(
        std::is_copy_constructible_v<T>&& std::is_copy_constructible_v<E>) {
        construct(other);
    }

    /// `other` still holds a value or an error, that was moved from.
    result(result&& other) noexcept(
        std::is_nothrow_move_constructible_v<T>&& std::is_nothrow_move_constructible_v<E>) {
        construct(std::move(other));
    }

    /// A copy. If making it throws where the other one was of another kind, nothing has changed.
    result& operator=(const result& other) requires(
        std::is_copy_constructible_v<T>&& std::is_copy_assignable_v<T>&&
            std::is_copy_constructible_v<E>&& std::is_copy_assignable_v<E>) {
        if (holds_ == other.holds_) {
            assign(other);
        } else {
            *this = result(other);  // a copy that fails changes nothing
        }
        return *this;
    }

    /// As the move; see above for what is left if it throws.
    result& operator=(result&& other) noexcept(
        std::is_nothrow_move_constructible_v<T>&& std::is_nothrow_move_assignable_v<T>&&
            std::is_nothrow_move_constructible_v<E>&& std::is_nothrow_move_assignable_v<
                E>) requires(std::is_move_assignable_v<T>&& std::is_move_assignable_v<E>) {
        if (holds_ == other.holds_) {
            assign(std::move(other));
        } else {
            destroy();
            construct(std::move(other));
        }
        return *this;
    }

    ~result() { destroy(); }

    /// True on success.
    [[nodiscard]] bool has_value() const noexcept { return holds_ == content::value; }

    /// True on success.
    explicit operator bool() const noexcept { return has_value(); }

    /// The value. If there is none, throws `libsql::exception`: with the error, or of kind `misuse`
    /// if `E` is not `libsql::error`.
    T& value() & {
        check();
        return value_;
    }

    /// As above.
    const T& value() const& {
        check();
        return value_;
    }

    /// Returns by value, so that `for (auto& x : f().value())` does not iterate over a destroyed
    /// temporary.
    T value() && {
        check();
        return std::move(value_);
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
        if (holds_ == content::error) {
            return error_;
        }
        detail::raise_misuse(has_value() ? "error() of a result that has a value"
                                         : "a result whose value was lost when moving it threw");
    }

    /// The value, or `fallback` if there is none.
    template <class U>
    T value_or(U&& fallback) const& {
        return has_value() ? value_ : static_cast<T>(std::forward<U>(fallback));
    }

    /// As above, but moves the value out.
    template <class U>
    T value_or(U&& fallback) && {
        return has_value() ? std::move(value_) : static_cast<T>(std::forward<U>(fallback));
    }

    /// With a value, returns `f(value)`, which must be a result; otherwise this error.
    template <class F>
    auto and_then(F&& f) && -> std::remove_cvref_t<std::invoke_result_t<F, T&&>> {
        if (!has_value()) {
            return error();
        }
        return detail::call(std::forward<F>(f), std::move(value_));
    }

    /// As above, but passes the value to `f` as an lvalue and keeps it.
    template <class F>
    auto and_then(F&& f) & -> std::remove_cvref_t<std::invoke_result_t<F, T&>> {
        if (!has_value()) {
            return error();
        }
        return detail::call(std::forward<F>(f), value_);
    }

    /// With a value, returns a result that holds `f(value)`; otherwise this error.
    template <class F>
    auto transform(F&& f) && -> result<std::remove_cvref_t<std::invoke_result_t<F, T&&>>, E> {
        if (!has_value()) {
            return error();
        }
        return detail::result_of<std::remove_cvref_t<std::invoke_result_t<F, T&&>>, E>(
            std::forward<F>(f), std::move(value_));
    }

    /// This value; without one, `f(error)`, which must be a result with the same value type.
    template <class F>
    auto or_else(F&& f) && -> std::remove_cvref_t<std::invoke_result_t<F, const E&>> {
        using other = std::remove_cvref_t<std::invoke_result_t<F, const E&>>;
        static_assert(std::same_as<typename other::value_type, T>,
                      "libsql: or_else takes a function that returns a result of the same value");
        if (has_value()) {
            return std::move(value_);
        }
        return detail::call(std::forward<F>(f), error());
    }

    /// This value; without one, a result whose error is `f(error)`, of any type.
    template <class F>
    auto transform_error(
        F&& f) && -> result<T, std::remove_cvref_t<std::invoke_result_t<F, const E&>>> {
        if (has_value()) {
            return std::move(value_);
        }
        return detail::call(std::forward<F>(f), error());
    }

    /// A result is no range: the value that it holds may be one. Deleted, so that a loop over a
    /// result has one error and not twenty.
    detail::loop_over_the_value_of_this_result* begin() const = delete;

    /// As above.
    detail::loop_over_the_value_of_this_result* end() const = delete;

private:
    enum class content : unsigned char { value, error, nothing };

    void check() const {
        if (holds_ != content::value) [[unlikely]] {
            detail::throw_error(error());
        }
    }

    /// For an object that holds nothing. If this throws, it still holds nothing.
    template <class Other>
    void construct(Other&& other) {
        const content held = other.holds_;
        if (held == content::value) {
            std::construct_at(std::addressof(value_), std::forward<Other>(other).value_);
        } else if (held == content::error) {
            std::construct_at(std::addressof(error_), std::forward<Other>(other).error_);
        }
        holds_ = held;
    }

    /// For an object that holds the same.
    template <class Other>
    void assign(Other&& other) {
        if (holds_ == content::value) {
            value_ = std::forward<Other>(other).value_;
        } else if (holds_ == content::error) {
            error_ = std::forward<Other>(other).error_;
        }
    }

    void destroy() noexcept {
        const content held = std::exchange(holds_, content::nothing);
        if (held == content::value) {
            std::destroy_at(std::addressof(value_));
        } else if (held == content::error) {
            std::destroy_at(std::addressof(error_));
        }
    }

    union {
        T value_;  // NOLINT(readability-identifier-naming): it is private
        E error_;  // NOLINT(readability-identifier-naming)
    };

    content holds_{content::nothing};
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

    /// A failure with an error of another type that converts to `E`.
    template <detail::other_error<void, E> G>
    result(G&& e) : error_(std::in_place, std::forward<G>(e)) {}

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
            detail::raise_misuse("error() of a result that has a value");
        }
        return *error_;
    }

    /// On success, returns `f()`, which must be a result; otherwise this error.
    template <class F>
    auto and_then(F&& f) const -> std::remove_cvref_t<std::invoke_result_t<F>> {
        if (error_) {
            return *error_;
        }
        return detail::call(std::forward<F>(f));
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
        return detail::call(std::forward<F>(f), *error_);
    }

    /// This success; after a failure, a result whose error is `f(error)`, of any type.
    template <class F>
    auto transform_error(F&& f) const
        -> result<void, std::remove_cvref_t<std::invoke_result_t<F, const E&>>> {
        if (!error_) {
            return {};
        }
        return detail::call(std::forward<F>(f), *error_);
    }

private:
    std::optional<E> error_;
};

}  // namespace libsql
