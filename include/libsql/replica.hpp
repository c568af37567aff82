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

/// The replica's side of a database in replica mode: when it syncs, and how it stands. Frames are
/// the pages that transactions on the primary have changed, numbered from 0 as they come. With the
/// newer sync protocol (Turso Cloud) they are numbered from 1 within a generation of the primary's
/// log, and begin anew with the next one: numbers of two moments compare only if none began
/// between.
///
/// Copies are the same replica. Thread safety: all calls, from any thread; one sync runs at a time.
/// A sync that cannot reach the server is tried again until its deadline, or for half a minute if
/// it has none. Errors of syncs: `network`, `timeout`, `interrupted`, `authentication`, `protocol`,
/// `unsupported`, those of the file (`full`, `io`, `corrupt`, ...), `busy` when somebody keeps the
/// log from being emptied, `transaction` for a conflict of offline writes, and `closed` when it is
/// frozen. A replica that was moved from gives `closed`.
class LIBSQL_API replica {
public:
    /// For the driver: `database::replica` makes it.
    explicit replica(std::shared_ptr<replication::sync_coordinator> owner);

    /// Brings what the primary has. Readers see the state before, then one after: each is that of a
    /// transaction's end on the primary. With `sync.offline_writes` it then pushes what was written
    /// here. A conflict, when the primary has got other writes meanwhile, is `transaction`: the
    /// file keeps all that was written to it, and the message says what can be done.
    result<sync_result> sync(deadline until = deadline());

    /// Syncs until the replica has `frame`, and waits for the primary to have it. Where frames are
    /// those of a generation, a generation that begins meanwhile has all of the one before.
    result<sync_result> sync_until(std::uint64_t frame, deadline until = deadline());

    /// The replica's last frame; none if there is no data yet. It does not ask the server.
    [[nodiscard]] std::optional<std::uint64_t> frame_number() const noexcept;

    /// The highest frame that a write through this database has made on the primary; none before
    /// the first one, and where the server does not tell (the newer sync protocol).
    [[nodiscard]] std::optional<std::uint64_t> max_write_frame() const noexcept;

    /// Moves what is in the write-ahead log into the database file, as far as readers allow. (What
    /// was synced is durable without it.) Waits for a sync that runs. `unsupported` with the newer
    /// sync protocol, whose frames are numbered by their places in that log.
    result<void> flush();

    /// Ends the replication: the file is a plain database from now on, with what was synced.
    /// Connections of this database can still read, and their writes fail with `closed`. Waits for
    /// a sync that runs. `timeout` if another process writes to the file for longer than
    /// `busy_timeout`.
    result<void> freeze();

    /// How it stands. It does not ask the server.
    [[nodiscard]] replica_status status() const;

    /// Ends the syncs that this object and its copies run, and their waits for another's sync, with
    /// `interrupted`.
    void interrupt() noexcept;

private:
    std::shared_ptr<replication::sync_coordinator> owner_;
    std::shared_ptr<replication::sync_caller> caller_;
};

}  // namespace libsql
