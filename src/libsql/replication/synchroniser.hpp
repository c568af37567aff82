#pragma once

#include "libsql/net/http_session.hpp"

#include <libsql/deadline.hpp>
#include <libsql/error.hpp>
#include <libsql/result.hpp>

#include <cstdint>
#include <mutex>
#include <optional>

namespace libsql::replication {

/// Pulls the primary's frames into a replica, with one of the protocols. One thread at a time,
/// except that `interrupt` and the functions that only report may be called from any.
class synchroniser {
public:
    virtual ~synchroniser() = default;

    synchroniser(const synchroniser&) = delete;
    synchroniser& operator=(const synchroniser&) = delete;

    /// Pulls until the replica has what the primary had then. Returns the number of frames received
    /// and sent.
    virtual result<std::uint64_t> pull_all(deadline until) = 0;

    /// Pulls until the replica has `frame`. False if the primary says that it has no such frame.
    virtual result<bool> pull_to(std::uint64_t frame, deadline until) = 0;

    /// The number of frames that the running pull, or the last one, has received.
    [[nodiscard]] virtual std::uint64_t pulled() const noexcept = 0;

    /// The last frame of the replica.
    [[nodiscard]] virtual std::optional<std::uint64_t> committed() const noexcept = 0;

    /// The last frame of the primary, when it was last asked.
    [[nodiscard]] virtual std::optional<std::uint64_t> newest() const noexcept = 0;

    /// True if frames are numbered by their positions in the log, which only a sync may then empty.
    /// The numbers that the server gives to writes are different ones.
    [[nodiscard]] virtual bool numbers_wal() const noexcept = 0;

    /// When the server was last heard from. From any thread.
    [[nodiscard]] virtual net::http_contact contact() const noexcept = 0;

    /// Why the running pull is retrying; none if it makes progress, or is over. From any thread.
    [[nodiscard]] std::optional<error> trouble() const {
        const std::lock_guard lock(trouble_mutex_);
        return trouble_;
    }

    /// Moves the pages of the log into the database file, as far as readers allow.
    virtual result<void> checkpoint() = 0;

    /// Turns the file of the replica into a plain database.
    virtual result<void> freeze() = 0;

    /// Interrupts the running pull, which fails with `interrupted`.
    virtual void interrupt() noexcept = 0;

    /// Called when the interrupted operation is over.
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
