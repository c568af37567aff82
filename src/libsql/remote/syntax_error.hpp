#pragma once

#include <libsql/error.hpp>

#include <optional>
#include <string_view>

namespace libsql::remote {

/// What the local engine says about the syntax of `sql`, if it is wrong: with the same words and
/// position as in local mode. A server first parses statements with a parser of its own.
std::optional<error> find_syntax_error(std::string_view sql);

}  // namespace libsql::remote
