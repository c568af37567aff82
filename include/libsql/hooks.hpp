#pragma once

#include <libsql/connection.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>
#include <libsql/value_view.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

/// @file
/// Callbacks for changes made by a connection, and for its progress. See also authorizer.hpp and
/// trace.hpp.
///
/// They have this in common:
/// - A connection has one callback of each kind. Setting another one replaces it; setting an empty
///   one removes it. What a callback has captured is destroyed when it is replaced or removed, or
///   when the connection is closed. `reset()` keeps callbacks.
/// - A callback runs inside the call that caused it, on the thread of that call. It must not use
///   the connection: calls on it and on what was made from it fail with `misuse`, and so does
///   `close()`. Destroying the connection is allowed; it is closed when the running call is over.
/// - An exception becomes the error of the running call: of kind `sql` with its `what()` as the
///   message, or `out_of_memory` for `std::bad_alloc`.
/// - Callbacks belong to an engine in this process. In remote mode setting one is `unsupported`. In
///   replica mode they apply to the file; statements that go to the server do not trigger them.
/// - Setting one may throw `std::bad_alloc`. Thread safety: as the connection's.

namespace libsql {

/// What was done to a row. The numbers are SQLite's.
enum class change_kind : unsigned char { deleted = 9, inserted = 18, updated = 23 };

/// A row that was changed. The names are views, valid during the callback.
struct update_event {
    change_kind kind{change_kind::inserted};  ///< what was done
    std::string_view database{};  ///< "main", "temp", or the name of an attached database
    std::string_view table{};     ///< the table of the row
    std::int64_t rowid{0};        ///< after an update: the new one
};

/// Calls `hook` after each row that a statement of this connection inserts, updates or deletes,
/// including the rows of a DELETE without WHERE. Not called for WITHOUT ROWID tables, nor for rows
/// deleted by a conflict with OR REPLACE; the preupdate hook sees those.
///
/// The change may still be rolled back. If `hook` throws, the statement fails and is undone; inside
/// a transaction that may be the whole transaction, as after an interrupt.
LIBSQL_API result<void> set_update_hook(connection& c,
                                        std::function<void(const update_event&)> hook);

/// A row that is about to be changed. Valid during the callback, with all views taken from it.
class LIBSQL_API preupdate_event {
public:
    /// For the driver.
    preupdate_event(void* engine, update_event what, std::int64_t old_rowid) noexcept
        : engine_(engine), what_(what), old_rowid_(old_rowid) {}

    /// What is about to be done.
    [[nodiscard]] change_kind kind() const noexcept { return what_.kind; }

    /// The database of the table: "main", "temp", or the name of an attached one.
    [[nodiscard]] std::string_view database() const noexcept { return what_.database; }

    /// The table of the row.
    [[nodiscard]] std::string_view table() const noexcept { return what_.table; }

    /// The rowid before the change (of an insert: the new one); 0 in a WITHOUT ROWID table.
    [[nodiscard]] std::int64_t old_rowid() const noexcept { return old_rowid_; }

    /// The rowid after the change (of a delete: the old one); 0 in a WITHOUT ROWID table.
    [[nodiscard]] std::int64_t new_rowid() const noexcept { return what_.rowid; }

    /// The number of columns of the table.
    [[nodiscard]] std::size_t count() const noexcept;

    /// Column `i` before the change. `invalid_argument` for an insert, and when there is no such
    /// column.
    [[nodiscard]] result<value_view> old_value(std::size_t i) const;

    /// Column `i` after the change. `invalid_argument` for a delete, and when there is no such
    /// column.
    [[nodiscard]] result<value_view> new_value(std::size_t i) const;

    /// 0: changed by the statement itself; 1: by a trigger that it fired; 2: by a trigger fired by
    /// that one; and so on.
    [[nodiscard]] int depth() const noexcept;

    /// The column that an incremental blob write is about to change; none otherwise. Such a write
    /// is reported as a delete, and the new value is not available.
    [[nodiscard]] std::optional<std::size_t> blob_column() const noexcept;

private:
    void* engine_;
    update_event what_;
    std::int64_t old_rowid_;
};

/// Calls `hook` before each row that is inserted, updated or deleted in a table that is not
/// virtual, including WITHOUT ROWID tables. If `hook` throws: as the update hook.
LIBSQL_API result<void> set_preupdate_hook(connection& c,
                                           std::function<void(const preupdate_event&)> hook);

/// The decision of a commit hook.
enum class commit_decision : unsigned char { proceed, roll_back };

/// Calls `hook` before each commit of a transaction that has written, including that of a single
/// statement.
///
/// After `roll_back` the transaction is rolled back, and the call fails with kind `constraint` and
/// the message "the commit hook refused the commit". If `hook` throws, the transaction is rolled
/// back as well, and the call fails with the exception's error.
LIBSQL_API result<void> set_commit_hook(connection& c, std::function<commit_decision()> hook);

/// Calls `hook` when a transaction is rolled back: by ROLLBACK, because a statement failed, or
/// because the connection is closed. If `hook` throws, the call fails but the rollback is done
/// nevertheless. A statement that had failed by itself keeps its own error.
LIBSQL_API result<void> set_rollback_hook(connection& c, std::function<void()> hook);

/// The decision of a progress handler.
enum class progress_decision : unsigned char { proceed, interrupt };

/// Calls `handler` about every `steps` steps of the engine's virtual machine (some nanoseconds
/// each), so only in long statements. After `interrupt` the statement fails with kind
/// `interrupted`; if it was writing inside a transaction, the transaction is rolled back. Deadlines
/// keep working.
///
/// Errors: `invalid_argument` when `steps` is not positive (`steps` is ignored when removing a
/// handler).
LIBSQL_API result<void> set_progress_handler(connection& c, int steps,
                                             std::function<progress_decision()> handler);

/// The decision of a busy handler.
enum class busy_decision : unsigned char { wait, give_up };

/// Calls `handler` before each wait for another connection's lock. Its argument counts the attempts
/// of this wait from 0. After `wait` the engine waits as without a handler: for some milliseconds,
/// and at most until the busy timeout, the deadline or an interrupt. After `give_up` the statement
/// fails with `busy`; it is undone and may be run again.
///
/// The handler is not called where waiting cannot help and the engine fails at once: for a
/// transaction that has read data which another one has changed since, and with a busy timeout of
/// 0.
LIBSQL_API result<void> set_busy_handler(connection& c, std::function<busy_decision(int)> handler);

}  // namespace libsql
