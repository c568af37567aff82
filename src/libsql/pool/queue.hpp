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

/// The place of one connection in a pool. Whoever took it from its queue owns its members, but for
/// those that are the queue's.
struct pool_slot {
    using clock = std::chrono::steady_clock;

    pool_slot(pool_queue& of, bool can_write, backoff waits)
        : queue(&of), writes(can_write), retry(waits) {}

    pool_queue* queue;
    bool writes;
    connection idle_connection{
        nullptr};  ///< the connection while it is not checked out; closed: the slot is down
    clock::time_point expires_at{clock::time_point::max()};
    clock::time_point ready_at{clock::time_point::min()};  ///< down: when to open it again
    clock::time_point idle_since{};
    backoff retry;

    // The queue's, under its mutex.
    std::shared_ptr<backend>
        target{};  ///< its connection, wherever it is; changed by the owner only
    clock::time_point taken_at{};
    bool out{false};
    bool in_maintenance{false};  ///< out for the background thread
};

/// The connections of one kind and the queue of those who wait for one. Knows nothing of how they
/// are opened: it gives out slots, also such that are down and due to be opened by the one who
/// takes them. Thread safety: all calls.
///
/// To wake a thread takes longer than a short use of a connection. So what comes back after one is
/// left for a moment to a thread that runs, be it the same; who is first in the queue looks for
/// itself whether nobody took it. That lasts for the turn of the first at most: then, and after a
/// long use, the connection is handed to it.
class pool_queue {
public:
    using clock = std::chrono::steady_clock;

    explicit pool_queue(codel control) : control_(control) {}

    /// Adds a slot whose connection is open. Before the queue is used.
    void add(pool_slot& slot);

    /// Takes a slot, waiting in the queue until `until`. `since`: when the caller first asked;
    /// `again`: it could not open the slot that it got, so it is still the first.
    result<pool_slot*> acquire(clock::time_point since, deadline until, bool again);

    /// The owner of `slot` opened `slot.idle_connection`, since `since` it has waited for that.
    /// False when the queue was closed meanwhile.
    bool connected(pool_slot& slot, clock::time_point since);

    /// The owner of `slot` could not open it: it is given back, down until `slot.ready_at`.
    void failed(pool_slot& slot, const error& why);

    /// Gives a slot back; it is down when its `idle_connection` is closed.
    void release(pool_slot& slot) noexcept;

    /// Takes a slot that needs the background thread: idle for `idle_interval`, at the end of its
    /// lifetime, or down and due. Null if none does.
    pool_slot* take_due(clock::time_point now, clock::duration idle_interval);

    /// When `take_due` may find one.
    [[nodiscard]] clock::time_point next_due(clock::duration idle_interval) const;

    /// No more checkouts; those in the queue are refused.
    void close();

    /// Waits until all slots are given back; false if the deadline passed before.
    bool wait_for_all(deadline until);

    /// Interrupts the connections that are out and makes them refuse further calls.
    void disable_those_out();

    [[nodiscard]] std::size_t count_out() const;

    /// All its connections are held by callables that this thread is in.
    [[nodiscard]] bool is_held_by_this_thread() const;

    /// At least one is.
    [[nodiscard]] bool is_used_by_this_thread() const noexcept;

    [[nodiscard]] pool_counters counters() const;

private:
    struct request {
        clock::time_point since;
        std::condition_variable signal{};
        pool_slot* slot{nullptr};
        std::optional<error> refused{};
        clock::duration look_again{};  ///< the first in the queue: in how long
    };

    result<pool_slot*> wait(std::unique_lock<std::mutex>& lock, request& r, deadline until);
    pool_slot* pick(clock::time_point now);
    void take(pool_slot& slot, clock::time_point now);
    void count_checkout(pool_slot& slot, clock::time_point since, clock::time_point now);
    void put(pool_slot& slot);
    void serve(clock::time_point now);
    void drop_front(clock::time_point now);
    [[nodiscard]] clock::time_point front_wakes_at(request& first, clock::time_point now) const;
    [[nodiscard]] clock::time_point turn_ends_at() const;
    [[nodiscard]] bool is_left_to_runners(clock::time_point now) const;
    [[nodiscard]] error unavailable(const char* why, clock::duration waited) const;

    mutable std::mutex mutex_;
    std::condition_variable all_home_;
    codel control_;
    std::vector<pool_slot*> slots_;
    std::vector<pool_slot*> idle_;  ///< the last returned at the end: its caches are warm
    std::vector<pool_slot*> down_;
    std::deque<request*> queue_;
    clock::time_point turn_began_{};  ///< when the queue was last served
    bool short_use_{false};           ///< the last use of a connection was short
    bool closed_{false};
    std::optional<error> last_failure_;
    pool_counters counters_;
};

}  // namespace libsql::detail
