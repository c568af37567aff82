#pragma once

#include <chrono>

namespace libsql::testing {

/// Shifts this process's time of day by `offset` from the real one. Only for programs linked with
/// jumping_clock.cpp, which overrides the C library's `clock_gettime`. Monotonic clocks are not
/// affected.
void jump_clock(std::chrono::seconds offset) noexcept;

}  // namespace libsql::testing
