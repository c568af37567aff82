#pragma once

#include <libsql/deadline.hpp>
#include <libsql/executor.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace libsql {

class savepoint;

namespace detail {

template <class F>
auto run_in_savepoint(result<savepoint> opened, F&& f) -> outcome_of<F, savepoint&>;

}  // namespace detail

/// A savepoint inside a transaction. Destroying it without `release()` undoes everything since it
/// was opened, unless another call of the connection is running (see `transaction`). If it cannot
/// be undone alone, because SQL text has ended it (`RELEASE` of an outer savepoint), the whole
/// transaction is rolled back.
///
/// Savepoints nest. Releasing or rolling back an outer one ends the inner ones; their calls then
/// fail with `transaction`. A handle refers to its own savepoint even if names repeat. Thread
/// safety: as the connection's. Exception safety: see `executor`.
class LIBSQL_API savepoint : public executor {
public:
    /// For the driver: `transaction::savepoint` and `nest` make savepoints.
    savepoint(std::shared_ptr<detail::backend> owner, std::uint64_t transaction,
              std::uint64_t serial, std::string name, std::string identifier) noexcept
        : executor(std::move(owner), transaction, serial),
          name_(std::move(name)),
          identifier_(std::move(identifier)) {}

    savepoint(savepoint&& other) noexcept = default;

    /// Rolls back the savepoint held before, as the destructor does.
    savepoint& operator=(savepoint&& other) noexcept;

    /// Rolls back to the savepoint and removes it, if it is still open. Remotely two round trips; a
    /// server that does not answer is given up after 10 s.
    ~savepoint();

    /// Keeps the changes, as part of the enclosing transaction, and ends the savepoint.
    result<void> release(deadline until = deadline());

    /// Undoes everything since the savepoint was opened. It stays open and can be used again.
    result<void> rollback(deadline until = deadline());

    /// Opens a savepoint inside this one: see `transaction::savepoint`.
    result<savepoint> nest(std::string_view name);

    /// Runs `f(savepoint&)` in a savepoint inside this one: see `transaction::nested`.
    template <class F>
    auto nested(std::string_view name, F&& f) {
        return detail::run_in_savepoint(nest(name), std::forward<F>(f));
    }

    /// True until this savepoint, an outer one or the transaction ends.
    [[nodiscard]] bool is_active() const noexcept;

    /// The name that was given when it was opened.
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

private:
    void drop() noexcept;

    std::string name_;
    std::string identifier_;  ///< its name in SQL, quoted
};

namespace detail {

/// Opens a savepoint on `target`, the backend of `owner` if that is usable.
result<savepoint> open_savepoint(std::shared_ptr<backend> owner, result<backend*> target,
                                 std::uint64_t transaction, std::string_view name,
                                 deadline until = deadline());

/// Releases `open` after a callable that succeeded. The error is that of all that the callable did:
/// `undone`, since dropping the savepoint will undo it, or `unknown` if it was over already.
LIBSQL_API result<void> keep(savepoint& open, deadline until = deadline());

/// Runs `f(*opened)`. Releases the savepoint when `f` succeeds, rolls back to it when `f` fails or
/// throws.
template <class F>
auto run_in_savepoint(result<savepoint> opened, F&& f) -> outcome_of<F, savepoint&> {
    if (!opened) {
        return opened.error();
    }
    auto outcome = call_for_outcome(std::forward<F>(f), *opened);
    if (outcome) {
        if (auto kept = keep(*opened); !kept) {
            return kept.error();
        }
    }
    return outcome;
}

}  // namespace detail

}  // namespace libsql
