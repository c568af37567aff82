#pragma once

#include <libsql/options.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace libsql::local {

/// The statements that bring a new connection into the state that `chosen` asks for, in the order
/// in which they must run.
std::vector<std::string> open_pragmas(const options& chosen, bool is_memory);

/// The mode as a word of `PRAGMA journal_mode`.
std::string_view word(journal_mode mode) noexcept;

}  // namespace libsql::local
