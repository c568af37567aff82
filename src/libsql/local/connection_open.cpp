#include "libsql/core/database_path.hpp"
#include "libsql/engine/engine_error.hpp"
#include "libsql/local/cipher.hpp"
#include "libsql/local/connection.hpp"
#include "libsql/local/file_format.hpp"
#include "libsql/local/hot_path.hpp"
#include "libsql/local/open_pragmas.hpp"

#include <libsql/identifier.hpp>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <string>

namespace libsql::local {

namespace {

int open_flags(open_mode mode) noexcept {
    constexpr int always = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_URI;
    switch (mode) {
        case open_mode::read_only:
            return always | SQLITE_OPEN_READONLY;
        case open_mode::read_write:
            return always | SQLITE_OPEN_READWRITE;
        case open_mode::read_write_create:
            break;
    }
    return always | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
}

/// Adds the reason for a failed open that the engine does not report.
error explain(const error& why, const options& chosen, sqlite3* db) {
    error::fields all = why.all();
    const std::string& path = chosen.database;
    const char* const resolved =
        db == nullptr ? nullptr : sqlite3_db_filename(db, "main");  // the path in a URI
    const std::filesystem::path file(resolved == nullptr || *resolved == '\0' ? path.c_str()
                                                                              : resolved);
    std::error_code ignored;
    if (std::filesystem::is_directory(file, ignored)) {
        all.kind = error_kind::cannot_open;
        all.message = "\"" + path + "\" is a directory";
    } else if (all.kind == error_kind::cannot_open) {
        if (const auto parent = file.parent_path();
            !parent.empty() && !std::filesystem::exists(parent, ignored)) {
            all.message = "the directory of \"" + path + "\" does not exist";
        } else if (chosen.mode != open_mode::read_write_create &&
                   !std::filesystem::exists(file, ignored)) {
            all.message = "\"" + path + "\" does not exist and the mode does not create it";
        } else {
            all.message = "cannot open \"" + path + "\": " + all.message;
        }
    } else if (all.extended_code == SQLITE_READONLY_DIRECTORY &&
               chosen.mode == open_mode::read_only) {
        all.message = "\"" + path +
                      "\" is in WAL mode and its directory is not writable: even to read, SQLite "
                      "makes files beside it. If nobody writes to it, open it as "
                      "file:...?immutable=1";
    } else if (all.kind == error_kind::not_a_database) {
        return explain_not_a_database(why, file.string(), path, !chosen.encryption_key.empty());
    }
    return error(std::move(all));
}

bool is_known_pragma(sqlite3* db, const std::string& name) {
    sqlite3_stmt* statement = nullptr;
    bool known = false;
    if (sqlite3_prepare_v2(db, "SELECT 1 FROM pragma_pragma_list WHERE name = lower(?1)", -1,
                           &statement, nullptr) == SQLITE_OK) {
        sqlite3_bind_text(statement, 1, name.data(), static_cast<int>(name.size()), SQLITE_STATIC);
        known = sqlite3_step(statement) == SQLITE_ROW;
    }
    sqlite3_finalize(statement);
    return known;
}

/// Whether a pragma's value is a word, a number or a quoted string, and cannot end the statement.
bool is_plain_value(std::string_view value) {
    return !value.empty() && std::all_of(value.begin(), value.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '+' || c == '.';
    });
}

}  // namespace

namespace {

/// Whether the file is too short to be a database. SQLite would take it for an empty one and
/// overwrite it. A file with a journal is accepted: its first transaction was cut off, and will be
/// rolled back.
bool is_stub(const char* path) {
    if (path == nullptr || *path == '\0') {
        return false;
    }
    constexpr std::uintmax_t smallest_page = 512;
    std::error_code failed;
    const auto size = std::filesystem::file_size(path, failed);
    return !failed && size > 0 && size < smallest_page &&
           !std::filesystem::exists(std::string(path) + "-journal", failed);
}

/// The path of the state file beside a replica's file; empty if the file is not a replica.
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

}  // namespace

result<std::shared_ptr<connection>> connection::open(const libsql::options& chosen, file_use use) {
    auto made = detail::make_marked<connection>(chosen);
    const call inside(*made);
    if (auto opened = made->open_inside(use); !opened) {
        auto why = explain(opened.error(), chosen, made->handle());
        made->close_inside();
        return why;
    }
    return made;
}

result<void> connection::open_inside(file_use use) {
    // libSQL creates its WAL manager during the first open of the process, without a lock.
    static const int initialised = libsql_engine_initialise();
    const int rc = initialised != SQLITE_OK ? initialised
                                            : sqlite3_open_v2(options_.database.c_str(), &db_,
                                                              open_flags(options_.mode), nullptr);
    if (rc != SQLITE_OK) {
        return make_error(rc);
    }
    use_ = use;
    keep_log();
    if (const auto state = replica_state_beside(sqlite3_db_filename(db_, "main"));
        !state.empty() && use == file_use::plain) {
        if (auto may = check_replica(state); !may) {
            return may;
        }
    }
    interruption_.attach(db_);
    if (has_key()) {
        const auto& key = options_.encryption_key;
        choose_cipher(db_);
        if (const int keyed = sqlite3_key(db_, key.data(), static_cast<int>(key.size()));
            keyed != SQLITE_OK) {
            return make_error(keyed);
        }
    }
    if (is_stub(sqlite3_db_filename(db_, "main"))) {
        return make_error(SQLITE_NOTADB);
    }
    // This first read of the file detects a wrong key or a file that is not a database.
    if (auto read = execute_inside("SELECT count(*) FROM sqlite_schema", {}); !read) {
        return read.error();
    }
    const bool memory = detail::is_memory_database(options_.database);
    if (!memory && options_.mode != open_mode::read_only && sqlite3_db_readonly(db_, "main") == 1) {
        return error(
            error_kind::permission,
            "\"" + options_.database + "\" is not writable; open it with the mode read_only");
    }
    if (auto ready = prepare_session(memory); !ready) {
        return ready.error();
    }
    open_.store(true, std::memory_order_relaxed);
    return {};
}

/// A replica that is opened without its server may be read but not changed.
result<void> connection::check_replica(const std::string& state) {
    if (options_.mode != open_mode::read_only) {
        return error(error_kind::cannot_open,
                     "it is a replica (there is " + state +
                         "), which a change would separate from its primary; give its uri, open it "
                         "with the mode read_only, or freeze it, which makes a plain database of "
                         "it");
    }
    const std::string file = sqlite3_db_filename(db_, "main");
    std::error_code failed;
    const auto log = std::filesystem::file_size(file + "-wal", failed);
    if (sqlite3_uri_boolean(sqlite3_db_filename(db_, "main"), "immutable", 0) != 0 && !failed &&
        log > 0) {
        return error(error_kind::cannot_open,
                     "it is a replica with a log (" + file +
                         "-wal), which immutable does not look at: what it holds would be missing");
    }
    sqlite3_db_config(db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    return {};
}

std::optional<error> connection::detach_replicas() {
    if (writes_.refuses_always()) {
        return std::nullopt;
    }
    for (int i = first_attached;; ++i) {
        const char* const schema = sqlite3_db_name(db_, i);
        if (schema == nullptr) {
            return std::nullopt;
        }
        const auto state = replica_state_beside(sqlite3_db_filename(db_, schema));
        if (state.empty() || sqlite3_db_readonly(db_, schema) == 1) {
            continue;
        }
        const std::string sql = "DETACH " + quote_identifier(schema);
        const error why(error_kind::cannot_open,
                        "what was to be attached is a replica (there is " + state +
                            "), which a change would separate from its primary; attach it "
                            "read-only, as \"file:...?mode=ro\", or freeze it");
        const bool is_out = sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
        return why.with_outcome(is_out ? error_outcome::undone : error_outcome::stands);
    }
}

/// `check_retains_wal` refuses statements that would turn the checkpoints on again.
void connection::keep_log() noexcept {
    if (use_ == file_use::replica_wal) {
        libsql_wal_disable_checkpoint(db_);
        sqlite3_db_config(db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    }
}

result<void> connection::prepare_session(bool memory) {
    for (const auto& [name, value] : options_.custom_pragmas) {
        if (!is_known_pragma(db_, name)) {
            return error(error_kind::invalid_argument,
                         "custom_pragmas: there is no pragma \"" + name + "\"");
        }
        if (!is_plain_value(value)) {
            return error(error_kind::invalid_argument,
                         "custom_pragmas: the value of " + name + " is not a word or a number");
        }
    }
    for (const auto& pragma : open_pragmas(options_, memory)) {
        // Switching a new file to WAL fails at once, without calling the busy handler, if another
        // connection is doing the same.
        const auto end = deadline::in(options_.busy_timeout);
        auto done = execute_inside(pragma, {});
        while (!done && done.error().kind() == error_kind::busy && !end.passed()) {
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
            done = execute_inside(pragma, {});
        }
        if (!done) {
            return done.error();
        }
    }
    if (auto kept = check_journal_mode(memory); !kept) {
        return kept.error();
    }
    return load_extensions();
}

/// Needed because `PRAGMA journal_mode` does not fail if it cannot set the mode: it reports another
/// one.
result<void> connection::check_journal_mode(bool memory) {
    auto wanted = options_.journal_mode;
    if (!wanted && !memory && options_.mode != open_mode::read_only) {
        wanted = libsql::journal_mode::wal;
    }
    if (!wanted) {
        return {};
    }
    auto statement = compile("PRAGMA journal_mode", false);
    if (!statement) {
        return statement.error();
    }
    auto answer = (*statement)->collect({});
    (*statement)->stop();
    statements_.erase(*statement);
    if (!answer) {
        return answer.error();
    }
    const auto* const mode = answer->rows.at(0).at(0).if_text();
    if (mode == nullptr || *mode != word(*wanted)) {
        return error(error_kind::unsupported, "the database cannot be put in journal mode " +
                                                  std::string(word(*wanted)) + ", it stays in \"" +
                                                  (mode == nullptr ? std::string() : *mode) + "\"");
    }
    return {};
}

result<void> connection::load_extensions() {
    for (const auto& wanted : options_.load_extensions) {
        if (auto loaded = load_extension(wanted); !loaded) {
            return loaded;
        }
    }
    return {};
}

result<void> connection::load_extension(const extension& wanted) {
    // Enables only the C function: SQL's load_extension() remains disabled.
    sqlite3_db_config(db_, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 1, nullptr);
    char* message = nullptr;
    const int rc = sqlite3_load_extension(
        db_, wanted.path.c_str(), wanted.entry_point.empty() ? nullptr : wanted.entry_point.c_str(),
        &message);
    sqlite3_db_config(db_, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
    if (rc == SQLITE_OK) {
        return {};
    }
    error why({.kind = error_kind::cannot_open,
               .code = rc & 0xff,
               .extended_code = rc,
               .message = "cannot load the extension \"" + wanted.path +
                          "\": " + (message != nullptr ? message : "")});
    sqlite3_free(message);
    return why;
}

}  // namespace libsql::local
