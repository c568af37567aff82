#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace libsql::testing {

/// The folder where `scripts/setup` puts downloads: libsql-server, and libSQL's clients for node.
inline std::filesystem::path fetched_folder() {
    const auto variable = [](const char* name) {
        const char* const text = std::getenv(name);
        return std::string(text == nullptr ? "" : text);
    };
    const std::string cache = variable("XDG_CACHE_HOME");
    return std::filesystem::path(cache.empty() ? variable("HOME") + "/.cache" : cache) /
           "ecto_libsql";
}

/// The folder of libSQL's clients for node. LIBSQL_PEERS overrides it.
inline std::filesystem::path fetched_peers() {
    const char* const chosen = std::getenv("LIBSQL_PEERS");
    return chosen == nullptr ? fetched_folder() / "peers" : std::filesystem::path(chosen);
}

}  // namespace libsql::testing
