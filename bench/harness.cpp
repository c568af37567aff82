#include "harness.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>

namespace bench {

namespace {

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

class scratch_folder {
public:
    scratch_folder()
        : path_(std::filesystem::temp_directory_path() /
                ("libsql_bench_" + std::to_string(getpid()))) {
        std::filesystem::create_directories(path_);
    }

    ~scratch_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    scratch_folder(const scratch_folder&) = delete;
    scratch_folder& operator=(const scratch_folder&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

bool counting_instructions = false;

void count_instructions_of(const workload& w) {
    for (std::size_t i = 0; i < 2; ++i) {
        const contender& who = w.contenders.at(i);
        who.run();
        CALLGRIND_ZERO_STATS;
        who.run();
        const std::string what =
            w.id + " " + w.name + " " + who.name + " " + std::to_string(last_operations);
        CALLGRIND_DUMP_STATS_AT(what.c_str());
    }
}

}  // namespace

void count_instructions() {
    check(RUNNING_ON_VALGRIND != 0, "--instructions needs callgrind: make bench-instructions");
    counting_instructions = true;
}

std::int64_t thread_time_ns() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

long resident_kib() {
    std::ifstream status("/proc/self/status");
    std::string word;
    while (status >> word) {
        if (word == "VmRSS:") {
            long kib = 0;
            status >> kib;
            return kib;
        }
    }
    fail("no VmRSS in /proc/self/status");
}

std::string scratch_file(std::string_view name) {
    static const scratch_folder folder;
    return (folder.path() / name).string();
}

bool run(const workload& w) {
    if (counting_instructions) {
        count_instructions_of(w);
        return true;
    }
    std::vector<std::vector<double>> times(w.contenders.size());
    for (int round = 0; round <= w.rounds; ++round) {
        for (std::size_t i = 0; i < w.contenders.size(); ++i) {
            // The order alternates, so that no contender always benefits from the one before it.
            const std::size_t who = round % 2 == 0 ? i : w.contenders.size() - 1 - i;
            const double ns = w.contenders[who].run();
            if (round > 0) {
                times[who].push_back(ns);
            }
        }
    }
    bool met = true;
    for (std::size_t peer = 1; peer < w.contenders.size(); ++peer) {
        std::vector<double> ratios;
        ratios.reserve(times[0].size());
        for (std::size_t i = 0; i < times[0].size(); ++i) {
            ratios.push_back(times[0][i] / times[peer][i]);
        }
        const double ratio = median(ratios);
        const bool judged = w.target > 0 && w.contenders[peer].name == w.target_peer;
        std::printf("BENCH id=%s name=%s peer=%s ours_ns=%.1f peer_ns=%.1f ratio=%.3f",
                    w.id.c_str(), w.name.c_str(), w.contenders[peer].name.c_str(), median(times[0]),
                    median(times[peer]), ratio);
        if (judged) {
            met = met && ratio <= w.target;
            std::printf(" target=%.3g %s", w.target, ratio <= w.target ? "met" : "MISSED");
        }
        std::printf("\n");
        std::fflush(stdout);
    }
    return met;
}

void fail(std::string_view why) {
    std::fprintf(stderr, "bench: %.*s\n", static_cast<int>(why.size()), why.data());
    std::exit(2);
}

}  // namespace bench
