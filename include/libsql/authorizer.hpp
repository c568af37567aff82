#pragma once

#include <libsql/connection.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>

#include <functional>
#include <string_view>

namespace libsql {

/// An action that a statement wants to perform, with the meaning of `first` and `second` in the
/// request. The numbers are SQLite's.
enum class authorizer_action : unsigned char {
    create_index = 1,         ///< index, table
    create_table = 2,         ///< table
    create_temp_index = 3,    ///< index, table
    create_temp_table = 4,    ///< table
    create_temp_trigger = 5,  ///< trigger, table
    create_temp_view = 6,     ///< view
    create_trigger = 7,       ///< trigger, table
    create_view = 8,          ///< view
    delete_from = 9,          ///< table
    drop_index = 10,          ///< index, table
    drop_table = 11,          ///< table
    drop_temp_index = 12,     ///< index, table
    drop_temp_table = 13,     ///< table
    drop_temp_trigger = 14,   ///< trigger, table
    drop_temp_view = 15,      ///< view
    drop_trigger = 16,        ///< trigger, table
    drop_view = 17,           ///< view
    insert = 18,              ///< table
    pragma = 19,              ///< pragma, its argument (may be empty)
    read = 20,                ///< table, column (empty: the table is used, but none of its columns)
    select = 21,              ///< nothing
    transaction = 22,         ///< "BEGIN", "COMMIT" or "ROLLBACK"
    update = 23,              ///< table, column
    attach = 24,              ///< file name
    detach = 25,              ///< database
    alter_table = 26,         ///< database, table
    reindex = 27,             ///< index
    analyze = 28,             ///< table
    create_virtual_table = 29,  ///< table, module
    drop_virtual_table = 30,    ///< table, module
    function = 31,              ///< (empty), function
    savepoint = 32,             ///< "BEGIN", "RELEASE" or "ROLLBACK", the savepoint's name
    recursive = 33,             ///< nothing: a recursive WITH
};

/// The name of the action: "create_index", "read", ...
LIBSQL_API std::string_view to_string(authorizer_action action) noexcept;

/// The answer of an authorizer. The numbers are SQLite's.
enum class authorization : unsigned char {
    allow = 0,
    deny = 1,  ///< the statement fails with kind `permission`
    /// `read`: the column is NULL; `delete_from`: rows are deleted one by one; else the action is
    /// left out.
    ignore = 2,
};

/// One question to the authorizer. The views are valid during the callback. What SQLite does not
/// report is empty.
struct authorizer_request {
    authorizer_action action{authorizer_action::select};  ///< the action
    std::string_view first{};     ///< the object of the action: see `authorizer_action`
    std::string_view second{};    ///< likewise
    std::string_view database{};  ///< "main", "temp", or the name of an attached database
    /// The innermost trigger, view or CTE that causes it; empty: the statement itself.
    std::string_view accessor{};
};

/// Calls `decide` for every action of each statement when the statement is compiled. The driver's
/// own statements (BEGIN, SAVEPOINT, ROLLBACK, some PRAGMAs) are included: denying `transaction`
/// disables transactions. Compiled statements, cached or held, are recompiled, so setting or
/// removing an authorizer applies to them as well.
///
/// For what authorizers share with other callbacks (one for each connection, exceptions, re-entry,
/// lifetime of captured objects) see hooks.hpp. If `decide` throws, the statement fails with the
/// text of the exception.
LIBSQL_API result<void> set_authorizer(
    connection& c, std::function<authorization(const authorizer_request&)> decide);

}  // namespace libsql
