#pragma once

#include <libsql/executor.hpp>
#include <libsql/export.hpp>
#include <libsql/options.hpp>
#include <libsql/result.hpp>
#include <libsql/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// @file
/// PRAGMAs with types. In SQL a PRAGMA never fails: an unknown name, a value that is not accepted
/// and a missing table all give no rows. Here they are errors.
///
/// A setter reads the setting back. If the engine did not accept the value, the error is
/// `unsupported`, and the message says what the setting is. `schema` is "main", "temp" or an
/// attached name; a database that is not attached is an error of kind `sql`. In remote mode
/// settings of a connection other than `foreign_keys` are `unsupported` outside a transaction: see
/// docs/modes.md.
///
/// A getter runs one statement and a setter two; `index_list` and `foreign_key_list` run two, `get`
/// two and `set` four. Each statement is a round trip in remote mode.

namespace libsql::pragma {

// --- settings ---

/// How transactions of the database are made atomic.
LIBSQL_API result<libsql::journal_mode> journal_mode(executor& on,
                                                     std::string_view schema = "main");

/// Not accepted: any change inside a transaction or while another connection reads; anything but
/// `memory` and `off` for a database in memory.
LIBSQL_API result<void> set_journal_mode(executor& on, libsql::journal_mode mode,
                                         std::string_view schema = "main");

/// How often the engine waits for data to reach the disk.
LIBSQL_API result<synchronous_mode> synchronous(executor& on, std::string_view schema = "main");

/// Not possible inside a transaction (an error of kind `sql`).
LIBSQL_API result<void> set_synchronous(executor& on, synchronous_mode mode,
                                        std::string_view schema = "main");

/// Whether foreign keys are enforced on this connection.
LIBSQL_API result<bool> foreign_keys(executor& on);

/// Not accepted inside a transaction.
LIBSQL_API result<void> set_foreign_keys(executor& on, bool enforced);

/// The size of the page cache: pages, or KiB when negative.
LIBSQL_API result<std::int64_t> cache_size(executor& on, std::string_view schema = "main");

/// Sets the size of the page cache of the connection: pages, or KiB when negative.
LIBSQL_API result<void> set_cache_size(executor& on, std::int64_t pages_or_kib,
                                       std::string_view schema = "main");

/// Where temporary tables are stored; none: the compiled default, which here is memory.
LIBSQL_API result<std::optional<libsql::temp_store>> temp_store(executor& on);

/// A change drops all temporary tables. Not possible inside a transaction (an error of kind `sql`).
LIBSQL_API result<void> set_temp_store(executor& on, libsql::temp_store where);

/// The largest part of the file that is mapped into memory, in bytes; `unsupported` for a database
/// in memory.
LIBSQL_API result<std::int64_t> mmap_size(executor& on, std::string_view schema = "main");

/// Sets `mmap_size`; 0 maps nothing. `unsupported` above the engine's compiled limit, and for a
/// database in memory.
LIBSQL_API result<void> set_mmap_size(executor& on, std::int64_t bytes,
                                      std::string_view schema = "main");

/// A number in the file for the application's own use; 0 at first.
LIBSQL_API result<std::int32_t> user_version(executor& on, std::string_view schema = "main");

/// Sets `user_version`.
LIBSQL_API result<void> set_user_version(executor& on, std::int32_t version,
                                         std::string_view schema = "main");

/// The type of the file for `file(1)`; 0 at first.
LIBSQL_API result<std::int32_t> application_id(executor& on, std::string_view schema = "main");

/// Sets `application_id`.
LIBSQL_API result<void> set_application_id(executor& on, std::int32_t id,
                                           std::string_view schema = "main");

/// The page size in bytes.
LIBSQL_API result<std::int64_t> page_size(executor& on, std::string_view schema = "main");

/// Accepted only while the database is empty. Otherwise `unsupported`; the next VACUUM then applies
/// it, unless the database is in WAL mode.
LIBSQL_API result<void> set_page_size(executor& on, std::int64_t bytes,
                                      std::string_view schema = "main");

/// Whether free pages are returned to the file system.
LIBSQL_API result<libsql::auto_vacuum> auto_vacuum(executor& on, std::string_view schema = "main");

/// A change from or to `none` is accepted only while the database is empty; otherwise as
/// `set_page_size`.
LIBSQL_API result<void> set_auto_vacuum(executor& on, libsql::auto_vacuum mode,
                                        std::string_view schema = "main");

/// The number of pages in the database.
LIBSQL_API result<std::int64_t> page_count(executor& on, std::string_view schema = "main");

/// The number of free pages.
LIBSQL_API result<std::int64_t> freelist_count(executor& on, std::string_view schema = "main");

/// Any other pragma that can be read, by its name: the first column of its first row, or none when
/// it returns no row. `invalid_argument` for a name that the engine does not know. A pragma that
/// performs an action (such as `shrink_memory`) does so.
LIBSQL_API result<std::optional<value>> get(executor& on, std::string_view name,
                                            std::string_view schema = {});

/// Sets a pragma by its name. The value must have the form in which `get` returns it (the number 1,
/// not "NORMAL"; words in either case). Errors as `get`; `unsupported` when the engine did not
/// accept it, and for a pragma that cannot be read back, so that this cannot be checked.
LIBSQL_API result<void> set(executor& on, std::string_view name, std::int64_t number,
                            std::string_view schema = {});

/// As above, for a pragma whose value is a word.
LIBSQL_API result<void> set(executor& on, std::string_view name, std::string_view word,
                            std::string_view schema = {});

// --- actions ---

/// How much a checkpoint does.
enum class checkpoint_mode : unsigned char {
    passive,  ///< as much as is possible without waiting
    full,  ///< everything; waits for writers. libSQL falls back to passive while another one writes
    restart,   ///< as `full`, and waits until readers use the new log
    truncate,  ///< as `restart`, and truncates the log file
};

/// What a checkpoint did.
struct checkpoint_result {
    bool busy{false};               ///< another connection kept it from completing
    std::int64_t log_frames{-1};    ///< in the write-ahead log; -1 when not in WAL mode
    std::int64_t checkpointed{-1};  ///< of those, now in the database file; -1 as above

    friend bool operator==(const checkpoint_result&, const checkpoint_result&) = default;
};

/// Copies the write-ahead log into the database file. `locked` inside a write transaction.
LIBSQL_API result<checkpoint_result> wal_checkpoint(executor& on,
                                                    checkpoint_mode mode = checkpoint_mode::passive,
                                                    std::string_view schema = "main");

/// Problems of the database, at most `most` of them; empty if there are none. Reads the whole
/// database. NOT NULL, CHECK and UNIQUE are checked as well; for foreign keys see
/// `libsql::foreign_key_check`. `invalid_argument` when `most` is below 1.
LIBSQL_API result<std::vector<std::string>> integrity_check(executor& on,
                                                            std::string_view schema = "main",
                                                            int most = 100);

/// As `integrity_check`, but does not compare indexes with their tables, and so is faster.
LIBSQL_API result<std::vector<std::string>> quick_check(executor& on,
                                                        std::string_view schema = "main",
                                                        int most = 100);

/// Gathers statistics for the query planner where they are missing or outdated. Best called before
/// closing a connection.
LIBSQL_API result<void> optimize(executor& on);

/// @name The schema
/// With an empty `schema` SQLite looks for the table or index in all databases. One that does not
/// exist is an error of kind `sql`.
/// @{

/// Whether `SELECT *` shows a column.
enum class column_visibility : unsigned char {
    normal = 0,             ///< shown
    hidden = 1,             ///< a column of a virtual table that is read only by its name
    generated_virtual = 2,  ///< shown; computed when it is read
    generated_stored = 3,   ///< shown; computed when the row is written
};

/// A column of a table or view.
struct table_column {
    std::int64_t position{0};                  ///< from 0; hidden columns count
    std::string name{};                        ///< as declared
    std::string type{};                        ///< as declared; empty if none was
    bool not_null{false};                      ///< declared NOT NULL
    std::optional<std::string> default_sql{};  ///< the expression after DEFAULT
    int primary_key{0};  ///< its position in the primary key, from 1; 0: not part of it
    column_visibility visibility{column_visibility::normal};  ///< whether `SELECT *` shows it

    friend bool operator==(const table_column&, const table_column&) = default;
};

/// The columns of a table or view that are neither generated nor hidden.
LIBSQL_API result<std::vector<table_column>> table_info(executor& on, std::string_view table,
                                                        std::string_view schema = {});

/// All columns, including generated and hidden ones.
LIBSQL_API result<std::vector<table_column>> table_xinfo(executor& on, std::string_view table,
                                                         std::string_view schema = {});

/// A table or view.
struct table {
    std::string schema{};       ///< the database that it is in
    std::string name{};         ///< its name in that database
    std::string type{};         ///< "table", "view", "virtual" or "shadow"
    int columns{0};             ///< including generated and hidden ones
    bool without_rowid{false};  ///< rows are ordered by the primary key
    bool strict{false};         ///< columns hold only values of their type

    friend bool operator==(const table&, const table&) = default;
};

/// All tables and views of all databases, or of one.
LIBSQL_API result<std::vector<table>> table_list(executor& on, std::string_view schema = {});

/// Where an index comes from.
enum class index_origin : unsigned char {
    create_index,  ///< CREATE INDEX
    unique,        ///< a UNIQUE constraint
    primary_key,   ///< a PRIMARY KEY
};

/// An index of a table.
struct table_index {
    std::string name{};  ///< including those made by SQLite: "sqlite_autoindex_t_1"
    bool unique{false};  ///< it contains no two equal rows
    index_origin origin{index_origin::create_index};  ///< where it comes from
    bool partial{false};  ///< it has a WHERE clause and does not contain all rows

    friend bool operator==(const table_index&, const table_index&) = default;
};

/// The indexes of a table, in SQLite's order.
LIBSQL_API result<std::vector<table_index>> index_list(executor& on, std::string_view table,
                                                       std::string_view schema = {});

/// A column of an index.
struct index_column {
    std::int64_t table_position{0};  ///< of the column in the table; -1: rowid, -2: an expression
    std::optional<std::string> name{};  ///< none for rowid and expressions
    bool descending{false};             ///< in descending order
    std::string collation{};            ///< the sort order: "BINARY", "NOCASE", ...
    bool key{true};                     ///< false: only used to find the row

    friend bool operator==(const index_column&, const index_column&) = default;
};

/// The key columns of an index.
LIBSQL_API result<std::vector<index_column>> index_info(executor& on, std::string_view index,
                                                        std::string_view schema = {});

/// All columns stored in an index, including those that locate the row.
LIBSQL_API result<std::vector<index_column>> index_xinfo(executor& on, std::string_view index,
                                                         std::string_view schema = {});

/// What happens to referring rows when the referenced row is deleted or its key changes.
enum class reference_action : unsigned char {
    no_action,        ///< rejected if still violated at the end of the statement
    restrict_action,  ///< rejected at once
    set_null,         ///< the referring columns become NULL
    set_default,      ///< the referring columns become their defaults
    cascade,          ///< the rows are deleted, or take the new key
};

/// A foreign key of a table.
struct foreign_key {
    std::int64_t id{0};                                       ///< its number within the table
    std::string parent{};                                     ///< the referenced table
    std::vector<std::string> columns{};                       ///< the referring columns
    std::vector<std::string> parent_columns{};                ///< empty: the parent's primary key
    reference_action on_update{reference_action::no_action};  ///< when the referenced key changes
    reference_action on_delete{reference_action::no_action};  ///< when the row is deleted

    friend bool operator==(const foreign_key&, const foreign_key&) = default;
};

/// The foreign keys of a table, ordered by number: the last one declared comes first.
LIBSQL_API result<std::vector<foreign_key>> foreign_key_list(executor& on, std::string_view table,
                                                             std::string_view schema = {});

/// A database of the connection.
struct attached_database {
    int position{0};     ///< 0: main, 1: temp, from 2 on attached databases
    std::string name{};  ///< "main", "temp", or the name it was attached as
    std::string file{};  ///< empty: in memory or temporary

    friend bool operator==(const attached_database&, const attached_database&) = default;
};

/// All databases of the connection: the main one, the temporary one once it is used, and attached
/// ones.
LIBSQL_API result<std::vector<attached_database>> database_list(executor& on);

/// The names of all collations that the connection knows.
LIBSQL_API result<std::vector<std::string>> collation_list(executor& on);

/// A function that the connection knows, with one number of arguments.
struct function {
    std::string name{};      ///< as used in SQL
    bool builtin{false};     ///< part of the engine rather than added
    std::string type{};      ///< "s": scalar, "w": window, "a": aggregate
    std::string encoding{};  ///< the preferred one: "utf8", "utf16le", "utf16be"
    int arguments{0};        ///< -1: any number
    std::int64_t flags{0};   ///< as in sqlite3_create_function

    friend bool operator==(const function&, const function&) = default;
};

/// All functions that the connection knows, ordered by name.
LIBSQL_API result<std::vector<function>> function_list(executor& on);

/// The compile-time options of the engine, without the prefix SQLITE_.
LIBSQL_API result<std::vector<std::string>> compile_options(executor& on);

/// @}

}  // namespace libsql::pragma
