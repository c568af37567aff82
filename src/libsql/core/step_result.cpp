#include <libsql/step_result.hpp>

#include <memory>
#include <utility>
#include <variant>
#include <vector>

namespace libsql {

step_result::step_result() noexcept = default;

step_result::step_result(execution done) noexcept : state_(done) {}

step_result::step_result(result_set rows) : state_(std::make_shared<result_set>(std::move(rows))) {}

step_result::step_result(libsql::error why) noexcept : state_(std::move(why)) {}

step_result::step_result(const step_result& other) noexcept = default;
step_result::step_result(step_result&& other) noexcept = default;
step_result& step_result::operator=(const step_result& other) noexcept = default;
step_result& step_result::operator=(step_result&& other) noexcept = default;
step_result::~step_result() = default;

execution& step_result::succeed() noexcept {
    return state_.emplace<execution>();
}

const error& step_result::error() const {
    if (const auto* why = std::get_if<libsql::error>(&state_)) {
        return *why;
    }
    throw exception(libsql::error(error_kind::misuse,
                                  "error() was called for a batch step that has not failed"));
}

/// Null for a step that ran and returned no rows.
const result_set* step_result::result_if_ok() const {
    if (const auto* why = std::get_if<libsql::error>(&state_)) {
        throw exception(*why);
    }
    if (skipped()) {
        throw exception(
            libsql::error(error_kind::misuse, "the batch step was skipped and has no result"));
    }
    const auto* rows = std::get_if<std::shared_ptr<result_set>>(&state_);
    return rows == nullptr ? nullptr : rows->get();
}

const execution& step_result::executed() const {
    static const libsql::execution none;
    if (const auto* const all = result_if_ok()) {
        return all->executed;
    }
    const auto* const done = std::get_if<execution>(&state_);
    return done == nullptr ? none : *done;  // null after the rows were moved out
}

const std::vector<column>& step_result::columns() const {
    static const std::vector<column> none;
    const auto* const all = result_if_ok();
    return all == nullptr ? none : all->columns;
}

const std::vector<std::vector<value>>& step_result::rows() const {
    static const std::vector<std::vector<value>> none;
    const auto* const all = result_if_ok();
    return all == nullptr ? none : all->rows;
}

std::vector<std::vector<value>> step_result::take_rows() {
    if (result_if_ok() == nullptr) {
        return {};
    }
    auto& mine = std::get<std::shared_ptr<result_set>>(state_);
    if (mine.use_count() > 1) {
        mine = std::make_shared<result_set>(*mine);
    }
    return std::exchange(mine->rows, {});
}

}  // namespace libsql
