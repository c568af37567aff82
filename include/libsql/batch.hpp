#pragma once

#include <libsql/argument.hpp>
#include <libsql/detail/arena.hpp>
#include <libsql/detail/copied_cell.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>
#include <libsql/step_result.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace libsql {

/// When a step of a batch runs: Hrana's conditions. A plain value; combine with `!`, `&&`, `||`.
class LIBSQL_API condition {
public:
    // No move: what a moved-from condition says would be something else.
    condition(const condition&) = default;
    condition& operator=(const condition&) = default;
    ~condition() = default;

    /// The forms of a condition, as Hrana names them.
    enum class operation : unsigned char {
        ok,             ///< "ok"
        error,          ///< "error"
        negation,       ///< "not"
        conjunction,    ///< "and"
        disjunction,    ///< "or"
        is_autocommit,  ///< "is_autocommit"
    };

    /// Step `step` ran without an error.
    static condition ok(std::size_t step) { return condition(operation::ok, step); }

    /// Step `step` did not succeed: it failed, or it was skipped (what Hrana servers do).
    static condition error(std::size_t step) { return condition(operation::error, step); }

    /// No transaction is open at that moment. Never true of a step that stands in one.
    static condition is_autocommit() { return condition(operation::is_autocommit, 0); }

    /// All of them; true for none.
    static condition all_of(std::vector<condition> operands);

    /// At least one of them; false for none.
    static condition any_of(std::vector<condition> operands);

    /// True when this one is false.
    condition operator!() const;

    /// Both of them.
    friend condition operator&&(const condition& a, const condition& b) { return all_of({a, b}); }

    /// At least one of them.
    friend condition operator||(const condition& a, const condition& b) { return any_of({a, b}); }

    /// The form of this condition.
    [[nodiscard]] operation op() const noexcept { return operation_; }

    /// The step that `ok` and `error` ask about; 0 in the other forms.
    [[nodiscard]] std::size_t step() const noexcept { return step_; }

    /// The conditions that this one is made of; empty for `ok`, `error` and `is_autocommit`.
    [[nodiscard]] const std::vector<condition>& operands() const noexcept { return operands_; }

private:
    condition(operation op, std::size_t step) : operation_(op), step_(step) {}

    operation operation_;
    std::size_t step_;
    std::vector<condition> operands_;
};

/// How the steps of a batch belong together.
enum class batch_mode : unsigned char {
    /// Each step on its own: a failed one does not stop the others, and `batch_result` has the
    /// error of each. But a step that stands in a transaction (one that was open before, or that a
    /// step BEGIN opened) does not run when that transaction is over: its error is `transaction`.
    independent,

    /// BEGIN IMMEDIATE, the steps, COMMIT; in a transaction a savepoint. The first error undoes
    /// all, and is that of the batch. A step that would end the transaction (COMMIT, ROLLBACK) is
    /// `invalid_argument`; none may release a savepoint that is not the batch's own.
    transactional,
};

/// Statements to run in one go: one call locally, one round trip remotely. Owns its text and
/// arguments. A plain value; not safe to change from two threads.
class LIBSQL_API batch {
public:
    batch() = default;

    /// Adds a step; returns its index, for conditions. Text and blobs are copied. Nothing is
    /// checked before the batch runs.
    template <class... Args>
    std::size_t add(std::string_view sql, const Args&... args) {
        if constexpr (detail::is_argument_list<Args...> || (detail::is_mapped<Args> || ...)) {
            append(sql, detail::arguments(args...).view());
        } else {
            // Without a loop, so that the compiler sees which arguments have text or blobs.
            [[maybe_unused]] auto* kept = append(
                sql, sizeof...(Args), (std::size_t{detail::bind_argument(args).size} + ... + 0));
            [[maybe_unused]] auto* end = reinterpret_cast<std::byte*>(kept + sizeof...(Args));
            (detail::keep_cell(*kept++, end, detail::bind_argument(args)), ...);
        }
        return steps_.size() - 1;
    }

    /// Adds a step that runs only when `when` holds. It may refer only to earlier steps: else the
    /// batch is `invalid_argument` when it is run.
    template <class... Args>
    std::size_t add_if(const condition& when, std::string_view sql, const Args&... args) {
        conditions_.push_back(when);  // first: without memory for both there is no step
        const std::size_t added = add(sql, args...);
        steps_.back().when = conditions_.size();
        return added;
    }

    /// The number of steps.
    [[nodiscard]] std::size_t size() const noexcept { return steps_.size(); }

    /// True without any step.
    [[nodiscard]] bool empty() const noexcept { return steps_.empty(); }

    /// Takes all steps out, and keeps the memory for the next ones: a batch that is used again is
    /// cheaper.
    void clear() noexcept;

    /// One step, by view, as long as the batch is not changed.
    struct step_view {
        std::string_view sql;              ///< exactly one statement
        detail::arguments_view arguments;  ///< what is bound to its parameters
        const condition* when;             ///< null: always
    };

    /// Step `i`, which must be below `size()`.
    [[nodiscard]] step_view step(std::size_t i) const noexcept {
        const auto& s = steps_[i];
        return {s.sql, s.arguments, s.when == 0 ? nullptr : &conditions_[s.when - 1]};
    }

private:
    struct step_data {
        std::string_view sql;
        detail::arguments_view arguments;
        std::size_t when;  ///< 0: none, else one more than the index in conditions_
    };

    void append(std::string_view sql, detail::arguments_view arguments);

    /// Adds a step with `count` cells, which are to be filled in, and `bytes` bytes behind them.
    detail::cell* append(std::string_view sql, std::size_t count, std::size_t bytes);

    std::vector<step_data> steps_;
    std::vector<condition> conditions_;
    detail::arena arena_;  ///< what the views in steps_ point to
};

/// What became of each step of a batch, in order.
struct batch_result {
    std::vector<step_result> steps;  ///< one for each step, in order

    /// No step failed (skipped ones count as fine).
    [[nodiscard]] bool ok() const noexcept { return first_error() == nullptr; }

    /// The first failed step's error, null if none failed.
    [[nodiscard]] const libsql::error* first_error() const noexcept {
        for (const auto& step : steps) {
            if (step.failed()) {
                return &step.error();
            }
        }
        return nullptr;
    }
};

}  // namespace libsql
