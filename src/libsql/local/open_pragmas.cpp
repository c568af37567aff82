#include "libsql/local/open_pragmas.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

namespace libsql::local {

namespace {

template <class Enum, std::size_t N>
std::string word(Enum value, const std::array<std::string_view, N>& words) {
    return std::string(words.at(static_cast<std::size_t>(value)));
}

}  // namespace

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
    constexpr int most = 200;  // as the engine has it
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

std::string_view word(journal_mode mode) noexcept {
    constexpr std::array<std::string_view, 6> words{"wal",     "delete", "truncate",
                                                    "persist", "memory", "off"};
    return words.at(static_cast<std::size_t>(mode));
}

std::vector<std::string> open_pragmas(const options& chosen, bool is_memory) {
    std::vector<std::string> all;
    const auto add = [&](std::string_view name, const std::string& value) {
        all.push_back("PRAGMA " + std::string(name) + " = " + value);
    };
    const auto add_flag = [&](std::string_view name, std::optional<bool> value) {
        if (value) {
            add(name, *value ? "ON" : "OFF");
        }
    };
    const auto add_number = [&](std::string_view name, const auto& value) {
        if (value) {
            add(name, std::to_string(*value));
        }
    };
    const bool writes = chosen.mode != open_mode::read_only;
    // These two shape a new file, so they come before anything that writes to it.
    if (writes) {
        add_number("page_size", chosen.page_size);
        if (chosen.auto_vacuum) {
            add("auto_vacuum", word(*chosen.auto_vacuum, std::array<std::string_view, 3>{
                                                             "NONE", "FULL", "INCREMENTAL"}));
        }
    }
    if (chosen.locking_mode) {
        add("locking_mode",
            word(*chosen.locking_mode, std::array<std::string_view, 2>{"NORMAL", "EXCLUSIVE"}));
    }
    if (chosen.journal_mode) {
        add("journal_mode", std::string(word(*chosen.journal_mode)));
    } else if (writes && !is_memory) {
        add("journal_mode", "WAL");
    }
    if (chosen.synchronous) {
        add("synchronous", word(*chosen.synchronous,
                                std::array<std::string_view, 4>{"OFF", "NORMAL", "FULL", "EXTRA"}));
    }
    add_number("cache_size", chosen.cache_size);
    add_flag("cache_spill", chosen.cache_spill);
    if (chosen.temp_store) {
        add("temp_store",
            word(*chosen.temp_store, std::array<std::string_view, 2>{"FILE", "MEMORY"}));
    }
    add_number("mmap_size", chosen.mmap_size);
    add_flag("foreign_keys", chosen.foreign_keys);
    add_flag("case_sensitive_like", chosen.case_sensitive_like);
    if (chosen.secure_delete) {
        add("secure_delete",
            word(*chosen.secure_delete, std::array<std::string_view, 3>{"OFF", "ON", "FAST"}));
    }
    add_number("wal_autocheckpoint", chosen.wal_autocheckpoint);
    add_number("journal_size_limit", chosen.journal_size_limit);
    for (const auto& [name, value] : chosen.custom_pragmas) {
        add(name, value);
    }
    return all;
}

}  // namespace libsql::local
