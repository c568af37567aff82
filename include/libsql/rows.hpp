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

/// The rows of a running query, read one at a time: memory does not grow with their number.
///
/// ```
/// for (auto& row : conn.query("SELECT id, name FROM users").value())
///     use(row->get<std::int64_t>(0), row->get<std::string_view>(1));
/// ```
/// Each element is a `result<row>`: a failure in the middle of a query is the last element.
///
/// A statement that writes and returns rows is complete when `query` returns: an error of its is
/// that call's, and its rows are all here. (In memory; in remote mode beyond some size in a file.)
///
/// Lifetime: rows keep their connection's memory alive, not the connection open. When the
/// connection is closed, or the transaction in which the query was started ends, the next row is an
/// error. Dropping them ends the query. In local mode the statement of those that are read from the
/// database holds a read lock. Thread safety: as the connection's.
class LIBSQL_API rows {
public:
    /// For the driver: rows are made by `executor::query`.
    rows(std::shared_ptr<detail::backend> owner, detail::row_source* source) noexcept
        : owner_(std::move(owner)), source_(source) {}

    /// The one moved from gives `closed`.
    rows(rows&& other) noexcept
        : owner_(std::move(other.owner_)), source_(std::exchange(other.source_, nullptr)) {}

    /// Ends the query that was here.
    rows& operator=(rows&& other) noexcept {
        if (this != &other) {
            close();
            owner_ = std::move(other.owner_);
            source_ = std::exchange(other.source_, nullptr);
        }
        return *this;
    }

    ~rows() { close(); }

    /// Reads the next row: true if there is one (then `current()` is it), false after the last.
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

    /// From now on `until` is the deadline of reading, in place of the one that the query was
    /// given: for rows that are read in portions, each with a deadline of its own. Rows that have
    /// come from a server already are read whatever the deadline.
    void set_deadline(deadline until) noexcept {
        if (source_ != nullptr) {
            source_->set_deadline(until);
        }
    }

    /// The row that `next()` found. Only after it returned true.
    [[nodiscard]] row current() const noexcept { return row(*source_); }

    /// Names, types and origins, available before the first row and when there is none.
    [[nodiscard]] result<std::vector<column>> columns() const;

    /// The number of columns; 0 once it was closed or moved from.
    [[nodiscard]] std::size_t column_count() const noexcept {
        return source_ == nullptr ? 0 : source_->column_count();
    }

    /// The name of a column, as in `columns()` but without the cost of all else that those say:
    /// valid until the query ends. Empty when there is no such column.
    [[nodiscard]] std::string_view column_name(std::size_t i) const noexcept {
        return i < column_count() ? source_->column_name(i) : std::string_view();
    }

    /// How many rows an INSERT, UPDATE or DELETE with RETURNING changed. Complete from the start:
    /// SQLite does all changes before it returns a row.
    [[nodiscard]] std::int64_t rows_affected() const noexcept {
        return source_ == nullptr ? 0 : source_->rows_affected();
    }

    /// Rows that the statement has read from tables so far, as libSQL counts them; 0 for rows that
    /// stream from a server.
    [[nodiscard]] std::uint64_t rows_read() const noexcept {
        return source_ == nullptr ? 0 : source_->rows_read();
    }

    /// Rows that the statement has written so far.
    [[nodiscard]] std::uint64_t rows_written() const noexcept {
        return source_ == nullptr ? 0 : source_->rows_written();
    }

    /// All remaining rows, each as `row::as<T>()`; `T` must own what it holds. Memory grows with
    /// their number.
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

    /// The first row as `T`, which must own what it holds; none if there is no row. The rest is not
    /// read. Ends the query.
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

    /// Ends the query. Later calls give `closed`.
    void close() noexcept;

    /// Reads as it is incremented. `*it` is a reference into the iterator.
    class iterator {
    public:
        using iterator_concept = std::input_iterator_tag;  ///< one pass
        using value_type = result<row>;          ///< a row, or the error that ended the query
        using difference_type = std::ptrdiff_t;  ///< never used: there is no distance

        iterator() noexcept = default;

        /// Reads the first of the remaining rows of `owner`, which must outlive this.
        explicit iterator(rows& owner) : owner_(&owner) { ++*this; }

        /// The row, or the error. Not at the end.
        result<row>& operator*() const noexcept { return *item_; }

        /// Reads the next row. After an error there is none.
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

    /// A single pass over the remaining rows.
    iterator begin() { return iterator(*this); }

    /// What `begin()` is compared with.
    static std::default_sentinel_t end() noexcept { return {}; }

private:
    friend result<result_set> materialise(rows source);

    static error closed();

    std::shared_ptr<detail::backend> owner_;
    detail::row_source* source_;
};

}  // namespace libsql
