#include "workloads.hpp"

namespace bench {

std::vector<entry> concurrency_workloads() { return {}; }

}  // namespace bench
