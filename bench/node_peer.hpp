#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// One of libSQL's own clients in a separate process: bench/peer.mjs, which does one workload each
/// time it is asked to.
class node_peer {
public:
    explicit node_peer(std::vector<std::string> arguments);
    ~node_peer();

    node_peer(const node_peer&) = delete;
    node_peer& operator=(const node_peer&) = delete;

    /// Asks it to do the workload once. Returns the nanoseconds that it reports.
    double run();

private:
    std::string read_line();

    int id_{-1};
    int in_{-1};
    int out_{-1};
    std::string pending_;
};

}  // namespace bench
