#pragma once

#include <libsql/export.hpp>

#include <span>
#include <string_view>
#include <vector>

/// @file
/// The versions of the driver and of the engine inside it.

/// The driver: connections, statements and transactions on libSQL.
namespace libsql {

/// The versions of the driver and of the engine that is built into it.
///
/// Every view refers to static storage and is valid until the program ends.
struct engine_info {
    /// The version of this library, for example `0.1.0`.
    std::string_view driver_version;
    /// The version of the SQLite that libSQL is based on, for example `3.47.0`.
    std::string_view sqlite_version;
    /// The version of libSQL, for example `0.2.3`.
    std::string_view libsql_version;
    /// SQLite's own identification of its source: date, time and hash.
    std::string_view sqlite_source_id;
    /// The cipher that an encrypted database file gets when no other is named.
    std::string_view cipher;
    /// The names of the corrections that this engine has beyond its published source, in
    /// alphabetical order; `docs/engine.md` describes each one.
    std::span<const std::string_view> corrections;
};

/// The driver and the engine that this program runs. The answer comes from the engine that is
/// linked in, not from the headers. May be called from any thread. The first call starts the
/// engine; later calls cost nothing.
[[nodiscard]] LIBSQL_API engine_info engine();

/// The options that the engine was compiled with, without their `SQLITE_` prefix: `THREADSAFE=2` or
/// `ENABLE_FTS5`, for example, in the engine's order. May be called from any thread.
[[nodiscard]] LIBSQL_API std::vector<std::string_view> compile_options();

}  // namespace libsql
