#pragma once

#include <valgrind/callgrind.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// One way of doing a workload. `run` does it once and returns nanoseconds per operation.
struct contender {
    std::string name;
    std::function<double()> run;
};

/// A workload: our contender first, then the peers. All do the same work and leave the same state.
struct workload {
    std::string id{};                      ///< "L2"
    std::string name{};                    ///< "get_by_key"
    double target{0};                      ///< the ratio that we promise; 0: none
    std::string target_peer{"raw_c_api"};  ///< the peer that the ratio refers to
    int rounds{7};                         ///< counted rounds, after one to warm up
    std::vector<contender> contenders{};
};

/// Runs the contenders in turn in each round, so that a change in the machine's speed affects all
/// alike. Prints a BENCH line for each peer: the median times, and the median of the ratios of each
/// round. False if the ratio to `target_peer` is above the target.
bool run(const workload& w);

/// From now on `run` counts instructions instead: this process must run under callgrind. For each
/// of the first two contenders (ours and the C API) callgrind writes a file with the description
/// "ID NAME CONTENDER OPERATIONS", without the instructions of the warm-up.
/// scripts/bench_instructions reads those files.
void count_instructions();

/// Processor time of this thread, user and system, in nanoseconds. On a shared machine the wall
/// clock includes the work of others; for work that does not wait, processor time is the cost.
std::int64_t thread_time_ns();

/// The `operations` of the last call of `time_per_operation`.
inline std::int64_t last_operations = 0;

/// Processor time of `f` in nanoseconds, divided by `operations`. Callgrind collects only in `f`.
template <class F>
double time_per_operation(std::int64_t operations, F&& f) {
    last_operations = operations;
    const std::int64_t start = thread_time_ns();
    CALLGRIND_TOGGLE_COLLECT;
    f();
    CALLGRIND_TOGGLE_COLLECT;
    return static_cast<double>(thread_time_ns() - start) / static_cast<double>(operations);
}

/// Wall-clock time of `f` in nanoseconds, divided by `operations`. For work that waits for
/// something else.
template <class F>
double clock_time_per_operation(std::int64_t operations, F&& f) {
    const auto start = std::chrono::steady_clock::now();
    f();
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
    return took.count() / static_cast<double>(operations);
}

/// Prevents the compiler from removing a computed value.
template <class T>
void keep(const T& value) {
    asm volatile("" : : "r,m"(value) : "memory");
}

/// Resident memory of this process in KiB.
long resident_kib();

/// Ends the program with a message, because a benchmark that does not do its work measures nothing.
[[noreturn]] void fail(std::string_view why);

inline void check(bool ok, std::string_view why) {
    if (!ok) {
        fail(why);
    }
}

/// A path for a database file of this run. Its folder is removed at the end.
std::string scratch_file(std::string_view name);

}  // namespace bench
