#pragma once

#include "libsql/replication/durability.hpp"
#include "libsql/replication/messages.hpp"

#include <libsql/result.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace libsql::replication {

/// Evidence that the state of a replica is true: that the primary still has what came from it, and
/// that the file still contains it.
struct state_proof {
    std::uint64_t checksum{0};  ///< the primary's, over all its frames up to `committed`
    std::uint64_t session{0};   ///< fingerprint of the session in which the primary last had them

    // The file: the page written by `committed`, and the local log.
    std::uint32_t page{0};     ///< 0: unknown
    std::uint64_t content{0};  ///< its fingerprint
    std::uint64_t salts{0};    ///< which log it is
    std::uint32_t log_end{0};  ///< its last frame

    // What remains if the local log is lost: everything up to this frame is in the database file
    // itself.
    std::optional<std::uint64_t> moved{};
    std::uint64_t moved_checksum{0};

    bool operator==(const state_proof&) const = default;
};

/// What a replica knows about its own content: the log that it comes from, and up to which frame.
struct replica_state {
    std::optional<replication::log_id> log{};   ///< none: nothing was received yet
    std::optional<std::uint64_t> committed{};   ///< the last frame in the database
    std::optional<std::uint64_t> committing{};  ///< the database may have frames up to this
    std::optional<state_proof> proof{};         ///< none: another client wrote the file
    std::uint32_t schema_shift{0};              ///< added to the primary's schema numbers

    bool operator==(const replica_state&) const = default;
};

/// 32 bytes as written by libSQL's other clients: the UUID of the log backwards, the last frame,
/// and eight bytes of padding, which they write as zeros and do not read. The padding contains
/// `committing` plus one. After that, where they do not look, follows the rest of the state with a
/// fingerprint of everything, so that a later write by them is noticed.
std::string write_state(const replica_state& state);

/// Fewer than 32 bytes mean a replica that has received nothing, as for the other clients.
replica_state read_state(std::string_view bytes) noexcept;

/// The file `<database>-client_wal_index`. It is opened for each use, so that removal by another
/// process is noticed. Whoever changes it holds the write lock of the database.
class wal_index_file {
public:
    explicit wal_index_file(const std::string& database)
        : database_(database), path_(path_for(database)) {}

    static std::string path_for(const std::string& database) {
        return database + "-client_wal_index";
    }

    /// Creates an empty one, with the permissions of the database, unless it exists.
    result<void> create() const;

    [[nodiscard]] bool exists() const noexcept;

    /// `closed` if it does not exist: the replica was frozen.
    result<replica_state> read() const;

    /// With `durability::now` it is on the disk when this returns; otherwise the operating system
    /// may still hold it.
    result<void> write(const replica_state& state, durability how = durability::now) const;

    result<void> remove() const;

private:
    std::string database_;
    std::string path_;
};

}  // namespace libsql::replication
