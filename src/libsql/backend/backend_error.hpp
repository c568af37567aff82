#pragma once

#include <libsql/error.hpp>

/// @file
/// Errors that connections in all modes have in common.

namespace libsql::detail {

/// `misuse`: another call of the connection is running.
error connection_in_use();

/// `closed`.
error connection_closed();

/// `timeout`.
error deadline_passed();

}  // namespace libsql::detail
