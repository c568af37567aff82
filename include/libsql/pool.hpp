#pragma once

#include <libsql/connection.hpp>
#include <libsql/deadline.hpp>
#include <libsql/export.hpp>
#include <libsql/options.hpp>
#include <libsql/result.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace libsql {

namespace detail {
class pool_queue;
class pool_state;
struct pool_slot;
}  // namespace detail

/// The lifetime of connections. Each connection draws its own between the two limits, so that they
/// do not all end at the same time.
struct lifetime_range {
    std::chrono::milliseconds min{};  ///< at least 0
    std::chrono::milliseconds max{};  ///< at least `min`
};

/// How a pool is made. All times must be between 0 and a year.
struct pool_options {
    /// The number of connections. For a WAL file one of them writes and the others read; see
    /// `pool`.
    std::size_t pool_size{5};

    /// The number of readers beside the writer, instead of `pool_size - 1`. 0: one connection for
    /// both.
    std::optional<std::size_t> readers{};

    /// If every request of a whole `queue_interval` had to wait longer than `queue_target`,
    /// requests that have waited for twice the target are dropped until the waits get shorter. With
    /// an interval of 0 no request is dropped.
    std::chrono::milliseconds queue_target{50};

    /// How long all requests must be late before any is dropped; see `queue_target`.
    std::chrono::milliseconds queue_interval{2000};

    /// Whether a background thread pings connections that were idle for `idle_interval`, replaces
    /// those that have reached the end of their lifetime, and reconnects. Without it, a lost
    /// connection is reopened by the next checkout, and one past its lifetime is closed when it is
    /// returned.
    bool background{true};

    /// How long a connection may be idle before it is pinged.
    std::chrono::milliseconds idle_interval{1000};

    /// A connection that is older is replaced by a new one when it is not in use. None: never.
    std::optional<lifetime_range> max_lifetime{};

    /// A lost connection is reopened at once. After a failure the wait is random and grows from
    /// `backoff_min` to at most `backoff_max`. Both must be above 0.
    std::chrono::milliseconds backoff_min{1000};

    /// The longest wait between two attempts to reconnect.
    std::chrono::milliseconds backoff_max{30000};

    /// How long the destructor waits for connections in use before it interrupts them.
    std::chrono::milliseconds close_timeout{5000};

    /// Called with each new connection, also after a reconnect; the place to register functions,
    /// collations and hooks. If it returns an error or throws, connecting fails. It may run on the
    /// background thread, so what it uses must be thread-safe. It must not use the pool.
    std::function<result<void>(connection&)> after_connect{};
};

/// Counters of one kind of connection, since the pool was opened.
struct pool_counters {
    /// Connections of this kind: ready + in_use + down (+ those being pinged).
    std::size_t size{0};
    std::size_t ready{0};    ///< open and not in use
    std::size_t in_use{0};   ///< checked out
    std::size_t waiting{0};  ///< checkouts in the queue
    std::size_t down{0};     ///< lost and not yet reopened

    std::uint64_t checkouts{0};  ///< successful ones
    std::uint64_t dropped{0};   ///< requests dropped by the queue, see `pool_options::queue_target`
    std::uint64_t timeouts{0};  ///< requests whose deadline passed in the queue
    std::uint64_t reconnects{0};  ///< connections opened to replace lost or old ones

    std::chrono::nanoseconds queue_time_total{0};  ///< time spent waiting, over all checkouts
    std::chrono::nanoseconds queue_time_max{0};    ///< the longest wait of one checkout
    std::chrono::nanoseconds use_time_total{0};    ///< from checkout to return, in total
    std::chrono::nanoseconds use_time_max{0};      ///< the longest time from checkout to return
};

/// The counters of both kinds. A pool of one connection counts everything under `writer`.
struct pool_metrics {
    pool_counters readers{};  ///< connections that cannot write
    pool_counters writer{};   ///< the connection that can
};

/// A connection that is checked out of a pool. Destroying it returns the connection to the pool.
///
/// Returning it ends what was made from the connection: an open transaction is rolled back; rows,
/// cursors, held statements and blobs then fail with `closed`. The statement cache is kept, and so
/// is everything that SQL or the caller has changed in the session: pragmas, temporary tables,
/// attached databases, functions, hooks, the call listener. Thread safety: as the connection's; it
/// may be moved to another thread. It may outlive the pool.
class LIBSQL_API pooled_connection {
public:
    pooled_connection(pooled_connection&& other) noexcept = default;

    /// Returns the connection held before to its pool.
    pooled_connection& operator=(pooled_connection&& other) noexcept;
    ~pooled_connection();

    /// The connection. After `release` or a move, calls on it fail with `closed`.
    [[nodiscard]] connection* operator->() noexcept { return &connection_; }

    /// As `operator->`.
    [[nodiscard]] connection& operator*() noexcept { return connection_; }

    /// Returns the connection to the pool now. A second call does nothing.
    void release() noexcept;

    /// How long the request waited in the queue.
    [[nodiscard]] std::chrono::nanoseconds queue_time() const noexcept { return queue_time_; }

    /// How long the connection was idle before the checkout; a ping counts as use.
    [[nodiscard]] std::chrono::nanoseconds idle_time() const noexcept { return idle_time_; }

private:
    friend class detail::pool_state;
    friend class pool;

    pooled_connection(std::shared_ptr<detail::pool_state> owner, detail::pool_slot& slot,
                      std::chrono::nanoseconds queue_time) noexcept;

    std::shared_ptr<detail::pool_state> owner_;
    detail::pool_slot* slot_;
    connection connection_;
    std::chrono::nanoseconds queue_time_;
    std::chrono::nanoseconds idle_time_;
};

namespace detail {

/// Records that this thread cannot return a connection before a callable has returned. A nested
/// checkout that could never succeed is then an error instead of a deadlock.
class LIBSQL_API pool_scope {
public:
    explicit pool_scope(const pool_queue& queue) noexcept;
    ~pool_scope();

    pool_scope(const pool_scope&) = delete;
    pool_scope& operator=(const pool_scope&) = delete;

    [[nodiscard]] const pool_queue& queue() const noexcept { return *queue_; }

    [[nodiscard]] const pool_scope* outer() const noexcept { return outer_; }

    /// The innermost scope of this thread; null if there is none.
    [[nodiscard]] static const pool_scope* innermost() noexcept;

private:
    const pool_queue* queue_;
    const pool_scope* outer_;
};

}  // namespace detail

/// Connections to one database, opened once and used by many threads.
///
/// ```
/// auto db = libsql::pool::open({.database = "app.db"}).value();
/// db.write([](libsql::connection& c) { return c.execute("INSERT INTO t VALUES (1)"); }).value();
/// auto n = db.read([](libsql::connection& c) { return c.fetch_one<int>("SELECT n FROM t"); });
/// ```
/// - A WAL file: one writer and N readers. Readers are opened read-only. They see what a `write`
///   has committed as soon as it has returned.
/// - Another journal mode, exclusive locking, or a database in memory: one connection for both.
///   While it is checked out for reading, it refuses writes.
/// - `open_mode::read_only`: `pool_size` readers and no writer; `write` fails with `read_only`.
/// - A database on a server, or a replica of one: one writer and N readers of one `database`. The
///   readers of a replica read its file.
///
/// Writers wait in the queue of the pool, so only another process, or a connection outside the
/// pool, can cause `busy`, and then `busy_timeout` applies. Both queues are first in, first out,
/// with one exception: a connection that is returned within half a millisecond may be taken again
/// by a running thread ahead of the threads asleep in the queue. This ends when the first of them
/// has waited 5 ms, or 20 ms divided by the length of the queue if that is less.
///
/// Errors of a checkout have the kind `pool` unless noted: the deadline passed in the queue; the
/// request was dropped from the queue; the pool is closed; `closed` if the database was in memory
/// and its connection was closed, which has lost the data; `misuse` if the checkout could never
/// succeed, because callables of `read` or `write` on the same thread hold all connections of the
/// kind. (A second `checkout_writer` on a thread that already holds the writer as a
/// `pooled_connection` waits until its deadline: the pool cannot know that no other thread will
/// return it.)
///
/// Thread safety: all calls except moving and destroying may be made from any thread. Exception
/// safety: `std::bad_alloc` may be thrown; the pool can be used afterwards. A checkout makes no
/// round trip in remote mode.
class LIBSQL_API pool {
public:
    /// Opens all connections. The first one creates the file and puts it into WAL mode. If a
    /// connection cannot be opened, returns the error of `database::open`; `invalid_argument` for
    /// wrong options; `out_of_memory` if the background thread cannot be started.
    static result<pool> open(options database, pool_options how = {});

    pool(pool&& other) noexcept = default;

    /// Closes the pool held before, as the destructor does. No other thread may be using either
    /// pool.
    pool& operator=(pool&& other) noexcept;

    /// Calls `close(deadline::in(close_timeout))`, if the pool is open.
    ~pool();

    /// Runs `f(connection&)`, which returns a result or nothing, with a connection that cannot
    /// write. Returns what `f` returned, or the reason why there is no connection. An exception
    /// from `f` passes through. The deadline bounds the wait in the queue, not `f`. Do not return
    /// `rows`: they end when the connection is returned to the pool.
    template <class F>
    auto read(deadline until, F&& f) -> detail::outcome_of<F, connection&> {
        return run(checkout_reader(until), std::forward<F>(f));
    }

    /// As above, but waits in the queue without a deadline.
    template <class F>
    auto read(F&& f) {
        return read(deadline(), std::forward<F>(f));
    }

    /// As `read`, with the connection that can write. For a transaction, let `f` call `transact`.
    template <class F>
    auto write(deadline until, F&& f) -> detail::outcome_of<F, connection&> {
        return run(checkout_writer(until), std::forward<F>(f));
    }

    /// As above, but waits in the queue without a deadline.
    template <class F>
    auto write(F&& f) {
        return write(deadline(), std::forward<F>(f));
    }

    /// Checks out a connection that cannot write. A free one is returned even if the deadline has
    /// passed.
    [[nodiscard]] result<pooled_connection> checkout_reader(deadline until = deadline());

    /// Checks out the connection that can write; otherwise as `checkout_reader`.
    [[nodiscard]] result<pooled_connection> checkout_writer(deadline until = deadline());

    /// The counters of the connections; all 0 for a pool that was moved from. Waits for no
    /// connection.
    [[nodiscard]] pool_metrics metrics() const;

    /// Refuses new checkouts and those in the queue, and waits until all connections are returned.
    /// When the deadline passes, interrupts running queries and makes further calls on checked-out
    /// connections fail with `closed`. Then closes all connections.
    ///
    /// Error `pool`: the pool is already closed, or some connections have not been returned a
    /// second after they were interrupted. Those stay valid, and everything is closed when the last
    /// one is returned. `misuse` inside the callable of a `read` or `write` of this thread; nothing
    /// is done then.
    result<void> close(deadline until = deadline());

    /// False once `close` has begun, and for a pool that was moved from.
    [[nodiscard]] bool is_open() const noexcept;

private:
    explicit pool(std::shared_ptr<detail::pool_state> state) noexcept : state_(std::move(state)) {}

    template <class F>
    static auto run(result<pooled_connection> taken, F&& f) -> detail::outcome_of<F, connection&> {
        if (!taken) {
            return taken.error();
        }
        const detail::pool_scope scope(queue_of(*taken));
        return detail::call_for_outcome(std::forward<F>(f), **taken);
    }

    static const detail::pool_queue& queue_of(const pooled_connection& taken) noexcept;

    std::shared_ptr<detail::pool_state> state_;
};

}  // namespace libsql
