#include <libsql/detail/arena.hpp>

#include <algorithm>
#include <memory>
#include <vector>

namespace libsql::detail {

void arena::next_chunk(std::size_t size) {
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

void arena::clear() noexcept {
    std::erase_if(chunks_, [](const chunk& c) { return c.bytes.use_count() > 1; });
    used_ = 0;
    next_ = nullptr;
    free_ = 0;
}

}  // namespace libsql::detail
