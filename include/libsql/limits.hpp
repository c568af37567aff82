#pragma once

#include <libsql/executor.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>

#include <string_view>

namespace libsql {

/// What can be limited for a connection at run time: SQLite's SQLITE_LIMIT_*, with its numbers.
enum class limit : unsigned char {
    length,        ///< bytes of a text, blob or row
    sql_length,    ///< bytes of a statement
    column_count,  ///< columns of a table, index, result, GROUP BY, ORDER BY; values of an INSERT
    expression_depth,     ///< depth of an expression's tree
    compound_select,      ///< terms of a compound SELECT (UNION ...)
    vdbe_operations,      ///< instructions of a compiled statement
    function_arguments,   ///< arguments of a function
    attached,             ///< attached databases
    like_pattern_length,  ///< bytes of a LIKE or GLOB pattern
    parameter_count,      ///< the highest number of a parameter
    trigger_depth,        ///< depth of triggers that fire triggers
    worker_threads,       ///< helper threads of a statement
};

/// The name of the limit: "sql_length", ...
LIBSQL_API std::string_view to_string(limit which) noexcept;

/// The limit now in force on this connection. Local only.
LIBSQL_API result<int> get_limit(const executor& on, limit which);

/// Sets a limit of this connection and returns the previous one. It applies to statements compiled
/// from now on. If `value` is negative or outside the range that the engine was compiled for,
/// `invalid_argument`, and the limit is unchanged. Local only.
LIBSQL_API result<int> set_limit(executor& on, limit which, int value);

}  // namespace libsql
