#pragma once

#include <libsql/error.hpp>

#include <string>

/// @file
/// Errors of what lies beside a replica's file and says how far it is.

namespace libsql::replication {

/// Why `what` ("read", "write" ...) failed on `path`, by `errno`: `permission`, `full` or `io`.
error state_failed(const std::string& what, const std::string& path);

/// `closed`: there is no file at `path` any more.
error state_gone(const std::string& path);

}  // namespace libsql::replication
