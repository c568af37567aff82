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

/// Interrupts what a connection is running. It can be used from any thread at any time; once the
/// connection is gone it does nothing. Copyable.
class LIBSQL_API interrupter {
public:
    interrupter() noexcept = default;

    /// For the driver: interrupts what runs on `target`, as long as that exists.
    explicit interrupter(std::weak_ptr<detail::backend> target) noexcept
        : target_(std::move(target)) {}

    /// Makes the running call and the reading of open rows fail with `interrupted`; a wait for a
    /// lock ends, too. Rows that have already arrived from a server can still be read. Has no
    /// effect on a connection that has neither a running call nor open rows.
    void interrupt() const noexcept;

private:
    std::weak_ptr<detail::backend> target_;
};

/// A connection to a database, made by `database::connect`.
///
/// Thread safety: the connection and everything made from it (rows, statements, transactions ...)
/// may be used by one thread at a time, not always the same one. A call from a second thread while
/// a call runs is detected and fails with `misuse`. Only `interrupter` may be used at any time.
///
/// Lifetime: closing or destroying the connection ends everything made from it; later calls on
/// those objects fail with `closed`. Exception safety: see `executor`.
class LIBSQL_API connection : public executor {
public:
    /// For the driver: connections are made by `database::connect`.
    explicit connection(std::shared_ptr<detail::backend> owner) noexcept
        : executor(std::move(owner)) {}

    connection(connection&&) noexcept = default;

    /// Closes the connection held before, as the destructor does.
    connection& operator=(connection&& other) noexcept;

    /// Closes the connection and rolls back an open transaction. Waits for another thread's call to
    /// return; inside a callback, the connection is closed when the call around the callback
    /// returns. Does not wait for a server's answer.
    ~connection();

    /// Opens a transaction. `transaction` if one is already open (use savepoints inside it). No
    /// round trip in remote mode: BEGIN is sent with the first statement, whose error then says why
    /// the transaction could not begin.
    result<transaction> begin(transaction_mode mode, deadline until = deadline());

    /// As above, in the mode given by the option `default_transaction_mode` (deferred by default).
    result<transaction> begin();

    /// Runs `f(transaction&)`, which returns a result or nothing, in a transaction. Commits if `f`
    /// succeeded or returned nothing, rolls back if it failed or threw; the exception passes
    /// through. Returns what `f` returned, or the reason why the transaction could not begin or
    /// commit. `f` may commit by itself. If
    /// `f` succeeded but ended the transaction in another way (SQL text, a rollback), the error is
    /// `transaction` with the outcome `unknown`.
    template <class F>
    auto transact(transaction_mode mode, F&& f) -> detail::outcome_of<F, transaction&> {
        auto opened = begin(mode);
        if (!opened) {
            return opened.error();
        }
        auto outcome = detail::call_for_outcome(std::forward<F>(f), *opened);
        if (outcome) {
            if (auto kept = detail::keep(*opened); !kept) {
                return kept.error();
            }
        }
        return outcome;
    }

    /// As above, in an `immediate` transaction, which takes the write lock at its start.
    template <class F>
    auto transact(F&& f) {
        return transact(transaction_mode::immediate, std::forward<F>(f));
    }

    /// A handle that interrupts running calls from any thread.
    [[nodiscard]] libsql::interrupter interrupter() const noexcept;

    /// Checks that the connection works: runs a statement on the file (in replica mode, too) or
    /// makes a round trip to the server.
    result<void> ping(deadline until = deadline());

    /// Ends what is open: rolls back a transaction, ends rows and cursors (their next row is
    /// `interrupted`), frees cached statements and memory, and forgets `last_insert_rowid`. Held
    /// statements, hooks and functions are kept; so are settings, temporary tables and attached
    /// databases. In remote mode `PRAGMA foreign_keys` is forgotten, and the server's answer is not
    /// waited for.
    result<void> reset();

    /// Ends everything made from the connection, rolls back an open transaction and closes the
    /// database. A second call fails with `closed`. `misuse` while another call runs; nothing is
    /// closed then. Does not wait for a server's answer.
    result<void> close();

    /// False after `close()` and for a connection that was moved from.
    [[nodiscard]] bool is_open() const noexcept;
};

}  // namespace libsql
