#pragma once

#include "libsql/local/compiled_statement.hpp"

#include <libsql/result.hpp>

#include <memory>
#include <string_view>

namespace libsql::local {

/// Compiles the one statement in `sql` on the connection `owner`. `cached`: it is meant to be run
/// more than once. Must be inside a call.
///
/// The outcome of an error is `not_run`. A PRAGMA may already have taken effect.
result<std::unique_ptr<compiled_statement>> compile(connection& owner, std::string_view sql,
                                                    bool cached);

/// Whether a compiled statement may be run again later. A PRAGMA may take effect when it is
/// compiled, and the output of EXPLAIN is determined then. Texts above 64 KiB are not worth it.
bool is_cacheable(std::string_view sql);

}  // namespace libsql::local
