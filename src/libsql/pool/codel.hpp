#pragma once

#include <chrono>

namespace libsql::detail {

/// Decides which waiting requests are dropped, so that a queue that has become too long gets short
/// again instead of delaying everybody (CoDel, as in DBConnection).
///
/// If no request of a whole interval was served within `target`, the queue is slow: requests that
/// have waited longer than `limit()` are dropped until an interval contains one that was served in
/// time. The time is passed in, and must not go back. Thread safety: none.
class codel {
public:
    using clock = std::chrono::steady_clock;

    /// With an `interval` of zero nothing is ever dropped.
    codel(clock::duration target, clock::duration interval) noexcept
        : target_(target), interval_(interval) {}

    /// A connection is free, and the oldest request has waited for `delay`. True to serve it; false
    /// to drop it and ask again for the next.
    bool should_serve(clock::time_point now, clock::duration delay) noexcept;

    /// A connection is free, and nobody waits.
    void nobody_waits(clock::time_point now) noexcept;

    /// No connection became free, and the oldest request has waited for `delay`. True to drop all
    /// requests that have waited longer than `limit()`.
    bool stalled(clock::time_point now, clock::duration delay) noexcept;

    /// When to call `stalled`, for an oldest request that has waited since `since`.
    [[nodiscard]] clock::time_point next_check(clock::time_point since) const noexcept;

    [[nodiscard]] clock::duration limit() const noexcept { return 2 * target_; }

private:
    [[nodiscard]] bool interval_is_over(clock::time_point now) const noexcept {
        return now >= next_;
    }

    void start_interval(clock::time_point now, clock::duration delay) noexcept;

    clock::duration target_;
    clock::duration interval_;
    clock::duration shortest_{0};  ///< the shortest delay of this interval
    clock::time_point next_{clock::time_point::min()};
    bool slow_{false};
};

}  // namespace libsql::detail
