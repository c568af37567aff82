#pragma once

#include <libsql/export.hpp>

#include <cstddef>
#include <string_view>
#include <vector>

namespace libsql {

/// One statement of a script.
struct script_statement {
    std::string_view sql;   ///< without the space and comments around it and without the final `;`
    std::size_t offset{0};  ///< where it starts in the script, in bytes
};

/// The statements of `script`, in order, as views into it. Comments, string literals and the bodies
/// of triggers are understood as SQLite understands them; empty statements are left out. No
/// statement is checked. O(size).
LIBSQL_API std::vector<script_statement> split_script(std::string_view script);

}  // namespace libsql
