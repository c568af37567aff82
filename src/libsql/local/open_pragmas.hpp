#pragma once

#include <string>
#include <vector>

#include <libsql/options.hpp>

namespace libsql::local {

/// The statements that put a fresh connection into the state that `chosen` asks for, in the order in
/// which they must run.
std::vector<std::string> open_pragmas(const options& chosen, bool is_memory);

/// True when `database` names a database in memory.
bool is_memory_database(const std::string& database) noexcept;

}  // namespace libsql::local
