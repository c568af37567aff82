#pragma once

#include <libsql/column.hpp>
#include <libsql/error.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>
#include <libsql/result_set.hpp>
#include <libsql/value.hpp>

#include <memory>
#include <variant>
#include <vector>

namespace libsql {

/// The outcome of one step of a batch: it was skipped, it ran, or it failed. A plain value that
/// owns its content. Smaller than `result<result_set>`, because a batch has many steps and few of
/// them return rows.
class LIBSQL_API step_result {
public:
    /// A step that was skipped.
    step_result() noexcept;

    /// A step that ran and returned no rows.
    explicit step_result(execution done) noexcept;

    /// A step that ran.
    explicit step_result(result_set rows);

    /// A step that failed.
    explicit step_result(libsql::error why) noexcept;

    /// A copy shares the rows.
    step_result(const step_result& other) noexcept;

    /// `other` must then only be assigned to or destroyed.
    step_result(step_result&& other) noexcept;

    /// A copy shares the rows.
    step_result& operator=(const step_result& other) noexcept;

    /// As the move.
    step_result& operator=(step_result&& other) noexcept;
    ~step_result();

    /// True if it was not run because its condition was false.
    [[nodiscard]] bool skipped() const noexcept { return state_.index() == 0; }

    /// True if it ran without an error.
    [[nodiscard]] bool ok() const noexcept { return !skipped() && !failed(); }

    /// True if it has an error: it ran and failed, or it could not be run.
    [[nodiscard]] bool failed() const noexcept { return state_.index() == 3; }

    /// Why it failed. Throws `libsql::exception` (kind `misuse`) if it did not.
    [[nodiscard]] const libsql::error& error() const;

    /// What it did. Throws `libsql::exception` if it is not `ok()`: with its error, or of kind
    /// `misuse` if it was skipped. So do the next three.
    [[nodiscard]] const execution& executed() const;

    /// Its columns; empty for a statement that returns no rows.
    [[nodiscard]] const std::vector<column>& columns() const;

    /// Its rows, each as wide as `columns()`.
    [[nodiscard]] const std::vector<std::vector<value>>& rows() const;

    /// Moves its rows out; they are copied only if another copy of this object shares them. It has
    /// none afterwards.
    [[nodiscard]] std::vector<std::vector<value>> take_rows();

    /// Turns it into a step that ran without rows; the caller fills in what it did.
    execution& succeed() noexcept;

private:
    [[nodiscard]] const result_set* result_if_ok() const;

    std::variant<std::monostate, execution, std::shared_ptr<result_set>, libsql::error> state_;
};

}  // namespace libsql
