#include "libsql/engine/engine.h"

#include <libsql/version.hpp>

#include <string>

namespace libsql {

namespace {
constexpr std::string_view corrections[] = {
#include "engine_corrections.h"
};
}  // namespace

engine_info engine() {
    // sqlite3mc_cipher_name returns a buffer that its next call overwrites.
    static const std::string cipher =
        sqlite3mc_cipher_name(sqlite3mc_config(nullptr, "default:cipher", -1));
    return {
        .driver_version = LIBSQL_DRIVER_VERSION,
        .sqlite_version = sqlite3_libversion(),
        .libsql_version = libsql_libversion(),
        .sqlite_source_id = sqlite3_sourceid(),
        .cipher = cipher,
        .corrections = corrections,
    };
}

std::vector<std::string_view> compile_options() {
    std::vector<std::string_view> options;
    for (int index = 0; const char* option = sqlite3_compileoption_get(index); ++index)
        options.emplace_back(option);
    return options;
}

}  // namespace libsql
