#pragma once

#include <libsql/deadline.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>
#include <libsql/sync.hpp>

#include <cstdint>
#include <memory>
#include <optional>

namespace libsql {

namespace replication {
class sync_coordinator;
class sync_caller;
}  // namespace replication

/// The replica in replica mode: it syncs with the primary and reports its state. Frames are pages
/// changed by transactions on the primary, numbered from 0 in the order of the changes. With the
/// newer sync protocol (Turso Cloud) they are numbered from 1 within a generation of the primary's
/// log, and each generation starts again; frame numbers are comparable only within one generation.
///
/// Copies refer to the same replica. Thread safety: all calls may be made from any thread; syncs
/// run one at a time. A sync that cannot reach the server retries until its deadline (by default
/// that of the option `timeout`), or for half a minute if there is none. Errors of a sync:
/// `network`, `timeout`, `interrupted`, `authentication`, `protocol`, `unsupported`, those of the
/// file (`full`, `io`, `corrupt`, ...), `busy` if somebody prevents the log from being emptied,
/// `transaction` for a conflict of offline writes, and `closed` once the replica is frozen. A
/// replica that was moved from fails with `closed`. Calls that are not `noexcept` may throw
/// `std::bad_alloc`.
class LIBSQL_API replica {
public:
    /// For the driver: `database::replica` makes replicas.
    explicit replica(std::shared_ptr<replication::sync_coordinator> owner);

    /// Pulls all frames that the primary has. Readers see the state before the sync or a state
    /// after it, each as at the end of a transaction on the primary. With `sync.offline_writes`
    /// this then pushes what was written here. If the primary has meanwhile received other writes,
    /// that is a conflict: `transaction`. The file then keeps everything that was written to it,
    /// and the message says what can be done. Takes as many round trips as the amount of data
    /// needs.
    result<sync_result> sync(deadline until = deadline());

    /// Syncs until the replica has `frame`, waiting for the primary to have it. With numbers within
    /// a generation, a generation that begins meanwhile contains all of the one before.
    result<sync_result> sync_until(std::uint64_t frame, deadline until = deadline());

    /// The last frame of the replica; none if there is no data yet. Does not ask the server.
    [[nodiscard]] std::optional<std::uint64_t> frame_number() const noexcept;

    /// The highest frame that a write through this database has made on the primary. None before
    /// the first write, and if the server does not report it (the newer sync protocol). Does not
    /// ask the server.
    [[nodiscard]] std::optional<std::uint64_t> max_write_frame() const noexcept;

    /// Moves the content of the write-ahead log into the database file, as far as readers allow.
    /// (What was synced is durable without it.) Waits for a running sync. `unsupported` with the
    /// newer sync protocol, whose frame numbers are positions in that log.
    result<void> flush();

    /// Ends the replication. From now on the file is a plain database with what was synced.
    /// Connections of this database can still read; their writes fail with `closed`. Waits for a
    /// running sync. `timeout` if another process writes to the file for longer than
    /// `busy_timeout`.
    result<void> freeze();

    /// The state of the replica. Does not ask the server.
    [[nodiscard]] replica_status status() const;

    /// Interrupts the syncs run by this object and its copies, and their waits for other syncs:
    /// they fail with `interrupted`. Does not wait for them.
    void interrupt() noexcept;

private:
    std::shared_ptr<replication::sync_coordinator> owner_;
    std::shared_ptr<replication::sync_caller> caller_;
};

}  // namespace libsql
