#pragma once

#include <libsql/export.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace libsql {

/// What went wrong, in the terms a caller acts on. The exact SQLite code is beside it.
enum class error_kind : unsigned char {
    sql,          ///< the statement is wrong: syntax, unknown table or column, a function's error
    constraint,   ///< a constraint refused the row; see `error::constraint()`
    busy,         ///< another connection holds the lock past `busy_timeout`
    locked,       ///< a conflict inside this connection or its shared cache
    interrupted,  ///< `interrupt()` or `reset()` was called, or a callback of yours stopped it
    timeout,      ///< the call's deadline passed
    read_only,    ///< a write to a read-only database, or in a read-only transaction
    cannot_open,  ///< the file cannot be opened or created; the server has no such namespace
    not_a_database,  ///< the file is neither a database nor an encrypted one
    wrong_key,   ///< the key does not open the file, none was given, or the file is not encrypted
    corrupt,     ///< the file is damaged
    full,        ///< the disk or the database's page limit is full
    io,          ///< the operating system failed a read or a write
    permission,  ///< the file system or the authorizer refused
    too_big,     ///< text, blob, statement or row over a limit
    mismatch,    ///< a value has another type than the one asked for
    out_of_memory,     ///< no memory
    schema,            ///< the schema changed under a statement that cannot follow it
    invalid_argument,  ///< an argument, parameter or option is wrong; nothing was run
    closed,            ///< the handle was closed, moved from, or its connection was
    transaction,       ///< the transaction or savepoint is over or lost, or one is already open
    misuse,            ///< used from two threads at once, or from inside its own callback
    unsupported,       ///< SQLite, the mode or this library cannot do it; the message names it
    network,           ///< the server cannot be reached, or the connection broke
    authentication,    ///< the server does not accept the token, or refuses what was asked for it
    protocol,          ///< the server's reply is not what the protocol says
    pool,              ///< the pool is closed, or its queue took too long
    internal,          ///< a bug in this library or in the engine
};

/// The kind's name, for messages: "constraint", "wrong_key", ...
LIBSQL_API std::string_view to_string(error_kind kind) noexcept;

/// What became of the work that an error ended: whether it may be done again, and whether it must
/// not. Of work that only reads, the difference between the last three does not matter. Inside a
/// transaction, what stands is undone with the transaction.
enum class error_outcome : unsigned char {
    not_run,  ///< nothing of it ran
    undone,   ///< it ran, and nothing that it changed stands
    stands,   ///< it ran, and what it changed, or a part of that, stands
    unknown,  ///< it may have run and may stand: the reply is lost, the disk failed, no memory
};

/// The outcome's name: "not_run", "undone", ...
LIBSQL_API std::string_view to_string(error_outcome outcome) noexcept;

class step_result;

/// Which constraint refused a row.
enum class constraint_kind : unsigned char {
    unique,       ///< a unique index or UNIQUE constraint
    primary_key,  ///< the primary key
    rowid,        ///< the rowid
    not_null,
    check,
    foreign_key,
    data_type,  ///< a STRICT table's column type
    trigger,    ///< RAISE in a trigger
    function,   ///< an extension or virtual table
    other,
};

/// The kind's name: "unique", "not_null", ...
LIBSQL_API std::string_view to_string(constraint_kind kind) noexcept;

/// What is known of the constraint that failed.
///
/// SQLite reports table and columns for UNIQUE, PRIMARY KEY, NOT NULL and STRICT types, the name
/// (or, without one, the expression) for CHECK, and nothing for FOREIGN KEY: see `foreign_key.hpp`.
struct constraint_violation {
    constraint_kind kind{constraint_kind::other};  ///< which kind of constraint it is
    std::string table{};                 ///< empty when SQLite does not say and it cannot be found
    std::vector<std::string> columns{};  ///< in the constraint's order
    std::string name{};                  ///< index or constraint name; empty when it has none
};

/// Everything known about one failure. Cheap to copy (one shared pointer), immutable, usable from
/// any thread. Holds no token, no key and no bound value.
class [[nodiscard]] LIBSQL_API error {
public:
    /// What an error is made of; `error::make` takes it.
    struct fields {
        error_kind kind{error_kind::internal};  ///< what the caller acts on
        int code{0};                            ///< SQLite's primary result code, 0 if none
        int extended_code{0};                   ///< SQLite's extended result code, 0 if none
        std::string message{};                  ///< one line, without the SQL text
        std::string sql{};                      ///< the statement, empty if none
        std::optional<std::size_t> offset{};    ///< byte offset in `sql` of the offending token
        std::optional<constraint_violation> constraint{};  ///< for kind `constraint`
        int http_status{0};                                ///< of a server
        std::string hrana_code{};                          ///< of a server
        std::optional<error_outcome> outcome{};            ///< none: what `kind` says by itself
        std::optional<std::size_t> statement_index{};      ///< of a script or a batch
        /// The steps before the failed one; null: none
        std::shared_ptr<const std::vector<step_result>> completed{};
    };

    /// An error of `kind` that says `message`.
    error(error_kind kind, std::string message);

    /// An error made of `all`.
    explicit error(fields all);

    // No move: a moved-from error would have no content, and a copy is cheap.
    error(const error&) noexcept = default;
    error& operator=(const error&) noexcept = default;
    ~error() = default;

    /// What went wrong, in the terms a caller acts on.
    [[nodiscard]] error_kind kind() const noexcept { return data_->kind; }

    /// SQLite's primary result code (for example 19, SQLITE_CONSTRAINT), 0 if SQLite was not asked.
    [[nodiscard]] int code() const noexcept { return data_->code; }

    /// SQLite's extended result code (for example 2067, SQLITE_CONSTRAINT_UNIQUE), 0 if none.
    [[nodiscard]] int extended_code() const noexcept { return data_->extended_code; }

    /// What happened, in one line, without the SQL text.
    [[nodiscard]] const std::string& message() const noexcept { return data_->message; }

    /// The statement that failed, as the caller wrote it; empty if there was none.
    [[nodiscard]] const std::string& sql() const noexcept { return data_->sql; }

    /// Byte offset in `sql()` of the token that SQLite complained of.
    [[nodiscard]] std::optional<std::size_t> offset() const noexcept { return data_->offset; }

    /// The constraint that failed; null unless `kind()` is `constraint`.
    [[nodiscard]] const constraint_violation* constraint() const noexcept {
        return data_->constraint ? &*data_->constraint : nullptr;
    }

    /// The HTTP status with which a server refused, else 0.
    [[nodiscard]] int http_status() const noexcept { return data_->http_status; }

    /// The server's error code, else empty.
    [[nodiscard]] const std::string& hrana_code() const noexcept { return data_->hrana_code; }

    /// What became of the work: whether the database may have changed.
    [[nodiscard]] error_outcome outcome() const noexcept;

    /// Which statement of a script, or step of a batch, failed: counted from 0. Empty for a single
    /// statement, and when the failure is not that of one of them.
    [[nodiscard]] std::optional<std::size_t> statement_index() const noexcept {
        return data_->statement_index;
    }

    /// What the statements of a script before the failed one gave, in order; the same for a
    /// transactional batch, whose changes are undone. Empty for anything else. Lives as long as
    /// this error or a copy of it.
    [[nodiscard]] const std::vector<step_result>& completed() const noexcept;

    /// Kind, message, code and SQL in one text for people; with the offending place marked.
    [[nodiscard]] std::string to_string() const;

    /// This error, with another outcome.
    [[nodiscard]] error with_outcome(error_outcome outcome) const;

    /// All of it, to make another error from this one.
    [[nodiscard]] const fields& all() const noexcept { return *data_; }

private:
    std::shared_ptr<const fields> data_;
};

/// Thrown by `result::value()` and the other checked accessors. Nothing else in this library
/// throws, but for `std::bad_alloc`; an exception of your own callable passes through where it is
/// said.
class LIBSQL_API exception : public std::exception {
public:
    /// An exception that carries `cause`.
    explicit exception(const libsql::error& cause);
    exception(const exception&) noexcept = default;
    exception& operator=(const exception&) noexcept = default;
    ~exception() override = default;

    /// The text of `error::to_string()`. Valid as long as this or a copy of it.
    [[nodiscard]] const char* what() const noexcept override { return text_->c_str(); }

    /// The error that it carries.
    [[nodiscard]] const libsql::error& error() const noexcept { return cause_; }

private:
    libsql::error cause_;
    std::shared_ptr<const std::string> text_;
};

}  // namespace libsql
