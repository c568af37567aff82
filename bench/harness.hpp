#pragma once

#include <valgrind/callgrind.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// One way of doing a workload. `run` does it once and returns nanoseconds an operation.
struct contender {
    std::string name;
    std::function<double()> run;
};

/// A workload: ours first, then the peers. All do the same work and leave the same state.
struct workload {
    std::string id{};                      ///< "L2"
    std::string name{};                    ///< "get_by_key"
    double target{0};                      ///< the ratio that we promise; 0: none
    std::string target_peer{"raw_c_api"};  ///< the peer that it is to
    int rounds{7};                         ///< counted rounds, after one for warming up
    std::vector<contender> contenders{};
};

/// Runs the contenders in turn, round after round, so that a machine that drifts hits all alike,
/// and prints a BENCH line for each peer: median times, and the median of the ratios round by
/// round. False when the ratio to `target_peer` is above the target.
bool run(const workload& w);

/// From now on `run` counts instructions instead: this process runs under callgrind, and for the
/// first two contenders (ours and the C API) each callgrind writes a file whose description is
/// "ID NAME CONTENDER OPERATIONS". What they did to warm up is not in it.
/// scripts/bench_instructions reads those files.
void count_instructions();

/// Processor time of this thread, user and system, in nanoseconds. What the wall clock adds on a
/// shared machine is the neighbours; for work that does not wait, this is what the work costs.
std::int64_t thread_time_ns();

/// What the last `time_per_operation` divided by.
inline std::int64_t last_operations = 0;

/// Processor nanoseconds that `f` takes, divided by `operations`. Callgrind collects in `f` only.
template <class F>
double time_per_operation(std::int64_t operations, F&& f) {
    last_operations = operations;
    const std::int64_t start = thread_time_ns();
    CALLGRIND_TOGGLE_COLLECT;
    f();
    CALLGRIND_TOGGLE_COLLECT;
    return static_cast<double>(thread_time_ns() - start) / static_cast<double>(operations);
}

/// Nanoseconds by the clock that `f` takes, divided by `operations`: for work that waits for
/// others.
template <class F>
double clock_time_per_operation(std::int64_t operations, F&& f) {
    const auto start = std::chrono::steady_clock::now();
    f();
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
    return took.count() / static_cast<double>(operations);
}

/// Keeps the compiler from dropping a computed value.
template <class T>
void keep(const T& value) {
    asm volatile("" : : "r,m"(value) : "memory");
}

/// Resident memory of this process in KiB.
long resident_kib();

/// Ends the program with a message: a benchmark that does not do its work measures nothing.
[[noreturn]] void fail(std::string_view why);

inline void check(bool ok, std::string_view why) {
    if (!ok) {
        fail(why);
    }
}

/// A path for a database file of this run; the folder goes away at the end.
std::string scratch_file(std::string_view name);

}  // namespace bench
