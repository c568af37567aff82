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

/// What became of a transaction.
enum class transaction_status : unsigned char {
    active,
    committed,
    rolled_back,  ///< by `rollback()`
    ended,  ///< by others: SQL text, an error that made the engine or the server roll back, a reply
            ///< that was lost, reset, close
};

class transaction;

namespace detail {

/// Opens a transaction on the usable backend `owner`.
result<transaction> begin_transaction(const std::shared_ptr<backend>& owner, transaction_mode mode,
                                      deadline until);

}  // namespace detail

/// An open transaction of one connection. Dropping it rolls back (from a server that does not
/// answer it is let go after 10 s, and the server rolls back), but not while another call of the
/// connection runs (on another thread, or around the callback that drops it): then it stays open.
///
/// Statements may be run through it or through its connection: they are in the transaction either
/// way. Its rows, cursors and savepoints end with it. Thread safety: as the connection's.
class LIBSQL_API transaction : public executor {
public:
    /// For the driver: transactions are made by `connection::begin`.
    transaction(std::shared_ptr<detail::backend> owner, std::uint64_t serial,
                transaction_mode mode) noexcept
        : executor(std::move(owner), serial), mode_(mode) {}

    transaction(transaction&& other) noexcept = default;

    /// Rolls back the transaction that was here, as dropping it does.
    transaction& operator=(transaction&& other) noexcept;

    /// Rolls back if it is still active.
    ~transaction();

    /// Makes its changes durable and visible. When COMMIT fails (`busy`, a deferred foreign key)
    /// the transaction stays active, and may be tried again or rolled back; after a failure of the
    /// disk the engine may have rolled back, then `status()` is `ended`. It is `ended` too when a
    /// server's reply is lost: `error::outcome()` is `unknown` then.
    result<void> commit(deadline until = deadline());

    /// Undoes its changes. After an error of a rollback hook, or of a server that does not answer,
    /// it is over nevertheless: `status()` tells. Within `until`: a server that does not answer
    /// until then rolls back by itself.
    result<void> rollback(deadline until = deadline());

    /// Opens a savepoint. Any name is allowed, also one that is in use, but for one that is not
    /// UTF-8 or holds a NUL (`invalid_argument`); see savepoint.hpp.
    result<libsql::savepoint> savepoint(std::string_view name);

    /// Runs `f(savepoint&)`, which returns a result: releases the savepoint if it succeeded, rolls
    /// back to it if it failed or threw.
    template <class F>
    auto nested(std::string_view name, F&& f) {
        return detail::run_in_savepoint(savepoint(name), std::forward<F>(f));
    }

    /// Active, or how it ended.
    [[nodiscard]] transaction_status status() const noexcept;

    /// How it was started.
    [[nodiscard]] transaction_mode mode() const noexcept { return mode_; }

private:
    void finish(transaction_status outcome) noexcept;
    void drop() noexcept;

    transaction_mode mode_;
    transaction_status status_{transaction_status::active};
};

}  // namespace libsql
