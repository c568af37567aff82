#pragma once

#include <algorithm>
#include <cstdlib>

namespace libsql::testing {

/// The number of repetitions: `usual`, or LIBSQL_TEST_ROUNDS if it is set.
inline int rounds(int usual) {
    const char* const wanted = std::getenv("LIBSQL_TEST_ROUNDS");
    return wanted == nullptr ? usual : std::max(1, std::atoi(wanted));
}

}  // namespace libsql::testing
