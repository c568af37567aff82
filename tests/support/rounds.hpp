#pragma once

#include <algorithm>
#include <cstdlib>

namespace libsql::testing {

/// How often something is tried: `usual` times, LIBSQL_TEST_ROUNDS times when a person asks.
inline int rounds(int usual) {
    const char* const wanted = std::getenv("LIBSQL_TEST_ROUNDS");
    return wanted == nullptr ? usual : std::max(1, std::atoi(wanted));
}

}  // namespace libsql::testing
