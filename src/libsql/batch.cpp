#include <libsql/batch.hpp>

#include <algorithm>
#include <cstring>

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

std::string_view batch::keep(std::string_view bytes) {
    constexpr std::size_t chunk_size = 16 * 1024;
    if (bytes.size() > tail_.free) {
        const std::size_t size = std::max(chunk_size, bytes.size());
        chunks_.push_back(std::make_shared_for_overwrite<char[]>(size));
        tail_.next = chunks_.back().get();
        tail_.free = size;
    }
    char* const at = tail_.next;
    if (!bytes.empty()) {
        std::memcpy(at, bytes.data(), bytes.size());
    }
    tail_.next += bytes.size();
    tail_.free -= bytes.size();
    return {at, bytes.size()};
}

std::size_t batch::append(std::string_view sql, detail::arguments_view arguments, std::optional<condition> when) {
    // The same statement many times over is the common batch: its text is kept once.
    const std::string_view text = !steps_.empty() && steps_.back().sql == sql ? steps_.back().sql : keep(sql);
    const std::size_t first = cells_.size();
    const bool is_named = arguments.names != nullptr;
    if (is_named || !names_.empty()) {
        names_.resize(first + arguments.count);
    }
    for (std::size_t i = 0; i < arguments.count; ++i) {
        detail::cell c = arguments.values[i];
        if (c.type == detail::cell_type::text || c.type == detail::cell_type::blob) {
            c.data = keep({static_cast<const char*>(c.data), c.size}).data();
        }
        cells_.push_back(c);
        if (is_named) {
            names_[first + i] = keep(arguments.names[i]);
        }
    }
    steps_.push_back({text, first, arguments.count, is_named, std::move(when)});
    return steps_.size() - 1;
}

void batch::clear() noexcept {
    steps_.clear();
    cells_.clear();
    names_.clear();
    chunks_.clear();
    tail_.free = 0;
}

batch::step_view batch::step(std::size_t i) const noexcept {
    const auto& s = steps_[i];
    return {s.sql, {cells_.data() + s.first_cell, s.cell_count, s.named ? names_.data() + s.first_cell : nullptr}, s.when};
}

}  // namespace libsql
