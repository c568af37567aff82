#pragma once

#include <libsql/deadline.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

namespace libsql::remote {

class connection;

/// Keeps transactions alive while their program is busy with something else: a server expires a
/// stream after ten seconds. One thread for all connections of the process, running while there are
/// open transactions. It does not wait for any of them, nor for a function that gives tokens.
namespace keep_alive {

/// The clock for waits of some seconds: the steady clock, which tests can move forward.
using clock = deadline::clock;

clock::time_point now() noexcept;

/// Moves the clock forward, for tests; the thread notices at once.
void move_clock(std::chrono::seconds by);

/// The number of keep-alive requests that this process has sent, and of those that were answered;
/// for tests.
inline std::atomic<std::uint64_t> sent{0};
inline std::atomic<std::uint64_t> answered{0};

/// The time `duration` from now by this clock.
inline deadline end_of(std::chrono::seconds duration) noexcept {
    return deadline(now() + duration);
}

inline bool has_passed(deadline end) noexcept {
    return now() >= end.at();
}

/// Watches `c` until its transaction is over. From any thread.
void watch(const std::shared_ptr<connection>& c);

}  // namespace keep_alive

}  // namespace libsql::remote
