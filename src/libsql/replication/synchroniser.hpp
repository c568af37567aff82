#pragma once

#include "libsql/net/http_session.hpp"

#include <libsql/deadline.hpp>
#include <libsql/error.hpp>
#include <libsql/result.hpp>
#include <libsql/sync.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

namespace libsql::replication {

/// The number of a frame, which any thread may read; none at first.
class frame_number {
public:
    void set(std::optional<std::uint64_t> now) noexcept { end_ = now ? *now + 1 : 0; }

    [[nodiscard]] std::optional<std::uint64_t> get() const noexcept {
        const std::uint64_t end = end_.load();
        return end == 0 ? std::nullopt : std::optional(end - 1);
    }

    /// The number plus one; 0: none.
    [[nodiscard]] std::uint64_t end() const noexcept { return end_.load(); }

private:
    std::atomic<std::uint64_t> end_{0};
};

/// Pulls the primary's frames into a replica, with one of the protocols. One thread at a time,
/// except that `interrupt` and the functions that only report may be called from any.
class synchroniser {
public:
    virtual ~synchroniser() = default;

    synchroniser(const synchroniser&) = delete;
    synchroniser& operator=(const synchroniser&) = delete;

    /// Pulls until the replica has what the primary had then. Returns the number of frames received
    /// and sent.
    virtual result<std::uint64_t> pull_all(deadline until) = 0;

    /// Pulls until the replica has `frame`. False if the primary says that it has no such frame.
    virtual result<bool> pull_to(std::uint64_t frame, deadline until) = 0;

    /// The number of frames that the running pull, or the last one, has received.
    [[nodiscard]] std::uint64_t pulled() const noexcept { return progress_.frames; }

    /// The last frame of the replica.
    [[nodiscard]] std::optional<std::uint64_t> committed() const noexcept {
        return committed_.get();
    }

    /// The last frame of the primary, when it was last asked.
    [[nodiscard]] std::optional<std::uint64_t> newest() const noexcept { return newest_.get(); }

    /// True if frames are numbered by their positions in the log, which only a sync may then empty.
    /// The numbers that the server gives to writes are different ones.
    [[nodiscard]] virtual bool numbers_wal() const noexcept = 0;

    /// When the server was last heard from. From any thread.
    [[nodiscard]] virtual net::http_contact contact() const noexcept = 0;

    /// Why the running pull is retrying; none if it makes progress, or is over. From any thread.
    [[nodiscard]] std::optional<error> trouble() const {
        const std::lock_guard lock(trouble_mutex_);
        return trouble_;
    }

    /// Moves the pages of the log into the database file, as far as readers allow.
    virtual result<void> checkpoint() = 0;

    /// Turns the file of the replica into a plain database.
    virtual result<void> freeze() = 0;

    /// Interrupts the running pull, which fails with `interrupted`.
    virtual void interrupt() noexcept = 0;

    /// Called when the interrupted operation is over.
    virtual void clear_interrupt() noexcept = 0;

protected:
    synchroniser() = default;

    void set_trouble(const std::optional<error>& why) {
        const std::lock_guard lock(trouble_mutex_);
        trouble_ = why;
    }

    /// Removes the state file of the replica whose log is `log`: the database is a plain one then.
    template <class Log, class StateFile>
    static result<void> remove_state(const StateFile& state, Log& log,
                                     std::chrono::milliseconds busy_timeout) {
        if (auto begun = log.begin(deadline::in(busy_timeout)); !begun) {
            return begun.error();
        }
        auto removed = state.remove();
        log.end();
        if (removed) {
            // Pages that readers still need remain in the log.
            static_cast<void>(log.checkpoint_all());
        }
        return removed;
    }

    /// `opened`; if that failed, without the state file that was created for it.
    template <class T, class StateFile>
    static result<T> or_remove(const StateFile& state, bool is_new, result<T> opened) {
        if (!opened && is_new) {
            static_cast<void>(state.remove());
        }
        return opened;
    }

    sync_progress progress_;
    frame_number committed_;
    frame_number newest_;

private:
    mutable std::mutex trouble_mutex_;
    std::optional<error> trouble_;
};

}  // namespace libsql::replication
