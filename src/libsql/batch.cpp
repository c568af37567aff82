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
        constexpr std::size_t unit = alignof(std::max_align_t);
        constexpr std::size_t usual = 64 * 1024;
        const std::size_t taken = (std::max(usual, size) + unit - 1) / unit * unit;
        chunks_.push_back({std::make_shared_for_overwrite<std::byte[]>(taken), taken});
    }
    next_ = chunks_[used_].bytes.get();
    end_ = next_ + chunks_[used_].size;
    ++used_;
}

void detail::arena::clear() noexcept {
    std::erase_if(chunks_, [](const chunk& c) { return c.bytes.use_count() > 1; });
    used_ = 0;
    next_ = nullptr;
    end_ = nullptr;
}

namespace {

/// Most arguments are short, and a call of memcpy then costs more than it copies.
std::byte* copy(std::byte* to, const void* from, std::size_t size) {
    const auto* const bytes = static_cast<const std::byte*>(from);
    const auto both_ends = [&]<std::size_t n>(std::integral_constant<std::size_t, n>) {
        std::array<std::byte, n> first;
        std::array<std::byte, n> last;
        std::memcpy(first.data(), bytes, n);
        std::memcpy(last.data(), bytes + size - n, n);
        std::memcpy(to, first.data(), n);
        std::memcpy(to + size - n, last.data(), n);
    };
    if (size >= 16 && size <= 32) {
        both_ends(std::integral_constant<std::size_t, 16>());
    } else if (size >= 8 && size < 16) {
        both_ends(std::integral_constant<std::size_t, 8>());
    } else {
        std::memcpy(to, bytes, size);
    }
    return to + size;
}

std::string_view keep(detail::arena& arena, std::string_view text) {
    std::byte* const at = arena.reserve(text.size());
    arena.take_to(copy(at, text.data(), text.size()));
    return {reinterpret_cast<const char*>(at), text.size()};
}

/// The cells with the text and blobs that they point to behind them.
detail::cell* keep(detail::arena& arena, const detail::cell* cells, std::size_t count) {
    std::byte* const begin = arena.reserve(count * sizeof(detail::cell));
    auto* const kept = reinterpret_cast<detail::cell*>(begin);
    std::byte* end = begin + count * sizeof(detail::cell);
    for (std::size_t i = 0; i < count; ++i) {
        detail::cell c = cells[i];
        if (c.size > 0) {
            if (c.size > static_cast<std::size_t>(arena.end() - end)) [[unlikely]] {
                std::size_t all = count * sizeof(detail::cell);
                for (std::size_t n = 0; n < count; ++n) {
                    all += cells[n].size;
                }
                arena.reserve(all);
                return keep(arena, cells, count);
            }
            const void* const from = std::exchange(c.data, end);
            end = copy(end, from, c.size);
        }
        std::construct_at(kept + i, c);
    }
    arena.take_to(end);
    return kept;
}

/// The arguments with everything they point to.
detail::arguments_view keep(detail::arena& arena, detail::arguments_view arguments) {
    const detail::cell* const cells = keep(arena, arguments.values, arguments.count);
    std::string_view* names = nullptr;
    if (arguments.names != nullptr) {
        std::byte* const at = arena.reserve(arguments.count * sizeof(std::string_view));
        arena.take_to(at + arguments.count * sizeof(std::string_view));
        names = reinterpret_cast<std::string_view*>(at);
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
