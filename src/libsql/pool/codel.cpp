#include "libsql/pool/codel.hpp"

#include <algorithm>

namespace libsql::detail {

void codel::start_interval(clock::time_point now, clock::duration delay) noexcept {
    slow_ = shortest_ > target_;
    shortest_ = delay;
    next_ = now + interval_;
}

bool codel::should_serve(clock::time_point now, clock::duration delay) noexcept {
    if (interval_ == clock::duration::zero()) {
        return true;
    }
    if (interval_is_over(now)) {
        start_interval(now, delay);
        return true;
    }
    if (slow_ && delay > limit()) {
        return false;
    }
    shortest_ = std::min(shortest_, delay);
    return true;
}

void codel::nobody_waits(clock::time_point now) noexcept {
    if (interval_is_over(now)) {
        start_interval(now, {});
    }
    shortest_ = {};
}

bool codel::stalled(clock::time_point now, clock::duration delay) noexcept {
    if (interval_ == clock::duration::zero() || !interval_is_over(now) || delay < interval_) {
        return false;
    }
    start_interval(now, delay);
    return slow_;
}

codel::clock::time_point codel::next_check(clock::time_point since) const noexcept {
    return interval_ == clock::duration::zero() ? clock::time_point::max()
                                                : std::max(next_, since + interval_);
}

}  // namespace libsql::detail
