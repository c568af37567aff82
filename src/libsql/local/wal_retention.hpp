#pragma once

#include <libsql/error.hpp>

#include <optional>
#include <string_view>

namespace libsql::local {

/// The reason why a statement may not run on a log that has to keep its frames, if any: it would
/// empty the log, or allow it to be emptied.
std::optional<error> check_retains_wal(std::string_view sql);

}  // namespace libsql::local
