#pragma once

#include "libsql/local_features/on_local.hpp"

#include <libsql/error.hpp>
#include <libsql/value_view.hpp>

#include <optional>
#include <string_view>
#include <utility>

/// @file
/// Shared by all features that call the user's code from inside the engine.

namespace libsql::local {

/// The exception that is being handled as an SQL error with its text, or `out_of_memory` for
/// `bad_alloc`. Only in a catch block.
error caught() noexcept;

/// `why`, for a callback that reports what has already been done. Without a code, because the
/// engine has not failed.
error too_late(const error& why);

/// Runs the user's code and returns what it throws, since no exception may reach the C code of the
/// engine.
template <class F>
std::optional<error> guarded(F&& f) noexcept {
    try {
        std::forward<F>(f)();
        return std::nullopt;
    } catch (...) {
        return caught();
    }
}

/// The reason why `name` cannot name a `what` (a function, a collation), if any.
std::optional<error> check_name(std::string_view what, std::string_view name);

/// The value that the engine passes to a callback.
value_view view_of(sqlite3_value* v) noexcept;

/// A C string that may be null.
inline std::string_view text_or_empty(const char* text) noexcept {
    return text == nullptr ? std::string_view() : std::string_view(text);
}

}  // namespace libsql::local
