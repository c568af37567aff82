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

    /// Commits or releases it. As with `connection::transact`, one that was ended by other means is
    /// an error, with the outcome `unknown`.
    result<void> keep(deadline until);

private:
    explicit atomic_unit(transaction&& opened) noexcept : unit_(std::move(opened)) {}

    explicit atomic_unit(savepoint&& opened) noexcept : unit_(std::move(opened)) {}

    std::variant<transaction, savepoint> unit_;
};

}  // namespace detail

/// Runs `f(executor&)`, which returns a result, so that all that it does is kept or nothing: in a
/// transaction (`immediate`), or in a savepoint where one is open on the connection already. What
/// `f` does is kept when it succeeds; it is undone when it fails or throws. Returns what `f`
/// returned, or why the transaction or savepoint could not be opened or kept.
///
/// `until` is the deadline of opening and of keeping it, not of the statements in `f`. Round trips
/// in remote mode: one to commit or release, and one to open a savepoint; BEGIN goes with the first
/// statement. Thread safety: as the connection's.
template <class F>
auto atomically(executor& on, deadline until, F&& f)
    -> std::remove_cvref_t<std::invoke_result_t<F, executor&>> {
    auto opened = detail::atomic_unit::open(on, until);
    if (!opened) {
        return opened.error();
    }
    auto outcome = std::forward<F>(f)(opened->inside());
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
