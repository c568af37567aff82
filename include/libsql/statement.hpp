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

/// A compiled statement, held by the caller. It belongs to one connection: when that is closed, or
/// the transaction through which it was prepared is over, calls give an error.
///
/// Arguments are bound either for one call (`execute(args...)`: no copy; `query(args...)`: copied)
/// or to stay (`bind(args...)`: copied, then `execute()` or `query()` without arguments as often as
/// you like). When the schema changes it is compiled
/// anew by itself; its columns may differ afterwards. One query at a time: to run or bind it while
/// its rows are open is `misuse`. Thread safety: as the connection's.
class LIBSQL_API statement {
public:
    /// For the driver: statements are made by `executor::prepare`.
    statement(std::shared_ptr<detail::backend> owner, detail::prepared* compiled,
              std::uint64_t transaction) noexcept
        : owner_(std::move(owner)), prepared_(compiled), transaction_(transaction) {}

    /// The one moved from gives `closed`.
    statement(statement&& other) noexcept
        : owner_(std::move(other.owner_)),
          prepared_(std::exchange(other.prepared_, nullptr)),
          transaction_(other.transaction_) {}

    /// Ends the statement that was here.
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

    /// Runs it to its end; rows that it may return are read and dropped.
    template <class... Args>
    result<execution> execute(const Args&... args) {
        return execute_with(deadline(), detail::arguments(args...).view());
    }

    /// As above, within the time that `until` gives: else `timeout`.
    template <class... Args>
    result<execution> execute(deadline until, const Args&... args) {
        return execute_with(until, detail::arguments(args...).view());
    }

    /// Starts it and gives its rows.
    template <class... Args>
    result<rows> query(const Args&... args) {
        return query_with(deadline(), detail::arguments(args...).view());
    }

    /// As above. The deadline is also that of reading the rows.
    template <class... Args>
    result<rows> query(deadline until, const Args&... args) {
        return query_with(until, detail::arguments(args...).view());
    }

    /// Copies arguments into the statement, for later calls without arguments. All parameters at
    /// once: else, as for one that SQL cannot hold, `invalid_argument`, and none is bound.
    template <class... Args>
    result<void> bind(const Args&... args) {
        return bind_with(detail::arguments(args...).view());
    }

    /// Ends a running query of this statement, whose next row is `interrupted`, and forgets bound
    /// arguments.
    result<void> reset();

    /// The statement's text as it was given; empty once it was closed or moved from. Valid as long
    /// as the statement.
    [[nodiscard]] std::string_view sql() const noexcept;

    /// The largest parameter index.
    [[nodiscard]] result<std::size_t> parameter_count() const;

    /// For each parameter its name with prefix (`:min`, `@x`, `$y`, `?7`), none for `?` or an
    /// unused index.
    [[nodiscard]] result<std::vector<std::optional<std::string>>> parameters() const;

    /// The result's columns; empty when the statement gives no rows.
    [[nodiscard]] result<std::vector<column>> columns() const;

    /// It does not write to the database file. In remote mode this asks the server, once; so does
    /// `columns`.
    [[nodiscard]] result<bool> is_read_only() const;

    /// 0: an ordinary statement, 1: EXPLAIN, 2: EXPLAIN QUERY PLAN.
    [[nodiscard]] result<int> explain_mode() const;

    /// The statement with its bound arguments (those of `bind`) in place of parameters.
    [[nodiscard]] result<std::string> expanded_sql() const;

    /// Ends it. Later calls give `closed`.
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
