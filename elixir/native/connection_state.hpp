#pragma once

#include "terms.hpp"

#include <libsql/libsql.hpp>

#include <erl_nif.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace nif {

/// A connection and everything that belongs to it. It runs one call at a time; other calls wait for
/// the lock.
class connection_state : public std::enable_shared_from_this<connection_state> {
public:
    connection_state(std::shared_ptr<libsql::database> of, libsql::connection opened);

    connection_state(const connection_state&) = delete;
    connection_state& operator=(const connection_state&) = delete;

    /// Locks the connection for a call of the calling process. Throws `failed`: `closed` if the
    /// connection is closed, `timeout` if the lock is not free in time, `interrupted` if the
    /// process ends while waiting. If the process ends while it holds the lock, its call is
    /// interrupted. On a normal scheduler, where waiting is not allowed, it throws `reschedule`
    /// instead of waiting, and the holder must not do anything that waits.
    class connection_lock {
    public:
        connection_lock(ErlNifEnv* env, connection_state& of,
                        libsql::deadline until = libsql::deadline::never());
        ~connection_lock();
        connection_lock(const connection_lock&) = delete;
        connection_lock& operator=(const connection_lock&) = delete;

    private:
        connection_state& state_;
        std::unique_lock<std::timed_mutex> lock_;
        bool may_wait_{true};
    };

    /// Ends the running call with `interrupted`. From any thread; does not wait.
    void interrupt() noexcept {
        ++interrupts_;
        stop_.interrupt();
    }

    /// The number of interrupts so far. Elixir code that waits for a lock compares it.
    [[nodiscard]] std::uint64_t interrupts() const noexcept { return interrupts_; }

    /// Interrupts, refuses further calls, and closes the connection: at once if no call runs,
    /// otherwise at the end of the call.
    void close_noexcept() noexcept;

    [[nodiscard]] bool is_abandoned() const noexcept { return abandoned_.load(); }

    /// Throws `failed` with `closed` if the connection was abandoned.
    void check_open() const;

    /// Calls `end`, which releases an object of this connection, as soon as no call runs. Does not
    /// wait for that.
    void when_free(std::function<void()> end);

    /// Call when a process has ended. If it was the owner, the connection is abandoned, and closed
    /// on the background thread. If it holds the lock, its call is interrupted.
    void process_ended(const ErlNifPid& who) noexcept;

    /// Sets the Erlang resource that this belongs to, for monitors.
    void set_resource(void* resource) noexcept { resource_ = resource; }

    /// Until it is unlocked, the call does not wait for locks of other connections on this thread,
    /// because the emulator has few. It fails as `busy` instead, and must be repeated.
    void wait_elsewhere() noexcept { elsewhere_ = waits::elsewhere; }

    /// True if that has happened since.
    [[nodiscard]] bool gave_way() const noexcept { return elsewhere_ == waits::gave_way; }

    /// The environment of the call that holds the lock; null if that is not a native function.
    [[nodiscard]] ErlNifEnv* caller_env() const noexcept { return caller_env_; }

    [[nodiscard]] void* resource() const noexcept { return resource_; }

    /// Makes the calling process the owner: the connection is closed when that process ends.
    void own(ErlNifEnv* env) noexcept;

    /// Throws if a transaction was begun and is over without having been ended here: the engine, a
    /// lost server or a statement ended it. Statements meant for it must not run outside of it.
    void check_transaction() const;

    std::shared_ptr<libsql::database> database;
    libsql::connection connection;
    std::optional<libsql::transaction> transaction;
    bool may_load_extensions{false};

private:
    [[nodiscard]] bool has_ends() noexcept;
    void settle() noexcept;
    void close_or_retry() noexcept;

    std::timed_mutex mutex_;
    ErlNifEnv* caller_env_{nullptr};  ///< of the call that holds the lock

    enum class waits : unsigned char { here, elsewhere, gave_way };
    waits elsewhere_{waits::here};  ///< of the call that holds the lock
    libsql::interrupter stop_;
    std::atomic<std::uint64_t> interrupts_{0};
    std::atomic<bool> abandoned_{false};
    void* resource_{nullptr};

    std::mutex ends_mutex_;  ///< protects the next two
    std::vector<std::function<void()>> ends_;
    bool closed_{false};

    std::mutex processes_;  ///< protects the next five
    std::optional<ErlNifPid> owner_;
    std::optional<ErlNifPid> watched_;  ///< a monitored process other than the owner
    ErlNifMonitor watch_{};
    std::optional<ErlNifPid> caller_;  ///< holds the lock
    std::uint64_t locked_count_{0};
};

/// Thrown to run the function again on a scheduler where it may wait.
struct reschedule {};

/// Thrown out of a native function to make `why` its result.
struct failed {
    libsql::error why;
};

/// Returns the value, or throws `failed`.
template <class T>
T take(libsql::result<T>&& outcome) {
    if (!outcome) {
        throw failed{outcome.error()};
    }
    return *std::move(outcome);
}

inline void take(libsql::result<void>&& outcome) {
    if (!outcome) {
        throw failed{outcome.error()};
    }
}

}  // namespace nif
