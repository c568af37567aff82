#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <libsql/argument.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>
#include <libsql/result_set.hpp>

namespace libsql {

/// When a step of a batch runs: Hrana's conditions. A plain value; combine with `!`, `&&`, `||`.
class LIBSQL_API condition {
public:
    enum class operation : unsigned char { ok, error, negation, conjunction, disjunction, is_autocommit };

    /// Step `step` ran without an error.
    static condition ok(std::size_t step) { return condition(operation::ok, step); }

    /// Step `step` did not succeed: it failed, or it was skipped (what Hrana servers do).
    static condition error(std::size_t step) { return condition(operation::error, step); }

    /// No transaction is open at that moment.
    static condition is_autocommit() { return condition(operation::is_autocommit, 0); }

    /// All of them; true for none.
    static condition all_of(std::vector<condition> operands);

    /// At least one of them; false for none.
    static condition any_of(std::vector<condition> operands);

    condition operator!() const;
    friend condition operator&&(condition a, condition b) { return all_of({std::move(a), std::move(b)}); }
    friend condition operator||(condition a, condition b) { return any_of({std::move(a), std::move(b)}); }

    [[nodiscard]] operation op() const noexcept { return operation_; }

    [[nodiscard]] std::size_t step() const noexcept { return step_; }

    [[nodiscard]] const std::vector<condition>& operands() const noexcept { return operands_; }

private:
    condition(operation op, std::size_t step) : operation_(op), step_(step) {}

    operation operation_;
    std::size_t step_;
    std::vector<condition> operands_;
};

/// How the steps of a batch belong together.
enum class batch_mode : unsigned char {
    independent,    ///< each step on its own; a failed one does not stop the others
    transactional,  ///< BEGIN IMMEDIATE, the steps, COMMIT; the first error undoes all and skips the rest.
                    ///< Inside a transaction: a savepoint of it. A step that is COMMIT or ROLLBACK is refused.
};

/// Statements to run in one go: one call locally, one round trip remotely. Owns its text and arguments.
/// A plain value; not safe to change from two threads.
class LIBSQL_API batch {
public:
    batch() = default;

    /// Adds a step; returns its index, for conditions. Text and blobs are copied.
    template <class... Args>
    std::size_t add(std::string_view sql, const Args&... args) {
        return append(sql, detail::arguments(args...).view(), {});
    }

    /// Adds a step that runs only when `when` holds. It may refer only to earlier steps.
    template <class... Args>
    std::size_t add_if(condition when, std::string_view sql, const Args&... args) {
        return append(sql, detail::arguments(args...).view(), std::move(when));
    }

    [[nodiscard]] std::size_t size() const noexcept { return steps_.size(); }

    [[nodiscard]] bool empty() const noexcept { return steps_.empty(); }

    void clear() noexcept;

    /// One step, by view, as long as the batch is not changed.
    struct step_view {
        std::string_view sql;
        detail::arguments_view arguments;
        const std::optional<condition>& when;
    };

    [[nodiscard]] step_view step(std::size_t i) const noexcept;

private:
    struct step_data {
        std::string_view sql;
        std::size_t first_cell;
        std::size_t cell_count;
        bool named;
        std::optional<condition> when;
    };

    std::size_t append(std::string_view sql, detail::arguments_view arguments, std::optional<condition> when);
    std::string_view keep(std::string_view bytes);

    std::vector<step_data> steps_;
    std::vector<detail::cell> cells_;
    std::vector<std::string_view> names_;  ///< as long as cells_ once any step has names

    /// What is left of the last chunk. Only the batch that made the chunk may fill it: copies share
    /// chunks, and a moved-from batch has none.
    struct tail {
        tail() = default;
        tail(const tail&) noexcept {}
        tail& operator=(const tail&) noexcept {
            free = 0;
            return *this;
        }
        tail(tail&& other) noexcept : next(other.next), free(std::exchange(other.free, 0)) {}
        tail& operator=(tail&& other) noexcept {
            next = other.next;
            free = std::exchange(other.free, 0);
            return *this;
        }
        ~tail() = default;

        char* next{nullptr};
        std::size_t free{0};
    };

    std::vector<std::shared_ptr<char[]>> chunks_;
    tail tail_;
};

/// The outcome of each step of a batch, in order: none if it was skipped.
struct batch_result {
    std::vector<std::optional<result<result_set>>> steps;

    /// No step failed (skipped ones count as fine).
    [[nodiscard]] bool ok() const noexcept {
        for (const auto& step : steps) {
            if (step && !step->has_value()) {
                return false;
            }
        }
        return true;
    }

    /// The first failed step's error, null if none failed.
    [[nodiscard]] const libsql::error* first_error() const noexcept {
        for (const auto& step : steps) {
            if (step && !step->has_value()) {
                return &step->error();
            }
        }
        return nullptr;
    }
};

}  // namespace libsql
