#pragma once

#include <libsql/error.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

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

/// What a sync has done.
struct sync_result {
    std::uint64_t frames_synced{0};               ///< pages that came, and that were pushed
    std::optional<std::uint64_t> frame_number{};  ///< the replica's last frame; none: no data yet
};

/// How a replica stands.
struct replica_status {
    std::optional<std::chrono::system_clock::time_point> last_sync{};  ///< that went well
    /// Of the last sync, if it failed. While one runs: why it waits, if it does; a server that says
    /// nothing is `network` after a second.
    std::optional<error> last_error{};
    std::optional<std::uint64_t> frame_number{};          ///< the replica's last frame
    std::optional<std::uint64_t> primary_frame_number{};  ///< the primary's, when last asked
    std::uint64_t lag{0};  ///< frames that the primary had then and the replica has not
    /// When a sync last heard anything of the server; none: not since the database was opened.
    std::optional<std::chrono::system_clock::time_point> last_contact{};
};

}  // namespace libsql
