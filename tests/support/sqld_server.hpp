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
    bool authentication{false};  ///< every request needs a token
    bool namespaces{false};      ///< there are no databases at first, not even `default`
    std::optional<unsigned> max_log_size_mb{};  ///< a larger log becomes a snapshot; sqld: 200
    std::string max_response_size{};            ///< "1MB"; sqld: 10MB
    std::string self_url{};                ///< the base_url in replies; {port} is the server's own
    std::vector<std::string> arguments{};  ///< further ones
    bool moving_clock{false};              ///< allows `move_clock`
};

/// What a restart does with a server's data.
enum class sqld_data : bool { keep, empty };

/// The real libsql-server on free ports of 127.0.0.1, with its own data. It ends with this object,
/// and also with this process, however that ends. One thread at a time.
///
/// The program is $SQLD, or else `sqld` in PATH, or else the one that `scripts/setup test` has
/// downloaded.
class sqld_server {
public:
    /// Starts it and waits until it answers. If there is no program or no answer, it throws, so
    /// that the test fails.
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

    /// -1 while it is not running.
    [[nodiscard]] pid_t pid() const noexcept { return pid_; }

    /// The folder of its data. `dbs/<namespace>/data` is a database.
    [[nodiscard]] std::string data_path() const { return directory_.file("data"); }

    /// Its output so far, for messages.
    [[nodiscard]] std::string log() const;

    /// A token that it accepts. Requires the option `authentication`.
    [[nodiscard]] std::string token(const token_claims& claims = {}) const;

    /// Signs tokens that it accepts, for tokens with other claims.
    [[nodiscard]] const token_signer& signer() const;

    /// Creates a database; `settings` is JSON for the admin API. Throws if that fails.
    void create_namespace(std::string_view name, std::string_view settings = "{}");

    /// Deletes a database and its data. Throws if that fails.
    void delete_namespace(std::string_view name);

    /// Kills it, as in a crash (SIGKILL).
    void kill();

    /// Stops it in an orderly way (SIGTERM), so that it completes its files.
    void stop();

    /// Suspends it: it keeps its connections and does not answer.
    void stop_process();
    void continue_process();

    /// Moves its clocks forward, and waits until it has done what is due by then. Requires the
    /// option `moving_clock`.
    void move_clock(std::chrono::seconds by);

    /// Starts it again on the same ports, after `kill` as after a crash, otherwise after `stop`.
    void restart(sqld_data data = sqld_data::keep);

private:
    /// A port that no other server of these tests uses while this object exists, whether its own
    /// server runs or not.
    class claimed_port {
    public:
        claimed_port();

        [[nodiscard]] unsigned number() const noexcept { return number_; }

    private:
        unsigned number_{0};
        std::shared_ptr<void> claim_;  // its deleter closes the socket
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
    std::chrono::seconds ahead_{0};  ///< ahead of the real time
    temporary_directory directory_;
    port_numbers ports_;
    pid_t pid_{-1};
    std::thread keeper_;
};

}  // namespace libsql::testing
