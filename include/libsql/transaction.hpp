#pragma once

#include <libsql/deadline.hpp>
#include <libsql/executor.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>
#include <libsql/savepoint.hpp>
#include <libsql/transaction_mode.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace libsql {

/// The state of a transaction.
enum class transaction_status : unsigned char {
    active,
    committed,
    rolled_back,  ///< by `rollback()`
    /// Ended by something else: SQL text, an error after which the engine or the server rolled
    /// back, a lost reply, `reset`, `close`.
    ended,
};

class transaction;

namespace detail {

/// Opens a transaction on `owner`, which must be usable.
result<transaction> begin_transaction(const std::shared_ptr<backend>& owner, transaction_mode mode,
                                      deadline until);

/// Commits `open`, unless that is done, after a callable that succeeded. The error is that of all
/// that the callable did: `undone`, since dropping the transaction will undo it, or `unknown` if it
/// was over already.
LIBSQL_API result<void> keep(transaction& open, deadline until = deadline());

}  // namespace detail

/// An open transaction of a connection. Destroying it rolls it back. A server that does not answer
/// is given up after 10 s and rolls back by itself. If another call of the connection is running
/// (on another thread, or around the callback in which the transaction is destroyed), nothing is
/// rolled back and the transaction stays open.
///
/// Statements run through this handle and those run through its connection are both part of the
/// transaction. Its rows, cursors and savepoints end with it. Thread safety: as the connection's.
/// Exception safety: see `executor`.
class LIBSQL_API transaction : public executor {
public:
    /// For the driver: `connection::begin` makes transactions.
    transaction(std::shared_ptr<detail::backend> owner, std::uint64_t serial,
                transaction_mode mode) noexcept
        : executor(std::move(owner), serial), mode_(mode) {}

    transaction(transaction&& other) noexcept = default;

    /// Rolls back the transaction held before, as the destructor does.
    transaction& operator=(transaction&& other) noexcept;

    /// Rolls back if the transaction is still active.
    ~transaction();

    /// Makes the changes durable and visible to others. If COMMIT fails (`busy`, a deferred foreign
    /// key), the transaction stays active: try again or roll back. After a disk failure the engine
    /// may have rolled back; `status()` is then `ended`. It is also `ended` when a server's reply
    /// is lost; `error::outcome()` is then `unknown`. Remotely one round trip, or none if nothing
    /// was run in the transaction.
    result<void> commit(deadline until = deadline());

    /// Undoes the changes. The transaction is over even after an error of a rollback hook, or of a
    /// server that does not answer; see `status()`. A server that does not answer until `until`
    /// rolls back by itself. Round trips: as `commit`.
    result<void> rollback(deadline until = deadline());

    /// Opens a savepoint; see savepoint.hpp. Any name is allowed, even one that is in use, unless
    /// it is not UTF-8 or contains a NUL (`invalid_argument`).
    result<libsql::savepoint> savepoint(std::string_view name);

    /// Opens a savepoint and runs `f(savepoint&)`, which returns a result or nothing. Releases the
    /// savepoint if `f` succeeded or returned nothing, rolls back to it if `f` failed or threw; the
    /// exception passes through. Returns what `f` returned, or the reason why the savepoint could
    /// not be opened or released. If `f` succeeded but ended the savepoint itself, even by
    /// releasing it, the error is `transaction` with the outcome `unknown`.
    template <class F>
    auto nested(std::string_view name, F&& f) {
        return detail::run_in_savepoint(savepoint(name), std::forward<F>(f));
    }

    /// Whether the transaction is active, and if not, how it ended.
    [[nodiscard]] transaction_status status() const noexcept;

    /// The mode in which it was started.
    [[nodiscard]] transaction_mode mode() const noexcept { return mode_; }

private:
    void finish(transaction_status outcome) noexcept;
    void drop() noexcept;

    transaction_mode mode_;
    transaction_status status_{transaction_status::active};
};

}  // namespace libsql
