#pragma once

#include <libsql/error.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

namespace libsql {

/// The progress of a running sync. Frames are the primary's changed pages.
struct sync_progress {
    std::uint64_t frames{0};  ///< received, or pushed, in this sync
    std::uint64_t total{0};   ///< expected in this sync; 0 while unknown
};

/// How a replica follows its primary.
struct sync_options {
    bool on_open{true};                     ///< `database::open` syncs, and fails if the sync fails
    std::chrono::milliseconds interval{0};  ///< between syncs in the background; 0: none
    bool read_your_writes{true};            ///< a write returns once the replica has it, too
    /// Write to the replica and push with the next sync: only for servers with the newer sync
    /// protocol, else `unsupported` on open.
    bool offline_writes{false};

    /// Called during a sync, on the thread that runs it; it must not use the database. If it
    /// throws, the sync ends with `interrupted`.
    std::function<void(const sync_progress&)> progress{};
};

/// What a sync has done.
struct sync_result {
    std::uint64_t frames_synced{0};               ///< pages received and pushed
    std::optional<std::uint64_t> frame_number{};  ///< the replica's last frame; none: no data yet
};

/// The state of a replica.
struct replica_status {
    std::optional<std::chrono::system_clock::time_point> last_sync{};  ///< the last successful one
    /// The error of the last sync, if it failed. While a sync runs: the reason why it waits, if it
    /// does. A silent server is `network` after a second.
    std::optional<error> last_error{};
    std::optional<std::uint64_t> frame_number{};          ///< the last frame of the replica
    std::optional<std::uint64_t> primary_frame_number{};  ///< the primary's, when it was last asked
    std::uint64_t lag{0};  ///< frames that the primary had then and the replica does not have
    /// When a sync last received anything from the server; none: not since the database was opened.
    std::optional<std::chrono::system_clock::time_point> last_contact{};
};

}  // namespace libsql
