#pragma once

#include "libsql/net/http_session.hpp"

#include <libsql/deadline.hpp>
#include <libsql/error.hpp>
#include <libsql/result.hpp>

#include <cstdint>
#include <mutex>
#include <optional>

namespace libsql::replication {

/// Brings the primary's frames into a replica, by one of the protocols that there are. One thread
/// at a time, but `interrupt` and what only answers come from any.
class synchroniser {
public:
    virtual ~synchroniser() = default;

    synchroniser(const synchroniser&) = delete;
    synchroniser& operator=(const synchroniser&) = delete;

    /// Pulls until the replica has what the primary had then. The number of frames that came, and
    /// of those that went.
    virtual result<std::uint64_t> pull_all(deadline until) = 0;

    /// Pulls until the replica has `frame`. False: the primary says that it has no such frame.
    virtual result<bool> pull_to(std::uint64_t frame, deadline until) = 0;

    /// The number of frames that the running pull, or the last one, has brought.
    [[nodiscard]] virtual std::uint64_t pulled() const noexcept = 0;

    /// The last frame that the replica has.
    [[nodiscard]] virtual std::optional<std::uint64_t> committed() const noexcept = 0;

    /// The primary's last frame when it was last asked.
    [[nodiscard]] virtual std::optional<std::uint64_t> newest() const noexcept = 0;

    /// Frames are numbered by their places in the log, which nothing but a sync may empty; and the
    /// numbers that the server gives to writes are others.
    [[nodiscard]] virtual bool numbers_wal() const noexcept = 0;

    /// When the server was last heard of. From any thread.
    [[nodiscard]] virtual net::http_contact contact() const noexcept = 0;

    /// Why the running pull tries again what has failed; none when it gets on, or is over. From any
    /// thread.
    [[nodiscard]] std::optional<error> trouble() const {
        const std::lock_guard lock(trouble_mutex_);
        return trouble_;
    }

    /// Moves the log's pages into the database file, as far as readers allow.
    virtual result<void> checkpoint() = 0;

    /// Makes a plain database of the replica's file.
    virtual result<void> freeze() = 0;

    /// Ends the pull that runs with `interrupted`.
    virtual void interrupt() noexcept = 0;

    /// What was interrupted is over.
    virtual void clear_interrupt() noexcept = 0;

protected:
    synchroniser() = default;

    void set_trouble(const std::optional<error>& why) {
        const std::lock_guard lock(trouble_mutex_);
        trouble_ = why;
    }

private:
    mutable std::mutex trouble_mutex_;
    std::optional<error> trouble_;
};

}  // namespace libsql::replication
