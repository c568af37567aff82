#pragma once

#include <libsql/column.hpp>
#include <libsql/error.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>
#include <libsql/result_set.hpp>
#include <libsql/value.hpp>

#include <memory>
#include <utility>
#include <variant>
#include <vector>

namespace libsql {

/// What became of one step of a batch: it was skipped, it ran, or it failed. A plain value; it owns
/// what it holds. Smaller than `result<result_set>`, since a batch has many and few of them have
/// rows.
class LIBSQL_API step_result {
public:
    /// A step that was skipped.
    step_result() noexcept = default;

    /// A step that ran, and has no rows.
    explicit step_result(execution done) noexcept : state_(done) {}

    /// A step that ran.
    explicit step_result(result_set rows) : state_(std::make_shared<result_set>(std::move(rows))) {}

    /// A step that failed.
    explicit step_result(libsql::error why) noexcept : state_(std::move(why)) {}

    /// It was not run: its condition did not hold.
    [[nodiscard]] bool skipped() const noexcept {
        return std::holds_alternative<std::monostate>(state_);
    }

    /// It ran without an error.
    [[nodiscard]] bool ok() const noexcept { return !skipped() && !failed(); }

    /// It gave an error: it was run and failed, or it could not be run.
    [[nodiscard]] bool failed() const noexcept {
        return std::holds_alternative<libsql::error>(state_);
    }

    /// Why it failed. Throws `libsql::exception` (kind `misuse`) when it did not.
    [[nodiscard]] const libsql::error& error() const;

    /// What it did. Throws `libsql::exception` when it is not `ok()`: with its error, or of kind
    /// `misuse` when it was skipped. So do the next three.
    [[nodiscard]] const execution& executed() const;

    /// Its columns; empty for a statement without a result.
    [[nodiscard]] const std::vector<column>& columns() const;

    /// Its rows, each as wide as `columns()`.
    [[nodiscard]] const std::vector<std::vector<value>>& rows() const;

    /// Its rows, moved out: no copy unless another copy of this has them too. Then it has none.
    [[nodiscard]] std::vector<std::vector<value>> take_rows();

    /// Makes it a step that ran without rows; what it did is to be filled in.
    execution& succeed() noexcept { return state_.emplace<execution>(); }

private:
    [[nodiscard]] const result_set* result_if_ok() const;

    std::variant<std::monostate, execution, std::shared_ptr<result_set>, libsql::error> state_;
};

}  // namespace libsql
