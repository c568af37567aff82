#pragma once

#include "libsql/local/connection.hpp"
#include "libsql/replication/durability.hpp"
#include "libsql/replication/frame.hpp"

#include <libsql/deadline.hpp>
#include <libsql/options.hpp>
#include <libsql/result.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace libsql::replication {

/// The state of a database's log.
struct log_mark {
    std::uint64_t salts{0};  ///< which log; meaningless without frames
    std::uint32_t end{0};    ///< its last frame, 0 for none
};

/// Writes pages into the log of a database as transactions: others see all or nothing of each. It
/// has a connection of its own; with a key, what it writes is encrypted. One thread at a time,
/// except that `interrupt` may be called from any.
class injector {
public:
    /// Opens or creates the file, in WAL mode. Refuses one with another page size.
    static result<std::unique_ptr<injector>> open(
        const libsql::options& chosen,
        local::connection::file_use use = local::connection::file_use::replica);

    explicit injector(std::shared_ptr<local::connection> opened);
    ~injector();

    injector(const injector&) = delete;
    injector& operator=(const injector&) = delete;

    /// Its connection, to be used inside a `call`.
    [[nodiscard]] local::connection& connection() const noexcept { return *connection_; }

    /// True if the database is empty: it has just been created.
    result<bool> is_blank();

    /// Begins a transaction: takes the write lock, waiting until the deadline.
    result<void> begin(deadline until);

    /// The present log, including frames that were added and not committed. After `begin`.
    [[nodiscard]] log_mark log();

    /// Restarts the log, if adding the next frame would restart it. After `begin`.
    result<void> restart_log();

    /// Reads a page of the database. After `begin`, and before anything was added.
    result<std::string> read(std::uint32_t page);

    /// Adds a page to the transaction.
    result<void> add(const frame& page);

    /// Adds the last page, which makes the transaction visible to later readers. With
    /// `durability::now` it is on the disk when this returns. The write lock is kept.
    result<void> commit(const frame& page, durability how = durability::now);

    /// Waits until everything committed is on the disk. After `begin`.
    result<void> sync_log();

    /// Releases the write lock; what was not committed is discarded.
    void end() noexcept;

    [[nodiscard]] bool has_begun() const noexcept { return begun_; }

    /// Moves the pages of the log into the database file, as far as readers allow, if there are
    /// many.
    void checkpoint_if_long();

    /// Moves them whatever their number, and empties the log file if nobody prevents it.
    result<void> checkpoint_all();

    /// True if there is something for `checkpoint_all` to do.
    [[nodiscard]] bool has_log() const noexcept { return has_log_; }

    /// Ends the wait for the write lock.
    void interrupt() noexcept { interrupted_.store(true); }

    /// Called when the interrupted operation is over.
    void clear_interrupt() noexcept { interrupted_.store(false); }

    [[nodiscard]] bool is_interrupted() const noexcept { return interrupted_.load(); }

private:
    result<void> insert(const frame& page, std::uint32_t size_after);
    result<void> checkpoint(int mode);

    std::shared_ptr<local::connection> connection_;
    std::array<char, 24 + frame::page_size> buffer_{};
    std::atomic<bool> interrupted_{false};
    bool begun_{false};
    bool has_log_{true};  ///< another process may have left one
    std::size_t since_checkpoint_{0};
};

}  // namespace libsql::replication
