#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <libsql/options.hpp>

namespace libsql::local {

/// The statements that put a fresh connection into the state that `chosen` asks for, in the order in
/// which they must run.
std::vector<std::string> open_pragmas(const options& chosen, bool is_memory);

/// True when `database` names a database in memory.
bool is_memory_database(std::string_view database) noexcept;

/// The mode as `PRAGMA journal_mode` takes and gives it.
std::string_view word(journal_mode mode) noexcept;

}  // namespace libsql::local
