#include "libsql/core/database_path.hpp"
#include "libsql/engine/engine_error.hpp"
#include "libsql/local/cipher.hpp"
#include "libsql/local/connection.hpp"
#include "libsql/local/file_format.hpp"
#include "libsql/local/hot_path.hpp"
#include "libsql/local/load_extension.hpp"
#include "libsql/local/open_pragmas.hpp"
#include "libsql/local/replica_file.hpp"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

namespace libsql::local {

namespace {

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
                      "makes files beside it; if nobody writes to it, open it as "
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

/// `check_retains_wal` refuses statements that would turn the checkpoints on again.
void keep_log(sqlite3* db) noexcept {
    libsql_wal_disable_checkpoint(db);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

/// Runs a pragma of the options. Switching a new file to WAL fails at once, without calling the
/// busy handler, if another connection is doing the same.
result<execution> run_pragma(connection& c, const std::string& pragma) {
    const auto end = deadline::in(c.options().busy_timeout);
    auto done = c.execute_inside(pragma, {});
    while (!done && done.error().kind() == error_kind::busy && !end.passed()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        done = c.execute_inside(pragma, {});
    }
    return done;
}

/// Needed because `PRAGMA journal_mode` does not fail if it cannot set the mode: it reports another
/// one.
result<void> check_journal_mode(connection& c, bool memory) {
    auto wanted = c.options().journal_mode;
    if (!wanted && !memory && c.options().mode != open_mode::read_only) {
        wanted = libsql::journal_mode::wal;
    }
    if (!wanted) {
        return {};
    }
    auto statement = c.statements().compile("PRAGMA journal_mode", false);
    if (!statement) {
        return statement.error();
    }
    auto answer = (*statement)->collect({});
    (*statement)->stop();
    c.statements().drop_uncached(**statement);
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

/// Sets on the connection what the options ask for.
result<void> prepare_session(connection& c, bool memory) {
    for (const auto& [name, value] : c.options().custom_pragmas) {
        if (!is_known_pragma(c.handle(), name)) {
            return error(error_kind::invalid_argument,
                         "custom_pragmas: there is no pragma \"" + name + "\"");
        }
        if (!is_plain_value(value)) {
            return error(error_kind::invalid_argument,
                         "custom_pragmas: the value of " + name + " is not a word or a number");
        }
    }
    for (const auto& pragma : open_pragmas(c.options(), memory)) {
        if (auto done = run_pragma(c, pragma); !done) {
            return done.error();
        }
    }
    if (auto kept = check_journal_mode(c, memory); !kept) {
        return kept.error();
    }
    for (const auto& wanted : c.options().load_extensions) {
        if (auto loaded = load_extension(c.handle(), wanted); !loaded) {
            return loaded;
        }
    }
    return {};
}

/// Opens the file of `c`, and makes it ready for calls. On failure the caller closes it.
result<void> open_file(connection& c, file_use use) {
    const auto& chosen = c.options();
    auto& engine = c.engine();
    if (const int rc = engine.open(chosen, use); rc != SQLITE_OK) {
        return c.make_error(rc);
    }
    auto* const db = c.handle();
    if (use == file_use::replica_wal) {
        keep_log(db);
    }
    if (use == file_use::plain) {
        if (auto may = check_replica(engine, chosen); !may) {
            return may;
        }
    }
    engine.interruption().attach(db);
    if (const auto& key = chosen.encryption_key; !key.empty()) {
        choose_cipher(db);
        if (const int keyed = sqlite3_key(db, key.data(), static_cast<int>(key.size()));
            keyed != SQLITE_OK) {
            return c.make_error(keyed);
        }
    }
    if (is_stub(sqlite3_db_filename(db, "main"))) {
        return c.make_error(SQLITE_NOTADB);
    }
    // This first read of the file detects a wrong key or a file that is not a database.
    if (auto read = c.execute_inside("SELECT count(*) FROM sqlite_schema", {}); !read) {
        return read.error();
    }
    const bool memory = detail::is_memory_database(chosen.database);
    if (!memory && chosen.mode != open_mode::read_only && sqlite3_db_readonly(db, "main") == 1) {
        return error(
            error_kind::permission,
            "\"" + chosen.database + "\" is not writable; open it with the mode read_only");
    }
    if (auto ready = prepare_session(c, memory); !ready) {
        return ready.error();
    }
    engine.set_open(true);
    return {};
}

}  // namespace

result<std::shared_ptr<connection>> connection::open(const libsql::options& chosen, file_use use) {
    auto made = detail::make_marked<connection>(chosen);
    const call inside(*made);
    if (auto opened = open_file(*made, use); !opened) {
        auto why = explain(opened.error(), chosen, made->handle());
        made->close_inside();
        return why;
    }
    return made;
}

}  // namespace libsql::local
