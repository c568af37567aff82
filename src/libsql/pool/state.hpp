#pragma once

#include "libsql/engine/process_mark.hpp"
#include "libsql/pool/queue.hpp"

#include <libsql/database.hpp>
#include <libsql/pool.hpp>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <stop_token>
#include <thread>

namespace libsql::detail {

/// The state of a pool: opens, checks and closes its connections. Shared by the pool and the
/// connections checked out of it. Thread safety: all calls.
class pool_state : public std::enable_shared_from_this<pool_state> {
public:
    static result<std::shared_ptr<pool_state>> open(options database, pool_options how);

    pool_state(options database, pool_options how);
    ~pool_state();

    result<pooled_connection> checkout_reader(deadline until);
    result<pooled_connection> checkout_writer(deadline until);

    /// Takes back the connection of `slot`: prepares it for its next user, or closes it.
    void check_in(pool_slot& slot, connection back) noexcept;

    result<void> close(deadline until);

    /// True if the parent of this process made it.
    [[nodiscard]] bool is_foreign() const noexcept { return process_.is_foreign(); }

    [[nodiscard]] bool is_open() const noexcept {
        return !closing_.load(std::memory_order_relaxed);
    }

    [[nodiscard]] pool_metrics metrics() const;

    [[nodiscard]] const pool_options& settings() const noexcept { return settings_; }

private:
    using clock = pool_queue::clock;

    result<void> open_all();
    result<void> open_first_writer(bool& has_wal);
    result<void> add_slot(pool_queue& queue, bool writes);
    result<connection> connect(bool writes);
    result<connection> connect_to_server(bool writes);
    result<pooled_connection> checkout(pool_queue& queue, deadline until);
    result<void> revive(pool_slot& slot, clock::time_point since);
    [[nodiscard]] bool is_fit(const pool_slot& slot, const connection& back) const;
    [[nodiscard]] clock::time_point draw_end_of_life();
    void close_all() noexcept;

    void run_maintenance(const std::stop_token& stop);
    void maintain(pool_slot& slot);
    void stop_maintenance();
    void wake_maintenance() noexcept;

    const process_mark process_;
    options for_writer_;
    options for_readers_;
    pool_options settings_;
    std::optional<database> server_;  ///< in remote and replica mode: shared by all connections
    bool is_memory_;                  ///< closing the connection loses the data
    bool is_shared_{false};           ///< one connection reads and writes

    pool_queue writer_;
    pool_queue readers_;
    std::deque<pool_slot> slots_;
    std::atomic<bool> closing_{false};

    std::mutex mutex_;  ///< for the members below
    std::minstd_rand random_;
    std::condition_variable_any maintenance_signal_;
    bool maintenance_woken_{false};
    std::jthread maintenance_thread_;
};

}  // namespace libsql::detail
