#pragma once

#include <libsql/error.hpp>

#include <new>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace libsql::detail {

/// The error for lack of memory. It was made when the program started, and so needs none.
const error& out_of_memory() noexcept;

/// The error that `make` makes, or `out_of_memory()` if there is no memory for it.
template <class Make>
error made(Make&& make) noexcept {
    try {
        return std::forward<Make>(make)();
    } catch (const std::bad_alloc&) {
        return out_of_memory();
    }
}

/// Ends something by calling `end`, which returns a result, on behalf of a caller that cannot fail.
/// Retries if memory runs out, because some may have been freed in the meantime.
template <class End>
void insist(End&& end) noexcept {
    for (int tries = 0; tries < 3; ++tries) {
        try {
            const auto done = end();
            if (done || done.error().kind() != error_kind::out_of_memory) {
                return;
            }
        } catch (const std::bad_alloc&) {
            continue;
        }
    }
}

/// Calls `start`, which starts a thread. Returns the reason if it could not: the system has no more
/// threads or memory.
template <class Start>
std::optional<error> start_thread(Start&& start) {
    try {
        std::forward<Start>(start)();
        return std::nullopt;
    } catch (const std::system_error& why) {
        return error(error_kind::out_of_memory,
                     std::string("cannot start a thread: ") + why.what());
    }
}

}  // namespace libsql::detail
