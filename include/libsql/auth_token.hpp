#pragma once

#include <libsql/export.hpp>
#include <libsql/result.hpp>

#include <concepts>
#include <functional>
#include <string>
#include <utility>

namespace libsql {

/// The bearer token that is sent to the server (a JSON Web Token): a text, or a function that
/// returns one. The function is called when a `database` first needs a token, for all its
/// connections, and again when the server no longer accepts that token. It may be called from any
/// thread, also by two threads at once. A plain value.
class LIBSQL_API auth_token {
public:
    auth_token() = default;

    /// Always this text. An empty text means no token.
    auth_token(std::string text) : text_(std::move(text)) {}

    /// As above; `text` must not be null.
    auth_token(const char* text) : text_(text) {}

    /// The token that `ask` returns: a `std::string`, or a `result<std::string>` whose error
    /// becomes that of the call that needed the token.
    template <class Function>

    requires std::is_invocable_v<Function&> &&
        std::convertible_to<std::invoke_result_t<Function&>, result<std::string>>
        auth_token(Function ask)
        : ask_([f = std::move(ask)]() mutable -> result<std::string> { return f(); }) {}

    /// True if there is neither a text nor a function.
    [[nodiscard]] bool empty() const noexcept { return text_.empty() && !ask_; }

    /// True if `get` calls a function, which may return a different token each time.
    [[nodiscard]] bool can_change() const noexcept { return ask_ != nullptr; }

    /// The token. An exception thrown by the function becomes an error of kind `authentication`.
    [[nodiscard]] result<std::string> get() const;

private:
    std::string text_;
    std::function<result<std::string>()> ask_;
};

}  // namespace libsql
