#pragma once

#include <libsql/deadline.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

namespace libsql::remote {

class connection;

/// Keeps transactions alive whose program is busy with something else: a server takes a stream for
/// dead after ten seconds. One thread for all connections of the process, while there are open
/// transactions; it waits for none of them.
namespace keep_alive {

/// The clock of what waits for seconds here: the steady one, which tests move forward.
using clock = deadline::clock;

clock::time_point now() noexcept;

/// Moves it forward, for tests; the thread looks at it at once.
void move_clock(std::chrono::seconds by);

/// How many signs of life this process has sent, and how many were answered; for tests.
inline std::atomic<std::uint64_t> sent{0};
inline std::atomic<std::uint64_t> answered{0};

/// The moment `duration` from now by this clock.
inline deadline end_of(std::chrono::seconds duration) noexcept {
    return deadline(now() + duration);
}

inline bool has_passed(deadline end) noexcept {
    return now() >= end.at();
}

/// Watches `c` until its transaction is over. Any thread.
void watch(const std::shared_ptr<connection>& c);

}  // namespace keep_alive

}  // namespace libsql::remote
