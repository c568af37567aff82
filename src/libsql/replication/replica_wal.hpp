#pragma once

#include "libsql/replication/frame.hpp"
#include "libsql/replication/injector.hpp"

#include <libsql/deadline.hpp>
#include <libsql/options.hpp>
#include <libsql/result.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace libsql::replication {

/// The log of a replica in which frames have numbers, from 1: their positions. A frame that is
/// already here is compared, not written again. Everything except `empty` and what says otherwise
/// requires `begin`. One thread at a time, except that `interrupt` may be called from any.
class replica_wal {
public:
    /// Opens or creates the database.
    static result<std::unique_ptr<replica_wal>> open(const libsql::options& chosen);

    replica_wal(std::string database, std::unique_ptr<injector> into)
        : database_(std::move(database)), into_(std::move(into)) {}

    /// Takes the write lock, waiting until the deadline.
    result<void> begin(deadline until) { return into_->begin(until); }

    /// Releases the write lock; what was not committed is discarded. `begin` is not required.
    void end() noexcept { into_->end(); }

    [[nodiscard]] bool has_begun() const noexcept { return into_->has_begun(); }

    /// The number of the last frame; 0 if there is none.
    [[nodiscard]] std::uint32_t last();

    /// Identifies the log as long as it has frames: SQLite's salts.
    [[nodiscard]] result<std::uint64_t> salts() const;

    /// Appends header and content of the frame, as they are pushed.
    result<void> read(std::uint32_t number, std::string& append_to);

    /// The outcome of putting a frame at its position.
    enum class put_outcome : unsigned char {
        added,     ///< it is new; with `size_after`, it and those before it are on the disk now
        same,      ///< it was already here
        conflict,  ///< another frame is there
    };

    /// Puts a frame at its position, which must be one that has a frame, or the first one that has
    /// none.
    result<put_outcome> put(const frame& f);

    /// Adds a page whatever the number of its frame; with `size_after` it is the last one of its
    /// transaction.
    result<void> add(const frame& f) {
        return f.size_after == 0 ? into_->add(f) : into_->commit(f);
    }

    /// Moves all frames into the database file and empties the log. Nobody else can write
    /// meanwhile, not even while `before`, which receives the number of the last frame, and `after`
    /// run. `busy` if someone reads from the log or writes; or an error that they return.
    result<void> empty(const std::function<result<void>(std::uint32_t)>& before,
                       const std::function<result<void>()>& after);

    /// As for a database whose frames are not numbered: as far as readers allow.
    result<void> checkpoint_all() { return into_->checkpoint_all(); }

    /// Ends the wait for the write lock.
    void interrupt() noexcept { into_->interrupt(); }

    /// Called when the interrupted operation is over.
    void clear_interrupt() noexcept { into_->clear_interrupt(); }

    [[nodiscard]] bool is_interrupted() const noexcept { return into_->is_interrupted(); }

private:
    std::string database_;
    std::unique_ptr<injector> into_;
    std::array<unsigned char, frame::size> buffer_{};
};

}  // namespace libsql::replication
