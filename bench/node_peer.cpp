#include "node_peer.hpp"

#include "harness.hpp"
#include "loopback.hpp"
#include "support/fetched.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>

namespace bench {

node_peer::node_peer(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"node", BENCH_PEER_SCRIPT});
    std::vector<char*> argv;
    argv.reserve(arguments.size() + 1);
    for (auto& a : arguments) {
        argv.push_back(a.data());
    }
    argv.push_back(nullptr);
    setenv("LIBSQL_PEERS", libsql::testing::fetched_peers().c_str(), 1);
    std::array<int, 2> both{};
    check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both.data()) == 0, "no socket pair");
    const pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(both[1], STDIN_FILENO);
        dup2(both[1], STDOUT_FILENO);
        execvp(argv[0], argv.data());
        _exit(127);
    }
    id_ = child;
    close(both[1]);
    in_ = out_ = both[0];
    check(read_line() == "ready", "libSQL's own client does not start: is node there?");
}

node_peer::~node_peer() {
    close(in_);
    kill(id_, SIGTERM);
    waitpid(id_, nullptr, 0);
}

std::string node_peer::read_line() {
    for (;;) {
        if (const auto end = pending_.find('\n'); end != std::string::npos) {
            std::string line = pending_.substr(0, end);
            pending_.erase(0, end + 1);
            return line;
        }
        std::array<char, 4096> buffer;
        const auto count = read(out_, buffer.data(), buffer.size());
        if (count <= 0) {
            return {};
        }
        pending_.append(buffer.data(), static_cast<std::size_t>(count));
    }
}

double node_peer::run() {
    check(send_all(in_, "go\n"), "libSQL's own client is gone");
    const std::string line = read_line();
    check(!line.empty(), "libSQL's own client failed");
    return std::strtod(line.c_str(), nullptr);
}

}  // namespace bench
