#include <libsql/batch.hpp>

#include <algorithm>
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

condition condition::operator!() const {
    condition c(operation::negation, 0);
    c.operands_.push_back(*this);
    return c;
}

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

std::string_view keep(detail::arena& arena, std::string_view text) {
    auto* const at = reinterpret_cast<char*>(arena.take(text.size()));
    std::copy(text.begin(), text.end(), at);
    return {at, text.size()};
}

/// The arguments with everything they point to.
detail::arguments_view keep(detail::arena& arena, detail::arguments_view arguments) {
    std::size_t bytes = arguments.count * sizeof(detail::cell);
    for (std::size_t i = 0; i < arguments.count; ++i) {
        bytes += arguments.values[i].size;
    }
    auto* const cells = reinterpret_cast<detail::cell*>(arena.take(bytes));
    auto* text = reinterpret_cast<char*>(cells + arguments.count);
    for (std::size_t i = 0; i < arguments.count; ++i) {
        detail::cell c = arguments.values[i];
        if (c.size > 0) {
            const auto* const from = static_cast<const char*>(c.data);
            c.data = text;
            text = std::copy(from, from + c.size, text);
        }
        std::construct_at(cells + i, c);
    }
    std::string_view* names = nullptr;
    if (arguments.names != nullptr) {
        names = reinterpret_cast<std::string_view*>(
            arena.take(arguments.count * sizeof(std::string_view)));
        for (std::size_t i = 0; i < arguments.count; ++i) {
            std::construct_at(names + i, keep(arena, arguments.names[i]));
        }
    }
    return {cells, arguments.count, names};
}

}  // namespace

std::size_t batch::append(std::string_view sql, detail::arguments_view arguments) {
    // The same statement many times over is the common batch: its text is kept once.
    const std::string_view text =
        !steps_.empty() && steps_.back().sql == sql ? steps_.back().sql : keep(arena_, sql);
    steps_.push_back({text, keep(arena_, arguments), 0});
    return steps_.size() - 1;
}

void batch::clear() noexcept {
    steps_.clear();
    conditions_.clear();
    arena_.clear();
}

}  // namespace libsql
