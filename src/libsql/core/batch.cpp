#include <libsql/batch.hpp>

#include <algorithm>
#include <memory>
#include <span>
#include <utility>

namespace libsql {

condition condition::all_of(std::vector<condition> operands) {
    condition c(operation::conjunction, 0);
    c.operands_ = std::move(operands);
    return c;
}

condition condition::any_of(std::vector<condition> operands) {
    condition c(operation::disjunction, 0);
    c.operands_ = std::move(operands);
    return c;
}

condition::condition(operation op, std::size_t step) : operation_(op), step_(step) {}

condition::condition(const condition& other) = default;
condition& condition::operator=(const condition& other) = default;
condition::~condition() = default;

condition condition::both(operation op, const condition& a, const condition& b) {
    condition c(op, 0);
    c.operands_ = {a, b};
    return c;
}

condition condition::operator!() const {
    condition c(operation::negation, 0);
    c.operands_.push_back(*this);
    return c;
}

detail::arena::arena(const arena& other) : chunks_(other.chunks_), used_(other.chunks_.size()) {}

detail::arena::~arena() = default;

void detail::arena::next_chunk(std::size_t size) {
    while (used_ < chunks_.size() && chunks_[used_].size < size) {
        chunks_.erase(chunks_.begin() + static_cast<std::ptrdiff_t>(used_));
    }
    if (used_ == chunks_.size()) {
        constexpr std::size_t usual = 64 * 1024;
        const std::size_t taken = std::max(usual, size);
        chunks_.push_back({std::make_shared_for_overwrite<std::byte[]>(taken), taken});
    }
    next_ = chunks_[used_].bytes.get();
    free_ = chunks_[used_].size;
    ++used_;
}

void detail::arena::clear() noexcept {
    std::erase_if(chunks_, [](const chunk& c) { return c.bytes.use_count() > 1; });
    used_ = 0;
    next_ = nullptr;
    free_ = 0;
}

namespace {

std::string_view keep_text(detail::arena& arena, std::string_view text) {
    std::byte* const at = arena.take(text.size());
    std::copy(text.begin(), text.end(), reinterpret_cast<char*>(at));
    return {reinterpret_cast<const char*>(at), text.size()};
}

const std::string_view* keep_names(detail::arena& arena, const std::string_view* names,
                                   std::size_t count) {
    auto* const kept =
        reinterpret_cast<std::string_view*>(arena.take(count * sizeof(std::string_view)));
    for (std::size_t i = 0; i < count; ++i) {
        std::construct_at(kept + i, keep_text(arena, names[i]));
    }
    return kept;
}

}  // namespace

detail::cell* batch::append(std::string_view sql, std::size_t count, std::size_t bytes) {
    // Batches often repeat one statement, so consecutive equal texts are stored once.
    const std::string_view text =
        !steps_.empty() && steps_.back().sql == sql ? steps_.back().sql : keep_text(arena_, sql);
    auto* const cells =
        reinterpret_cast<detail::cell*>(arena_.take(count * sizeof(detail::cell) + bytes));
    steps_.push_back({text, {cells, count, nullptr}, 0});
    return cells;
}

void batch::append(std::string_view sql, detail::arguments_view arguments) {
    const std::span given(arguments.values, arguments.count);
    std::size_t bytes = 0;
    for (const auto& c : given) {
        bytes += c.size;
    }
    const auto* const names =
        arguments.names == nullptr ? nullptr : keep_names(arena_, arguments.names, arguments.count);
    auto* kept = append(sql, given.size(), bytes);
    auto* end = reinterpret_cast<std::byte*>(kept + given.size());
    for (const auto& c : given) {
        detail::keep_cell(*kept++, end, c);
    }
    steps_.back().arguments.names = names;
}

std::size_t batch::append_condition(const condition& when) {
    conditions_.push_back(when);
    return conditions_.size();
}

void batch::clear() noexcept {
    steps_.clear();
    conditions_.clear();
    arena_.clear();
}

const error* batch_result::first_error() const noexcept {
    const auto found = std::find_if(steps.begin(), steps.end(),
                                    [](const step_result& step) { return step.failed(); });
    return found == steps.end() ? nullptr : &found->error();
}

}  // namespace libsql
