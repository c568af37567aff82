#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

namespace libsql {

/// How far a running sync is. Frames are the primary's changed pages.
struct sync_progress {
    std::uint64_t frames{0};  ///< received in this sync, or pushed
    std::uint64_t total{0};   ///< expected in this sync; 0 while that is not known
};

/// How a replica follows its primary.
struct sync_options {
    bool on_open{true};                     ///< `database::open` syncs, and fails when that fails
    std::chrono::milliseconds interval{0};  ///< of syncs in the background; 0: none
    bool read_your_writes{true};            ///< a write returns when the replica has it, too
    bool offline_writes{false};             ///< write to the replica, and push with the next sync:
                                            ///< only for servers of the newer sync protocol, else
                                            ///< `unsupported` on open

    /// Called while a sync runs, on its thread; it must not use the database. When it throws, the
    /// sync ends with `interrupted`.
    std::function<void(const sync_progress&)> progress{};
};

}  // namespace libsql
