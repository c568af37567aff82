#include "support/jumping_clock.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <ctime>

namespace libsql::testing {
namespace {

std::atomic<std::time_t> clock_offset{0};

}  // namespace

void jump_clock(std::chrono::seconds offset) noexcept {
    clock_offset = offset.count();
}

}  // namespace libsql::testing

extern "C" int clock_gettime(clockid_t clock, timespec* now) noexcept {
    const auto failed = static_cast<int>(::syscall(SYS_clock_gettime, clock, now));
    if (failed == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        now->tv_sec += libsql::testing::clock_offset;
    }
    return failed;
}
