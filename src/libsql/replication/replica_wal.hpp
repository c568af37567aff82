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

/// A replica's log whose frames have numbers, from 1: their places. A frame that is here already
/// is compared, and not written again. All but `empty` and what says otherwise needs `begin`. One
/// thread at a time, but `interrupt` comes from any.
class replica_wal {
public:
    /// Opens the database, or makes it.
    static result<std::unique_ptr<replica_wal>> open(const libsql::options& chosen);

    replica_wal(std::string database, std::unique_ptr<injector> into)
        : database_(std::move(database)), into_(std::move(into)) {}

    /// Takes the write lock, for which it waits until the deadline.
    result<void> begin(deadline until) { return into_->begin(until); }

    /// Gives it back; what was not committed never was. It need not have begun.
    void end() noexcept { into_->end(); }

    [[nodiscard]] bool has_begun() const noexcept { return into_->has_begun(); }

    /// The number of the last frame, 0 for none.
    [[nodiscard]] std::uint32_t last();

    /// Which log it is, for as long as it has frames: SQLite's salts.
    [[nodiscard]] result<std::uint64_t> salts() const;

    /// The frame's header and content, as they are pushed.
    result<void> read(std::uint32_t number, std::string& append_to);

    /// What putting a frame at its place has come to.
    enum class put_outcome : unsigned char {
        added,     ///< it is new; with `size_after` it and those before it are on the disk now
        same,      ///< it is here already
        conflict,  ///< another one is there
    };

    /// Puts a frame at its place, which is one of those that have frames, or the first that has
    /// none.
    result<put_outcome> put(const frame& f);

    /// Adds a page whatever the number of its frame; with `size_after` it is the last one.
    result<void> add(const frame& f) {
        return f.size_after == 0 ? into_->add(f) : into_->commit(f);
    }

    /// Moves all frames into the database file and empties the log, while nobody else can write:
    /// not in between, and neither while `before`, which gets the last frame's number, and `after`
    /// run. `busy`: someone reads from the log, or writes; what they return, if it is an error.
    result<void> empty(const std::function<result<void>(std::uint32_t)>& before,
                       const std::function<result<void>()>& after);

    /// As for a database whose log does not count: as far as readers allow.
    result<void> checkpoint_all() { return into_->checkpoint_all(); }

    /// Ends the waiting for the write lock.
    void interrupt() noexcept { into_->interrupt(); }

    /// What was interrupted is over.
    void clear_interrupt() noexcept { into_->clear_interrupt(); }

private:
    std::string database_;
    std::unique_ptr<injector> into_;
    std::array<unsigned char, frame::size> buffer_{};
};

}  // namespace libsql::replication
