#include "libsql/local/replica_file.hpp"

#include "libsql/core/out_of_memory.hpp"

#include <filesystem>
#include <new>

namespace libsql::local {

std::string replica_state_beside(const char* path) {
    for (const char* const suffix : {"-client_wal_index", "-info"}) {
        std::error_code failed;
        if (path != nullptr && *path != '\0' &&
            std::filesystem::is_regular_file(path + std::string(suffix), failed)) {
            return path + std::string(suffix);
        }
    }
    return {};
}

result<void> check_replica(engine_handle& engine, const libsql::options& chosen) {
    auto* const db = engine.handle();
    const char* const opened = sqlite3_db_filename(db, "main");
    const auto state = replica_state_beside(opened);
    if (state.empty()) {
        return {};
    }
    if (chosen.mode != open_mode::read_only) {
        return error(
            error_kind::cannot_open,
            "it is a replica (" + state +
                " exists), and a write would separate it from its primary; give its uri, open it "
                "with the mode read_only, or freeze it, which makes a plain database of "
                "it");
    }
    const std::string file = opened;
    std::error_code failed;
    const auto log = std::filesystem::file_size(file + "-wal", failed);
    if (sqlite3_uri_boolean(opened, "immutable", 0) != 0 && !failed && log > 0) {
        return error(error_kind::cannot_open,
                     "it is a replica with a log (" + file +
                         "-wal), which immutable ignores, so that its content would be missing");
    }
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    return {};
}

namespace {

/// With memory of the engine only. False if the database is in use.
bool detach(sqlite3* db, const char* schema) noexcept {
    char* const sql = sqlite3_mprintf("DETACH \"%w\"", schema);
    const bool is_out =
        sql != nullptr && sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK;
    sqlite3_free(sql);
    return is_out;
}

/// The error if the database is the file of a replica that could be written to. It is then out.
std::optional<error> detach_replica(sqlite3* db, const char* schema) {
    const auto state = replica_state_beside(sqlite3_db_filename(db, schema));
    if (state.empty() || sqlite3_db_readonly(db, schema) == 1) {
        return std::nullopt;
    }
    const error why(error_kind::cannot_open,
                    "the attached database is a replica (" + state +
                        " exists), and a write would separate it from its primary; attach it "
                        "read-only, as \"file:...?mode=ro\", or freeze it");
    const error undone = why.with_outcome(error_outcome::undone);
    const error stands = why.with_outcome(error_outcome::stands);
    return detach(db, schema) ? undone : stands;
}

}  // namespace

std::optional<error> detach_replicas(engine_handle& engine) noexcept {
    if (engine.writes().refuses_always()) {
        return std::nullopt;
    }
    auto* const db = engine.handle();
    for (int i = first_attached;; ++i) {
        const char* const schema = sqlite3_db_name(db, i);
        if (schema == nullptr) {
            return std::nullopt;
        }
        try {
            if (auto why = detach_replica(db, schema)) {
                return why;
            }
        } catch (const std::bad_alloc&) {
            // Nobody knows what was attached: it is the last one.
            int last = i;
            while (sqlite3_db_name(db, last + 1) != nullptr) {
                ++last;
            }
            detach(db, sqlite3_db_name(db, last));
            return detail::out_of_memory();
        }
    }
}

}  // namespace libsql::local
