#pragma once

#include <libsql/error.hpp>

#include <optional>
#include <string_view>

namespace libsql::remote {

/// What the engine here says of the syntax of `sql`, if it is wrong: in the words, and with the
/// place, that the error has locally. A server reads statements with a parser of its own first.
std::optional<error> find_syntax_error(std::string_view sql);

}  // namespace libsql::remote
