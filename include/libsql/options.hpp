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

/// What opening may do to the file.
enum class open_mode : unsigned char {
    read_write_create,  ///< make the file if there is none
    read_write,         ///< the file must exist
    read_only,          ///< the file must exist and nothing is written
};

/// How transactions are made atomic: SQLite's `PRAGMA journal_mode`.
enum class journal_mode : unsigned char {
    wal,          ///< a write-ahead log: readers and the writer do not wait for each other
    delete_file,  ///< a rollback journal, deleted after each transaction ("delete")
    truncate,     ///< a rollback journal, cut to nothing after each transaction
    persist,      ///< a rollback journal, whose header is overwritten after each transaction
    memory,       ///< a rollback journal in memory: a crash in a transaction damages the file
    off,          ///< none: no rollback, and a crash in a transaction damages the file
};

/// How often the engine waits until the disk has what was written: SQLite's `PRAGMA synchronous`.
enum class synchronous_mode : unsigned char {
    off,     ///< never: a power failure may damage the file
    normal,  ///< when it matters most; in WAL mode the last commits may be lost with the power
    full,    ///< at each commit
    extra,   ///< and once more for the folder of a deleted journal
};

/// Where temporary tables and indexes are.
enum class temp_store : unsigned char { file, memory };

/// Whether file locks are given back after each transaction (`normal`) or kept (`exclusive`).
enum class locking_mode : unsigned char { normal, exclusive };

/// When pages that become free are given back to the file system.
enum class auto_vacuum : unsigned char {
    none,         ///< never: they are used again
    full,         ///< at each commit
    incremental,  ///< by `incremental_vacuum`
};

/// Whether deleted content is overwritten with zeros; `fast` where that costs no further write.
enum class secure_delete : unsigned char { off, on, fast };

/// How a server is spoken to.
enum class wire_format : unsigned char {
    automatic,  ///< protobuf if the server has it, else JSON
    json,       ///< Hrana 3 as JSON
    protobuf,   ///< Hrana 3 as protobuf: half the bytes, and every number is exact
};

/// An SQLite extension: a shared library with functions, collations or virtual tables.
struct extension {
    std::string path{};         ///< of the shared library; without suffix: the system's is added
    std::string entry_point{};  ///< its init function; empty: SQLite's default name
};

/// How to open a database. What is not set is not touched, except: files are put in WAL mode,
/// foreign keys are on, temporary tables are in memory.
struct options {
    /// Path, `:memory:` (its own for each connection), or a `file:` URI. Of a replica: a path.
    std::string database{};

    /// Where the server is: `libsql://host`, `https://host` or `http://host:port`. Alone, the
    /// database is there (remote mode); with `database`, that file is a replica of it.
    std::string uri{};
    libsql::auth_token auth_token{};      ///< server: what it asks for
    std::string server_namespace{};       ///< server: which of its databases; in text: "namespace"
    std::string remote_encryption_key{};  ///< server: base64 of the key of the database there
    std::chrono::milliseconds connect_timeout{10'000};  ///< server: how long to wait until it is
                                                        ///< reached
    std::string ca_file{};  ///< server: PEM file of the authorities to trust; empty: the system's
    std::string proxy{};    ///< server: URL of a proxy; empty: what the environment says
    std::string user_agent{};  ///< server: what to call ourselves; empty: this library's name
    libsql::wire_format wire_format{libsql::wire_format::automatic};  ///< server: how to speak
    sync_options sync{};  ///< replica: how it follows the server

    /// Encrypts the file (AES-256-CBC, as libSQL's other clients do). Any bytes; a passphrase.
    std::string encryption_key{};

    open_mode mode{open_mode::read_write_create};  ///< what opening may do to the file
    std::chrono::milliseconds busy_timeout{
        5000};                             ///< how long to wait for another connection's lock
    std::chrono::milliseconds timeout{0};  ///< default deadline of each call; 0: none

    /// The mode of `connection::begin()`.
    transaction_mode default_transaction_mode{transaction_mode::deferred};

    std::size_t statement_cache_size{128};  ///< compiled statements kept by a connection; 0: none

    std::optional<libsql::journal_mode> journal_mode{};  ///< files: WAL; `:memory:`: SQLite's own
    std::optional<synchronous_mode> synchronous{};       ///< SQLite's default: full
    std::optional<std::int64_t> cache_size{};            ///< pages, or KiB when negative
    std::optional<bool> cache_spill{};  ///< changed pages may be written before the commit
    std::optional<libsql::temp_store> temp_store{};        ///< memory
    std::optional<std::int64_t> mmap_size{};               ///< bytes
    std::optional<bool> foreign_keys{};                    ///< on
    std::optional<bool> case_sensitive_like{};             ///< off
    std::optional<libsql::auto_vacuum> auto_vacuum{};      ///< takes effect on a new file
    std::optional<int> page_size{};                        ///< takes effect on a new file
    std::optional<libsql::locking_mode> locking_mode{};    ///< SQLite's default: normal
    std::optional<libsql::secure_delete> secure_delete{};  ///< overwrite what is deleted
    std::optional<int> wal_autocheckpoint{};               ///< pages; SQLite's default 1000; 0: off
    std::optional<std::int64_t> journal_size_limit{};      ///< bytes; -1: none
    std::optional<std::int64_t> soft_heap_limit{};  ///< refused: no memory accounting in the engine
    std::optional<std::int64_t> hard_heap_limit{};  ///< refused: no memory accounting in the engine

    /// Further pragmas, run in order after the others. An unknown one, and one that is an option
    /// above, is an error.
    std::vector<std::pair<std::string, std::string>> custom_pragmas{};

    /// Extensions to load when a connection opens.
    std::vector<extension> load_extensions{};

    /// Options from text, by their names above (`{"busy_timeout", "2000"}`, `{"journal_mode",
    /// "wal"}`), for configuration files and bindings. Those of `sync` are `sync` (its `on_open`),
    /// `sync_interval`, `read_your_writes` and `offline_writes`; `sync.progress`, `custom_pragmas`
    /// and `load_extensions` have no text. Times are milliseconds. Of a name that comes twice the
    /// last value holds. An unknown name or a bad value is `invalid_argument`; whether options go
    /// together is looked at by `validate`.
    LIBSQL_API static result<options> parse(
        std::span<const std::pair<std::string_view, std::string_view>> settings);
};

/// Checks that the options make sense together: `invalid_argument` says which are contradictory,
/// what is missing and what the mode does not have; the heap limits are `unsupported`.
/// `database::open` does this first.
LIBSQL_API result<void> validate(const options& chosen);

}  // namespace libsql
