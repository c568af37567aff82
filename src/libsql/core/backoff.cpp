#include "libsql/core/backoff.hpp"

#include <algorithm>

namespace libsql::detail {

backoff::backoff(std::chrono::milliseconds min, std::chrono::milliseconds max)
    : min_(min), max_(max), last_(min), random_(std::random_device()()) {}

std::chrono::milliseconds backoff::next() {
    const auto highest = last_ > max_ / 3 ? max_ : last_ * 3;
    std::uniform_int_distribution<std::chrono::milliseconds::rep> between(
        min_.count(), std::max(min_, highest).count());
    last_ = std::chrono::milliseconds(between(random_));
    return last_;
}

}  // namespace libsql::detail
