#pragma once

#include <chrono>
#include <random>

namespace libsql::detail {

/// How long to wait before the next attempt to connect: random, so that many clients do not retry
/// at the same time, and growing with each failure. Each wait is drawn from [min, 3 * the last
/// one], and is at most max.
class backoff {
public:
    /// Requires 0 < min <= max.
    backoff(std::chrono::milliseconds min, std::chrono::milliseconds max);

    /// The wait after a further failure.
    std::chrono::milliseconds next();

    /// Call after success: the next failure counts as the first again.
    void succeeded() noexcept { last_ = min_; }

private:
    std::chrono::milliseconds min_;
    std::chrono::milliseconds max_;
    std::chrono::milliseconds last_;
    std::minstd_rand random_;
};

}  // namespace libsql::detail
