#pragma once

#include <chrono>
#include <stop_token>
#include <thread>

namespace libsql::testing {

/// The result of `call`, while another thread repeatedly calls `interrupt`. On a busy machine a
/// single interrupt might come too early.
template <class Interrupt, class Call>
auto while_interrupted(Interrupt interrupt, Call call) {
    const std::jthread other([&](const std::stop_token& over) {
        while (!over.stop_requested()) {
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
            interrupt();
        }
    });
    return call();
}

}  // namespace libsql::testing
