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

/// A database's log at some moment.
struct log_mark {
    std::uint64_t salts{0};  ///< which one; of no meaning without frames
    std::uint32_t end{0};    ///< its last frame, 0 for none
};

/// Writes pages into the log of a database, as transactions: others see all of one or nothing of
/// it. It has a connection of its own; with a key what it writes is encrypted. One thread at a
/// time, but `interrupt` comes from any.
class injector {
public:
    /// Opens the file, or makes it, in WAL mode. Refuses one whose pages have another size.
    static result<std::unique_ptr<injector>> open(
        const libsql::options& chosen,
        local::connection::file_use use = local::connection::file_use::replica);

    explicit injector(std::shared_ptr<local::connection> opened);
    ~injector();

    injector(const injector&) = delete;
    injector& operator=(const injector&) = delete;

    /// Its connection, to be used inside a `call`.
    [[nodiscard]] local::connection& connection() const noexcept { return *connection_; }

    /// The database has nothing in it: it has just been made.
    result<bool> is_blank();

    /// Begins a transaction: takes the write lock, for which it waits until the deadline.
    result<void> begin(deadline until);

    /// The log now, with what was added and not committed. After `begin`.
    [[nodiscard]] log_mark log();

    /// Begins the log again if what is added next would do so. After `begin`.
    result<void> restart_log();

    /// A page of the database. After `begin`, and before anything was added.
    result<std::string> read(std::uint32_t page);

    /// Adds a page to the transaction.
    result<void> add(const frame& page);

    /// Adds the last page; with it the transaction is seen by those who look then. With `now` it is
    /// on the disk when this returns. The write lock stays.
    result<void> commit(const frame& page, durability how = durability::now);

    /// Waits until the disk has all that was committed. After `begin`.
    result<void> sync_log();

    /// Gives the write lock back; what was not committed never was.
    void end() noexcept;

    [[nodiscard]] bool has_begun() const noexcept { return begun_; }

    /// Moves the log's pages into the database file, as far as readers allow, when there are many.
    void checkpoint_if_long();

    /// Does so whatever their number, and empties the log's file if nobody is in its way.
    result<void> checkpoint_all();

    /// There is something for `checkpoint_all`.
    [[nodiscard]] bool has_log() const noexcept { return has_log_; }

    /// Ends the waiting for the write lock.
    void interrupt() noexcept { interrupted_.store(true); }

    /// What was interrupted is over.
    void clear_interrupt() noexcept { interrupted_.store(false); }

private:
    result<void> insert(const frame& page, std::uint32_t size_after);
    result<void> checkpoint(int mode);

    std::shared_ptr<local::connection> connection_;
    std::array<char, 24 + frame::page_size> buffer_{};
    std::atomic<bool> interrupted_{false};
    bool begun_{false};
    bool has_log_{true};  ///< what another process has left
    std::size_t since_checkpoint_{0};
};

}  // namespace libsql::replication
