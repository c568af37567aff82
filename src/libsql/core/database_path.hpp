#pragma once

#include <string>
#include <string_view>

/// @file
/// The meaning of the option `database`: a path, `:memory:` or a `file:` URI. Opens nothing.

namespace libsql::detail {

/// True when `database` names a database in memory.
bool is_memory_database(std::string_view database) noexcept;

/// The same database for the lifetime of the process: makes a relative path absolute, also in a
/// `file:` URI. Unchanged if there is no working directory.
std::string absolute_database(std::string database);

/// The file that the engine opens for `path`: the target of a symbolic link, whether it exists yet
/// or not. Links among the directories of the path stay as they are.
std::string followed_links(std::string path);

/// True for a `file:` URI that contains a key: the engine would not use it, and errors would show
/// it.
bool uri_holds_key(std::string_view database) noexcept;

}  // namespace libsql::detail
