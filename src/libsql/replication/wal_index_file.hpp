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

/// What shows whether a replica's state is true: that the primary still has what came from it, and
/// that the file still holds it.
struct state_proof {
    std::uint64_t checksum{0};  ///< the primary's, of all its frames up to `committed`
    std::uint64_t session{0};   ///< fingerprint of the session in which it last had that

    // The file: the page that `committed` brought, and the local log.
    std::uint32_t page{0};     ///< 0: not known
    std::uint64_t content{0};  ///< its fingerprint
    std::uint64_t salts{0};    ///< which log it is
    std::uint32_t log_end{0};  ///< its last frame

    // What is left if the local log is lost: all up to this frame is in the database file itself.
    std::optional<std::uint64_t> moved{};
    std::uint64_t moved_checksum{0};

    bool operator==(const state_proof&) const = default;
};

/// What a replica knows of its own content: of which log it is, and up to where.
struct replica_state {
    std::optional<replication::log_id> log{};   ///< none: nothing was ever received
    std::optional<std::uint64_t> committed{};   ///< the last frame in the database
    std::optional<std::uint64_t> committing{};  ///< the database may already be up to this one
    std::optional<state_proof> proof{};         ///< none: another client wrote it
    std::uint32_t schema_shift{0};              ///< added to the primary's schema numbers

    bool operator==(const replica_state&) const = default;
};

/// 32 bytes as libSQL's other clients have them: the log's UUID backwards, the last frame, and
/// eight bytes of padding, which they write as zeros and do not read. The padding keeps
/// `committing`, plus one. Behind them, where they do not look, is the rest of it with a
/// fingerprint of all: what they have written since is noticed.
std::string write_state(const replica_state& state);

/// Fewer than 32 bytes are a replica that has received nothing, as for the other clients.
replica_state read_state(std::string_view bytes) noexcept;

/// The file `<database>-client_wal_index`. It is opened for each use, so that it is noticed when
/// another process takes it away. Who changes it holds the database's write lock.
class wal_index_file {
public:
    explicit wal_index_file(const std::string& database)
        : database_(database), path_(path_for(database)) {}

    static std::string path_for(const std::string& database) {
        return database + "-client_wal_index";
    }

    /// Makes an empty one unless it is there, with the database's permissions.
    result<void> create() const;

    [[nodiscard]] bool exists() const noexcept;

    /// `closed` if it is not there: the replica was frozen.
    result<replica_state> read() const;

    /// With `now` it is on the disk, and not only with the operating system, when this returns.
    result<void> write(const replica_state& state, durability how = durability::now) const;

    result<void> remove() const;

private:
    std::string database_;
    std::string path_;
};

}  // namespace libsql::replication
