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

/// A connection with what belongs to it. One call at a time: one that comes while another runs
/// waits for the lock.
class connection_state : public std::enable_shared_from_this<connection_state> {
public:
    connection_state(std::shared_ptr<libsql::database> of, libsql::connection opened);

    connection_state(const connection_state&) = delete;
    connection_state& operator=(const connection_state&) = delete;

    /// The lock, for a call of the calling process. Throws `failed`: `closed` when the connection
    /// is, `timeout` when it cannot be locked in time, `interrupted` when the process has ended
    /// meanwhile. The end of the process that has it interrupts what runs. On a normal scheduler,
    /// where nothing may wait, it throws `reschedule` instead of waiting, and nothing that waits
    /// may be done while it is held.
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

    /// Ends what runs now with `interrupted`. From any thread; does not wait.
    void interrupt() noexcept {
        ++interrupts_;
        stop_.interrupt();
    }

    /// How often that was: who waits elsewhere for a lock asks.
    [[nodiscard]] std::uint64_t interrupts() const noexcept { return interrupts_; }

    /// Interrupts, refuses what comes later, and closes the connection: at once if no call runs,
    /// else when it has ended.
    void close_noexcept() noexcept;

    [[nodiscard]] bool is_abandoned() const noexcept { return abandoned_.load(); }

    /// Throws `failed` with `closed` if it is abandoned.
    void check_open() const;

    /// Does `end`, which ends something of this connection's, in the next moment when no call runs.
    /// Does not wait for that.
    void when_free(std::function<void()> end);

    /// A process has ended: if it was the owner, this is abandoned, and closed on the
    /// background worker's thread; if it has the lock, its call is interrupted.
    void process_ended(const ErlNifPid& who) noexcept;

    /// The resource of Erlang's that this belongs to, for monitors.
    void set_resource(void* resource) noexcept { resource_ = resource; }

    /// Until it is unlocked, a lock of another connection's is not waited for on this thread, of
    /// which the emulator has few: the call is `busy`, and to be made again.
    void wait_elsewhere() noexcept { elsewhere_ = waits::elsewhere; }

    /// Since then a lock has been in the way.
    [[nodiscard]] bool gave_way() const noexcept { return elsewhere_ == waits::gave_way; }

    /// The environment of the call that has the lock; null where that is no native function.
    [[nodiscard]] ErlNifEnv* caller_env() const noexcept { return caller_env_; }

    [[nodiscard]] void* resource() const noexcept { return resource_; }

    /// The process that ends this with itself.
    void own(ErlNifEnv* env) noexcept;

    /// Throws when a transaction was begun that is over, and not ended here: by the engine itself,
    /// by the loss of the server, or by a statement. What is meant for it must not run outside of
    /// it.
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
    ErlNifEnv* caller_env_{nullptr};  ///< of the call that has the lock

    enum class waits : unsigned char { here, elsewhere, gave_way };
    waits elsewhere_{waits::here};  ///< of the call that has the lock
    libsql::interrupter stop_;
    std::atomic<std::uint64_t> interrupts_{0};
    std::atomic<bool> abandoned_{false};
    void* resource_{nullptr};

    std::mutex ends_mutex_;  ///< of the next two
    std::vector<std::function<void()>> ends_;
    bool closed_{false};

    std::mutex processes_;  ///< of the next five
    std::optional<ErlNifPid> owner_;
    std::optional<ErlNifPid> watched_;  ///< whose end is reported, besides the owner
    ErlNifMonitor watch_{};
    std::optional<ErlNifPid> caller_;  ///< who has the lock
    std::uint64_t locked_count_{0};
};

/// The function has to be run where it may wait.
struct reschedule {};

/// Throws it out of a native function, as its result.
struct failed {
    libsql::error why;
};

/// The value, or `failed`.
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
