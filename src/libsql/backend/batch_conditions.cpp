#include "libsql/backend/batch_conditions.hpp"

#include "libsql/core/ascii_case.hpp"
#include "libsql/sql/sql_scanner.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace libsql {

namespace {

bool refers_only_before(const condition& c, std::size_t step) {
    if ((c.op() == condition::operation::ok || c.op() == condition::operation::error) &&
        c.step() >= step) {
        return false;
    }
    return std::all_of(c.operands().begin(), c.operands().end(),
                       [&](const condition& operand) { return refers_only_before(operand, step); });
}

/// The name in SAVEPOINT, RELEASE or ROLLBACK TO, in lower case because SQLite ignores case.
std::string savepoint_name(std::string_view sql) {
    token last;
    sql_scanner words(sql);
    for (token t = words.next_significant(); t.kind != token_kind::end;
         t = words.next_significant()) {
        last = t.kind == token_kind::semicolon ? last : t;
    }
    return to_lower(last.unquoted());
}

/// Whether step `i`, which has this effect, names a savepoint that no earlier step is certain to
/// have opened.
bool names_outer_savepoint(const batch& steps, std::size_t i, statement_effect effect) {
    if (effect != statement_effect::release && effect != statement_effect::rollback_to) {
        return false;
    }
    std::vector<std::string> open;
    const auto found = [&](std::string_view sql) {
        return std::find(open.rbegin(), open.rend(), savepoint_name(sql));
    };
    for (std::size_t before = 0; before < i; ++before) {
        const auto step = steps.step(before);
        const auto what = effect_of(step.sql);
        if (what == statement_effect::savepoint && step.when == nullptr) {
            open.push_back(savepoint_name(step.sql));
        } else if (what == statement_effect::release || what == statement_effect::rollback_to) {
            const auto at = found(step.sql).base();  // points after it
            if (at != open.begin()) {
                open.erase(what == statement_effect::release ? at - 1 : at, open.end());
            }
        }
    }
    return found(steps.step(i).sql) == open.rend();
}

}  // namespace

std::optional<error> check_conditions(const batch& steps) {
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const auto* const when = steps.step(i).when;
        if (when != nullptr && !refers_only_before(*when, i)) {
            return error(error_kind::invalid_argument, "the condition of batch step " +
                                                           std::to_string(i) +
                                                           " refers to itself or to a later step");
        }
    }
    return std::nullopt;
}

bool holds(const condition& c, const batch_result& so_far, bool is_autocommit) {
    const auto inner = [&](const condition& operand) {
        return holds(operand, so_far, is_autocommit);
    };
    const auto& operands = c.operands();
    switch (c.op()) {
        case condition::operation::ok:
        case condition::operation::error: {
            return so_far.steps[c.step()].ok() == (c.op() == condition::operation::ok);
        }
        case condition::operation::negation:
            return !inner(operands.front());
        case condition::operation::conjunction:
            return std::all_of(operands.begin(), operands.end(), inner);
        case condition::operation::disjunction:
            return std::any_of(operands.begin(), operands.end(), inner);
        case condition::operation::is_autocommit:
            break;
    }
    return is_autocommit;
}

error outside_its_transaction(std::string_view sql) {
    return error({.kind = error_kind::transaction,
                  .message = "the statement was not run, because its transaction is over",
                  .sql = std::string(sql),
                  .outcome = error_outcome::not_run});
}

std::optional<error> ends_its_batch(const batch& steps, std::size_t i) {
    const std::string_view sql = steps.step(i).sql;
    const auto effect = effect_of(sql);
    const auto refused = [&](const char* why) {
        return error({.kind = error_kind::invalid_argument,
                      .message = why,
                      .sql = std::string(sql),
                      .outcome = error_outcome::not_run});
    };
    if (effect == statement_effect::ends) {
        return refused(
            "a step cannot end the transaction of a transactional batch; the batch ends it itself");
    }
    if (names_outer_savepoint(steps, i, effect)) {
        return refused(
            "a transactional batch can release, or roll back to, only a savepoint that it opened "
            "itself, in a step without a condition");
    }
    return std::nullopt;
}

}  // namespace libsql
