#pragma once

#include <libsql/error.hpp>

#include <atomic>
#include <mutex>
#include <optional>

namespace libsql::local {

/// The errors of the user's callbacks in a call of a connection. The engine's sorter may call a
/// collation from threads of its own.
class callback_errors {
public:
    /// Keeps `why`, if it is the first one. From any thread.
    void add(const error& why) noexcept;

    /// The first error, once.
    std::optional<error> take() noexcept;

    /// A callback has failed, and nobody has taken its error.
    [[nodiscard]] bool any() const noexcept { return any_.load(std::memory_order_relaxed); }

    /// True while the engine runs our own lookups for the text of an error, of which the user's
    /// callbacks are not told.
    [[nodiscard]] bool is_reporting() const noexcept { return reporting_; }

    void set_reporting(bool on) noexcept { reporting_ = on; }

private:
    std::mutex mutex_;
    std::optional<error> first_;
    std::atomic<bool> any_{false};
    bool reporting_{false};
};

}  // namespace libsql::local
