#include "libsql/local/file_format.hpp"

#include "libsql/engine/engine.h"

#include <array>
#include <cstring>
#include <utility>

namespace libsql::local {

namespace {

/// Reads the first bytes of a file through the engine. Nothing else may open and close a database:
/// closing another handle would drop all locks that this process has on the file (POSIX).
bool read_header(const std::string& path, std::array<char, 24>& header) {
    sqlite3_vfs* const system = sqlite3_vfs_find(nullptr);
    if (system == nullptr) {
        return false;
    }
    std::string full(static_cast<std::size_t>(system->mxPathname) + 1, '\0');
    const int found =
        system->xFullPathname(system, path.c_str(), system->mxPathname + 1, full.data());
    if (found != SQLITE_OK && found != SQLITE_OK_SYMLINK) {
        return false;
    }
    const char* const name = sqlite3_create_filename(full.c_str(), "", "", 0, nullptr);
    auto* const file = static_cast<sqlite3_file*>(sqlite3_malloc(system->szOsFile));
    bool done = false;
    if (name != nullptr && file != nullptr) {
        file->pMethods = nullptr;
        done = system->xOpen(system, name, file, SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB,
                             nullptr) == SQLITE_OK &&
               file->pMethods->xRead(file, header.data(), static_cast<int>(header.size()), 0) ==
                   SQLITE_OK;
        if (file->pMethods != nullptr) {
            file->pMethods->xClose(file);
        }
    }
    sqlite3_free(file);
    sqlite3_free_filename(name);
    return done;
}

}  // namespace

file_format detect_format(const std::string& path) {
    std::array<char, 24> header{};
    if (!read_header(path, header)) {
        return file_format::absent;
    }
    if (std::memcmp(header.data(), "SQLite format 3", 16) == 0) {
        return file_format::plain;
    }
    // libSQL's cipher leaves bytes 16 to 23 of the header unencrypted, and SQLite fixes the last
    // three.
    return header[21] == 64 && header[22] == 32 && header[23] == 32 ? file_format::encrypted
                                                                    : file_format::other;
}

error explain_not_a_database(const error& why, const std::string& file, std::string_view shown_as,
                             bool has_key) {
    error::fields all = why.all();
    const std::string shown = "\"" + std::string(shown_as) + "\"";
    const file_format look = detect_format(file);
    if (look == file_format::encrypted) {
        all.kind = error_kind::wrong_key;
        all.message = has_key ? "the key does not open " + shown
                              : shown + " is encrypted and no key was given";
    } else if (look == file_format::plain && has_key) {
        all.kind = error_kind::wrong_key;
        all.message = "a key was given, but " + shown + " is not encrypted";
    } else {
        all.message = shown + " is not a database";
    }
    return error(std::move(all));
}

}  // namespace libsql::local
