#pragma once

#include <chrono>
#include <random>

namespace libsql::detail {

/// How long to wait before the next try to connect: random, so that many clients do not try at
/// once, and growing with each failure. Each wait is drawn from [min, 3 * the last one], at most
/// max.
class backoff {
public:
    /// Needs 0 < min <= max.
    backoff(std::chrono::milliseconds min, std::chrono::milliseconds max);

    /// The wait after one more failure.
    std::chrono::milliseconds next();

    /// It worked: the next failure is the first one again.
    void succeeded() noexcept { last_ = min_; }

private:
    std::chrono::milliseconds min_;
    std::chrono::milliseconds max_;
    std::chrono::milliseconds last_;
    std::minstd_rand random_;
};

}  // namespace libsql::detail
