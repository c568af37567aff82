#pragma once

#include <chrono>
#include <thread>

namespace libsql::testing {

/// Waits until `holds()`; false if it does not come true within `limit`. The limit bounds a hanging
/// test: the machine may be busy.
template <class Holds>
bool eventually(Holds holds, std::chrono::seconds limit = std::chrono::seconds(300)) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!holds()) {
        if (std::chrono::steady_clock::now() > end) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

}  // namespace libsql::testing
