#pragma once

#include <libsql/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace libsql::replication {

/// What a replica of the newer sync protocol knows of its own content. A generation is the
/// primary's log from one time that it was emptied to the next; frames are numbered by their places
/// in it, from 1, and the replica's log has the same ones at the same places.
struct replica_info {
    std::uint32_t generation{0};  ///< from 1; 0 while the first content is not complete
    std::uint32_t durable{0};     ///< the last frame of it that replica and primary both have

    /// Which log `durable` is of: SQLite's two salts in its header. None: `durable` is 0, or
    /// another client wrote the file.
    std::optional<std::uint64_t> log{};

    /// The generation is over: the log may be empty already, and then it is the next one's.
    bool emptying{false};

    bool operator==(const replica_info&) const = default;
};

/// JSON as libSQL's other clients have it: `hash`, `version`, `durable_frame_num` and `generation`.
/// What is beside those they do not read, and drop when they write.
std::string write_info(const replica_info& info);

/// Reads it. `corrupt` says what is wrong: no JSON, a field that is missing or of another type, a
/// hash that is not that of the content, a generation 0 that is not ours; `unsupported` another
/// version.
result<replica_info> read_info(std::string_view json);

/// CRC-32 as zip and PNG have it.
std::uint32_t crc32(std::string_view bytes) noexcept;

/// The file `<database>-info`. It is opened for each use, so that it is noticed when another
/// process changes it or takes it away. Who changes it holds the database's write lock.
class sync_info_file {
public:
    explicit sync_info_file(const std::string& database) : path_(path_for(database)) {}

    static std::string path_for(const std::string& database) { return database + "-info"; }

    [[nodiscard]] const std::string& path() const noexcept { return path_; }

    [[nodiscard]] bool exists() const noexcept;

    /// `closed` if it is not there: the replica was frozen.
    [[nodiscard]] result<replica_info> read() const;

    /// Replaces it by a new one, all at once; that is on the disk when this returns.
    [[nodiscard]] result<void> write(const replica_info& info) const;

    [[nodiscard]] result<void> remove() const;

private:
    std::string path_;
};

}  // namespace libsql::replication
