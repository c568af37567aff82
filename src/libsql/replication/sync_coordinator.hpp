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

/// Who waits for a sync, and can be interrupted alone.
class sync_caller {
private:
    friend class sync_coordinator;
    std::atomic<unsigned> interrupts_{0};
};

/// Keeps one replica's file up to date, for all connections of a database: one sync at a time, and
/// one in the background from time to time. It ends with its last owner. Safe to use from any
/// thread.
class sync_coordinator {
public:
    /// Opens the file, syncs if the options say so, and starts the syncs in the background.
    static result<std::shared_ptr<sync_coordinator>> open(
        const libsql::options& chosen, const std::shared_ptr<remote::server>& server);

    sync_coordinator(libsql::options chosen, std::unique_ptr<synchroniser> works);
    ~sync_coordinator();

    sync_coordinator(const sync_coordinator&) = delete;
    sync_coordinator& operator=(const sync_coordinator&) = delete;

    /// All that the primary has.
    result<sync_result> sync(sync_caller& caller, deadline until);

    /// Until the replica has `frame`: waits for the primary to have it.
    result<sync_result> sync_until(std::uint64_t frame, sync_caller& caller, deadline until);

    /// Until the replica has `frame`, which the primary wrote. `before` is what the replica had
    /// before: a primary that had not more has written nothing, or is another one.
    result<void> catch_up(std::uint64_t frame, std::optional<std::uint64_t> before,
                          sync_caller& caller, deadline until);

    /// A write has got this number.
    void note_write(std::uint64_t frame) noexcept;

    [[nodiscard]] std::optional<std::uint64_t> max_write_frame() const noexcept;

    [[nodiscard]] std::optional<std::uint64_t> frame_number() const noexcept {
        return works_->committed();
    }

    /// The replica's log counts: see `synchroniser`.
    [[nodiscard]] bool numbers_wal() const noexcept { return works_->numbers_wal(); }

    [[nodiscard]] bool is_frozen() const noexcept { return frozen_.load(); }

    /// The parent of this process made it: its mutex and its thread are not to be waited for.
    [[nodiscard]] bool is_foreign() const noexcept { return process_.is_foreign(); }

    result<void> flush(sync_caller& caller);
    result<void> freeze(sync_caller& caller);
    [[nodiscard]] replica_status status() const;

    /// Ends the sync of `caller`, and its waiting for one.
    void interrupt(sync_caller& caller) noexcept;

private:
    class turn;

    void follow() noexcept;
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

    mutable std::mutex mutex_;  ///< of what follows
    std::condition_variable changed_;
    sync_caller* current_{nullptr};  ///< whose sync runs
    bool stopping_{false};
    std::optional<std::chrono::system_clock::time_point> last_sync_;
    std::optional<error> last_error_;

    sync_caller background_caller_;
    std::thread background_;
};

}  // namespace libsql::replication
