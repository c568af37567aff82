#pragma once

#include <chrono>
#include <stop_token>
#include <thread>

namespace libsql::testing {

/// What `call` returns, while another thread calls `interrupt` again and again: on a busy machine
/// one interrupt may come before what it is to end.
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
