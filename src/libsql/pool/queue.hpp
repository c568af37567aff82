#pragma once

#include "libsql/core/backoff.hpp"
#include "libsql/driver/access.hpp"
#include "libsql/pool/codel.hpp"

#include <libsql/connection.hpp>
#include <libsql/pool.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace libsql::detail {

class pool_queue;

/// The place of one connection in a pool. Whoever has taken it from its queue owns its members,
/// except those of the queue.
struct pool_slot {
    using clock = std::chrono::steady_clock;

    pool_slot(pool_queue& of, bool can_write, backoff waits)
        : queue(&of), writes(can_write), retry(waits) {}

    pool_queue* queue;
    bool writes;
    /// The connection while it is not checked out; closed: the slot is down.
    connection idle_connection{nullptr};
    clock::time_point expires_at{clock::time_point::max()};
    clock::time_point ready_at{clock::time_point::min()};  ///< if down: when to reopen it
    clock::time_point idle_since{};
    backoff retry;

    // For the queue, under its mutex.
    std::shared_ptr<backend> target{};  ///< its connection; changed only by the owner
    clock::time_point taken_at{};
    bool out{false};
    bool in_maintenance{false};  ///< taken by the background thread
};

/// The connections of one kind, and the queue of requests for them. It does not know how
/// connections are opened: it hands out slots, including those that are down and due to be reopened
/// by whoever takes them. Thread safety: all calls.
///
/// Waking a thread takes longer than a short use of a connection. So a connection that is returned
/// after a short use is left for a moment to running threads, even to the same one; the first
/// thread in the queue checks by itself whether nobody has taken it. The first in the queue is
/// overtaken like this only for a limited time: after that, and after a long use, the connection is
/// handed to it.
class pool_queue {
public:
    using clock = std::chrono::steady_clock;

    explicit pool_queue(codel control) : control_(control) {}

    /// Adds a slot whose connection is open. Only before the queue is used.
    void add(pool_slot& slot);

    /// Takes a slot, waiting in the queue until `until`. `since`: when the caller first asked.
    /// `again`: it could not open the slot that it was given, and so is still the first.
    result<pool_slot*> acquire(clock::time_point since, deadline until, bool again);

    /// The owner of `slot` has opened its connection, for which it has waited since `since`. False
    /// if the queue was closed in the meantime.
    bool connected(pool_slot& slot, clock::time_point since);

    /// The owner of `slot` could not open it: it is returned, and is down until `slot.ready_at`.
    void failed(pool_slot& slot, const error& why);

    /// Returns a slot. It is down if its `idle_connection` is closed.
    void release(pool_slot& slot) noexcept;

    /// Takes a slot that needs the background thread: idle for `idle_interval`, at the end of its
    /// lifetime, or down and due. Null if there is none.
    pool_slot* take_due(clock::time_point now, clock::duration idle_interval);

    /// When `take_due` may find a slot.
    [[nodiscard]] clock::time_point next_due(clock::duration idle_interval) const;

    /// Allows no more checkouts, and refuses those in the queue.
    void close();

    /// Waits until all slots are returned; false if the deadline passed first.
    bool wait_for_all(deadline until);

    /// Interrupts the connections that are checked out and makes them refuse further calls.
    void disable_checked_out();

    [[nodiscard]] std::size_t count_checked_out() const;

    /// True if callables of this thread hold all its connections.
    [[nodiscard]] bool is_held_by_this_thread() const;

    /// True if they hold at least one.
    [[nodiscard]] bool is_used_by_this_thread() const noexcept;

    [[nodiscard]] pool_counters counters() const;

private:
    struct request {
        clock::time_point since;
        std::condition_variable signal{};
        pool_slot* slot{nullptr};
        std::optional<error> refused{};
        clock::duration look_again{};  ///< for the first in the queue: after how long
    };

    result<pool_slot*> wait(std::unique_lock<std::mutex>& lock, request& r, deadline until);
    pool_slot* pick(clock::time_point now);
    void take(pool_slot& slot, clock::time_point now);
    void count_checkout(pool_slot& slot, clock::time_point since, clock::time_point now);
    void put(pool_slot& slot);
    void serve(clock::time_point now);
    void drop_front(clock::time_point now);
    [[nodiscard]] clock::time_point front_wakes_at(request& first, clock::time_point now) const;
    [[nodiscard]] clock::time_point barging_ends_at() const;
    [[nodiscard]] bool is_left_to_running_threads(clock::time_point now) const;
    [[nodiscard]] error unavailable(const char* why, clock::duration waited) const;

    mutable std::mutex mutex_;
    std::condition_variable all_returned_;
    codel control_;
    std::vector<pool_slot*> slots_;
    std::vector<pool_slot*> idle_;  ///< the last one returned is at the end: its caches are warm
    std::vector<pool_slot*> down_;
    std::deque<request*> queue_;
    clock::time_point last_served_{};  ///< when the queue was last served
    bool short_use_{false};            ///< the last use of a connection was short
    bool closed_{false};
    std::optional<error> last_failure_;
    pool_counters counters_;
};

}  // namespace libsql::detail
