#pragma once

#include <libsql/export.hpp>

#include <cstddef>
#include <string_view>
#include <vector>

namespace libsql {

/// One statement of a script.
struct script_statement {
    /// Without surrounding white space and comments and without the final `;`.
    std::string_view sql;
    std::size_t offset{0};  ///< its position in the script, in bytes
};

/// The statements of `script`, in order, as views into it. Comments, string literals and trigger
/// bodies are recognised as SQLite does. Empty statements are left out. No statement is checked.
/// O(size); may be called from any thread.
LIBSQL_API std::vector<script_statement> split_script(std::string_view script);

}  // namespace libsql
