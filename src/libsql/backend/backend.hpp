#pragma once

#include "libsql/core/effective_deadline.hpp"
#include "libsql/engine/process_mark.hpp"

#include <libsql/argument.hpp>
#include <libsql/batch.hpp>
#include <libsql/call_listener.hpp>
#include <libsql/column.hpp>
#include <libsql/deadline.hpp>
#include <libsql/detail/row_source.hpp>
#include <libsql/options.hpp>
#include <libsql/result.hpp>
#include <libsql/result_set.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace libsql::detail {

/// How long the destructor of a handle waits for a server that does not answer.
inline constexpr std::chrono::seconds longest_drop(10);

/// Who is told of each call of a connection; null: nobody.
using shared_listener = std::shared_ptr<const std::function<void(const call_event&)>>;

/// A compiled statement that a `libsql::statement` holds. Owned by its backend.
class prepared {
public:
    prepared(const prepared&) = delete;
    prepared& operator=(const prepared&) = delete;

    virtual result<execution> execute(arguments_view arguments, deadline until) = 0;
    virtual result<row_source*> query(arguments_view arguments, deadline until) = 0;
    virtual result<void> bind(arguments_view arguments) = 0;
    virtual result<void> reset() = 0;
    virtual result<std::vector<std::optional<std::string>>> parameters() = 0;
    virtual result<std::vector<column>> columns() = 0;
    virtual result<bool> is_read_only() = 0;
    virtual result<int> explain_mode() = 0;
    virtual result<std::string> expanded_sql() = 0;

    [[nodiscard]] std::string_view sql() const noexcept { return sql_; }

    /// True if it was ended while it was held, because its connection was passed to another user.
    [[nodiscard]] virtual bool is_detached() const noexcept = 0;

    /// Called when the holder is finished with it.
    virtual void discard() noexcept = 0;

protected:
    explicit prepared(std::string sql) noexcept : sql_(std::move(sql)) {}

    ~prepared() = default;

    const std::string sql_;
};

/// A connection in one of the modes. Public handles share ownership of it, so it outlives them all;
/// once it is closed, its calls fail with `closed`.
///
/// `run` is the general operation: statements under conditions, with the result of each. `execute`
/// runs one statement, and `query` runs one and returns its rows.
class backend : public std::enable_shared_from_this<backend> {
public:
    backend(const backend&) = delete;
    backend& operator=(const backend&) = delete;
    virtual ~backend() = default;

    /// `of_transaction`: called through the handle of a transaction; no step may run after its end.
    virtual result<batch_result> run(const batch& steps, batch_mode mode, bool of_transaction,
                                     deadline until) = 0;
    virtual result<execution> execute(std::string_view sql, arguments_view arguments,
                                      deadline until) = 0;
    virtual result<row_source*> query(std::string_view sql, arguments_view arguments,
                                      deadline until) = 0;

    /// As `query`, for a reader that wants to wait only for the first row, or not to hold many rows
    /// in memory.
    virtual result<row_source*> query_streamed(std::string_view sql, arguments_view arguments,
                                               deadline until) {
        return query(sql, arguments, until);
    }

    virtual result<prepared*> prepare(std::string_view sql) = 0;

    /// Whether each call is a round trip, so that what can be sent together should be.
    [[nodiscard]] virtual bool is_remote() const noexcept { return false; }

    virtual result<void> ping(deadline until) = 0;
    virtual result<void> reset() = 0;
    virtual result<void> close() = 0;

    /// Prepares the connection for its next user: ends what the last one left open (transaction,
    /// rows, held statements, blobs ...), which then fails with an error. Cached statements are
    /// kept. Cheap when nothing is open.
    virtual result<void> reset_for_reuse() = 0;

    /// Ends the backend because its connection handle is gone. As `close`, but cannot fail.
    virtual void close_noexcept() noexcept = 0;
    virtual void interrupt() noexcept = 0;

    /// Interrupts, and makes further calls fail with `closed`. From any thread. What is open stays
    /// in memory until `close` or `close_noexcept`, because its user may be reading it.
    virtual void disable() noexcept = 0;

    /// True after a failure (I/O, corruption) after which a new connection is preferable.
    [[nodiscard]] virtual bool is_broken() const noexcept = 0;

    [[nodiscard]] virtual bool is_open() const noexcept = 0;

    // While another thread's call runs, these answer as for a closed connection.
    [[nodiscard]] virtual bool is_autocommit() noexcept = 0;
    [[nodiscard]] virtual std::int64_t last_insert_rowid() noexcept = 0;
    [[nodiscard]] virtual std::int64_t changes() noexcept = 0;
    [[nodiscard]] virtual std::int64_t total_changes() noexcept = 0;

    [[nodiscard]] virtual const libsql::options& options() const noexcept = 0;

    /// Refuses writes (true), or revokes one refusal (false). Writes are allowed when none is left.
    virtual result<void> set_read_only(bool on) = 0;

    /// Ends the open rows and cursors that were started in the current transaction.
    virtual void end_readers() noexcept = 0;

    /// The part that works on a file or on memory in this process: a `local::connection`, either
    /// this object or a part of it; null in remote mode.
    [[nodiscard]] virtual backend* local_part() noexcept = 0;

    /// The listener that each call is reported to; null: none. Like the calls, used by one thread
    /// at a time.
    [[nodiscard]] const shared_listener& listener() const noexcept { return listener_; }

    void set_listener(shared_listener told) noexcept { listener_ = std::move(told); }

    /// Records how long the connection's new user waited in the queue of a pool; reported with the
    /// next call.
    void note_queue_time(std::chrono::nanoseconds waited) noexcept { queue_time_ = waited; }

    std::chrono::nanoseconds take_queue_time() noexcept {
        return std::exchange(queue_time_, std::chrono::nanoseconds(0));
    }

    /// True if the parent of this process opened it before a fork(): see `process_mark`.
    [[nodiscard]] bool is_foreign() const noexcept { return process_.is_foreign(); }

    /// The serial number of the open transaction; 0 if none was opened through a handle.
    [[nodiscard]] std::uint64_t current_transaction() const noexcept {
        return transaction_.load(std::memory_order_relaxed);
    }

    /// Records that a transaction was opened, in which writes are refused if `read_only`. Returns
    /// its serial number.
    std::uint64_t transaction_began(bool read_only) noexcept;

    /// Records that the transaction is over, whoever ended it, and with it its savepoints. Returns
    /// true, once, if it was read-only: the caller must then revoke the refusal of writes.
    bool transaction_ended() noexcept;

    struct opened_savepoint {
        std::uint64_t serial;
        std::size_t depth;  ///< how many are open around it
    };

    opened_savepoint savepoint_opened();
    [[nodiscard]] bool savepoint_is_open(std::uint64_t serial) const noexcept;

    /// Forgets the savepoints above `serial`, and `serial` itself if `inclusive`.
    void savepoints_ended(std::uint64_t serial, bool inclusive) noexcept;

protected:
    backend() = default;

private:
    const process_mark process_;
    shared_listener listener_;
    std::chrono::nanoseconds queue_time_{0};
    std::atomic<std::uint64_t> transaction_{0};
    mutable std::mutex mutex_;  ///< for what follows: it is used outside the backend's calls
    std::uint64_t last_serial_{0};
    bool read_only_transaction_{false};
    std::vector<std::uint64_t> savepoints_;
};

}  // namespace libsql::detail
