#include "libsql/replication/wal_index_file.hpp"

#include "libsql/replication/file_descriptor.hpp"
#include "libsql/replication/frame.hpp"
#include "libsql/replication/state_error.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <system_error>
#include <utility>

namespace libsql::replication {

namespace {

constexpr std::size_t state_size = 32;    ///< the size that other clients use
constexpr std::size_t proved_size = 112;  ///< including the proof after it
constexpr std::uint64_t none = std::numeric_limits<std::uint64_t>::max();

void append_little_endian(std::string& out, std::uint64_t value) {
    for (unsigned shift = 0; shift < 64; shift += 8) {
        out += static_cast<char>((value >> shift) & 0xff);
    }
}

void append_proof(std::string& out, const replica_state& state) {
    const state_proof proof = state.proof.value_or(state_proof());
    for (const std::uint64_t number :
         {std::uint64_t{state.proof ? 1U : 0U}, std::uint64_t{state.schema_shift}, proof.checksum,
          proof.session, std::uint64_t{proof.page} << 32 | proof.log_end, proof.content,
          proof.salts, proof.moved ? *proof.moved + 1 : 0, proof.moved_checksum}) {
        append_little_endian(out, number);
    }
    append_little_endian(out, fingerprint(out));
}

void read_proof(std::string_view bytes, replica_state& state) noexcept {
    const auto number = [&](std::size_t i) {
        return read_little_endian(bytes.substr(state_size + 8 * i, 8));
    };
    if (bytes.size() < proved_size || number(9) != fingerprint(bytes.substr(0, proved_size - 8))) {
        return;
    }
    state.schema_shift = static_cast<std::uint32_t>(number(1));
    if (number(0) == 0) {
        return;
    }
    state_proof proof{.checksum = number(2),
                      .session = number(3),
                      .page = static_cast<std::uint32_t>(number(4) >> 32),
                      .content = number(5),
                      .salts = number(6),
                      .log_end = static_cast<std::uint32_t>(number(4)),
                      .moved_checksum = number(8)};
    if (number(7) != 0) {
        proof.moved = number(7) - 1;
    }
    state.proof = proof;
}

}  // namespace

std::string write_state(const replica_state& state) {
    const log_id log = state.log.value_or(log_id());
    std::string out(log.bytes.rbegin(), log.bytes.rend());
    append_little_endian(out, state.committed.value_or(none));
    append_little_endian(out, state.committing ? *state.committing + 1 : 0);
    if (state.proof || state.schema_shift != 0) {
        append_proof(out, state);
    }
    return out;
}

replica_state read_state(std::string_view bytes) noexcept {
    if (bytes.size() < state_size) {
        return {};
    }
    replica_state state;
    log_id log;
    std::reverse_copy(bytes.begin(), bytes.begin() + 16, log.bytes.begin());
    if (log != log_id()) {
        state.log = log;
    }
    const std::uint64_t committed = read_little_endian(bytes.substr(16, 8));
    if (committed != none) {
        state.committed = committed;
    }
    const std::uint64_t committing = read_little_endian(bytes.substr(24, 8));
    if (committing != 0) {
        state.committing = committing - 1;
    }
    read_proof(bytes, state);
    return state;
}

bool wal_index_file::exists() const noexcept {
    return ::access(path_.c_str(), F_OK) == 0;
}

result<void> wal_index_file::create() const {
    const file_descriptor made(path_, O_RDWR | O_CREAT | O_EXCL);
    if (made.is_open()) {
        take_permissions(made, database_);
    } else if (errno != EEXIST || !file_descriptor(path_, O_RDWR).is_open()) {
        return state_failed("create", path_);
    }
    // The file's name must also survive a power failure, because the database does.
    sync_folder_of(path_);
    return {};
}

result<replica_state> wal_index_file::read() const {
    const file_descriptor file(path_, O_RDONLY);
    if (!file.is_open()) {
        return errno == ENOENT ? state_gone(path_) : state_failed("read", path_);
    }
    std::array<char, proved_size> bytes{};
    const auto size = ::pread(file.get(), bytes.data(), bytes.size(), 0);
    if (size < 0) {
        return state_failed("read", path_);
    }
    return read_state({bytes.data(), static_cast<std::size_t>(size)});
}

result<void> wal_index_file::write(const replica_state& state, durability how) const {
    const file_descriptor file(path_, O_WRONLY);
    if (!file.is_open()) {
        return errno == ENOENT ? state_gone(path_) : state_failed("write", path_);
    }
    const std::string bytes = write_state(state);
    const auto written = ::pwrite(file.get(), bytes.data(), bytes.size(), 0);
    if (std::cmp_not_equal(written, bytes.size()) ||
        // The bytes after it would belong to another state.
        (bytes.size() < proved_size &&
         ::ftruncate(file.get(), static_cast<::off_t>(bytes.size())) != 0) ||
        (how == durability::now && ::fdatasync(file.get()) != 0)) {
        return state_failed("write", path_);
    }
    return {};
}

result<void> wal_index_file::remove() const {
    if (::unlink(path_.c_str()) != 0 && errno != ENOENT) {
        return state_failed("remove", path_);
    }
    return {};
}

}  // namespace libsql::replication
