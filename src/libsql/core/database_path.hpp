#pragma once

#include <string>
#include <string_view>

/// @file
/// What the option `database` says: a path, `:memory:` or a `file:` URI. Nothing is opened.

namespace libsql::detail {

/// True when `database` names a database in memory.
bool is_memory_database(std::string_view database) noexcept;

/// The same database for as long as the process lives: a relative path, also in a `file:` URI, is
/// made absolute. Unchanged where there is no working directory.
std::string absolute_database(std::string database);

/// The file that the engine opens for `path`: that to which a symbolic link leads, be it there or
/// not yet. Of folders on the way nothing is said.
std::string followed_links(std::string path);

/// True for a `file:` URI with a key in it: the engine would not use it, and errors would show it.
bool uri_holds_key(std::string_view database) noexcept;

}  // namespace libsql::detail
