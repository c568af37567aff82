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
/// PRAGMAs with types. In SQL a PRAGMA never fails: an unknown name, a value that cannot be taken,
/// a table that is not there all give nothing. Here they are errors.
///
/// A setter reads the setting back; when the engine did not take the value it is `unsupported`, and
/// the message says what the setting is. `schema` is "main", "temp" or an attached name; a database
/// that is not attached is an error of kind `sql`. In remote mode settings of a connection, other
/// than `foreign_keys`, are `unsupported` outside a transaction: see docs/modes.md.

namespace libsql::pragma {

// --- settings ---

/// How transactions of the database are made atomic.
LIBSQL_API result<libsql::journal_mode> journal_mode(executor& on,
                                                     std::string_view schema = "main");

/// Not taken: any change in a transaction or while another connection reads; anything but `memory`
/// and `off` in a memory database.
LIBSQL_API result<void> set_journal_mode(executor& on, libsql::journal_mode mode,
                                         std::string_view schema = "main");

/// How often the engine waits until the disk has what was written.
LIBSQL_API result<synchronous_mode> synchronous(executor& on, std::string_view schema = "main");

/// Not possible inside a transaction (an error of kind `sql`).
LIBSQL_API result<void> set_synchronous(executor& on, synchronous_mode mode,
                                        std::string_view schema = "main");

/// Whether foreign keys are enforced on this connection.
LIBSQL_API result<bool> foreign_keys(executor& on);

/// Not taken inside a transaction.
LIBSQL_API result<void> set_foreign_keys(executor& on, bool enforced);

/// In pages, or in KiB when negative.
LIBSQL_API result<std::int64_t> cache_size(executor& on, std::string_view schema = "main");

/// Sets the size of the connection's page cache: pages, or KiB when negative.
LIBSQL_API result<void> set_cache_size(executor& on, std::int64_t pages_or_kib,
                                       std::string_view schema = "main");

/// Where temporary tables are; none: what the engine was compiled for, which here is memory.
LIBSQL_API result<std::optional<libsql::temp_store>> temp_store(executor& on);

/// Drops all temporary tables when it changes. Not possible inside a transaction (`sql`).
LIBSQL_API result<void> set_temp_store(executor& on, libsql::temp_store where);

/// The largest part of the file that is mapped into memory, in bytes; `unsupported` in a memory
/// database.
LIBSQL_API result<std::int64_t> mmap_size(executor& on, std::string_view schema = "main");

/// Sets `mmap_size`; 0 maps nothing. `unsupported` above what the engine was compiled for, and in a
/// memory database.
LIBSQL_API result<void> set_mmap_size(executor& on, std::int64_t bytes,
                                      std::string_view schema = "main");

/// The application's own number in the file, 0 at first.
LIBSQL_API result<std::int32_t> user_version(executor& on, std::string_view schema = "main");

/// Sets `user_version`.
LIBSQL_API result<void> set_user_version(executor& on, std::int32_t version,
                                         std::string_view schema = "main");

/// What kind of file it is, for `file(1)`; 0 at first.
LIBSQL_API result<std::int32_t> application_id(executor& on, std::string_view schema = "main");

/// Sets `application_id`.
LIBSQL_API result<void> set_application_id(executor& on, std::int32_t id,
                                           std::string_view schema = "main");

/// In bytes.
LIBSQL_API result<std::int64_t> page_size(executor& on, std::string_view schema = "main");

/// Taken only while the database is empty. Otherwise it is `unsupported` now, and the next VACUUM
/// takes it (in WAL mode not even that).
LIBSQL_API result<void> set_page_size(executor& on, std::int64_t bytes,
                                      std::string_view schema = "main");

/// Whether pages that become free are given back to the file system.
LIBSQL_API result<libsql::auto_vacuum> auto_vacuum(executor& on, std::string_view schema = "main");

/// From or to `none` taken only while the database is empty; otherwise as `set_page_size`.
LIBSQL_API result<void> set_auto_vacuum(executor& on, libsql::auto_vacuum mode,
                                        std::string_view schema = "main");

/// The number of pages in the database.
LIBSQL_API result<std::int64_t> page_count(executor& on, std::string_view schema = "main");

/// Pages that hold nothing.
LIBSQL_API result<std::int64_t> freelist_count(executor& on, std::string_view schema = "main");

/// Any other pragma that can be read, by its name: the first column of its first row, none when it
/// gives no row. `invalid_argument` for a name that the engine does not know. A pragma that acts
/// (as `shrink_memory`) does so.
LIBSQL_API result<std::optional<value>> get(executor& on, std::string_view name,
                                            std::string_view schema = {});

/// Sets a pragma by its name, to a value of the form in which `get` gives it back (the number 1,
/// not "NORMAL"; words in either case). Errors as `get`; `unsupported` when the engine did not take
/// it, and for a pragma that cannot be read, for which nobody could tell.
LIBSQL_API result<void> set(executor& on, std::string_view name, std::int64_t number,
                            std::string_view schema = {});

/// As above, for a pragma whose value is a word.
LIBSQL_API result<void> set(executor& on, std::string_view name, std::string_view word,
                            std::string_view schema = {});

// --- actions ---

/// How far a checkpoint goes.
enum class checkpoint_mode : unsigned char {
    passive,   ///< what is possible without waiting
    full,      ///< all; waits for writers. libSQL falls back to passive while another one writes
    restart,   ///< and waits until readers use the new log
    truncate,  ///< and cuts the log file to nothing
};

/// What a checkpoint did.
struct checkpoint_result {
    bool busy{false};  ///< it was kept from doing all of it by another connection
    std::int64_t log_frames{
        -1};  ///< in the write-ahead log; -1 when the database is not in WAL mode
    std::int64_t checkpointed{
        -1};  ///< of those, how many are in the database file now; -1 as above

    friend bool operator==(const checkpoint_result&, const checkpoint_result&) = default;
};

/// Copies the write-ahead log into the database file. `locked` inside a write transaction.
LIBSQL_API result<checkpoint_result> wal_checkpoint(executor& on,
                                                    checkpoint_mode mode = checkpoint_mode::passive,
                                                    std::string_view schema = "main");

/// What is wrong with the database, at most `most` problems; empty when nothing is. Reads all of
/// it. NOT NULL, CHECK and UNIQUE are checked too; foreign keys are not: see
/// `libsql::foreign_key_check`. `invalid_argument` when `most` is below 1.
LIBSQL_API result<std::vector<std::string>> integrity_check(executor& on,
                                                            std::string_view schema = "main",
                                                            int most = 100);

/// As `integrity_check` without comparing indexes with their tables: faster.
LIBSQL_API result<std::vector<std::string>> quick_check(executor& on,
                                                        std::string_view schema = "main",
                                                        int most = 100);

/// Gathers statistics for the query planner where they are missing or old. For before closing.
LIBSQL_API result<void> optimize(executor& on);

/// @name The schema
/// An empty `schema` means: where SQLite finds it. A table or index that is not there is an error
/// of kind `sql`.
/// @{

/// Whether a column is seen by `SELECT *`.
enum class column_visibility : unsigned char {
    normal = 0,             ///< it does
    hidden = 1,             ///< a virtual table's, which is read only by its name
    generated_virtual = 2,  ///< it does; computed when it is read
    generated_stored = 3,   ///< it does; computed when the row is written
};

/// A column of a table or view.
struct table_column {
    std::int64_t position{0};                  ///< from 0, hidden ones counted
    std::string name{};                        ///< as declared
    std::string type{};                        ///< as declared; empty if none was
    bool not_null{false};                      ///< declared NOT NULL
    std::optional<std::string> default_sql{};  ///< the expression behind DEFAULT
    int primary_key{0};  ///< its place in the primary key, from 1; 0: not in it
    column_visibility visibility{column_visibility::normal};  ///< whether `SELECT *` shows it

    friend bool operator==(const table_column&, const table_column&) = default;
};

/// A table's or view's columns that `SELECT *` shows and that are not generated.
LIBSQL_API result<std::vector<table_column>> table_info(executor& on, std::string_view table,
                                                        std::string_view schema = {});

/// All columns, also generated and hidden ones.
LIBSQL_API result<std::vector<table_column>> table_xinfo(executor& on, std::string_view table,
                                                         std::string_view schema = {});

/// A table or view.
struct table {
    std::string schema{};       ///< the database it is in
    std::string name{};         ///< the table's name in it
    std::string type{};         ///< "table", "view", "virtual" or "shadow"
    int columns{0};             ///< generated and hidden ones are counted
    bool without_rowid{false};  ///< rows are in the order of the primary key
    bool strict{false};         ///< columns hold only values of their type

    friend bool operator==(const table&, const table&) = default;
};

/// All tables and views of all databases, or of one.
LIBSQL_API result<std::vector<table>> table_list(executor& on, std::string_view schema = {});

/// What made an index.
enum class index_origin : unsigned char {
    create_index,  ///< CREATE INDEX
    unique,        ///< a UNIQUE constraint
    primary_key,   ///< a PRIMARY KEY
};

/// An index of a table.
struct table_index {
    std::string name{};  ///< also of those that SQLite made: "sqlite_autoindex_t_1"
    bool unique{false};  ///< no two rows are equal in it
    index_origin origin{index_origin::create_index};  ///< what made it
    bool partial{false};                              ///< it has a WHERE: not all rows are in it

    friend bool operator==(const table_index&, const table_index&) = default;
};

/// The indexes of a table, in SQLite's order.
LIBSQL_API result<std::vector<table_index>> index_list(executor& on, std::string_view table,
                                                       std::string_view schema = {});

/// A column of an index.
struct index_column {
    std::int64_t table_position{0};  ///< of the column in the table; -1: rowid, -2: an expression
    std::optional<std::string> name{};  ///< none for rowid and expressions
    bool descending{false};             ///< sorted from the largest to the smallest
    std::string collation{};            ///< by which it is sorted: "BINARY", "NOCASE", ...
    bool key{true};                     ///< false: only there to find the row

    friend bool operator==(const index_column&, const index_column&) = default;
};

/// The columns that an index is on.
LIBSQL_API result<std::vector<index_column>> index_info(executor& on, std::string_view index,
                                                        std::string_view schema = {});

/// All columns in an index, also those by which it finds the row.
LIBSQL_API result<std::vector<index_column>> index_xinfo(executor& on, std::string_view index,
                                                         std::string_view schema = {});

/// What happens to the rows that refer when the row referred to is deleted or gets another key.
enum class reference_action : unsigned char {
    no_action,        ///< nothing: refused if it still matters at the end of the statement
    restrict_action,  ///< refused at once
    set_null,         ///< the columns that refer become NULL
    set_default,      ///< they become their defaults
    cascade,          ///< the rows are deleted, or follow the new key
};

/// A foreign key of a table.
struct foreign_key {
    std::int64_t id{0};                                       ///< its number among the table's
    std::string parent{};                                     ///< the table referred to
    std::vector<std::string> columns{};                       ///< the columns that refer
    std::vector<std::string> parent_columns{};                ///< empty: the parent's primary key
    reference_action on_update{reference_action::no_action};  ///< when that key changes
    reference_action on_delete{reference_action::no_action};  ///< when that row is deleted

    friend bool operator==(const foreign_key&, const foreign_key&) = default;
};

/// The foreign keys of a table, in the order of their numbers: the last declared first.
LIBSQL_API result<std::vector<foreign_key>> foreign_key_list(executor& on, std::string_view table,
                                                             std::string_view schema = {});

/// A database of the connection.
struct attached_database {
    int position{0};     ///< 0: main, 1: temp, from 2 on attached ones
    std::string name{};  ///< "main", "temp", or the name it was attached as
    std::string file{};  ///< empty: in memory or temporary

    friend bool operator==(const attached_database&, const attached_database&) = default;
};

/// All databases of the connection: its own, the temporary one once it is used, and attached ones.
LIBSQL_API result<std::vector<attached_database>> database_list(executor& on);

/// The names of all collations that the connection knows.
LIBSQL_API result<std::vector<std::string>> collation_list(executor& on);

/// A function that the connection knows, with one number of arguments.
struct function {
    std::string name{};      ///< as used in SQL
    bool builtin{false};     ///< the engine's own, not one that was added
    std::string type{};      ///< "s": scalar, "w": window, "a": aggregate
    std::string encoding{};  ///< that it prefers: "utf8", "utf16le", "utf16be"
    int arguments{0};        ///< -1: any number
    std::int64_t flags{0};   ///< as in sqlite3_create_function

    friend bool operator==(const function&, const function&) = default;
};

/// All functions that the connection knows, by name.
LIBSQL_API result<std::vector<function>> function_list(executor& on);

/// What the engine was compiled with, without the prefix SQLITE_.
LIBSQL_API result<std::vector<std::string>> compile_options(executor& on);

/// @}

}  // namespace libsql::pragma
