#pragma once

#include <libsql/deadline.hpp>
#include <libsql/executor.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>
#include <libsql/transaction.hpp>

#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

namespace libsql {

/// Stops what a connection is running, from any thread and at any time, also after the connection
/// is gone (then it does nothing). Copyable.
class LIBSQL_API interrupter {
public:
    interrupter() noexcept = default;

    /// For the driver: one that stops what runs on `target`, as long as that is there.
    explicit interrupter(std::weak_ptr<detail::backend> target) noexcept
        : target_(std::move(target)) {}

    /// The running call, and reading of open rows, fail with `interrupted`; waiting for a lock ends
    /// too. Rows that have come from a server already can still be read. A connection that runs
    /// nothing at that moment is not affected.
    void interrupt() const noexcept;

private:
    std::weak_ptr<detail::backend> target_;
};

/// One connection to a database, made by `database::connect`.
///
/// Thread safety: it and everything made from it (rows, statements, transactions ...) are used by
/// one thread at a time, any thread. Use from a second thread while a call runs is detected and
/// gives `misuse` there. Only `interrupter` works from anywhere. Lifetime: closing or dropping it
/// ends everything made from it; their later calls give `closed`.
class LIBSQL_API connection : public executor {
public:
    /// For the driver: connections are made by `database::connect`.
    explicit connection(std::shared_ptr<detail::backend> owner) noexcept
        : executor(std::move(owner)) {}

    connection(connection&&) noexcept = default;

    /// Closes the connection that was here, as dropping it does.
    connection& operator=(connection&& other) noexcept;

    /// Closes it: an open transaction is rolled back.
    ~connection();

    /// Opens a transaction. `transaction` if one is open already (inside it, use savepoints). In
    /// remote mode nothing is sent yet: BEGIN goes with the first statement, whose error says why
    /// it could not begin.
    result<transaction> begin(transaction_mode mode, deadline until = deadline());

    /// As above in the mode that the option `default_transaction_mode` says (deferred).
    result<transaction> begin();

    /// Runs `f(transaction&)`, which returns a result: commits if it succeeded, rolls back if it
    /// failed or threw. Returns what `f` returned, or why it could not begin or commit. `f` may
    /// also commit it. If `f` succeeded and the transaction was ended by other means (SQL text, a
    /// rollback), that is the error `transaction`, with the outcome `unknown`.
    template <class F>
    auto transact(transaction_mode mode, F&& f)
        -> std::remove_cvref_t<std::invoke_result_t<F, transaction&>> {
        auto opened = begin(mode);
        if (!opened) {
            return opened.error();
        }
        auto outcome = std::forward<F>(f)(*opened);
        if (outcome && opened->status() != transaction_status::committed) {
            const bool is_over = opened->status() != transaction_status::active;
            if (auto committed = opened->commit(); !committed) {
                return is_over ? committed.error().with_outcome(error_outcome::unknown)
                               : committed.error();
            }
        }
        return outcome;
    }

    /// As above, in a transaction that takes the write lock at once (`immediate`).
    template <class F>
    auto transact(F&& f) {
        return transact(transaction_mode::immediate, std::forward<F>(f));
    }

    /// A handle that stops running calls from any thread.
    [[nodiscard]] libsql::interrupter interrupter() const noexcept;

    /// Checks that the connection works: runs a statement on the file (of a replica, too), or asks
    /// the server.
    result<void> ping(deadline until = deadline());

    /// Ends what is open: rolls back a transaction, ends rows and cursors (their next row is
    /// `interrupted`), frees cached statements and memory, forgets `last_insert_rowid`. Held
    /// statements, hooks and functions stay, and so do settings, temporary tables and attached
    /// databases; in remote mode `PRAGMA foreign_keys` is forgotten.
    result<void> reset();

    /// Ends everything made from it and closes the database; an open transaction is rolled back.
    /// The second call gives `closed`. `misuse` while another call runs: nothing is closed then.
    result<void> close();

    /// False after `close()` and for one that was moved from.
    [[nodiscard]] bool is_open() const noexcept;
};

}  // namespace libsql
