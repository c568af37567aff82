#include "libsql/local/file_look.hpp"

#include <array>
#include <cstring>
#include <fstream>
#include <utility>

namespace libsql::local {

file_look look_at(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::array<char, 24> header{};
    if (!file.read(header.data(), header.size())) {
        return file_look::absent;
    }
    if (std::memcmp(header.data(), "SQLite format 3", 16) == 0) {
        return file_look::plain;
    }
    // libSQL's cipher leaves bytes 16 to 23 of the header clear, and SQLite fixes the last three.
    return header[21] == 64 && header[22] == 32 && header[23] == 32 ? file_look::encrypted
                                                                    : file_look::other;
}

error explain_not_a_database(const error& why, const std::string& file, std::string_view shown_as,
                             bool has_key) {
    error::fields all = why.all();
    const std::string shown = "\"" + std::string(shown_as) + "\"";
    const file_look look = look_at(file);
    if (look == file_look::encrypted) {
        all.kind = error_kind::wrong_key;
        all.message = has_key ? "the key does not open " + shown
                              : shown + " is encrypted and no key was given";
    } else if (look == file_look::plain && has_key) {
        all.kind = error_kind::wrong_key;
        all.message = "a key was given, but " + shown + " is not encrypted";
    } else {
        all.message = shown + " is not a database";
    }
    return error(std::move(all));
}

bool uri_holds_key(std::string_view database) noexcept {
    const auto query = database.find('?');
    if (!database.starts_with("file:") || query == std::string_view::npos) {
        return false;
    }
    std::string_view rest = database.substr(query);
    while (!rest.empty()) {
        rest.remove_prefix(1);
        if (rest.starts_with("key=") || rest.starts_with("hexkey=") ||
            rest.starts_with("textkey=")) {
            return true;
        }
        const auto next = rest.find('&');
        rest = next == std::string_view::npos ? std::string_view() : rest.substr(next);
    }
    return false;
}

}  // namespace libsql::local
