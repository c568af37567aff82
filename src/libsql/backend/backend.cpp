#include "libsql/backend/backend.hpp"

#include <algorithm>
#include <utility>

namespace libsql::detail {

std::uint64_t backend::transaction_began(bool read_only) noexcept {
    const std::lock_guard lock(mutex_);
    read_only_transaction_ = read_only;
    savepoints_.clear();
    transaction_.store(++last_serial_, std::memory_order_relaxed);
    return last_serial_;
}

bool backend::transaction_ended() noexcept {
    const std::lock_guard lock(mutex_);
    savepoints_.clear();
    transaction_.store(0, std::memory_order_relaxed);
    return std::exchange(read_only_transaction_, false);
}

backend::opened_savepoint backend::savepoint_opened() {
    const std::lock_guard lock(mutex_);
    savepoints_.push_back(++last_serial_);
    return {last_serial_, savepoints_.size() - 1};
}

bool backend::savepoint_is_open(std::uint64_t serial) const noexcept {
    const std::lock_guard lock(mutex_);
    return std::binary_search(savepoints_.begin(), savepoints_.end(), serial);
}

void backend::savepoints_ended(std::uint64_t serial, bool inclusive) noexcept {
    const std::lock_guard lock(mutex_);
    const auto from = inclusive ? std::lower_bound(savepoints_.begin(), savepoints_.end(), serial)
                                : std::upper_bound(savepoints_.begin(), savepoints_.end(), serial);
    savepoints_.erase(from, savepoints_.end());
}

}  // namespace libsql::detail
