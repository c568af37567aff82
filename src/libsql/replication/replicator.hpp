#pragma once

#include "libsql/replication/injector.hpp"
#include "libsql/replication/pull_transaction.hpp"
#include "libsql/replication/replication_client.hpp"
#include "libsql/replication/synchroniser.hpp"
#include "libsql/replication/wal_index_file.hpp"

#include <libsql/deadline.hpp>
#include <libsql/options.hpp>
#include <libsql/result.hpp>
#include <libsql/sync.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace libsql::replication {

/// The sync protocol of libsql-server.
///
/// Temporary failures (the server cannot be reached, is busy, or is still making a snapshot) are
/// retried until the deadline, or for half a minute if there is none.
///
/// The local content is verified. At each handshake the primary has to prove that it has the local
/// content: the checksum of the last frame covers all frames before it. This is done once per
/// session of the server, which begins when the server starts. In addition, before the first sync
/// of a process, and whenever it has the write lock, the local log has to be the one that the state
/// file describes. Frames that were lost with it are fetched again; whatever else does not match is
/// pulled anew.
class replicator final : public synchroniser {
public:
    /// Opens the file, or creates a new replica. Does not contact the server yet.
    static result<std::unique_ptr<replicator>> open(const libsql::options& chosen,
                                                    std::shared_ptr<remote::server> server);

    replicator(const libsql::options& chosen, std::shared_ptr<remote::server> server,
               std::unique_ptr<injector> into, wal_index_file state);
    ~replicator() override;

    replicator(const replicator&) = delete;
    replicator& operator=(const replicator&) = delete;

    /// Performs a handshake, and pulls until the replica has what the primary had then. Returns the
    /// number of frames received.
    result<std::uint64_t> pull_all(deadline until) override;

    /// Pulls until the replica has `frame`, and no further than necessary; performs a handshake
    /// only if it needs one. False if the primary says that it has no such frame.
    result<bool> pull_to(std::uint64_t frame, deadline until) override;

    [[nodiscard]] bool numbers_wal() const noexcept override { return false; }

    [[nodiscard]] net::http_contact contact() const noexcept override { return client_.contact(); }

    /// Moves the pages of the log into the database file, as far as readers allow.
    result<void> checkpoint() override { return move_log(); }

    /// Turns the file of the replica into a plain database.
    result<void> freeze() override {
        return remove_state(state_file_, *into_, options_.busy_timeout);
    }

    /// Interrupts the running pull, which fails with `interrupted`.
    void interrupt() noexcept override {
        into_->interrupt();
        client_.interrupt();
    }

    /// Called when the interrupted operation is over.
    void clear_interrupt() noexcept override { into_->clear_interrupt(); }

private:
    enum class step : unsigned char {
        done,             ///< the goal is reached
        again,            ///< there was some progress
        short_of_frames,  ///< the replica has everything, and the goal is beyond it
    };

    using step_end = std::variant<step, call_failure>;

    /// Pulls up to `goal`; without one, up to the end of the log at the first handshake.
    result<step> pull(std::optional<std::uint64_t> goal, deadline until);
    result<step> try_steps(std::optional<std::uint64_t> goal, deadline until);
    step_end try_step(std::optional<std::uint64_t> goal, deadline until);
    std::optional<call_failure> ensure_handshake(deadline until);
    std::optional<call_failure> shake_hands(deadline until);
    result<void> settle(deadline until);
    result<replica_state> settled(const replica_state& known);
    result<void> move_log();
    void lift_mark();
    step_end transact(std::optional<std::uint64_t> goal, deadline until);
    std::optional<step_end> make_call(pull_transaction& into, bool& as_snapshot, deadline until);
    step_end no_frames_received();
    step_end finish(pull_transaction& all);
    result<pull_plan> plan(std::optional<std::uint64_t> goal);
    [[nodiscard]] bool has_same_log() const noexcept;
    [[nodiscard]] bool is_proved() const noexcept;
    [[nodiscard]] bool has(std::uint64_t frame) const noexcept;
    [[nodiscard]] std::optional<error> report_progress() const;
    void set_state(const replica_state& now) noexcept;

    libsql::options options_;
    replication_client client_;
    std::unique_ptr<injector> into_;
    wal_index_file state_file_;

    replica_state state_;
    bool knows_protocol_{false};
    std::optional<hello> hello_;
    bool fresh_hello_{false};                 ///< from this pull
    std::optional<replica_state> disproved_;  ///< not the beginning of what the primary has
    bool settled_{false};                     ///< state file and local log belong together
    std::optional<replica_state> marked_;     ///< what this pull wrote, with its mark
    bool session_denied_{false};              ///< by the call after the last handshake
};

}  // namespace libsql::replication
