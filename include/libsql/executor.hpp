#pragma once

#include <libsql/argument.hpp>
#include <libsql/batch.hpp>
#include <libsql/cursor.hpp>
#include <libsql/deadline.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>
#include <libsql/result_set.hpp>
#include <libsql/rows.hpp>
#include <libsql/script.hpp>
#include <libsql/statement.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace libsql {

namespace detail {
class backend;
struct access;
}  // namespace detail

/// What can run statements: a `connection`, a `transaction`, a `savepoint`. A transaction's calls
/// fail with `transaction` once it is over.
///
/// `sql` is exactly one statement (trailing `;`, space and comments are fine); several, none, a NUL
/// or invalid UTF-8 in it are `invalid_argument`. Statements are compiled once and kept in the
/// connection's cache: the ordinary call costs what a held prepared statement costs. A text that is
/// passed from the same address again is found there, as a rule, without being hashed (64 addresses
/// are remembered): a layer that makes its texts keeps them. Arguments: see argument.hpp.
///
/// Errors: any `error_kind` of the engine; `closed` after close or move; `misuse` from a second
/// thread or from a callback; `timeout` past the deadline. In remote mode and for the writes of a
/// replica also those of a server: `network`, `authentication`, `protocol`. A failed statement
/// leaves the connection usable, and changes nothing unless `error::outcome()` says otherwise.
class LIBSQL_API executor {
public:
    /// Runs a statement to its end. Rows that it may return are read and dropped: for those,
    /// `query`.
    template <class... Args>
    result<execution> execute(std::string_view sql, const Args&... args) {
        return execute_with(deadline(), sql, detail::arguments(args...).view());
    }

    /// As above, within the time that `until` gives: else `timeout`.
    template <class... Args>
    result<execution> execute(deadline until, std::string_view sql, const Args&... args) {
        return execute_with(until, sql, detail::arguments(args...).view());
    }

    /// Starts a statement and gives its rows, to be read one at a time. It runs up to its first row
    /// at once: what it changes is changed, and its errors are this call's. Arguments are copied:
    /// they may go when this returns.
    template <class... Args>
    result<rows> query(std::string_view sql, const Args&... args) {
        return query_with(deadline(), sql, detail::arguments(args...).view());
    }

    /// As above. The deadline is also that of reading the rows.
    template <class... Args>
    result<rows> query(deadline until, std::string_view sql, const Args&... args) {
        return query_with(until, sql, detail::arguments(args...).view());
    }

    /// As `query`, but with all rows at once, owned: for columns that are known at run time only.
    /// Memory grows with their number. From a server, one round trip up to its limit for a reply.
    template <class... Args>
    result<result_set> query_all(std::string_view sql, const Args&... args) {
        return query_all(deadline(), sql, args...);
    }

    /// As above, within the time that `until` gives: else `timeout`.
    template <class... Args>
    result<result_set> query_all(deadline until, std::string_view sql, const Args&... args) {
        return query_with(until, sql, detail::arguments(args...).view()).and_then([](rows&& found) {
            return materialise(std::move(found));
        });
    }

    /// All rows as `T` (scalar, tuple or aggregate; see `row::as`). `T` must own what it holds: a
    /// `std::string_view` would be of a row that is gone.
    template <class T, class... Args>
    result<std::vector<T>> fetch(std::string_view sql, const Args&... args) {
        return fetch<T>(deadline(), sql, args...);
    }

    /// As above, within the time that `until` gives: else `timeout`.
    template <class T, class... Args>
    result<std::vector<T>> fetch(deadline until, std::string_view sql, const Args&... args) {
        return query_with(until, sql, detail::arguments(args...).view()).and_then([](rows&& found) {
            return found.collect<T>();
        });
    }

    /// The first row as `T`, or none. `T` must own what it holds.
    template <class T, class... Args>
    result<std::optional<T>> fetch_one(std::string_view sql, const Args&... args) {
        return fetch_one<T>(deadline(), sql, args...);
    }

    /// As above, within the time that `until` gives: else `timeout`.
    template <class T, class... Args>
    result<std::optional<T>> fetch_one(deadline until, std::string_view sql, const Args&... args) {
        return query_with(until, sql, detail::arguments(args...).view()).and_then([](rows&& found) {
            return found.first<T>();
        });
    }

    /// A cursor over a query's rows, in chunks. From a server the rows of what only reads stream;
    /// those of `query` only where they are more than one reply may hold.
    template <class... Args>
    result<libsql::cursor> cursor(std::string_view sql, const Args&... args) {
        return cursor_with(deadline(), sql, detail::arguments(args...).view());
    }

    /// As above. The deadline is also that of reading the rows.
    template <class... Args>
    result<libsql::cursor> cursor(deadline until, std::string_view sql, const Args&... args) {
        return cursor_with(until, sql, detail::arguments(args...).view());
    }

    /// Compiles a statement to be held, inspected and run many times. In remote mode nothing is
    /// asked yet: a wrong text shows when the statement is first inspected or run.
    result<statement> prepare(std::string_view sql);

    /// Runs all steps of `steps`. An independent batch reports each step in the result, and fails
    /// only as a whole: when nothing could be run (`invalid_argument` for a condition that refers
    /// to a later step), or the server's reply is lost. A transactional one fails when a step or
    /// the final COMMIT does, and nothing of it stands then, unless the outcome is `unknown`; the
    /// error has the step's number (`statement_index`). Remotely one round trip, but for the few
    /// cases that docs/remote.md names.
    result<batch_result> run(const batch& steps, batch_mode mode = batch_mode::independent,
                             deadline until = deadline());

    /// Runs a script of statements in order (see script.hpp); gives the result of each. The first
    /// error stops it and is the script's, with the statement's number (`statement_index`) and the
    /// results of those before it (`completed`), whose changes stand. Where one reply for several
    /// statements is lost, the number is that of the first of them. The option `timeout` is for
    /// each statement, `until` for all. Remotely one round trip for up to 500 statements in a row
    /// that write; one that reads, has RETURNING or controls a transaction is sent alone.
    result<std::vector<result_set>> run_script(std::string_view script,
                                               deadline until = deadline());

    /// @name The connection's state
    /// The connection's, whoever asks. In local mode, while another thread's call runs, these
    /// answer as for a closed one: 0, and true for `is_autocommit`. In the other modes they say
    /// what the server's last reply has told.
    /// @{

    /// The rowid of the connection's last insert, 0 if none.
    [[nodiscard]] std::int64_t last_insert_rowid() const noexcept;

    /// Rows changed by the last INSERT, UPDATE or DELETE of the connection.
    [[nodiscard]] std::int64_t changes() const noexcept;

    /// Rows changed since the connection was opened, those of triggers included (a server does not
    /// tell of these).
    [[nodiscard]] std::int64_t total_changes() const noexcept;

    /// True when no transaction is open.
    [[nodiscard]] bool is_autocommit() const noexcept;

    /// @}

protected:
    /// For the driver: runs what it is given on `owner`, as long as the transaction and the
    /// savepoint with these numbers are open.
    explicit executor(std::shared_ptr<detail::backend> owner, std::uint64_t transaction = 0,
                      std::uint64_t savepoint = 0) noexcept
        : backend_(std::move(owner)), transaction_(transaction), savepoint_(savepoint) {}

    executor(executor&&) noexcept = default;
    executor& operator=(executor&&) noexcept = default;
    ~executor() = default;

    /// The backend if this may still run statements on it.
    [[nodiscard]] result<detail::backend*> usable() const;

    std::shared_ptr<detail::backend> backend_;  ///< null once moved from
    std::uint64_t transaction_;                 ///< 0 for a connection
    std::uint64_t savepoint_;                   ///< 0 for a connection and a transaction

private:
    friend struct detail::access;

    [[nodiscard]] bool needs_check() const noexcept;
    template <class Query>
    result<rows> rows_of(std::string_view sql, Query query);
    result<execution> execute_with(deadline until, std::string_view sql,
                                   detail::arguments_view arguments);
    result<rows> query_with(deadline until, std::string_view sql, detail::arguments_view arguments);
    result<libsql::cursor> cursor_with(deadline until, std::string_view sql,
                                       detail::arguments_view arguments);
};

}  // namespace libsql
