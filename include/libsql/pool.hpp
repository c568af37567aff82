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

/// How long connections live: each draws its own lifetime between the two, so that they do not all
/// end at once.
struct lifetime_range {
    std::chrono::milliseconds min{};  ///< at least 0
    std::chrono::milliseconds max{};  ///< at least `min`
};

/// How a pool is made. All times are from 0 to a year.
struct pool_options {
    /// Connections in all: for a WAL file one writer and the rest readers, see `pool`.
    std::size_t pool_size{5};

    /// Readers beside the writer, instead of `pool_size - 1`. 0: one connection for everything.
    std::optional<std::size_t> readers{};

    /// When every request of a whole `queue_interval` had to wait longer than `queue_target`,
    /// requests that have waited twice that are dropped until it gets better. Interval 0: none is
    /// dropped.
    std::chrono::milliseconds queue_target{50};

    /// How long requests must be late before any is dropped; see `queue_target`.
    std::chrono::milliseconds queue_interval{2000};

    /// A background thread pings connections that were idle for `idle_interval`, replaces those at
    /// the end of their lifetime and reconnects. Without it a lost connection is opened again by
    /// the next checkout, and one past its lifetime is given up when it is given back.
    bool background{true};

    /// How long a connection may be idle before it is pinged.
    std::chrono::milliseconds idle_interval{1000};

    /// A connection that is older is replaced by a new one when it is not in use. None: never.
    std::optional<lifetime_range> max_lifetime{};

    /// A lost connection is opened again at once; after a failure the wait is random and grows from
    /// `backoff_min` to at most `backoff_max`. Both above 0.
    std::chrono::milliseconds backoff_min{1000};

    /// The longest wait between two attempts to reconnect.
    std::chrono::milliseconds backoff_max{30000};

    /// How long the destructor waits for connections in use before it interrupts them.
    std::chrono::milliseconds close_timeout{5000};

    /// Run on each new connection, also after a reconnect: the place to register functions,
    /// collations and hooks. An error (or exception) makes the connecting fail. It may run on the
    /// background thread, so what it uses must be thread-safe; it must not use the pool.
    std::function<result<void>(connection&)> after_connect{};
};

/// Connections of one kind, counted since the pool was opened.
struct pool_counters {
    std::size_t size{0};  ///< connections of the kind: ready + in_use + down (+ those being pinged)
    std::size_t ready{0};    ///< open and not in use
    std::size_t in_use{0};   ///< checked out
    std::size_t waiting{0};  ///< checkouts in the queue
    std::size_t down{0};     ///< lost, and not yet open again

    std::uint64_t checkouts{0};  ///< successful ones
    std::uint64_t dropped{
        0};  ///< requests that the queue dropped, see `pool_options::queue_target`
    std::uint64_t timeouts{0};    ///< requests whose deadline passed in the queue
    std::uint64_t reconnects{0};  ///< connections opened in place of lost or old ones

    std::chrono::nanoseconds queue_time_total{0};  ///< waiting, over all checkouts
    std::chrono::nanoseconds queue_time_max{0};    ///< the longest wait of one checkout
    std::chrono::nanoseconds use_time_total{0};    ///< from checkout to return, over those returned
    std::chrono::nanoseconds use_time_max{0};      ///< the longest time for which one was out
};

/// Both kinds. A pool of one connection counts everything under `writer`.
struct pool_metrics {
    pool_counters readers{};  ///< connections that cannot write
    pool_counters writer{};   ///< the connection that can
};

/// A connection that is checked out of a pool. Dropping it gives it back.
///
/// What was made from the connection ends when it is given back: an open transaction is rolled
/// back; rows, cursors, held statements and blobs give `closed`. The statement cache stays, and so
/// does what SQL or the caller changed in the session: pragmas, temporary tables, attached
/// databases, functions, hooks. Thread safety: as the connection's; it may be moved to another
/// thread. It may outlive the pool.
class LIBSQL_API pooled_connection {
public:
    pooled_connection(pooled_connection&& other) noexcept = default;

    /// Gives back the connection that was here.
    pooled_connection& operator=(pooled_connection&& other) noexcept;
    ~pooled_connection();

    /// The connection. After `release` or a move it is one whose calls give `closed`.
    [[nodiscard]] connection* operator->() noexcept { return &connection_; }

    /// As `operator->`.
    [[nodiscard]] connection& operator*() noexcept { return connection_; }

    /// Gives it back now. Again: does nothing.
    void release() noexcept;

    /// How long the request waited in the queue.
    [[nodiscard]] std::chrono::nanoseconds queue_time() const noexcept { return queue_time_; }

    /// How long the connection was idle before; pings count as use.
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

/// Notes that this thread cannot give a connection back before a callable has returned, so that a
/// nested checkout that could never succeed is an error instead of a deadlock.
class LIBSQL_API pool_scope {
public:
    explicit pool_scope(const pool_queue& queue) noexcept;
    ~pool_scope();

    pool_scope(const pool_scope&) = delete;
    pool_scope& operator=(const pool_scope&) = delete;

    [[nodiscard]] const pool_queue& queue() const noexcept { return *queue_; }

    [[nodiscard]] const pool_scope* outer() const noexcept { return outer_; }

    /// The innermost scope of this thread, null if there is none.
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
/// - Another journal mode, exclusive locking, or a database in memory: one connection for both;
///   while it is checked out for reading, writes are refused.
/// - `open_mode::read_only`: `pool_size` readers and no writer; `write` gives `read_only`.
/// - A database on a server, or a replica of one: one writer and N readers of one `database`. A
///   replica's readers read its file.
///
/// Writers queue here, so that only another process (or a connection outside the pool) can make one
/// `busy`, and then `busy_timeout` rules. Both queues are first in, first out, but for this: what
/// comes back within half a millisecond may be taken again by a thread that runs, before those that
/// sleep in the queue; for 5 ms, and 20 ms for all in the queue together, until the first gets it.
///
/// Errors of a checkout, all of kind `pool` unless noted: the deadline passed in the queue; the
/// request was dropped from the queue; the pool is closed; `closed` when the connection to a
/// database in memory was closed, and its data is gone; `misuse` where it could never succeed:
/// inside the callable of a `read` or `write` on the same thread, when these hold all connections
/// of the kind. (A second `checkout_writer` while a `pooled_connection` of the same thread is the
/// writer waits until its deadline: the pool cannot know that nobody else will give it back.)
///
/// Thread safety: all calls but moving and destroying, from any thread.
class LIBSQL_API pool {
public:
    /// Opens all connections; the first one creates the file and puts it in WAL mode. Any failure
    /// to open one is returned, as `database::open` gives it; `invalid_argument` for the options.
    static result<pool> open(options database, pool_options how = {});

    pool(pool&& other) noexcept = default;

    /// Closes the pool that was here, as destroying it does. No other thread may be using either.
    pool& operator=(pool&& other) noexcept;

    /// As `close(deadline::in(close_timeout))`.
    ~pool();

    /// Runs `f(connection&)`, which returns a result, with a connection that cannot write. Returns
    /// what `f` returned, or why there is no connection. An exception from `f` passes through. The
    /// deadline bounds the wait in the queue, not `f`. Do not return `rows`: they end with the
    /// checkout.
    template <class F>
    auto read(deadline until, F&& f) -> std::remove_cvref_t<std::invoke_result_t<F, connection&>> {
        return run(checkout_reader(until), std::forward<F>(f));
    }

    /// As above; waits in the queue without a deadline.
    template <class F>
    auto read(F&& f) {
        return read(deadline(), std::forward<F>(f));
    }

    /// As `read`, with the connection that can write. For a transaction, `f` calls `transact`.
    template <class F>
    auto write(deadline until, F&& f) -> std::remove_cvref_t<std::invoke_result_t<F, connection&>> {
        return run(checkout_writer(until), std::forward<F>(f));
    }

    /// As above; waits in the queue without a deadline.
    template <class F>
    auto write(F&& f) {
        return write(deadline(), std::forward<F>(f));
    }

    /// A connection that cannot write. A free one is given even when the deadline has passed.
    [[nodiscard]] result<pooled_connection> checkout_reader(deadline until = deadline());

    /// The connection that can write.
    [[nodiscard]] result<pooled_connection> checkout_writer(deadline until = deadline());

    /// What its connections do and have done; all 0 for a pool that was moved from.
    [[nodiscard]] pool_metrics metrics() const;

    /// Refuses new checkouts and those in the queue, and waits until all connections are given
    /// back. When the deadline passes, running queries are interrupted and what is checked out
    /// refuses further calls (`closed`). Then closes all.
    ///
    /// Error `pool`: it is closed already, or some connections have not come back a second after
    /// they were interrupted; these stay valid and all is closed when the last is given back.
    /// `misuse`, and nothing is done, inside the callable of a `read` or `write` of this thread.
    result<void> close(deadline until = deadline());

    /// False once `close` has begun, and for a pool that was moved from.
    [[nodiscard]] bool is_open() const noexcept;

private:
    explicit pool(std::shared_ptr<detail::pool_state> state) noexcept : state_(std::move(state)) {}

    template <class F>
    static auto run(result<pooled_connection> taken, F&& f)
        -> std::remove_cvref_t<std::invoke_result_t<F, connection&>> {
        if (!taken) {
            return taken.error();
        }
        const detail::pool_scope scope(queue_of(*taken));
        return std::invoke(std::forward<F>(f), **taken);
    }

    static const detail::pool_queue& queue_of(const pooled_connection& taken) noexcept;

    std::shared_ptr<detail::pool_state> state_;
};

}  // namespace libsql
