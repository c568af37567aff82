#pragma once

#include <libsql/column.hpp>
#include <libsql/deadline.hpp>
#include <libsql/detail/row_source.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>
#include <libsql/row.hpp>

#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace libsql {

struct result_set;

namespace detail {
class backend;
}

/// The rows of a running query, read one at a time: memory use does not grow with their number.
///
/// ```
/// for (auto& row : conn.query("SELECT id, name FROM users").value())
///     use(row->get<std::int64_t>(0), row->get<std::string_view>(1));
/// ```
/// Each element is a `result<row>`. A query that fails part-way has the error as its last element.
///
/// A statement that writes and returns rows is complete when `query` returns: its errors are errors
/// of that call, and all its rows are buffered, in memory or, beyond some size in remote mode, in a
/// file.
///
/// Lifetime: rows keep the memory of their connection alive, but do not keep the connection open.
/// Once the connection is closed, or the transaction in which the query was started ends, the next
/// row is an error. Destroying the rows ends the query. In local mode a query that reads from the
/// database holds a read lock until its last row was read, or it ends. Thread safety: as the
/// connection's.
class LIBSQL_API rows {
public:
    /// For the driver: `executor::query` makes rows.
    rows(std::shared_ptr<detail::backend> owner, detail::row_source* source) noexcept
        : owner_(std::move(owner)), source_(source) {}

    /// Calls on the moved-from rows fail with `closed`.
    rows(rows&& other) noexcept
        : owner_(std::move(other.owner_)), source_(std::exchange(other.source_, nullptr)) {}

    /// Ends the query held before.
    rows& operator=(rows&& other) noexcept {
        if (this != &other) {
            close();
            owner_ = std::move(other.owner_);
            source_ = std::exchange(other.source_, nullptr);
        }
        return *this;
    }

    ~rows() { close(); }

    /// Reads the next row. True if there is one, which `current()` then returns; false after the
    /// last. Waits for a server only if the rows are streamed.
    result<bool> next() {
        if (source_ == nullptr) {
            return closed();
        }
        const auto status = source_->step();
        if (status == detail::step_status::failed) [[unlikely]] {
            return source_->take_error();
        }
        return status == detail::step_status::row;
    }

    /// Sets the deadline of reading from now on, in place of the one given to the query. For rows
    /// that are read in portions, each with its own deadline. Rows that have already arrived from a
    /// server can be read whatever the deadline.
    void set_deadline(deadline until) noexcept {
        if (source_ != nullptr) {
            source_->set_deadline(until);
        }
    }

    /// The row that `next()` has read. The last call of `next()` must have returned true.
    [[nodiscard]] row current() const noexcept { return row(*source_); }

    /// Names, types and origins of the columns. Available before the first row, and when there is
    /// none.
    [[nodiscard]] result<std::vector<column>> columns() const;

    /// The number of columns; 0 once the rows were closed or moved from.
    [[nodiscard]] std::size_t column_count() const noexcept {
        return source_ == nullptr ? 0 : source_->column_count();
    }

    /// The name of a column, without the cost of the other data in `columns()`. Valid until the
    /// query ends; empty when there is no such column.
    [[nodiscard]] std::string_view column_name(std::size_t i) const noexcept {
        return i < column_count() ? source_->column_name(i) : std::string_view();
    }

    /// The number of rows changed by an INSERT, UPDATE or DELETE with RETURNING. Complete from the
    /// start, because SQLite makes all changes before it returns a row.
    [[nodiscard]] std::int64_t rows_affected() const noexcept {
        return source_ == nullptr ? 0 : source_->rows_affected();
    }

    /// Rows that the statement has read from tables so far, as libSQL counts them; 0 for rows that
    /// are streamed from a server.
    [[nodiscard]] std::uint64_t rows_read() const noexcept {
        return source_ == nullptr ? 0 : source_->rows_read();
    }

    /// Rows that the statement has written so far.
    [[nodiscard]] std::uint64_t rows_written() const noexcept {
        return source_ == nullptr ? 0 : source_->rows_written();
    }

    /// Reads all remaining rows, each as `row::as<T>()`; `T` must own its content. Time and memory
    /// are linear in their size. After an error or `std::bad_alloc`, the rows read so far are lost.
    template <class T>
    result<std::vector<T>> collect() {
        static_assert(detail::outlives_row<T>(), "libsql: T would view rows that are gone");
        std::vector<T> all;
        for (;;) {
            auto more = next();
            if (!more) {
                return more.error();
            }
            if (!*more) {
                return all;
            }
            auto one = current().as<T>();
            if (!one) {
                return one.error();
            }
            all.push_back(*std::move(one));
        }
    }

    /// Reads the first of the remaining rows as `T`, which must own its content, and ends the
    /// query; none if there is no row. The other rows are not read.
    template <class T>
    result<std::optional<T>> first() {
        static_assert(detail::outlives_row<T>(), "libsql: T would view a row that is gone");
        auto more = next();
        if (!more) {
            return more.error();
        }
        std::optional<T> found;
        if (*more) {
            auto one = current().as<T>();
            if (!one) {
                return one.error();
            }
            found = *std::move(one);
        }
        close();
        return found;
    }

    /// Reads the only one of the remaining rows as `T`, which must own its content, and ends the
    /// query. `mismatch` if there is no row or more than one; what the statement changed stands
    /// then.
    template <class T>
    result<T> single() {
        static_assert(detail::outlives_row<T>(), "libsql: T would view a row that is gone");
        auto more = next();
        if (!more) {
            return more.error();
        }
        if (!*more) {
            return not_single("no row");
        }
        auto only = current().as<T>();
        if (only) {
            more = next();
            if (!more) {
                return more.error();
            }
            if (*more) {
                return not_single("more than one row");
            }
        }
        close();
        return only;
    }

    /// Ends the query. Later calls fail with `closed`.
    void close() noexcept;

    /// Reads one row with each increment. `*it` is a reference into the iterator.
    class iterator {
    public:
        using iterator_concept = std::input_iterator_tag;  ///< one pass
        using value_type = result<row>;          ///< a row, or the error that ended the query
        using difference_type = std::ptrdiff_t;  ///< required of an iterator; there is no distance

        iterator() noexcept = default;

        /// Reads the first of the remaining rows of `owner`, which must outlive this.
        explicit iterator(rows& owner) : owner_(&owner) { ++*this; }

        /// The row, or the error. Must not be called at the end.
        result<row>& operator*() const noexcept { return *item_; }

        /// Reads the next row. After an error there are no more.
        iterator& operator++() {
            if (item_ && !item_->has_value()) {
                item_.reset();  // an error was the last element
                return *this;
            }
            auto more = owner_->next();
            if (!more) [[unlikely]] {
                item_.emplace(more.error());
            } else if (!*more) {
                item_.reset();
            } else if (!item_) {
                item_.emplace(owner_->current());
            }
            return *this;
        }

        /// As above.
        void operator++(int) { ++*this; }

        /// True at the end.
        friend bool operator==(const iterator& it, std::default_sentinel_t) noexcept {
            return !it.item_;
        }

    private:
        rows* owner_{nullptr};
        mutable std::optional<result<row>> item_;
    };

    /// The remaining rows, in a single pass.
    iterator begin() { return iterator(*this); }

    /// The sentinel that marks the end.
    static std::default_sentinel_t end() noexcept { return {}; }

private:
    friend result<result_set> materialise(rows source);

    static error closed();

    /// The error for `found` where one row was asked for; ends the query.
    error not_single(std::string_view found);

    std::shared_ptr<detail::backend> owner_;
    detail::row_source* source_;
};

}  // namespace libsql
