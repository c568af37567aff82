#include "libsql/batch_conditions.hpp"

#include <algorithm>
#include <string>

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
                  .message = "not run: the transaction in which it stands is over",
                  .sql = std::string(sql),
                  .outcome = error_outcome::not_run});
}

error ends_its_batch(std::string_view sql) {
    return error({.kind = error_kind::invalid_argument,
                  .message = "a transactional batch ends its transaction itself",
                  .sql = std::string(sql)});
}

}  // namespace libsql
