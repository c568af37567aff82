#pragma once

#include <libsql/error.hpp>
#include <libsql/sync.hpp>

#include <optional>

namespace libsql::replication {

/// Calls the user's `progress`, if there is one. If it throws, returns the error to end the sync
/// with.
std::optional<error> call_progress(const sync_options& chosen, const sync_progress& now) noexcept;

}  // namespace libsql::replication
