#pragma once

#include <libsql/error.hpp>

#include <optional>
#include <string_view>

namespace libsql::local {

/// Why a statement may not run where the log has to keep its frames: it would empty the log, or let
/// it be emptied.
std::optional<error> check_retains_wal(std::string_view sql);

}  // namespace libsql::local
