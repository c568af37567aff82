#pragma once

#include <libsql/error.hpp>

#include <new>
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

}  // namespace libsql::detail
