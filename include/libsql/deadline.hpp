#pragma once

#include <chrono>

namespace libsql {

/// The moment at which a call gives up with `error_kind::timeout`. A default one never comes.
///
/// It bounds the whole call: waiting for locks, running the statement, and the server's answer. A
/// deadline given to a query also bounds the reading of its rows. COMMIT, ROLLBACK and the like are
/// not stopped half-way in this process. A plain value; safe to copy between threads.
class deadline {
public:
    using clock = std::chrono::steady_clock;  ///< it is not moved when the time of day is set

    constexpr deadline() noexcept = default;

    /// The moment `at`.
    constexpr explicit deadline(clock::time_point at) noexcept : at_(at) {}

    /// A deadline `duration` from now, in any unit; one that the clock cannot reach never comes.
    template <class Rep, class Period>
    static deadline in(std::chrono::duration<Rep, Period> duration) noexcept {
        return after(clock::now(), duration);
    }

    /// As above, from `start` on.
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

    /// A deadline that never comes.
    static constexpr deadline never() noexcept { return {}; }

    /// False for a deadline that never comes.
    [[nodiscard]] constexpr bool is_set() const noexcept { return at_ != clock::time_point::max(); }

    /// The moment; the clock's last one for a deadline that never comes.
    [[nodiscard]] constexpr clock::time_point at() const noexcept { return at_; }

    /// True from that moment on.
    [[nodiscard]] bool passed() const noexcept { return is_set() && clock::now() >= at_; }

private:
    clock::time_point at_{clock::time_point::max()};
};

}  // namespace libsql
