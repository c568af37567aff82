#pragma once

#include "libsql/engine/process_mark.hpp"
#include "libsql/remote/server.hpp"
#include "libsql/replication/synchroniser.hpp"

#include <libsql/deadline.hpp>
#include <libsql/options.hpp>
#include <libsql/result.hpp>
#include <libsql/sync.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace libsql::replication {

/// A caller that waits for a sync and can be interrupted on its own.
class sync_caller {
private:
    friend class sync_coordinator;
    std::atomic<unsigned> interrupts_{0};
};

/// Keeps the file of one replica up to date, for all connections of a database: one sync at a time,
/// and regular syncs in the background. It ends with its last owner. May be used from any thread.
class sync_coordinator {
public:
    /// Opens the file, syncs if the options say so, and starts the background syncs.
    static result<std::shared_ptr<sync_coordinator>> open(
        const libsql::options& chosen, const std::shared_ptr<remote::server>& server);

    sync_coordinator(libsql::options chosen, std::unique_ptr<synchroniser> works);
    ~sync_coordinator();

    sync_coordinator(const sync_coordinator&) = delete;
    sync_coordinator& operator=(const sync_coordinator&) = delete;

    /// Syncs everything that the primary has.
    result<sync_result> sync(sync_caller& caller, deadline until);

    /// Syncs until the replica has `frame`, waiting for the primary to have it.
    result<sync_result> sync_until(std::uint64_t frame, sync_caller& caller, deadline until);

    /// Syncs until the replica has `frame`, which the primary has written. `before` is what the
    /// replica had before: a primary that did not have more has written nothing, or is another one.
    result<void> catch_up(std::uint64_t frame, std::optional<std::uint64_t> before,
                          sync_caller& caller, deadline until);

    /// Records the frame number of a write.
    void note_write(std::uint64_t frame) noexcept;

    [[nodiscard]] std::optional<std::uint64_t> max_write_frame() const noexcept;

    [[nodiscard]] std::optional<std::uint64_t> frame_number() const noexcept {
        return works_->committed();
    }

    /// Whether the log of the replica must be kept: see `synchroniser`.
    [[nodiscard]] bool numbers_wal() const noexcept { return works_->numbers_wal(); }

    [[nodiscard]] bool is_frozen() const noexcept { return frozen_.load(); }

    /// True if the parent of this process made it: its mutex and thread must not be waited for.
    [[nodiscard]] bool is_foreign() const noexcept { return process_.is_foreign(); }

    result<void> flush(sync_caller& caller);
    result<void> freeze(sync_caller& caller);
    [[nodiscard]] replica_status status() const;

    /// Interrupts the sync of `caller`, and its wait for one.
    void interrupt(sync_caller& caller) noexcept;

private:
    class exclusive_use;

    void sync_regularly() noexcept;
    result<sync_result> sync_without_timeout(sync_caller& caller, deadline until);
    bool sleep(std::chrono::milliseconds duration);
    [[nodiscard]] std::optional<error> waiting() const;
    void note_end(const std::optional<error>& failure);
    void stop() noexcept;

    const detail::process_mark process_;
    libsql::options options_;
    std::unique_ptr<synchroniser> works_;
    std::atomic<bool> frozen_{false};
    std::atomic<std::uint64_t> max_write_end_{0};  ///< plus one; 0: none

    mutable std::mutex mutex_;  ///< for the members below
    std::condition_variable changed_;
    sync_caller* current_{nullptr};  ///< the caller whose sync runs
    bool stopping_{false};
    std::optional<std::chrono::system_clock::time_point> last_sync_;
    std::optional<error> last_error_;

    sync_caller background_caller_;
    std::thread background_;
};

}  // namespace libsql::replication
