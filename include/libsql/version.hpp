#pragma once

#include <libsql/export.hpp>

#include <span>
#include <string_view>
#include <vector>

/// @file
/// @brief What is running: the versions of the driver and of the engine inside it.

/// @brief The driver: connections, statements and transactions on libSQL.
namespace libsql {

/// @brief The versions of the driver and of the engine that is built into it.
///
/// Every view is to static storage and stays valid until the program ends.
struct engine_info {
    /// @brief Version of this library, for example `0.1.0`.
    std::string_view driver_version;
    /// @brief Version of the SQLite that libSQL is built on, for example `3.47.0`.
    std::string_view sqlite_version;
    /// @brief Version of libSQL, for example `0.2.3`.
    std::string_view libsql_version;
    /// @brief SQLite's own identification of its source: date, time and hash.
    std::string_view sqlite_source_id;
    /// @brief The cipher that an encrypted database file gets when no other is named.
    std::string_view cipher;
    /// @brief The names of the corrections that this engine has beyond its published source.
    ///
    /// In alphabetical order; `docs/engine.md` tells what each one mends.
    std::span<const std::string_view> corrections;
};

/// @brief Tells which driver and which engine this program runs.
///
/// The answer comes from the engine that is linked in, not from the headers. Thread-safe; the
/// first call starts the engine, later ones cost nothing.
[[nodiscard]] LIBSQL_API engine_info engine();

/// @brief Lists the options that the engine was compiled with, without their `SQLITE_` prefix.
///
/// For example `THREADSAFE=2` or `ENABLE_FTS5`, in the engine's order. Thread-safe.
[[nodiscard]] LIBSQL_API std::vector<std::string_view> compile_options();

}  // namespace libsql
