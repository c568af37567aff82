#include "libsql/replication/open_synchroniser.hpp"

#include "libsql/replication/replicator.hpp"
#include "libsql/replication/retry_policy.hpp"
#include "libsql/replication/sync_v2_replicator.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace libsql::replication {

namespace {

namespace fs = std::filesystem;

std::uintmax_t size_of(const std::string& path) {
    std::error_code failed;
    const auto size = fs::file_size(path, failed);
    return failed ? 0 : size;
}

/// Whether the server speaks the newer protocol. If it cannot be reached and `is_patient` is not
/// set, false, and the first sync asks again.
result<bool> ask(const libsql::options& chosen, const std::shared_ptr<remote::server>& server,
                 bool is_patient, deadline until) {
    sync_v2_client client(server);
    retry_policy left(until);
    for (;;) {
        auto said = client.info(
            is_patient || until.is_set() ? until : deadline::in(chosen.connect_timeout));
        if (said) {
            return said->has_value();
        }
        const auto kind = said.error().kind();
        if (!is_patient && (kind == error_kind::network || kind == error_kind::timeout)) {
            return false;
        }
        const auto wait = [&](auto duration, deadline end) { return client.wait(duration, end); };
        if (auto why = left.after(said.error(), wait)) {
            return *std::move(why);
        }
    }
}

/// Removes a replica that was created without reaching its server: an empty database and an empty
/// state. The state file is removed last, so an interrupted removal also leaves such a replica.
result<void> remove_unused(const std::string& database) {
    for (const char* const suffix : {"", "-wal", "-shm"}) {
        std::error_code failed;
        fs::remove(database + suffix, failed);
        if (failed) {
            return error(error_kind::io,
                         "cannot remove \"" + database + suffix + "\": " + failed.message());
        }
    }
    return wal_index_file(database).remove();
}

}  // namespace

result<std::unique_ptr<synchroniser>> open_synchroniser(
    const libsql::options& chosen, const std::shared_ptr<remote::server>& server, deadline until) {
    using opened = result<std::unique_ptr<synchroniser>>;
    const auto up = [](auto&& made) {
        return opened(std::unique_ptr<synchroniser>(std::forward<decltype(made)>(made)));
    };
    const wal_index_file older(chosen.database);
    const sync_info_file newer(chosen.database);
    if (chosen.mode == open_mode::read_only) {
        return error(error_kind::unsupported,
                     "a replica cannot be opened with mode read_only, because its syncs write to "
                     "the file; to read the file, open it without uri");
    }
    if (newer.exists() && older.exists()) {
        return error(error_kind::cannot_open,
                     "cannot tell which sync protocol the replica \"" + chosen.database +
                         "\" uses: it has the states of both, " + newer.path() + " and " +
                         wal_index_file::path_for(chosen.database));
    }
    if (newer.exists()) {
        return sync_v2_replicator::open(chosen, server, until).and_then(up);
    }
    std::optional<replica_state> state;
    if (older.exists()) {
        auto read = older.read();
        if (!read) {
            return read.error();
        }
        state = *read;
    }
    constexpr std::uintmax_t blank = 4096;  // the size of SQLite's own first page
    const bool is_new = state ? !state->log && size_of(chosen.database) <= blank &&
                                    size_of(chosen.database + "-wal") == 0
                              : size_of(chosen.database) == 0;
    bool is_newer = false;
    if (is_new) {
        auto said = ask(chosen, server, chosen.sync.on_open || chosen.sync.offline_writes, until);
        if (!said) {
            return said.error();
        }
        is_newer = *said;
    }
    if (is_newer) {
        if (auto removed = state ? remove_unused(chosen.database) : result<void>(); !removed) {
            return removed.error();
        }
        return sync_v2_replicator::open(chosen, server, until).and_then(up);
    }
    if (chosen.sync.offline_writes) {
        return error(
            error_kind::unsupported,
            "sync.offline_writes needs the newer sync protocol, which " +
                std::string(is_new ? "the server does not speak" : "this replica does not use"));
    }
    return replicator::open(chosen, server).and_then(up);
}

}  // namespace libsql::replication
