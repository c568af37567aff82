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

/// The condition under which a step of a batch runs, as in Hrana. A plain value; combine conditions
/// with `!`, `&&` and `||`. Combining them copies them and may throw `std::bad_alloc`.
class LIBSQL_API condition {
public:
    // No move: what a moved-from condition says would be something else.
    condition(const condition& other);  ///< a copy; may throw `std::bad_alloc`
    /// A copy; may throw `std::bad_alloc`.
    condition& operator=(const condition& other);
    ~condition();

    /// The forms of a condition, named as in Hrana.
    enum class operation : unsigned char {
        ok,             ///< "ok"
        error,          ///< "error"
        negation,       ///< "not"
        conjunction,    ///< "and"
        disjunction,    ///< "or"
        is_autocommit,  ///< "is_autocommit"
    };

    /// True if step `step` ran without an error.
    static condition ok(std::size_t step) { return condition(operation::ok, step); }

    /// True if step `step` did not succeed: it failed or was skipped, as Hrana servers see it.
    static condition error(std::size_t step) { return condition(operation::error, step); }

    /// True if no transaction is open at that moment. Never true for a step inside a transaction.
    static condition is_autocommit() { return condition(operation::is_autocommit, 0); }

    /// True if all `operands` are; true for an empty list.
    static condition all_of(std::vector<condition> operands);

    /// True if at least one of `operands` is; false for an empty list.
    static condition any_of(std::vector<condition> operands);

    /// True if this condition is false.
    condition operator!() const;

    /// True if both are.
    friend condition operator&&(const condition& a, const condition& b) {
        return both(operation::conjunction, a, b);
    }

    /// True if at least one is.
    friend condition operator||(const condition& a, const condition& b) {
        return both(operation::disjunction, a, b);
    }

    /// The form of this condition.
    [[nodiscard]] operation op() const noexcept { return operation_; }

    /// The step that `ok` and `error` refer to; 0 for the other forms.
    [[nodiscard]] std::size_t step() const noexcept { return step_; }

    /// The conditions that this one combines; empty for `ok`, `error` and `is_autocommit`.
    [[nodiscard]] const std::vector<condition>& operands() const noexcept { return operands_; }

private:
    condition(operation op, std::size_t step);
    static condition both(operation op, const condition& a, const condition& b);

    operation operation_;
    std::size_t step_;
    std::vector<condition> operands_;
};

/// Whether the steps of a batch succeed or fail together.
enum class batch_mode : unsigned char {
    /// Each step on its own: a failed step does not stop the others, and `batch_result` has the
    /// error of each. However, a step inside a transaction (opened before the batch or by an
    /// earlier BEGIN step) does not run once that transaction is over; its error is `transaction`.
    independent,

    /// BEGIN IMMEDIATE, the steps, COMMIT; inside a transaction, a savepoint. The first error
    /// undoes all steps and is the error of the batch. A step that would end the transaction
    /// (COMMIT, ROLLBACK) is `invalid_argument`. No step may release a savepoint that the batch has
    /// not opened itself.
    transactional,
};

/// Statements to be run together: in one call locally, in one round trip remotely. Owns its texts
/// and arguments. A plain value; it must not be changed while another thread uses it.
class LIBSQL_API batch {
public:
    batch() = default;

    /// Adds a step and returns its index, for use in conditions. Text and blobs are copied: linear
    /// in their size. Nothing is checked until the batch runs. If this throws (`std::bad_alloc`, or
    /// whatever `sql_traits` throw), no step is added.
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

    /// Adds a step that runs only if `when` is true. The condition may refer only to earlier steps;
    /// otherwise running the batch is `invalid_argument`. Exceptions: as `add`.
    template <class... Args>
    std::size_t add_if(const condition& when, std::string_view sql, const Args&... args) {
        const std::size_t number =
            append_condition(when);  // first: without memory there is no step
        const std::size_t added = add(sql, args...);
        steps_.back().when = number;
        return added;
    }

    /// The number of steps.
    [[nodiscard]] std::size_t size() const noexcept { return steps_.size(); }

    /// True if there are no steps.
    [[nodiscard]] bool empty() const noexcept { return steps_.empty(); }

    /// Removes all steps but keeps the memory, which makes reusing a batch cheaper.
    void clear() noexcept;

    /// One step, by view. Valid until the batch is changed.
    struct step_view {
        std::string_view sql;              ///< exactly one statement
        detail::arguments_view arguments;  ///< what is bound to its parameters
        const condition* when;             ///< null: the step always runs
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

    std::size_t append_condition(const condition& when);
    void append(std::string_view sql, detail::arguments_view arguments);

    /// Adds a step with room for `count` cells, which the caller fills in, followed by `bytes`
    /// bytes.
    detail::cell* append(std::string_view sql, std::size_t count, std::size_t bytes);

    std::vector<step_data> steps_;
    std::vector<condition> conditions_;
    detail::arena arena_;  ///< what the views in steps_ point to
};

/// The outcome of each step of a batch, in order.
struct batch_result {
    std::vector<step_result> steps;  ///< one for each step

    /// True if no step failed. Skipped steps count as successful. O(steps).
    [[nodiscard]] bool ok() const noexcept { return first_error() == nullptr; }

    /// The error of the first step that failed; null if none did. O(steps).
    [[nodiscard]] LIBSQL_API const libsql::error* first_error() const noexcept;
};

}  // namespace libsql
