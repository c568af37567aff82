#pragma once

#include <cstdint>

namespace libsql::testing {

/// From now on an allocation of this thread fails: the first for 0, the one after it for 1 ...
void fail_allocation(std::int64_t n) noexcept;

/// No allocation fails any more. True if one has failed.
bool allocate_all() noexcept;

}  // namespace libsql::testing
