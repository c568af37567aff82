#pragma once

#include <cstdint>

namespace libsql::testing {

/// From now on an allocation of this thread fails: the first for 0, the one after it for 1 ...
void fail_allocation(std::int64_t n) noexcept;

/// From now on an allocation of any other thread than this one fails; all of them are counted
/// together.
void fail_allocation_of_others(std::int64_t n) noexcept;

/// From now on all allocations of other threads than this one fail.
void fail_allocations_of_others() noexcept;

/// How many allocations of other threads have failed since then.
std::int64_t failed_of_others() noexcept;

/// No allocation fails any more, in whichever thread. True if one of this thread has failed.
bool allocate_all() noexcept;

}  // namespace libsql::testing
