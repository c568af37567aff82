#pragma once

#include "libsql/backend/backend.hpp"
#include "libsql/engine/engine.h"

#include <libsql/value.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace libsql::local {

class call;
class connection;

/// A compiled statement of a connection: in the connection's cache, held by a `libsql::statement`,
/// or made for one query only. While `rows` read from it, it is a row source and in use.
class compiled_statement final : public detail::row_source, public detail::prepared {
public:
    compiled_statement(connection& owner, sqlite3_stmt* statement, std::string sql);
    ~compiled_statement() override;

    // As a row source.
    detail::step_status step() noexcept override;

    void set_deadline(deadline until) noexcept override { until_ = until; }

    error take_error() override;

    [[nodiscard]] std::string_view sql() const noexcept override { return sql_; }

    std::size_t column_count() noexcept override;
    std::string_view column_name(std::size_t i) noexcept override;
    result<std::vector<column>> columns() override;
    std::int64_t rows_affected() noexcept override;
    std::uint64_t rows_read() noexcept override;
    std::uint64_t rows_written() noexcept override;
    void release() noexcept override;

    // As a prepared statement.
    result<execution> execute(detail::arguments_view arguments, deadline until) override;
    result<detail::row_source*> query(detail::arguments_view arguments, deadline until) override;
    result<void> bind(detail::arguments_view arguments) override;
    result<void> reset() override;

    result<std::vector<std::optional<std::string>>> parameters() override;
    result<bool> is_read_only() override;
    result<int> explain_mode() override;
    result<std::string> expanded_sql() override;

    [[nodiscard]] bool is_detached() const noexcept override { return detached_; }

    void discard() noexcept override;

    // For the connection and its statement store, inside a call.

    /// Runs to completion and resets. On false, `take_error()` says why.
    bool run(detail::arguments_view arguments, execution& done) noexcept;

    /// Runs step `i` of a batch, and the following ones with the same text and no condition, until
    /// one fails. Returns the index of the first step that is still to be run.
    std::size_t run_series(const batch& steps, std::size_t i, unsigned interrupts,
                           std::vector<step_result>& out);

    /// Binds copies of the arguments and becomes a row source for a reader. On false,
    /// `take_error()` says why.
    bool start(detail::arguments_view arguments, deadline until) noexcept;

    /// As `start`, and runs the statement up to its first row: its effects are complete, and its
    /// errors known, before anyone reads. A statement that writes runs to completion and buffers
    /// its rows: left open, its writes would be neither checked nor committed, and would share the
    /// fate of whatever runs beside it. Not in use if this fails.
    bool open(detail::arguments_view arguments, deadline until) noexcept;

    /// Called when the reader is gone.
    void stop() noexcept;

    /// Runs to completion and returns all rows. The caller calls `stop` afterwards.
    result<result_set> collect(detail::arguments_view arguments);

    /// Ends the reading: resets the engine's statement; later steps of the reader fail with `why`.
    void end(error_kind why) noexcept;

    /// Ends it for its reader and holder, because the connection is passed to another user. They no
    /// longer use the connection, not even when they release the statement.
    void detach() noexcept;

    /// Frees the engine's statement, for good.
    void finalise() noexcept;

    [[nodiscard]] sqlite3_stmt* handle() const noexcept { return statement_; }

    [[nodiscard]] bool in_use() const noexcept { return in_use_; }

    /// True if it returns rows.
    [[nodiscard]] bool has_columns() const noexcept { return !row_.empty(); }

    /// BEGIN, COMMIT, ROLLBACK, SAVEPOINT or RELEASE: it may end the transaction.
    [[nodiscard]] bool is_control() const noexcept { return is_control_; }

    bool cached{false};  ///< owned by the cache, which hands it out again
    bool held{false};    ///< held by a `libsql::statement`

private:
    bool run_inline(detail::arguments_view arguments, execution& done) noexcept;

    friend class statement_cache;
    friend class statement_store;

    /// The arguments in the order of the statement's parameters, checked; may point into
    /// `ordered_`.
    result<detail::arguments_view> arrange(detail::arguments_view arguments);
    result<detail::arguments_view> arrange_named(detail::arguments_view arguments);
    error bind_failed(int rc, detail::arguments_view arguments);

    /// The error for the result code `rc` of a run that has changed `changed` rows which stand (ON
    /// CONFLICT FAIL keeps those before the failure). Sets the outcome.
    error run_error(int rc, std::int64_t changed);

    /// As `arrange`, in place. On false, `failure_` says why.
    bool arrange_or_fail(detail::arguments_view& arguments) noexcept;

    /// Copies the text and blobs of `arguments` into `copies_`, and the cells into `kept_`.
    void keep(detail::arguments_view arguments);

    /// As `keep`. On false, `failure_` says why.
    bool keep_or_fail(detail::arguments_view arguments) noexcept;
    detail::step_status step_inside() noexcept;

    /// Handles a step that returned no row.
    detail::step_status end_step(int rc) noexcept;

    /// Called when the statement was recompiled after a schema change and has more columns than
    /// before.
    void widen(int width);
    void drop_copies() noexcept;

    /// Forgets the arguments given to `bind()`.
    void forget_bound() noexcept;
    result<std::vector<column>> columns_inside();

    struct row_counts {
        std::uint64_t read;
        std::uint64_t written;
    };

    /// What this run has read and written so far.
    [[nodiscard]] row_counts counts() const noexcept;
    void note_end() noexcept;

    /// After the first step, which returned a row: runs to completion and keeps all rows in
    /// `rows_`. On false, `take_error()` says why.
    bool keep_rows() noexcept;

    /// Moves to the next of those rows.
    detail::step_status step_kept() noexcept;
    detail::step_status fail(const error& why) noexcept;
    error usable_error() const;

    /// The reason why the holder's call `inside` is refused, if any.
    [[nodiscard]] std::optional<error> refused(const call& inside, bool must_be_idle) const;

    connection* owner_;
    sqlite3_stmt* statement_;
    int parameter_count_;
    bool writes_;    ///< it does not only read
    bool attaches_;  ///< ATTACH
    bool is_control_;

    bool in_use_{false};
    bool finished_{false};
    bool primed_{false};  ///< `open` has made the first step, which was not read yet
    bool detached_{false};
    bool bound_{false};  ///< `bound_values_` are the arguments given to `bind()`
    std::optional<error_kind> ended_;
    std::optional<error> failure_;
    deadline until_;
    std::uint64_t reader_of_{0};  ///< the transaction in which the reading started
    std::int64_t total_before_{0};
    std::int64_t affected_{0};
    std::uint64_t rows_read_{0};
    std::uint64_t rows_written_{0};

    std::vector<detail::cell> row_;  ///< the current row
    std::unique_ptr<std::deque<std::vector<value>>>
        rows_;                           ///< of what writes; the first is current
    std::vector<detail::cell> ordered_;  ///< named arguments by position
    std::vector<detail::cell> kept_;
    std::vector<std::byte> copies_;
    std::vector<detail::cell> bound_values_;
    std::vector<std::byte> bound_copies_;

    // For the cache: its list in order of use.
    compiled_statement* newer_{nullptr};
    compiled_statement* older_{nullptr};

    // For the store: its list of statements in use.
    compiled_statement* next_reader_{nullptr};
    compiled_statement* previous_reader_{nullptr};
};

}  // namespace libsql::local
