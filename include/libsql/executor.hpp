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

/// Runs SQL statements: the common base of `connection`, `transaction` and `savepoint`. Once a
/// transaction or savepoint is over, calls through its handle fail with `transaction`.
///
/// `sql` must be exactly one statement; a trailing `;`, white space and comments are allowed.
/// Several statements, no statement, a NUL byte and invalid UTF-8 are `invalid_argument`. The
/// connection caches compiled statements, so an ordinary call costs no more than running a prepared
/// statement that the caller holds. The cache usually finds a text that is passed from the same
/// address again without hashing it (it remembers 64 addresses); a layer that generates SQL should
/// therefore keep its texts. For arguments see argument.hpp.
///
/// Errors: any `error_kind` of the engine; `closed` once the connection is closed or the handle was
/// moved from; `misuse` while another thread's call runs, and inside a callback; `timeout` past the
/// deadline. In remote mode, and for the writes of a replica, also `network`, `authentication` and
/// `protocol`. After an error the connection can still be used, and the failed statement has
/// changed nothing unless `error::outcome()` says otherwise.
///
/// Exception safety: when the driver runs out of memory, `execute`, `query`, `cursor`, `prepare`
/// and `run` usually return `out_of_memory`, with the outcome `unknown`. Any call that is not
/// `noexcept` may instead throw `std::bad_alloc`, above all those that collect rows (`query_all`,
/// `fetch`, `fetch_one`, `fetch_single`, `run_script`); what the statement changed may stand then.
/// The connection can still be used. In remote mode an open transaction is lost if there was no
/// memory for a reply that it needs.
///
/// Thread safety: as the connection's. In remote mode a call is one round trip unless stated
/// otherwise. Rows that are returned whole take time and memory linear in their size.
class LIBSQL_API executor {
public:
    /// Runs a statement to completion. Rows that it may return are discarded; use `query` to read
    /// them.
    template <class... Args>
    result<execution> execute(std::string_view sql, const Args&... args) {
        return execute_with(deadline(), sql, detail::arguments(args...).view());
    }

    /// As above, but fails with `timeout` once `until` has passed.
    template <class... Args>
    result<execution> execute(deadline until, std::string_view sql, const Args&... args) {
        return execute_with(until, sql, detail::arguments(args...).view());
    }

    /// Starts a statement and returns its rows, to be read one at a time. The statement runs as far
    /// as its first row before this returns: its changes are made by then, and errors up to there
    /// are errors of this call. The arguments are copied, so they need not outlive the call.
    /// Remotely one more round trip if the reply is too large for the server or the statement
    /// fails; only a statement that does not write is sent again.
    template <class... Args>
    result<rows> query(std::string_view sql, const Args&... args) {
        return query_with(deadline(), sql, detail::arguments(args...).view());
    }

    /// As above. The deadline also applies to reading the rows.
    template <class... Args>
    result<rows> query(deadline until, std::string_view sql, const Args&... args) {
        return query_with(until, sql, detail::arguments(args...).view());
    }

    /// As `query`, but returns all rows at once, owned by the result. For columns that are known
    /// only at run time. From a server this is one round trip as long as the result fits into one
    /// reply.
    template <class... Args>
    result<result_set> query_all(std::string_view sql, const Args&... args) {
        return query_all(deadline(), sql, args...);
    }

    /// As above, but fails with `timeout` once `until` has passed.
    template <class... Args>
    result<result_set> query_all(deadline until, std::string_view sql, const Args&... args) {
        return query_with(until, sql, detail::arguments(args...).view()).and_then([](rows&& found) {
            return materialise(std::move(found));
        });
    }

    /// Reads all rows as `T`: a scalar, tuple or aggregate, see `row::as`. `T` must own its
    /// content; a `std::string_view`, which would refer to a row that is gone, does not compile.
    /// `mismatch` when a row is not a `T`; what the statement changed stands then.
    template <class T, class... Args>
    result<std::vector<T>> fetch(std::string_view sql, const Args&... args) {
        return fetch<T>(deadline(), sql, args...);
    }

    /// As above, but fails with `timeout` once `until` has passed.
    template <class T, class... Args>
    result<std::vector<T>> fetch(deadline until, std::string_view sql, const Args&... args) {
        return query_with(until, sql, detail::arguments(args...).view()).and_then([](rows&& found) {
            return found.collect<T>();
        });
    }

    /// Reads the first row as `T`; none if there is no row. `T` must own its content.
    template <class T, class... Args>
    result<std::optional<T>> fetch_one(std::string_view sql, const Args&... args) {
        return fetch_one<T>(deadline(), sql, args...);
    }

    /// As above, but fails with `timeout` once `until` has passed.
    template <class T, class... Args>
    result<std::optional<T>> fetch_one(deadline until, std::string_view sql, const Args&... args) {
        return query_with(until, sql, detail::arguments(args...).view()).and_then([](rows&& found) {
            return found.first<T>();
        });
    }

    /// Reads the only row as `T`, which must own its content. `mismatch` if there is no row or more
    /// than one; what the statement changed stands then.
    template <class T, class... Args>
    result<T> fetch_single(std::string_view sql, const Args&... args) {
        return fetch_single<T>(deadline(), sql, args...);
    }

    /// As above, but fails with `timeout` once `until` has passed.
    template <class T, class... Args>
    result<T> fetch_single(deadline until, std::string_view sql, const Args&... args) {
        return query_with(until, sql, detail::arguments(args...).view()).and_then([](rows&& found) {
            return found.single<T>();
        });
    }

    /// Opens a cursor, which reads the rows of a query in chunks. From a server, `cursor` streams
    /// the rows of a statement that does not write; `query` streams them only if they do not fit
    /// into one reply. In a remote transaction this takes one more round trip if the text is used
    /// for the first time or the statement is the first of the transaction.
    template <class... Args>
    result<libsql::cursor> cursor(std::string_view sql, const Args&... args) {
        return cursor_with(deadline(), sql, detail::arguments(args...).view());
    }

    /// As above. The deadline also applies to reading the rows.
    template <class... Args>
    result<libsql::cursor> cursor(deadline until, std::string_view sql, const Args&... args) {
        return cursor_with(until, sql, detail::arguments(args...).view());
    }

    /// Compiles a statement that the caller holds, inspects and runs many times; the cache is asked
    /// first. In remote mode this makes no round trip: an error in the text is reported when the
    /// statement is first inspected or run.
    result<statement> prepare(std::string_view sql);

    /// Runs the steps of a batch. An independent batch reports the outcome of each step in the
    /// result; the call itself fails only when nothing could be run (`invalid_argument` for a
    /// condition that refers to a later step) or when the server's reply is lost. A transactional
    /// batch fails when a step or the final COMMIT fails; nothing of it stands then, unless the
    /// outcome is `unknown`. Its error has the index of the failed step (`statement_index`) and the
    /// results of the steps before it (`completed`). Remotely one round trip, except in the few
    /// cases that docs/remote.md lists.
    result<batch_result> run(const batch& steps, batch_mode mode = batch_mode::independent,
                             deadline until = deadline());

    /// Runs the statements of a script in order (see script.hpp) and returns the result of each.
    /// The first error stops the script and is returned, with the index of the failed statement
    /// (`statement_index`) and the results of those before it (`completed`), whose changes stand.
    /// If one reply for several statements is lost, the index is that of the first of them. The
    /// option `timeout` applies to each statement, `until` to the whole script. Remotely one round
    /// trip for up to 500 consecutive statements that write; a statement that reads, has RETURNING
    /// or controls a transaction is sent alone.
    result<std::vector<result_set>> run_script(std::string_view script,
                                               deadline until = deadline());

    /// @name The connection's state
    /// These describe the connection, whichever handle is asked. In local mode they answer as for a
    /// closed connection (0, and true for `is_autocommit`) while another thread's call runs. In the
    /// other modes they report what the server's last reply said. They make no round trip.
    /// @{

    /// The rowid of the connection's last insert; 0 if there was none.
    [[nodiscard]] std::int64_t last_insert_rowid() const noexcept;

    /// Rows changed by the connection's last INSERT, UPDATE or DELETE.
    [[nodiscard]] std::int64_t changes() const noexcept;

    /// Rows changed since the connection was opened, including by triggers (which a server does not
    /// report).
    [[nodiscard]] std::int64_t total_changes() const noexcept;

    /// True when no transaction is open.
    [[nodiscard]] bool is_autocommit() const noexcept;

    /// @}

protected:
    /// For the driver: runs statements on `owner` while the transaction and the savepoint with
    /// these serial numbers are open.
    explicit executor(std::shared_ptr<detail::backend> owner, std::uint64_t transaction = 0,
                      std::uint64_t savepoint = 0) noexcept
        : backend_(std::move(owner)), transaction_(transaction), savepoint_(savepoint) {}

    executor(executor&&) noexcept = default;
    executor& operator=(executor&&) noexcept = default;
    ~executor() = default;

    /// The backend, or the reason why no statement can be run on it.
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
