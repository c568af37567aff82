#pragma once

#include <libsql/auth_token.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>
#include <libsql/sync.hpp>
#include <libsql/transaction_mode.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace libsql {

/// What opening may do with the file.
enum class open_mode : unsigned char {
    read_write_create,  ///< create the file if it does not exist
    read_write,         ///< the file must exist
    read_only,          ///< the file must exist, and nothing is written to it
};

/// How transactions are made atomic: SQLite's `PRAGMA journal_mode`.
enum class journal_mode : unsigned char {
    wal,          ///< a write-ahead log: readers and the writer do not block each other
    delete_file,  ///< a rollback journal, deleted after each transaction ("delete")
    truncate,     ///< a rollback journal, truncated to zero bytes after each transaction
    persist,      ///< a rollback journal, its header overwritten after each transaction
    memory,       ///< a rollback journal in memory: a crash during a transaction damages the file
    off,          ///< no journal: no rollback, and a crash during a transaction damages the file
};

/// How often the engine waits for data to reach the disk: SQLite's `PRAGMA synchronous`.
enum class synchronous_mode : unsigned char {
    off,     ///< never: a power failure may damage the file
    normal,  ///< at the critical moments; in WAL mode a power failure may lose the last commits
    full,    ///< at each commit
    extra,   ///< as `full`, and also for the directory of a deleted journal
};

/// Where temporary tables and indexes are.
enum class temp_store : unsigned char { file, memory };

/// Whether file locks are released after each transaction (`normal`) or kept (`exclusive`).
enum class locking_mode : unsigned char { normal, exclusive };

/// When free pages are returned to the file system.
enum class auto_vacuum : unsigned char {
    none,         ///< never: free pages are reused
    full,         ///< at each commit
    incremental,  ///< by `incremental_vacuum`
};

/// Whether deleted content is overwritten with zeros; `fast` does so only where it costs no
/// additional write.
enum class secure_delete : unsigned char { off, on, fast };

/// The encoding in which a server is addressed.
enum class wire_format : unsigned char {
    automatic,  ///< protobuf if the server supports it, else JSON
    json,       ///< Hrana 3 as JSON
    protobuf,   ///< Hrana 3 as protobuf: half the bytes, and all numbers are exact
};

/// An SQLite extension: a shared library with functions, collations or virtual tables.
struct extension {
    std::string path{};  ///< of the shared library; the system's suffix is added if there is none
    std::string entry_point{};  ///< its initialisation function; empty: SQLite's default name
};

/// How to open a database. An option that is not set changes nothing, with three exceptions: files
/// are put into WAL mode, foreign keys are on, and temporary tables are in memory.
struct options {
    /// A path, `:memory:` (a database of its own for each connection) or a `file:` URI. A replica:
    /// a path.
    std::string database{};

    /// The address of the server: `libsql://host`, `https://host` or `http://host:port`. On its own
    /// it selects remote mode; together with `database`, that file is a replica of the server's
    /// database.
    std::string uri{};
    libsql::auth_token auth_token{};  ///< server: the bearer token
    std::string server_namespace{};   ///< server: the database to use; called "namespace" in text
    std::string remote_encryption_key{};  ///< server: base64 of the database's key
    /// Server: longest wait until it is reached.
    std::chrono::milliseconds connect_timeout{10'000};
    std::string ca_file{};     ///< server: PEM file of the trusted authorities; empty: the system's
    std::string proxy{};       ///< server: URL of a proxy; empty: as in the environment
    std::string user_agent{};  ///< server: the User-Agent to send; empty: the name of this library
    libsql::wire_format wire_format{libsql::wire_format::automatic};  ///< server: the encoding
    sync_options sync{};  ///< replica: how it follows the server

    /// Encrypts the file (AES-256-CBC, as libSQL's other clients do). A passphrase of any bytes.
    std::string encryption_key{};

    open_mode mode{open_mode::read_write_create};  ///< what opening may do with the file
    std::chrono::milliseconds busy_timeout{5000};  ///< longest wait for another connection's lock
    std::chrono::milliseconds timeout{0};          ///< default deadline of each call; 0: none

    /// The mode of `connection::begin()`.
    transaction_mode default_transaction_mode{transaction_mode::deferred};

    std::size_t statement_cache_size{128};  ///< compiled statements cached by a connection; 0: none

    std::optional<libsql::journal_mode> journal_mode{};  ///< files: WAL; `:memory:`: SQLite's own
    std::optional<synchronous_mode> synchronous{};       ///< SQLite's default: full
    std::optional<std::int64_t> cache_size{};            ///< pages, or KiB when negative
    std::optional<bool> cache_spill{};  ///< whether changed pages may be written before the commit
    std::optional<libsql::temp_store> temp_store{};        ///< memory
    std::optional<std::int64_t> mmap_size{};               ///< bytes
    std::optional<bool> foreign_keys{};                    ///< on
    std::optional<bool> case_sensitive_like{};             ///< off
    std::optional<libsql::auto_vacuum> auto_vacuum{};      ///< takes effect on a new file
    std::optional<int> page_size{};                        ///< takes effect on a new file
    std::optional<libsql::locking_mode> locking_mode{};    ///< SQLite's default: normal
    std::optional<libsql::secure_delete> secure_delete{};  ///< overwrite deleted content
    std::optional<int> wal_autocheckpoint{};               ///< pages; SQLite's default 1000; 0: off
    std::optional<std::int64_t> journal_size_limit{};      ///< bytes; -1: none
    std::optional<std::int64_t> soft_heap_limit{};         ///< unsupported: no memory accounting
    std::optional<std::int64_t> hard_heap_limit{};         ///< unsupported: no memory accounting

    /// Further pragmas, run in order after the others. An unknown pragma, and one for which there
    /// is an option above, is an error.
    std::vector<std::pair<std::string, std::string>> custom_pragmas{};

    /// Extensions to load into each new connection.
    std::vector<extension> load_extensions{};

    /// Options from text, by the names above (`{"busy_timeout", "2000"}`,
    /// `{"journal_mode", "wal"}`), for configuration files and language bindings. The members of
    /// `sync` are called `sync` (for `on_open`), `sync_interval`, `read_your_writes` and
    /// `offline_writes`. `sync.progress`, `custom_pragmas` and `load_extensions` cannot be given as
    /// text. Times are in milliseconds. If a name occurs twice, the last value counts.
    /// `invalid_argument` for an unknown name or a bad value. Whether the options fit together is
    /// checked by `validate`.
    LIBSQL_API static result<options> parse(
        std::span<const std::pair<std::string_view, std::string_view>> settings);
};

/// Checks that the options fit together. `invalid_argument` says which of them contradict each
/// other, what is missing and what the mode does not support; the heap limits are `unsupported`.
/// `database::open` calls this first. Opens nothing; may be called from any thread.
LIBSQL_API result<void> validate(const options& chosen);

}  // namespace libsql
