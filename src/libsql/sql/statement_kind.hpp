#pragma once

#include "libsql/sql/sql_scanner.hpp"

#include <cstdint>

namespace libsql {

/// The statements in which a `;` or a parameter has a special meaning.
enum class statement_kind : std::uint8_t {
    other,
    create_trigger,        ///< contains statements, each with its `;`
    create_virtual_table,  ///< its arguments in brackets are arbitrary tokens
};

/// The kind of the statement at the position of `scanner`; a preceding `EXPLAIN` makes no
/// difference. Examines at most six tokens, apart from comments and white space, and none after a
/// `;`.
statement_kind classify_statement(sql_scanner scanner) noexcept;

}  // namespace libsql
