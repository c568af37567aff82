#pragma once

#include "libsql/sql/sql_scanner.hpp"

#include <cstdint>

namespace libsql {

/// The statements in which a `;` or a parameter does not mean what it means elsewhere.
enum class statement_kind : std::uint8_t {
    other,
    create_trigger,        ///< holds statements, each with its `;`
    create_virtual_table,  ///< its arguments in brackets are any tokens at all
};

/// The kind of the statement that begins where `scanner` stands; `EXPLAIN` before it changes
/// nothing. Looks at six tokens at most, comments and spaces aside, and at none behind a `;`.
statement_kind classify_statement(sql_scanner scanner) noexcept;

}  // namespace libsql
