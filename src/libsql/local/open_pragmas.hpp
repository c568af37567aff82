#pragma once

#include <libsql/options.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace libsql::local {

/// The statements that put a fresh connection into the state that `chosen` asks for, in the order
/// in which they must run.
std::vector<std::string> open_pragmas(const options& chosen, bool is_memory);

/// True when `database` names a database in memory.
bool is_memory_database(std::string_view database) noexcept;

/// The same database for as long as the process lives: a relative path, also in a `file:` URI, is
/// made absolute. Unchanged where there is no working directory.
std::string absolute_database(std::string database);

/// The file that the engine opens for `path`: that to which a symbolic link leads, be it there or
/// not yet. Of folders on the way nothing is said.
std::string followed_links(std::string path);

/// The mode as `PRAGMA journal_mode` takes and gives it.
std::string_view word(journal_mode mode) noexcept;

}  // namespace libsql::local
