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
/// Callbacks on what a connection changes, and on its progress. See also authorizer.hpp and
/// trace.hpp.
///
/// They have this in common:
/// - A connection has one of each kind; setting another replaces it, an empty one removes it. What
///   it captured is destroyed then, or when the connection is closed. `reset()` keeps it.
/// - It runs inside the call that caused it, on that call's thread. The connection cannot be used
///   there: calls on it, and on what was made from it, give `misuse`, and so does `close()`.
///   Dropping the connection is allowed and closes it when the call is over.
/// - An exception becomes the error of the running call: kind `sql`, the message is its `what()`.
/// - It is of an engine in this process: `unsupported` in remote mode; in replica mode it is of the
///   file, and what goes to the server does not call it.

namespace libsql {

/// What was done to a row. The numbers are SQLite's.
enum class change_kind : unsigned char { deleted = 9, inserted = 18, updated = 23 };

/// A row that was changed. The names are views, valid while the hook runs.
struct update_event {
    change_kind kind{change_kind::inserted};  ///< what was done
    std::string_view database{};  ///< "main", "temp", or the name of an attached database
    std::string_view table{};     ///< the row's table
    std::int64_t rowid{0};        ///< after an update: the new one
};

/// Calls `hook` after each row that a statement of this connection inserts, updates or deletes;
/// also for a DELETE without WHERE, row by row. Not for tables WITHOUT ROWID, nor for rows that a
/// conflict with OR REPLACE deletes: the preupdate hook sees those.
///
/// The change may still be undone by a rollback. When the hook throws, the statement fails and what
/// it did is undone; inside a transaction that may be the whole transaction, as after an interrupt.
LIBSQL_API result<void> set_update_hook(connection& c,
                                        std::function<void(const update_event&)> hook);

/// A row that is about to be changed. Valid, with all views got from it, while the hook runs.
class LIBSQL_API preupdate_event {
public:
    /// For the driver.
    preupdate_event(void* engine, update_event what, std::int64_t old_rowid) noexcept
        : engine_(engine), what_(what), old_rowid_(old_rowid) {}

    /// What is about to be done.
    [[nodiscard]] change_kind kind() const noexcept { return what_.kind; }

    /// The table's database: "main", "temp", or the name of an attached one.
    [[nodiscard]] std::string_view database() const noexcept { return what_.database; }

    /// The row's table.
    [[nodiscard]] std::string_view table() const noexcept { return what_.table; }

    /// The row's rowid before the change (inserts: the new one); 0 in a table WITHOUT ROWID.
    [[nodiscard]] std::int64_t old_rowid() const noexcept { return old_rowid_; }

    /// The row's rowid after the change (deletes: the old one); 0 in a table WITHOUT ROWID.
    [[nodiscard]] std::int64_t new_rowid() const noexcept { return what_.rowid; }

    /// The number of the table's columns.
    [[nodiscard]] std::size_t count() const noexcept;

    /// Column `i` before the change. `invalid_argument` for an insert or when there is no such
    /// column.
    [[nodiscard]] result<value_view> old_value(std::size_t i) const;

    /// Column `i` after the change. `invalid_argument` for a delete or when there is no such
    /// column.
    [[nodiscard]] result<value_view> new_value(std::size_t i) const;

    /// 0: changed by the statement itself, 1: by a trigger that it fired, 2: by a trigger of that
    /// ...
    [[nodiscard]] int depth() const noexcept;

    /// The column that an incremental blob write is about to change, else none. Such a write is
    /// reported as a delete: the new value cannot be seen.
    [[nodiscard]] std::optional<std::size_t> blob_column() const noexcept;

private:
    void* engine_;
    update_event what_;
    std::int64_t old_rowid_;
};

/// Calls `hook` before each row that is inserted, updated or deleted in any table that is not
/// virtual, those WITHOUT ROWID included. When it throws: as the update hook.
LIBSQL_API result<void> set_preupdate_hook(connection& c,
                                           std::function<void(const preupdate_event&)> hook);

/// What a commit hook decides.
enum class commit_decision : unsigned char { proceed, roll_back };

/// Calls `hook` before each commit of a transaction that wrote, those of single statements
/// included.
///
/// After `roll_back` the transaction is rolled back and the call fails with kind `constraint`,
/// message "the commit hook refused the commit". It is rolled back when the hook throws, too, and
/// the call fails with kind `sql` and its text.
LIBSQL_API result<void> set_commit_hook(connection& c, std::function<commit_decision()> hook);

/// Calls `hook` when a transaction is rolled back: by ROLLBACK, because a statement failed, or
/// because the connection is closed. When it throws the call fails, but the rollback is done
/// nevertheless; a statement that failed by itself keeps its own error.
LIBSQL_API result<void> set_rollback_hook(connection& c, std::function<void()> hook);

/// What a progress handler decides.
enum class progress_decision : unsigned char { proceed, interrupt };

/// Calls `handler` about every `steps` steps of the engine's virtual machine (some nanoseconds
/// each), in long statements only. After `interrupt` the statement fails with kind `interrupted`;
/// if it was writing inside a transaction, that is rolled back. Deadlines work beside it.
///
/// Errors: `invalid_argument` when `steps` is not positive (it is not looked at when removing).
LIBSQL_API result<void> set_progress_handler(connection& c, int steps,
                                             std::function<progress_decision()> handler);

/// What a busy handler decides.
enum class busy_decision : unsigned char { wait, give_up };

/// Calls `handler` when another connection's lock is in the way and would be waited for, each time
/// before it is tried again; its argument counts the tries of this wait from 0. `wait` goes on as
/// without a handler: for some milliseconds, at most until the busy timeout, the deadline or an
/// interrupt. After `give_up` the statement fails with `busy`, undone, and may be run again.
///
/// It is not called where waiting cannot help and the engine fails at once: a transaction that has
/// read what another has changed since, or a busy timeout of 0.
LIBSQL_API result<void> set_busy_handler(connection& c, std::function<busy_decision(int)> handler);

}  // namespace libsql
