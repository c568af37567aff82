#pragma once

#include <libsql/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace libsql::replication {

/// What a replica of the newer sync protocol knows about its own content. A generation is the
/// primary's log from one time that it was emptied to the next. Frames are numbered by their
/// positions in it, from 1, and the replica's log has the same frames at the same positions.
struct replica_info {
    std::uint32_t generation{0};  ///< from 1; 0 while the first content is incomplete
    std::uint32_t durable{0};     ///< the last frame of it that both replica and primary have

    /// The log that `durable` refers to: SQLite's two salts in its header. None if `durable` is 0,
    /// or if another client wrote the file.
    std::optional<std::uint64_t> log{};

    /// The generation is over. The log may already be empty, and then belongs to the next
    /// generation.
    bool emptying{false};

    bool operator==(const replica_info&) const = default;
};

/// JSON as written by libSQL's other clients: `hash`, `version`, `durable_frame_num` and
/// `generation`. Further fields are ignored by them, and lost when they write.
std::string write_info(const replica_info& info);

/// Decodes it. `corrupt` says what is wrong: not JSON, a field that is missing or of another type,
/// a hash that does not match the content, a generation 0 that this driver did not write.
/// `unsupported` for another version.
result<replica_info> read_info(std::string_view json);

/// CRC-32 as in zip and PNG.
std::uint32_t crc32(std::string_view bytes) noexcept;

/// The file `<database>-info`. It is opened for each use, so that changes and removal by another
/// process are noticed. Whoever changes it holds the write lock of the database.
class sync_info_file {
public:
    explicit sync_info_file(const std::string& database) : path_(path_for(database)) {}

    static std::string path_for(const std::string& database) { return database + "-info"; }

    [[nodiscard]] const std::string& path() const noexcept { return path_; }

    [[nodiscard]] bool exists() const noexcept;

    /// `closed` if it does not exist: the replica was frozen.
    [[nodiscard]] result<replica_info> read() const;

    /// Replaces it atomically with a new one, which is on the disk when this returns.
    [[nodiscard]] result<void> write(const replica_info& info) const;

    [[nodiscard]] result<void> remove() const;

private:
    std::string path_;
};

}  // namespace libsql::replication
