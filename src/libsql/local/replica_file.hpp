#pragma once

#include "libsql/local/engine_handle.hpp"

#include <libsql/error.hpp>
#include <libsql/options.hpp>
#include <libsql/result.hpp>

#include <optional>
#include <string>

/// @file
/// The files of replicas that are opened or attached as if they were plain ones. A change of them
/// would not be the primary's.

namespace libsql::local {

/// The path of the state file beside a replica's file; empty if the file is not a replica. `path`
/// may be null.
std::string replica_state_beside(const char* path);

/// Called after a plain file was opened: if it is a replica, it may be read but not changed, and
/// its log stays as it is. The error (`cannot_open`) if `chosen` would allow more, or read less.
result<void> check_replica(engine_handle& engine, const libsql::options& chosen);

/// After ATTACH: detaches the file of a replica that could be written to, and returns the error
/// then. Without memory to look at it, what was attached is detached, too.
std::optional<error> detach_replicas(engine_handle& engine) noexcept;

}  // namespace libsql::local
