#pragma once

#include <libsql/error.hpp>

#include <new>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace libsql::detail {

/// The error that there is no memory: it was made when the program began, and needs none.
const error& out_of_memory() noexcept;

/// The error that `make` makes; when there is no memory for it, that one.
template <class Make>
error made(Make&& make) noexcept {
    try {
        return std::forward<Make>(make)();
    } catch (const std::bad_alloc&) {
        return out_of_memory();
    }
}

/// Ends something by `end`, which gives a result, for somebody who cannot fail: when memory runs
/// out on the way, again, since what was given back since may be enough.
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

/// Why `start`, which starts a thread, could not, if so: the system has no more threads or memory.
template <class Start>
std::optional<error> start_thread(Start&& start) {
    try {
        std::forward<Start>(start)();
        return std::nullopt;
    } catch (const std::system_error& why) {
        return error(error_kind::out_of_memory, std::string("no thread: ") + why.what());
    }
}

}  // namespace libsql::detail
