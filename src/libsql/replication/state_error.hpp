#pragma once

#include <libsql/error.hpp>

#include <string>

/// @file
/// Errors of the files beside a replica that record its state.

namespace libsql::replication {

/// Why `what` ("read", "write" ...) failed on `path`, from `errno`: `permission`, `full` or `io`.
error state_failed(const std::string& what, const std::string& path);

/// `closed`: the file at `path` no longer exists.
error state_gone(const std::string& path);

}  // namespace libsql::replication
