#pragma once

#include <chrono>

namespace libsql {

/// The point in time at which a call gives up with `error_kind::timeout`. A default-constructed
/// deadline never passes.
///
/// It bounds the whole call: waiting for locks, running the statement, and the server's answer. The
/// deadline of a query also bounds the reading of its rows. COMMIT, ROLLBACK and similar statements
/// are not stopped half-way in this process. A plain value.
class deadline {
public:
    using clock = std::chrono::steady_clock;  ///< not affected by changes to the time of day

    constexpr deadline() noexcept = default;

    /// The deadline at time `at`.
    constexpr explicit deadline(clock::time_point at) noexcept : at_(at) {}

    /// A deadline `duration` from now. If the clock cannot represent that time, the deadline never
    /// passes.
    template <class Rep, class Period>
    static deadline in(std::chrono::duration<Rep, Period> duration) noexcept {
        return after(clock::now(), duration);
    }

    /// As above, counted from `start`.
    template <class Rep, class Period>
    static deadline after(clock::time_point start,
                          std::chrono::duration<Rep, Period> duration) noexcept {
        using seconds = std::chrono::duration<double>;  // which does not overflow
        if (seconds(duration) >= seconds(clock::time_point::max() - start)) {
            return deadline();
        }
        return seconds(duration) <= seconds(0)
                   ? deadline(start)
                   : deadline(start + std::chrono::duration_cast<clock::duration>(duration));
    }

    /// A deadline that never passes.
    static constexpr deadline never() noexcept { return {}; }

    /// False for a deadline that never passes.
    [[nodiscard]] constexpr bool is_set() const noexcept { return at_ != clock::time_point::max(); }

    /// The time of the deadline; the clock's largest value if it never passes.
    [[nodiscard]] constexpr clock::time_point at() const noexcept { return at_; }

    /// True from that time on.
    [[nodiscard]] bool passed() const noexcept { return is_set() && clock::now() >= at_; }

private:
    clock::time_point at_{clock::time_point::max()};
};

}  // namespace libsql
