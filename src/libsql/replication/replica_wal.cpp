#include "libsql/replication/replica_wal.hpp"

#include "libsql/engine/engine_error.hpp"
#include "libsql/replication/file_descriptor.hpp"
#include "libsql/replication/sync_v2_messages.hpp"

#include <string_view>
#include <utility>

namespace libsql::replication {

namespace {

struct emptying {
    const std::function<result<void>(std::uint32_t)>& before;
    const std::function<result<void>()>& after;
    std::optional<error> failed{};

    int end(const result<void>& done) {
        if (!done) {
            failed = done.error();
        }
        return done ? SQLITE_OK : SQLITE_ABORT;
    }
};

int on_before(void* self, unsigned int frames) {
    auto& all = *static_cast<emptying*>(self);
    return all.end(all.before(frames));
}

int on_after(void* self) {
    auto& all = *static_cast<emptying*>(self);
    return all.end(all.after());
}

}  // namespace

result<std::unique_ptr<replica_wal>> replica_wal::open(const libsql::options& chosen) {
    return injector::open(chosen, local::connection::file_use::replica_wal)
        .transform([&](std::unique_ptr<injector>&& into) {
            return std::make_unique<replica_wal>(chosen.database, std::move(into));
        });
}

std::uint32_t replica_wal::last() {
    const local::connection::call inside(into_->connection());
    return libsql_engine_log_end(into_->connection().handle());
}

result<std::uint64_t> replica_wal::salts() const {
    // The salts follow the magic number, version, page size and checkpoint count of the log's
    // header.
    constexpr ::off_t place = 16;
    const file_descriptor file(database_ + "-wal", O_RDONLY);
    std::array<char, 8> bytes{};
    if (!file.is_open() || ::pread(file.get(), bytes.data(), bytes.size(), place) != 8) {
        return error(error_kind::io, "cannot read the log \"" + database_ + "-wal\"");
    }
    return read_big_endian({bytes.data(), bytes.size()});
}

result<void> replica_wal::read(std::uint32_t number, std::string& append_to) {
    auto& c = into_->connection();
    const local::connection::call inside(c);
    const int rc = libsql_engine_log_frame(c.handle(), number, buffer_.data(),
                                           static_cast<int>(buffer_.size()));
    if (rc != SQLITE_OK) {
        return c.make_error(rc);
    }
    append_to.append(reinterpret_cast<const char*>(buffer_.data()), buffer_.size());
    return {};
}

result<replica_wal::put_outcome> replica_wal::put(const frame& f) {
    const std::uint32_t end = last();
    if (f.number <= end) {
        // Compares decrypted pages, because the engine would compare with the bytes on the disk,
        // which may be encrypted.
        std::string here;
        if (auto got = read(static_cast<std::uint32_t>(f.number), here); !got) {
            return got.error();
        }
        const auto mine = read_log_frame(here, f.number);
        return mine && *mine == f ? put_outcome::same : put_outcome::conflict;
    }
    if (auto added = add(f); !added) {
        return added.error();
    }
    // If a page occurs twice within a transaction, the engine writes it once.
    if (last() != f.number) {
        return error(error_kind::protocol, "the server's frame " + std::to_string(f.number) +
                                               " does not follow the replica's last frame");
    }
    return put_outcome::added;
}

result<void> replica_wal::empty(const std::function<result<void>(std::uint32_t)>& before,
                                const std::function<result<void>()>& after) {
    emptying all{before, after};
    auto& c = into_->connection();
    const local::connection::call inside(c);
    const int rc = libsql_engine_empty_log(c.handle(), on_before, on_after, &all);
    if (all.failed) {
        return *all.failed;
    }
    if (rc != SQLITE_OK) {
        // ^The engine has no message for it, because the call bypassed its API.
        return (rc & 0xff) == SQLITE_BUSY
                   ? error(error_kind::busy,
                           "the replica's log cannot be emptied for the primary's next generation, "
                           "because another connection reads from it or writes to it")
                   : error({.kind = detail::kind_of(rc),
                            .code = rc & 0xff,
                            .extended_code = rc,
                            .message = "the replica's log cannot be emptied: " +
                                       std::string(sqlite3_errstr(rc))});
    }
    return {};
}

}  // namespace libsql::replication
