#include "libsql/local/callback_errors.hpp"

#include <utility>

namespace libsql::local {

void callback_errors::add(const error& why) noexcept {
    const std::lock_guard lock(mutex_);
    if (!first_) {
        first_ = why;
    }
    any_.store(true, std::memory_order_relaxed);
}

std::optional<error> callback_errors::take() noexcept {
    const std::lock_guard lock(mutex_);
    any_.store(false, std::memory_order_relaxed);
    return std::exchange(first_, std::nullopt);
}

}  // namespace libsql::local
