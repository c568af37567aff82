#pragma once

#include "harness.hpp"

#include <functional>
#include <string>
#include <vector>

namespace bench {

/// A workload's id, and a function that runs it and returns whether the target was met.
struct entry {
    std::string id;
    std::function<bool()> run;
};

std::vector<entry> row_workloads();          ///< L1 to L4
std::vector<entry> batch_workloads();        ///< L5
std::vector<entry> layer_workloads();        ///< D1
std::vector<entry> cursor_workloads();       ///< L6
std::vector<entry> concurrency_workloads();  ///< L7, L8
std::vector<entry> remote_workloads();       ///< W9
std::vector<entry> replica_workloads();      ///< W10

}  // namespace bench
