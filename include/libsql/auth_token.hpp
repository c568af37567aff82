#pragma once

#include <libsql/export.hpp>
#include <libsql/result.hpp>

#include <concepts>
#include <functional>
#include <string>
#include <utility>

namespace libsql {

/// What a server asks for before it answers (a JSON Web Token): a text, or a function that gives
/// one. The function is asked when a `database` first needs a token, for all its connections, and
/// again when the server no longer accepts that one; it may be called from any thread, also from
/// two at a time. A plain value.
class LIBSQL_API auth_token {
public:
    auth_token() = default;

    /// Always this text. Empty: none.
    auth_token(std::string text) : text_(std::move(text)) {}

    /// As above; not null.
    auth_token(const char* text) : text_(text) {}

    /// What `ask` returns: a `std::string`, or a `result<std::string>` whose error becomes the
    /// call's.
    template <class Function>

    requires std::is_invocable_v<Function&> &&
        std::convertible_to<std::invoke_result_t<Function&>, result<std::string>>
        auth_token(Function ask)
        : ask_([f = std::move(ask)]() mutable -> result<std::string> { return f(); }) {}

    /// There is neither a text nor a function.
    [[nodiscard]] bool empty() const noexcept { return text_.empty() && !ask_; }

    /// Each `get` asks a function, which may give another token than before.
    [[nodiscard]] bool can_change() const noexcept { return ask_ != nullptr; }

    /// The token. An exception of the function is an error of kind `authentication`.
    [[nodiscard]] result<std::string> get() const;

private:
    std::string text_;
    std::function<result<std::string>()> ask_;
};

}  // namespace libsql
