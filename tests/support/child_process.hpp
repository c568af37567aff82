#pragma once

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace libsql::testing {

/// The test helper (tests/support/helper_main.cpp) in a process of its own, which the destructor
/// kills.
class child_process {
public:
    explicit child_process(std::vector<std::string> arguments) {
        // The helper is in the same folder.
        const auto tests = std::filesystem::read_symlink("/proc/self/exe");
        arguments.insert(arguments.begin(), tests.parent_path() / "libsql_test_helper");
        std::vector<char*> argv;
        for (auto& argument : arguments) {
            argv.push_back(argument.data());
        }
        argv.push_back(nullptr);
        std::array<int, 2> in{};
        std::array<int, 2> out{};
        if (pipe(in.data()) != 0 || pipe(out.data()) != 0) {
            throw std::runtime_error("no pipe");
        }
        id_ = fork();
        if (id_ == 0) {
            dup2(in[0], STDIN_FILENO);
            dup2(out[1], STDOUT_FILENO);
            for (const int fd : {in[0], in[1], out[0], out[1]}) {
                close(fd);
            }
            execv(argv[0], argv.data());
            _exit(127);
        }
        close(in[0]);
        close(out[1]);
        in_ = in[1];
        out_ = out[0];
    }

    ~child_process() {
        finish();
        close_input();
        close(out_);
    }

    child_process(const child_process&) = delete;
    child_process& operator=(const child_process&) = delete;

    /// The next line that it prints; none at the end of its output, or if nothing arrives within
    /// 300 s, so that a test cannot hang.
    std::optional<std::string> read_line() {
        for (;;) {
            if (const auto end = pending_.find('\n'); end != std::string::npos) {
                std::string line = pending_.substr(0, end);
                pending_.erase(0, end + 1);
                return line;
            }
            pollfd wait{out_, POLLIN, 0};
            std::array<char, 4096> buffer;
            if (poll(&wait, 1, 300'000) <= 0) {
                return std::nullopt;
            }
            const auto count = read(out_, buffer.data(), buffer.size());
            if (count <= 0) {
                return std::nullopt;
            }
            pending_.append(buffer.data(), static_cast<std::size_t>(count));
        }
    }

    /// Closes its input. Helpers that wait do so until then.
    void close_input() {
        if (in_ >= 0) {
            close(in_);
            in_ = -1;
        }
    }

    /// Kills it at once (SIGKILL) and waits for its end.
    void finish() {
        if (id_ > 0) {
            kill(id_, SIGKILL);
            waitpid(id_, nullptr, 0);
            id_ = -1;
        }
    }

    /// Waits until it ends by itself. Returns its exit code, -1 if a signal ended it.
    int wait() {
        close_input();
        int status = 0;
        waitpid(id_, &status, 0);
        id_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

private:
    pid_t id_{-1};
    int in_{-1};
    int out_{-1};
    std::string pending_;
};

}  // namespace libsql::testing
