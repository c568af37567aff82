#pragma once

#include <libsql/argument.hpp>
#include <libsql/column.hpp>
#include <libsql/deadline.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>
#include <libsql/result_set.hpp>
#include <libsql/rows.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace libsql {

namespace detail {
class backend;
class prepared;
}  // namespace detail

/// A compiled statement that the caller holds. It belongs to one connection: once that is closed,
/// calls fail with `closed`; once the transaction through which it was prepared is over, they fail
/// with `transaction`.
///
/// Arguments are given to one call (`execute(args...)` does not copy them, `query(args...)` does)
/// or bound for later calls: `bind(args...)` copies them, and `execute()` and `query()` without
/// arguments then use them as often as you like. When the schema changes, the statement is
/// recompiled automatically; its columns may differ afterwards. There is one query at a time: to
/// run or bind the statement while its rows are open is `misuse`.
///
/// Thread safety: as the connection's. Exception safety: as `executor`'s; inspecting or binding a
/// statement may throw `std::bad_alloc`. Running it is one round trip in remote mode; inspecting it
/// makes none unless stated otherwise.
class LIBSQL_API statement {
public:
    /// For the driver: `executor::prepare` makes statements.
    statement(std::shared_ptr<detail::backend> owner, detail::prepared* compiled,
              std::uint64_t transaction) noexcept
        : owner_(std::move(owner)), prepared_(compiled), transaction_(transaction) {}

    /// Calls on the moved-from statement fail with `closed`.
    statement(statement&& other) noexcept
        : owner_(std::move(other.owner_)),
          prepared_(std::exchange(other.prepared_, nullptr)),
          transaction_(other.transaction_) {}

    /// Ends the statement held before.
    statement& operator=(statement&& other) noexcept {
        if (this != &other) {
            close();
            owner_ = std::move(other.owner_);
            prepared_ = std::exchange(other.prepared_, nullptr);
            transaction_ = other.transaction_;
        }
        return *this;
    }

    ~statement() { close(); }

    /// Runs the statement to completion. Rows that it may return are discarded.
    template <class... Args>
    result<execution> execute(const Args&... args) {
        return execute_with(deadline(), detail::arguments(args...).view());
    }

    /// As above, but fails with `timeout` once `until` has passed.
    template <class... Args>
    result<execution> execute(deadline until, const Args&... args) {
        return execute_with(until, detail::arguments(args...).view());
    }

    /// Starts the statement and returns its rows: see `executor::query`.
    template <class... Args>
    result<rows> query(const Args&... args) {
        return query_with(deadline(), detail::arguments(args...).view());
    }

    /// As above. The deadline also applies to reading the rows.
    template <class... Args>
    result<rows> query(deadline until, const Args&... args) {
        return query_with(until, detail::arguments(args...).view());
    }

    /// Copies arguments into the statement, for later calls without arguments. All parameters must
    /// be given at once. `invalid_argument` for a wrong number and for a value that SQL cannot
    /// hold; no argument is bound then, not even those bound before.
    template <class... Args>
    result<void> bind(const Args&... args) {
        return bind_with(detail::arguments(args...).view());
    }

    /// Ends a running query of this statement, whose next row is then `interrupted`, and clears the
    /// bound arguments.
    result<void> reset();

    /// The text of the statement as it was given; empty once it was closed or moved from. Valid as
    /// long as the statement.
    [[nodiscard]] std::string_view sql() const noexcept;

    /// The largest parameter index. O(parameters).
    [[nodiscard]] result<std::size_t> parameter_count() const;

    /// The name of each parameter, in order of index and with its prefix (`:min`, `@x`, `$y`,
    /// `?7`); none for `?` and for an index that is not used.
    [[nodiscard]] result<std::vector<std::optional<std::string>>> parameters() const;

    /// The columns of the result; empty for a statement that returns no rows. In remote mode the
    /// first call of this or of `is_read_only` asks the server; later calls use that answer.
    [[nodiscard]] result<std::vector<column>> columns() const;

    /// True if the statement does not write to the database file. Round trips: as `columns`.
    [[nodiscard]] result<bool> is_read_only() const;

    /// 0 for an ordinary statement, 1 for EXPLAIN, 2 for EXPLAIN QUERY PLAN.
    [[nodiscard]] result<int> explain_mode() const;

    /// The text with the arguments bound by `bind` in place of the parameters; NULL where none is
    /// bound. Linear in its size. In local mode `too_big` if it is longer than a statement may be.
    [[nodiscard]] result<std::string> expanded_sql() const;

    /// Ends the statement; later calls fail with `closed`. Rows of it that are open can still be
    /// read.
    void close() noexcept;

private:
    result<execution> execute_with(deadline until, detail::arguments_view arguments);
    result<rows> query_with(deadline until, detail::arguments_view arguments);
    result<void> bind_with(detail::arguments_view arguments);
    [[nodiscard]] result<detail::prepared*> usable() const;

    std::shared_ptr<detail::backend> owner_;
    detail::prepared* prepared_;
    std::uint64_t transaction_;  ///< 0 if prepared by a connection
};

}  // namespace libsql
