#pragma once

#include "libsql/local_features/on_local.hpp"

#include <libsql/error.hpp>
#include <libsql/value_view.hpp>

#include <optional>
#include <string_view>
#include <utility>

/// @file
/// What every feature that calls the user's code from inside the engine needs.

namespace libsql::local {

/// The exception that is being handled, as an SQL error with its text. Only in a catch block.
error caught() noexcept;

/// `why`, for a callback that is told of what is done already: without a code, because the engine
/// has not failed.
error too_late(const error& why);

/// Runs the user's code. Nothing it throws may reach the engine's C: it is returned.
template <class F>
std::optional<error> guarded(F&& f) noexcept {
    try {
        std::forward<F>(f)();
        return std::nullopt;
    } catch (...) {
        return caught();
    }
}

/// Why `name` cannot name a `what` (a function, a collation), if it cannot.
std::optional<error> check_name(std::string_view what, std::string_view name);

/// The value that the engine passes to a callback.
value_view view_of(sqlite3_value* v) noexcept;

/// A C string that may be null.
inline std::string_view text_or_empty(const char* text) noexcept {
    return text == nullptr ? std::string_view() : std::string_view(text);
}

}  // namespace libsql::local
