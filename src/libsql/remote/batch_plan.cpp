#include "libsql/remote/batch_plan.hpp"

#include "libsql/backend/batch_conditions.hpp"

#include <utility>

namespace libsql::remote {

namespace {

condition shifted(const condition& c, std::size_t by) {
    using enum condition::operation;
    std::vector<condition> operands;
    for (const auto& operand : c.operands()) {
        operands.push_back(shifted(operand, by));
    }
    switch (c.op()) {
        case ok:
            return condition::ok(c.step() + by);
        case error:
            return condition::error(c.step() + by);
        case negation:
            return !operands.front();
        case conjunction:
            return condition::all_of(std::move(operands));
        case disjunction:
            return condition::any_of(std::move(operands));
        case is_autocommit:
            break;
    }
    return condition::is_autocommit();
}

class planner {
public:
    planner(const batch& steps, const std::vector<checked_statement>& checked)
        : steps_(steps), checked_(checked) {}

    batch_plan plan;

    std::size_t add(std::string_view sql, std::optional<condition> when = {}) {
        plan.request.steps.push_back(
            {{.sql = sql, .arguments = {}, .names = {}, .want_rows = false}, std::move(when)});
        return plan.request.steps.size() - 1;
    }

    /// Adds step `i` of the batch, which runs if all `guards` and its own condition hold.
    std::size_t add_step(std::size_t i, std::vector<condition> guards) {
        if (const auto* const own = steps_.step(i).when) {
            guards.push_back(shifted(*own, plan.first));
        }
        std::optional<condition> when;
        if (guards.size() == 1) {
            when = guards.front();
        } else if (guards.size() > 1) {
            when = condition::all_of(std::move(guards));
        }
        plan.request.steps.push_back({checked_[i].message(true), std::move(when)});
        return plan.request.steps.size() - 1;
    }

    /// The condition that step `i`, which was added at `at`, has not stopped the batch: it
    /// succeeded, or its own condition was false. A server's `error` cannot be used, because it
    /// means "not ok" and so is also true for a skipped step.
    condition survives(std::size_t i, std::size_t at) const {
        const auto* const own = steps_.step(i).when;
        return own == nullptr ? condition::ok(at) : condition::ok(at) || !shifted(*own, plan.first);
    }

private:
    const batch& steps_;
    const std::vector<checked_statement>& checked_;
};

}  // namespace

batch_plan plan_batch(const batch& steps, const std::vector<checked_statement>& checked,
                      batch_mode mode, std::string_view begin, bool nested, bool has_handle) {
    planner p(steps, checked);
    std::vector<condition> alive;
    if (!begin.empty()) {
        alive = {condition::ok(p.add(begin))};
    }
    std::size_t opened = 0;
    if (mode == batch_mode::transactional) {
        opened = p.add(nested ? "SAVEPOINT libsql_batch" : "BEGIN IMMEDIATE",
                       alive.empty() ? std::nullopt : std::optional(alive.front()));
        alive = {condition::ok(opened)};
    }
    p.plan.first = p.plan.request.steps.size();
    transaction_scope scope(nested, has_handle);
    std::vector<std::size_t>
        begun;  // each BEGIN with a condition since the last COMMIT or ROLLBACK
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (mode != batch_mode::transactional) {
            auto guards = alive;
            if (scope.inside()) {
                guards.push_back(!condition::is_autocommit());
            } else {
                for (const std::size_t begin_at : begun) {
                    guards.push_back(!condition::ok(begin_at) || !condition::is_autocommit());
                }
            }
            const std::size_t at = p.add_step(i, std::move(guards));
            const bool has_condition = steps.step(i).when != nullptr;
            const auto effect = checked[i].effect();
            scope.passed(effect, has_condition, false);
            if (effect == statement_effect::begins && has_condition) {
                begun.push_back(at);
            } else if (effect == statement_effect::ends) {
                begun.clear();
            }
            continue;
        }
        const std::size_t at = p.add_step(i, alive);
        if (steps.step(i).when == nullptr) {
            alive = {condition::ok(at)};  // it ran only if no earlier step stopped the batch
        } else {
            alive.push_back(p.survives(i, at));
        }
    }
    if (mode != batch_mode::transactional) {
        return std::move(p.plan);
    }
    const std::size_t end =
        p.add(nested ? "RELEASE libsql_batch" : "COMMIT", condition::all_of(std::move(alive)));
    const auto undone = condition::ok(opened) && !condition::ok(end);
    if (nested) {
        const std::size_t back = p.add("ROLLBACK TO libsql_batch", undone);
        p.add("RELEASE libsql_batch", condition::ok(back));
    } else {
        p.add("ROLLBACK", undone && !condition::is_autocommit());
    }
    p.plan.end = end;
    return std::move(p.plan);
}

}  // namespace libsql::remote
