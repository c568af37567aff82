#pragma once

#include "libsql/engine/engine.h"
#include "libsql/local/callback_errors.hpp"

#include <libsql/deadline.hpp>
#include <libsql/error.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>

namespace libsql::local {

/// What ends a call of a connection early: its deadline, an interrupt, and the user's progress and
/// busy handlers. The engine's two handlers are this object's.
///
/// To be used inside a call, but for `interrupt` and `count`, which are for any thread.
class interruption {
public:
    /// `busy_timeout` is the connection's option, which PRAGMA busy_timeout changes. The progress
    /// handler is not called while `errors` reports.
    interruption(std::chrono::milliseconds& busy_timeout, const callback_errors& errors) noexcept
        : busy_timeout_(&busy_timeout), errors_(&errors) {}

    interruption(const interruption&) = delete;
    interruption& operator=(const interruption&) = delete;

    /// Installs the handlers of the connection that was opened.
    void attach(sqlite3* db) noexcept;

    /// The connection is closing: no interrupt reaches it any more.
    void detach() noexcept;

    /// Sets the deadline of the running call.
    void arm(deadline until) noexcept;
    void disarm() noexcept;

    [[nodiscard]] deadline until() const noexcept { return until_; }

    /// The running call was stopped because its deadline has passed.
    [[nodiscard]] bool timed_out() const noexcept { return timed_out_; }

    /// BEGIN, COMMIT, ROLLBACK ... run: no deadline stops them half-way.
    void set_in_control(bool on) noexcept { in_control_ = on; }

    /// The user's progress handler: called every `steps` virtual machine steps; true interrupts.
    void set_progress(int steps, std::function<bool()> handler);

    /// The user's busy handler: called before each wait for a lock with the number of previous
    /// calls; false means not to wait.
    void set_busy(std::function<bool(int)> decides) { busy_decides_.swap(decides); }

    /// How long the last wait for a lock took that was given up.
    [[nodiscard]] std::chrono::milliseconds waited() const noexcept { return waited_; }

    /// PRAGMA busy_timeout replaces our busy handler by SQLite's, which no deadline and no
    /// interrupt ends: takes its value, and puts ours back.
    void follow_busy_timeout() noexcept;

    /// Stops what runs now, and the wait for a lock.
    void interrupt() noexcept;

    /// How many interrupts there were.
    [[nodiscard]] unsigned count() const noexcept { return count_.load(std::memory_order_relaxed); }

    /// Why nothing may run any more, if so, since there were `before` interrupts: between two
    /// statements the engine notices no interrupt, and in short ones no deadline.
    [[nodiscard]] std::optional<error> stopped_since(unsigned before) const {
        if (!until_.is_set() && count() == before) [[likely]] {
            return std::nullopt;
        }
        return why_stopped_since(before);
    }

private:
    [[nodiscard]] std::optional<error> why_stopped_since(unsigned before) const;
    void install_progress() noexcept;
    void install_busy_handler() noexcept;
    static int on_busy(void* self, int attempts);
    static int on_progress(void* self);

    std::chrono::milliseconds* busy_timeout_;
    const callback_errors* errors_;

    // Interrupts come from other threads.
    std::mutex mutex_;
    std::condition_variable signal_;
    std::atomic<unsigned> count_{0};
    sqlite3* db_{nullptr};  ///< changed under the mutex

    deadline until_;
    bool timed_out_{false};
    bool in_control_{false};
    std::chrono::steady_clock::time_point busy_since_;
    std::chrono::milliseconds waited_{0};
    std::function<bool(int)> busy_decides_;  ///< whether to wait for a lock
    std::function<bool()> progress_;
    int progress_steps_{0};
    int progress_interval_{0};  ///< virtual machine steps between two calls of `on_progress`
    int progress_counted_{0};
};

}  // namespace libsql::local
