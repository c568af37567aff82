#pragma once

#include "libsql/replication/replica_wal.hpp"
#include "libsql/replication/sync_info_file.hpp"
#include "libsql/replication/sync_v2_client.hpp"
#include "libsql/replication/synchroniser.hpp"

#include <libsql/deadline.hpp>
#include <libsql/options.hpp>
#include <libsql/result.hpp>
#include <libsql/sync.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace libsql::replication {

/// The newer sync protocol, that of Turso Cloud: first the database as it was when a generation of
/// the primary's log began, then the frames of that log, at the positions that they have there.
/// With `sync.offline_writes` the replica's own frames go the other way.
///
/// The local content is verified: each sync asks for the last frames that both sides should have
/// once more, and they must be the same. If they are not, the primary was restored or is another
/// one, and the sync fails.
///
/// What is made durable, and in which order, so that the process can be killed at any time:
///
/// - *First content.* The state file says generation 0 before the database exists, and the first
///   generation once the content is in it and the log is empty. If killed in between, this starts
///   again: the content is one transaction, so the file is blank or complete, and nobody else uses
///   it.
/// - *Frames.* They are committed with the last frame of their transaction; then the state file is
///   updated. In between, the log has more than the state file knows: those frames are fetched once
///   more, found to be the same, and counted.
/// - *The next generation.* The log must be empty before it begins. Under the write lock, so that
///   nobody adds a frame: (1) the state file says `emptying`, and the salts of the log; (2) the
///   pages are moved into the file and the log is truncated, both synced; (3) the state file says
///   the next generation, 0 frames. If killed before the log is truncated, the log has those salts:
///   it is still the old generation, and the next process starts again. If killed after it, the log
///   is empty, or somebody has written to it since and it has other salts: it is the next
///   generation. Without `emptying` in the state file, a log that is empty or has other salts was
///   emptied by another program, which is an error.
/// - *Pushed frames* count once both the server and the state file have confirmed them. In between,
///   the next pull returns the same frames, as above.
class sync_v2_replicator final : public synchroniser {
public:
    /// Opens the replica. A new one gets its first content from the server before anybody can see
    /// it; otherwise the server is not contacted yet.
    static result<std::unique_ptr<sync_v2_replicator>> open(const libsql::options& chosen,
                                                            std::shared_ptr<remote::server> server,
                                                            deadline until);

    sync_v2_replicator(const libsql::options& chosen, std::shared_ptr<remote::server> server,
                       std::unique_ptr<replica_wal> log);

    result<std::uint64_t> pull_all(deadline until) override;

    /// Frames are those of the generation that the replica is in; a later generation contains all
    /// of them.
    result<bool> pull_to(std::uint64_t frame, deadline until) override;

    [[nodiscard]] bool numbers_wal() const noexcept override { return true; }

    [[nodiscard]] net::http_contact contact() const noexcept override { return client_.contact(); }

    result<void> checkpoint() override;

    result<void> freeze() override { return remove_state(file_, *log_, options_.busy_timeout); }

    void interrupt() noexcept override {
        log_->interrupt();
        client_.interrupt();
    }

    void clear_interrupt() noexcept override { log_->clear_interrupt(); }

private:
    enum class step : unsigned char {
        done,   ///< replica and primary have the same content
        again,  ///< there was some progress
    };

    result<void> run(std::optional<std::uint64_t> goal, deadline until);
    result<void> try_steps(std::optional<std::uint64_t> goal, deadline until);
    result<step> try_step(deadline until);
    [[nodiscard]] std::uint32_t first_to_ask_for() noexcept;
    result<void> settle(deadline until);
    result<replica_info> settled(const replica_info& known);
    result<void> begin(deadline until);
    result<void> check_unchanged();
    result<void> save(std::uint32_t durable);

    result<step> bootstrap(deadline until);
    result<void> receive_export(std::uint32_t generation, deadline until);
    result<void> begin_generation(std::uint32_t generation);

    result<step> receive(pulled_frames got, std::uint32_t first, deadline until);
    result<std::uint32_t> put_all(std::string_view frames, std::uint32_t first);
    result<step> at_end(std::uint32_t newest, deadline until);

    result<step> push(std::uint32_t newest, deadline until);
    result<std::string> read_frames(std::uint32_t first, std::uint32_t count, deadline until);
    result<void> save_pushed(std::uint32_t last, deadline until);

    [[nodiscard]] error conflict(std::string_view what) const;
    [[nodiscard]] error other_history(std::string_view what) const;
    [[nodiscard]] error conflict_at(std::uint32_t number) const;
    result<void> report_progress() const;
    result<void> count_frame(std::uint32_t number);
    void set_info(const replica_info& info) noexcept;

    libsql::options options_;
    sync_v2_client client_;
    std::unique_ptr<replica_wal> log_;
    sync_info_file file_;

    replica_info info_;          ///< the content of the state file when it was last read
    std::uint32_t log_end_{0};   ///< the last frame of the log at that time
    std::uint32_t shown_{0};     ///< the primary has confirmed up to here in this sync
    std::uint32_t shown_in_{0};  ///< in this generation
    deadline::clock::time_point last_shown_{};  ///< when it last confirmed everything
};

}  // namespace libsql::replication
