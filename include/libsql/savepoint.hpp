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
auto run_in_savepoint(result<savepoint> opened, F&& f)
    -> std::remove_cvref_t<std::invoke_result_t<F, savepoint&>>;

}  // namespace detail

/// A savepoint inside a transaction. Dropping it without `release()` undoes what was done since,
/// but not while another call of the connection runs (see `transaction`). Where that cannot be
/// undone alone, since a text has ended the savepoint (`RELEASE` of one around it), the whole
/// transaction is rolled back.
///
/// Savepoints nest; releasing or rolling back an outer one ends the inner ones, whose calls then
/// fail with `transaction`. The handle means its own savepoint also when two have the same name.
/// Thread safety: as the connection's.
class LIBSQL_API savepoint : public executor {
public:
    /// For the driver: savepoints are made by `transaction::savepoint` and `nest`.
    savepoint(std::shared_ptr<detail::backend> owner, std::uint64_t transaction,
              std::uint64_t serial, std::string name, std::string identifier) noexcept
        : executor(std::move(owner), transaction, serial),
          name_(std::move(name)),
          identifier_(std::move(identifier)) {}

    savepoint(savepoint&& other) noexcept = default;

    /// Rolls back the savepoint that was here, as dropping it does.
    savepoint& operator=(savepoint&& other) noexcept;

    /// Rolls back to it and removes it, if it is still open.
    ~savepoint();

    /// Keeps the changes (as part of the surrounding transaction) and ends it.
    result<void> release(deadline until = deadline());

    /// Undoes everything since it was opened. It stays open and can be used again.
    result<void> rollback(deadline until = deadline());

    /// Opens a savepoint inside this one.
    result<savepoint> nest(std::string_view name);

    /// Runs `f(savepoint&)` in a savepoint inside this one: see `transaction::nested`.
    template <class F>
    auto nested(std::string_view name, F&& f) {
        return detail::run_in_savepoint(nest(name), std::forward<F>(f));
    }

    /// True until it, an outer one or the transaction ended.
    [[nodiscard]] bool is_active() const noexcept;

    /// The name that it was given.
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

private:
    void drop() noexcept;

    std::string name_;
    std::string identifier_;  ///< what SQLite knows it by, quoted
};

namespace detail {

/// Opens a savepoint on `target`, which is `owner`'s content if it is usable.
result<savepoint> open_savepoint(std::shared_ptr<backend> owner, result<backend*> target,
                                 std::uint64_t transaction, std::string_view name,
                                 deadline until = deadline());

/// Releases `opened` when `f` succeeds, rolls back to it when `f` fails or throws.
template <class F>
auto run_in_savepoint(result<savepoint> opened, F&& f)
    -> std::remove_cvref_t<std::invoke_result_t<F, savepoint&>> {
    if (!opened) {
        return opened.error();
    }
    auto outcome = std::forward<F>(f)(*opened);
    if (outcome) {
        const bool is_over = !opened->is_active();
        if (auto released = opened->release(); !released) {
            return is_over ? released.error().with_outcome(error_outcome::unknown)
                           : released.error();
        }
    }
    return outcome;
}

}  // namespace detail

}  // namespace libsql
