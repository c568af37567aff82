#pragma once

#include "support/temporary_directory.hpp"
#include "support/token_signer.hpp"

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace libsql::testing {

struct sqld_options {
    bool authentication{false};                 ///< every request needs a token
    bool namespaces{false};                     ///< none is there at first, `default` neither
    std::optional<unsigned> max_log_size_mb{};  ///< beyond it the log becomes a snapshot; sqld: 200
    std::string max_response_size{};            ///< "1MB"; sqld: 10MB
    std::string self_url{};                ///< what replies give as base_url; {port} is its own
    std::vector<std::string> arguments{};  ///< further ones
    bool moving_clock{false};              ///< `move_clock` can be used
};

/// What becomes of a server's data.
enum class sqld_data : bool { keep, empty };

/// The real libsql-server on free ports of 127.0.0.1, with data of its own. It ends with this
/// object, and with this process however that ends. One thread at a time.
///
/// The program is $SQLD, else `sqld` in PATH, else what `scripts/setup test` has fetched.
class sqld_server {
public:
    /// Starts it and waits until it answers. Throws when there is no program or it does not answer,
    /// so that the test fails.
    explicit sqld_server(sqld_options chosen = {});
    ~sqld_server();

    sqld_server(const sqld_server&) = delete;
    sqld_server& operator=(const sqld_server&) = delete;

    /// `http://127.0.0.1:<port>`: for clients, Hrana and replication.
    [[nodiscard]] std::string url() const;

    [[nodiscard]] unsigned http_port() const noexcept { return ports_.http.number(); }

    [[nodiscard]] unsigned admin_port() const noexcept { return ports_.admin.number(); }

    /// The port of the replication protocol between servers.
    [[nodiscard]] unsigned grpc_port() const noexcept { return ports_.grpc.number(); }

    /// -1 while it does not run.
    [[nodiscard]] pid_t pid() const noexcept { return pid_; }

    /// The folder of its data: `dbs/<namespace>/data` is a database.
    [[nodiscard]] std::string data_path() const { return directory_.file("data"); }

    /// What it has printed, for messages.
    [[nodiscard]] std::string log() const;

    /// A token that it accepts. It has to be one with authentication.
    [[nodiscard]] std::string token(const token_claims& claims = {}) const;

    /// The key that it checks tokens with; for tokens with other claims.
    [[nodiscard]] const token_signer& signer() const;

    /// Makes a database there; `settings` is JSON of the admin API. Throws when it does not.
    void create_namespace(std::string_view name, std::string_view settings = "{}");

    /// Removes one with its data. Throws when it does not.
    void delete_namespace(std::string_view name);

    /// Ends it at once, as a crash does (SIGKILL).
    void kill();

    /// Ends it in order (SIGTERM): it finishes its files.
    void stop();

    /// Holds it where it is: it keeps its connections and says nothing.
    void stop_process();
    void continue_process();

    /// Moves its clocks forward, and waits until it has done what is due by then. Needs the option.
    void move_clock(std::chrono::seconds by);

    /// Starts it again on the same ports, after `kill` as after a crash, else after `stop`.
    void restart(sqld_data data = sqld_data::keep);

private:
    /// A port that no other server of these tests takes while this holds it, running or stopped.
    class claimed_port {
    public:
        claimed_port();

        [[nodiscard]] unsigned number() const noexcept { return number_; }

    private:
        unsigned number_{0};
        std::shared_ptr<void> claim_;  // its deleter closes it
    };

    struct port_numbers {
        claimed_port http;
        claimed_port admin;
        claimed_port grpc;
    };

    [[nodiscard]] bool starts();
    [[nodiscard]] std::string clock_path() const;
    void write_clock() const;
    [[nodiscard]] std::vector<std::string> command() const;
    [[nodiscard]] bool is_running() const;
    void signal(int number) const;
    void await_end();

    sqld_options options_;
    std::optional<token_signer> signer_;
    std::chrono::seconds ahead_{0};  ///< of the real time
    temporary_directory directory_;
    port_numbers ports_;
    pid_t pid_{-1};
    std::thread keeper_;
};

}  // namespace libsql::testing
