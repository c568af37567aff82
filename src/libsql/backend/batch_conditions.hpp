#pragma once

#include "libsql/sql/statement_effect.hpp"

#include <libsql/batch.hpp>
#include <libsql/error.hpp>

#include <optional>
#include <string_view>

namespace libsql {

/// The reason why a batch cannot be run, if any: a condition refers to its own step or a later one.
std::optional<error> check_conditions(const batch& steps);

/// Whether `c` is true after the steps that it refers to.
bool holds(const condition& c, const batch_result& so_far, bool is_autocommit);

/// The reason why step `i` of a transactional batch cannot run, if any: it would end the
/// transaction, or roll back to or release a savepoint from before the batch, and so remove what
/// the batch is undone by. O(i) for a step that names a savepoint.
std::optional<error> ends_its_batch(const batch& steps, std::size_t i);

/// Tracks which steps of an independent batch are inside a transaction: those after one that was
/// open when the batch began, or after a BEGIN of the batch, up to its COMMIT or ROLLBACK. If the
/// transaction has a handle, all steps count as inside it even after its end, because the batch was
/// run for it. A step inside a transaction must not run in autocommit mode, where its changes would
/// be committed on their own; in its condition `is_autocommit` is false.
class transaction_scope {
public:
    transaction_scope(bool is_open, bool has_handle) noexcept
        : inside_(is_open), has_handle_(is_open && has_handle) {}

    /// True if the next step is inside a transaction.
    [[nodiscard]] bool inside() const noexcept { return inside_; }

    /// Records a step with this effect. A BEGIN with a condition opens a transaction only if it
    /// succeeded; one without a condition always does, because the steps after it are meant to be
    /// inside.
    void passed(statement_effect effect, bool has_condition, bool ok) noexcept {
        if (effect == statement_effect::begins) {
            inside_ = inside_ || !has_condition || ok;
        } else if (effect == statement_effect::ends) {
            inside_ = has_handle_;
        }
    }

private:
    bool inside_;
    bool has_handle_;
};

/// The error of a step whose transaction was over when it was due to run.
error outside_its_transaction(std::string_view sql);

}  // namespace libsql
