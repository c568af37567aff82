#pragma once

#include "libsql/sql/statement_effect.hpp"

#include <libsql/batch.hpp>
#include <libsql/error.hpp>

#include <optional>
#include <string_view>

namespace libsql {

/// Why a batch cannot be run, if so: a condition refers to its own step or to a later one.
std::optional<error> check_conditions(const batch& steps);

/// Whether `c` holds, after the steps that it refers to.
bool holds(const condition& c, const batch_result& so_far, bool is_autocommit);

/// Why step `i` of a transactional batch cannot run, if so: it would end the transaction, or go
/// back to or release a savepoint from before the batch, and with it what the batch is undone by.
/// O(i) for a step that names a savepoint.
std::optional<error> ends_its_batch(const batch& steps, std::size_t i);

/// Which steps of an independent batch stand in a transaction: those behind one that was open when
/// the batch began, or behind a BEGIN of the batch, up to its COMMIT or ROLLBACK. Behind the end of
/// a transaction that has a handle all stand in it: the batch was run for it. A step that stands in
/// a transaction must not run in autocommit, where its changes would stand by themselves; in its
/// condition `is_autocommit` is false.
class transaction_scope {
public:
    transaction_scope(bool is_open, bool has_handle) noexcept
        : inside_(is_open), has_handle_(is_open && has_handle) {}

    /// The next step stands in a transaction.
    [[nodiscard]] bool inside() const noexcept { return inside_; }

    /// A step with this effect is behind us. A BEGIN that has a condition opens a transaction only
    /// when it went well, others always: what follows is meant to be inside.
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

/// The error of a step whose transaction was over when its turn came.
error outside_its_transaction(std::string_view sql);

}  // namespace libsql
