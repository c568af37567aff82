#pragma once

#include <libsql/deadline.hpp>
#include <libsql/executor.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>
#include <libsql/savepoint.hpp>
#include <libsql/transaction.hpp>

#include <type_traits>
#include <utility>
#include <variant>

namespace libsql {

namespace detail {

/// The transaction, or inside one the savepoint, that `atomically` opens.
class LIBSQL_API atomic_unit {
public:
    static result<atomic_unit> open(executor& on, deadline until);

    [[nodiscard]] executor& inside() noexcept;

    /// Commits or releases it: see `detail::keep`.
    result<void> keep(deadline until);

private:
    explicit atomic_unit(transaction&& opened) noexcept : unit_(std::move(opened)) {}

    explicit atomic_unit(savepoint&& opened) noexcept : unit_(std::move(opened)) {}

    std::variant<transaction, savepoint> unit_;
};

}  // namespace detail

/// Runs `f(executor&)`, which returns a result or nothing, so that either all or nothing of what it
/// does is kept: in an `immediate` transaction, or in a savepoint if a transaction is already open
/// on the connection. What `f` does is kept if it succeeds and undone if it fails or throws; the
/// exception passes through. Returns what `f` returned, or the reason why the transaction or
/// savepoint could not be opened, committed or released.
///
/// `until` is the deadline of opening and of committing or releasing, not of the statements in `f`.
/// Remotely, a transaction costs one round trip, for COMMIT, and none if `f` runs nothing; a
/// savepoint costs one to open and one to release. Thread safety: as the connection's. Exception
/// safety: see `executor`.
template <class F>
auto atomically(executor& on, deadline until, F&& f) -> detail::outcome_of<F, executor&> {
    auto opened = detail::atomic_unit::open(on, until);
    if (!opened) {
        return opened.error();
    }
    auto outcome = detail::call_for_outcome(std::forward<F>(f), opened->inside());
    if (outcome) {
        if (auto kept = opened->keep(until); !kept) {
            return kept.error();
        }
    }
    return outcome;
}

/// As above, without a deadline.
template <class F>
auto atomically(executor& on, F&& f) {
    return atomically(on, deadline(), std::forward<F>(f));
}

}  // namespace libsql
