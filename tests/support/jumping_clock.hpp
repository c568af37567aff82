#pragma once

#include <chrono>

namespace libsql::testing {

/// Sets the time of day that this process sees, `offset` from the real one; only in programs that
/// are linked with jumping_clock.cpp, which stands before the C library's `clock_gettime`. Clocks
/// that only go forward are not touched.
void jump_clock(std::chrono::seconds offset) noexcept;

}  // namespace libsql::testing
