#pragma once

#include <libsql/connection.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>

#include <functional>
#include <string_view>

namespace libsql {

/// What a statement wants to do, with what `first` and `second` of the request are. The numbers are
/// SQLite's.
enum class authorizer_action : unsigned char {
    create_index = 1,           ///< index, table
    create_table = 2,           ///< table
    create_temp_index = 3,      ///< index, table
    create_temp_table = 4,      ///< table
    create_temp_trigger = 5,    ///< trigger, table
    create_temp_view = 6,       ///< view
    create_trigger = 7,         ///< trigger, table
    create_view = 8,            ///< view
    delete_from = 9,            ///< table
    drop_index = 10,            ///< index, table
    drop_table = 11,            ///< table
    drop_temp_index = 12,       ///< index, table
    drop_temp_table = 13,       ///< table
    drop_temp_trigger = 14,     ///< trigger, table
    drop_temp_view = 15,        ///< view
    drop_trigger = 16,          ///< trigger, table
    drop_view = 17,             ///< view
    insert = 18,                ///< table
    pragma = 19,                ///< pragma, its argument or empty
    read = 20,                  ///< table, column (empty: the table, but none of its columns)
    select = 21,                ///< nothing
    transaction = 22,           ///< "BEGIN", "COMMIT" or "ROLLBACK"
    update = 23,                ///< table, column
    attach = 24,                ///< file name
    detach = 25,                ///< database
    alter_table = 26,           ///< database, table
    reindex = 27,               ///< index
    analyze = 28,               ///< table
    create_virtual_table = 29,  ///< table, module
    drop_virtual_table = 30,    ///< table, module
    function = 31,              ///< (empty), function
    savepoint = 32,             ///< "BEGIN", "RELEASE" or "ROLLBACK", the savepoint's name
    recursive = 33,             ///< nothing: a recursive WITH
};

/// The action's name: "create_index", "read", ...
LIBSQL_API std::string_view to_string(authorizer_action action) noexcept;

/// What an authorizer answers. The numbers are SQLite's.
enum class authorization : unsigned char {
    allow = 0,
    deny = 1,    ///< the statement fails with kind `permission`
    ignore = 2,  ///< `read`: the column is NULL; `delete_from`: rows are deleted one by one; else
                 ///< the action is left out
};

/// One question to the authorizer. The views are valid while it runs; what SQLite does not give is
/// empty.
struct authorizer_request {
    authorizer_action action{authorizer_action::select};  ///< what the statement wants to do
    std::string_view first{};     ///< what it wants to do it to: see `authorizer_action`
    std::string_view second{};    ///< the same
    std::string_view database{};  ///< "main", "temp", or the name of an attached database
    std::string_view accessor{};  ///< the innermost trigger, view or CTE that wants it, empty: the
                                  ///< statement itself
};

/// Asks `decide` about every action of each statement when it is compiled; the driver's own
/// statements (BEGIN, SAVEPOINT, ROLLBACK, some PRAGMAs) are asked about too: who denies
/// `transaction` has no transactions. Compiled statements in the cache and held ones are compiled
/// anew, so that a new or removed authorizer holds for them too.
///
/// What authorizers share with the other callbacks (one for each connection, exceptions, re-entry,
/// lifetime of what is captured) is in hooks.hpp. When it throws, the statement fails with its
/// text.
LIBSQL_API result<void> set_authorizer(
    connection& c, std::function<authorization(const authorizer_request&)> decide);

}  // namespace libsql
