#include "libsql/core/database_path.hpp"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <system_error>
#include <utility>

namespace libsql::detail {

std::string absolute_database(std::string database) {
    constexpr std::string_view scheme = "file:";
    const bool is_uri = database.starts_with(scheme);
    const std::size_t path = is_uri ? scheme.size() : 0;
    if (is_memory_database(database) || path >= database.size() || database[path] == '/' ||
        database[path] == '?') {
        return database;
    }
    std::error_code failed;
    std::string folder = std::filesystem::current_path(failed).string();
    if (failed) {
        return database;
    }
    if (is_uri) {
        std::string escaped;
        for (const char c : folder) {
            escaped += c == '%' ? "%25" : c == '?' ? "%3f" : c == '#' ? "%23" : std::string(1, c);
        }
        folder = std::move(escaped);
    }
    return database.insert(path, folder + "/");
}

std::string followed_links(std::string path) {
    constexpr int most = 200;  // the engine's limit
    std::error_code failed;
    for (int links = 0; links < most; ++links) {
        const auto target = std::filesystem::read_symlink(path, failed);
        if (failed) {
            break;
        }
        path = (std::filesystem::path(path).parent_path() / target).string();
    }
    return path;
}

bool is_memory_database(std::string_view database) noexcept {
    if (database == ":memory:" || database.starts_with("file::memory:")) {
        return true;
    }
    auto at = database.starts_with("file:") ? database.find('?') : std::string_view::npos;
    while (at != std::string_view::npos) {
        database.remove_prefix(at + 1);
        at = database.find('&');
        const auto parameter = database.substr(0, std::min(at, database.find('#')));
        if (parameter == "mode=memory" || parameter == "vfs=memdb") {
            return true;
        }
    }
    return false;
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

}  // namespace libsql::detail
