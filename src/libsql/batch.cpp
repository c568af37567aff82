#include <libsql/batch.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <type_traits>
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

/// Most arguments are short, and a call of memcpy then costs more than it copies.
std::byte* copy(std::byte* to, const void* from, std::size_t size) {
    const auto* const bytes = static_cast<const std::byte*>(from);
    const auto both_ends = [&]<std::size_t N>(std::integral_constant<std::size_t, N>) {
        std::array<std::byte, N> first;
        std::array<std::byte, N> last;
        std::memcpy(first.data(), bytes, N);
        std::memcpy(last.data(), bytes + size - N, N);
        std::memcpy(to, first.data(), N);
        std::memcpy(to + size - N, last.data(), N);
    };
    if (size >= 16 && size <= 32) {
        both_ends(std::integral_constant<std::size_t, 16>());
    } else if (size >= 8 && size < 16) {
        both_ends(std::integral_constant<std::size_t, 8>());
    } else if (size >= 4 && size < 8) {
        both_ends(std::integral_constant<std::size_t, 4>());
    } else {
        std::memcpy(to, bytes, size);
    }
    return to + size;
}

std::string_view keep(detail::arena& arena, std::string_view text) {
    std::byte* const at = arena.take(text.size());
    copy(at, text.data(), text.size());
    return {reinterpret_cast<const char*>(at), text.size()};
}

const std::string_view* keep(detail::arena& arena, const std::string_view* names,
                             std::size_t count) {
    auto* const kept =
        reinterpret_cast<std::string_view*>(arena.take(count * sizeof(std::string_view)));
    for (std::size_t i = 0; i < count; ++i) {
        std::construct_at(kept + i, keep(arena, names[i]));
    }
    return kept;
}

}  // namespace

std::size_t batch::append(std::string_view sql, detail::arguments_view arguments,
                          std::size_t bytes) {
    // The same statement many times over is the common batch: its text is kept once.
    const std::string_view text =
        !steps_.empty() && steps_.back().sql == sql ? steps_.back().sql : keep(arena_, sql);

    // The cells, and behind them what they point to.
    std::byte* const at = arena_.take(arguments.count * sizeof(detail::cell) + bytes);
    auto* const cells = reinterpret_cast<detail::cell*>(at);
    std::byte* end = at + arguments.count * sizeof(detail::cell);
    for (std::size_t i = 0; i < arguments.count; ++i) {
        // By its members: a whole cell cannot be loaded while the smaller stores that made it are
        // still on their way to the cache.
        const detail::cell& given = arguments.values[i];
        detail::cell& kept = cells[i];
        kept.size = given.size;
        kept.type = given.type;
        if (given.size == 0) {
            kept.integer = given.integer;
        } else {
            kept.data = end;
            end = copy(end, given.data, given.size);
        }
    }

    const std::string_view* names = nullptr;
    if (arguments.names != nullptr) [[unlikely]] {
        names = keep(arena_, arguments.names, arguments.count);
    }
    steps_.push_back({text, {cells, arguments.count, names}, 0});
    return steps_.size() - 1;
}

void batch::clear() noexcept {
    steps_.clear();
    conditions_.clear();
    arena_.clear();
}

}  // namespace libsql
