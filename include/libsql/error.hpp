#pragma once

#include <libsql/export.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace libsql {

/// What went wrong, in terms that a caller can act on. The exact SQLite code is kept beside it.
enum class error_kind : unsigned char {
    sql,  ///< the statement is wrong: syntax, an unknown table or column, an error of a function
    constraint,      ///< a constraint rejected the row; see `error::constraint()`
    busy,            ///< another connection held the lock for longer than `busy_timeout`
    locked,          ///< a conflict within this connection or its shared cache
    interrupted,     ///< `interrupt()` or `reset()` was called, or a callback of yours asked for it
    timeout,         ///< the deadline of the call has passed
    read_only,       ///< a write to a read-only database or in a read-only transaction
    cannot_open,     ///< the file cannot be opened or created, or the server has no such namespace
    not_a_database,  ///< the file is neither a database nor an encrypted one
    wrong_key,       ///< the key is wrong, it is missing, or it was given for a plain file
    corrupt,         ///< the file is damaged
    full,            ///< the disk or the database's page limit is full
    io,              ///< the operating system reported a failed read or write
    permission,      ///< the file system or the authorizer denied it
    too_big,         ///< a text, blob, statement or row exceeds a limit
    mismatch,        ///< a value is not of the type that was asked for
    out_of_memory,   ///< memory could not be allocated
    schema,          ///< the schema changed too often while the statement was compiled
    invalid_argument,  ///< an argument, parameter or option is wrong; nothing was run
    closed,            ///< the handle was closed or moved from, or its connection was closed
    transaction,       ///< the transaction or savepoint is over or lost, or one is already open
    misuse,  ///< used by two threads at once, inside its own callback, or in the child of a fork()
    unsupported,     ///< SQLite, the mode or this library cannot do it; the message says which
    network,         ///< the server cannot be reached, or the connection to it broke
    authentication,  ///< the server rejected the token, or does not permit it to do this
    protocol,        ///< the server's reply violates the protocol
    pool,            ///< the pool is closed, or the request waited too long in its queue
    internal,        ///< a bug in this library or in the engine
};

/// The name of the kind, for messages: "constraint", "wrong_key", ...
LIBSQL_API std::string_view to_string(error_kind kind) noexcept;

/// What became of the work that failed, and so whether it may be repeated. For work that only
/// reads, the last three are equivalent. Inside a transaction, changes that stand are undone if the
/// transaction is.
enum class error_outcome : unsigned char {
    not_run,  ///< nothing was run
    undone,   ///< it was run, and all its changes were undone
    stands,   ///< it was run, and some or all of its changes stand
    /// It may have been run, and its changes may stand: the reply was lost, the disk failed, or
    /// memory ran out.
    unknown,
};

/// The name of the outcome: "not_run", "undone", ...
LIBSQL_API std::string_view to_string(error_outcome outcome) noexcept;

class step_result;

/// The kind of a constraint.
enum class constraint_kind : unsigned char {
    unique,       ///< a UNIQUE constraint or a unique index
    primary_key,  ///< the primary key
    rowid,        ///< the rowid
    not_null,
    check,
    foreign_key,
    data_type,  ///< a STRICT table's column type
    trigger,    ///< RAISE in a trigger
    function,   ///< a constraint of a function, an extension or a virtual table
    other,
};

/// The name of the kind: "unique", "not_null", ...
LIBSQL_API std::string_view to_string(constraint_kind kind) noexcept;

/// What is known about the constraint that failed.
///
/// SQLite reports table and columns for UNIQUE, PRIMARY KEY, NOT NULL and STRICT types; the name
/// (or, without one, the expression) for CHECK; and nothing for FOREIGN KEY: see `foreign_key.hpp`.
struct constraint_violation {
    constraint_kind kind{constraint_kind::other};  ///< the kind of the constraint
    std::string table{};  ///< empty if SQLite does not report it and it cannot be found
    std::vector<std::string> columns{};  ///< in the order of the constraint
    std::string name{};                  ///< of the index or constraint; empty if it has none
};

/// Everything that is known about one failure. Cheap to copy (one shared pointer), immutable, and
/// usable from any thread. It contains no token, no key and no bound value. Making one may throw
/// `std::bad_alloc`; copying does not throw.
class [[nodiscard]] LIBSQL_API error {
public:
    /// The content of an error; `error::error(fields)` takes it.
    struct fields {
        error_kind kind{error_kind::internal};  ///< what the caller acts on
        int code{0};                            ///< SQLite's primary result code, 0 if none
        int extended_code{0};                   ///< SQLite's extended result code, 0 if none
        std::string message{};                  ///< one line, without the SQL text
        std::string sql{};                      ///< the statement, empty if none
        std::optional<std::size_t> offset{};    ///< byte offset in `sql` of the offending token
        std::optional<constraint_violation> constraint{};  ///< for kind `constraint`
        int http_status{0};                                ///< of a server's reply
        std::string hrana_code{};                          ///< of a server's reply
        std::optional<error_outcome> outcome{};            ///< none: implied by `kind`
        std::optional<std::size_t> statement_index{};      ///< in a script or a batch
        /// Results of the steps before the failed one; null if there are none
        std::shared_ptr<const std::vector<step_result>> completed{};
    };

    /// An error of this kind with this message.
    error(error_kind kind, std::string message);

    /// An error with this content.
    explicit error(fields all);

    // No move: a moved-from error would have no content, and a copy is cheap.
    error(const error&) noexcept = default;
    error& operator=(const error&) noexcept = default;
    ~error() = default;

    /// What went wrong, in terms that a caller can act on.
    [[nodiscard]] error_kind kind() const noexcept { return data_->kind; }

    /// SQLite's primary result code (for example 19, SQLITE_CONSTRAINT); 0 if SQLite was not
    /// involved.
    [[nodiscard]] int code() const noexcept { return data_->code; }

    /// SQLite's extended result code (for example 2067, SQLITE_CONSTRAINT_UNIQUE); 0 if there is
    /// none.
    [[nodiscard]] int extended_code() const noexcept { return data_->extended_code; }

    /// What happened, in one line and without the SQL text.
    [[nodiscard]] const std::string& message() const noexcept { return data_->message; }

    /// The failed statement as the caller wrote it; empty if there was none.
    [[nodiscard]] const std::string& sql() const noexcept { return data_->sql; }

    /// Byte offset in `sql()` of the token that SQLite complained about.
    [[nodiscard]] std::optional<std::size_t> offset() const noexcept { return data_->offset; }

    /// The constraint that failed; null unless `kind()` is `constraint`.
    [[nodiscard]] const constraint_violation* constraint() const noexcept {
        return data_->constraint ? &*data_->constraint : nullptr;
    }

    /// The HTTP status of the server's refusal; 0 otherwise.
    [[nodiscard]] int http_status() const noexcept { return data_->http_status; }

    /// The server's own error code; empty otherwise.
    [[nodiscard]] const std::string& hrana_code() const noexcept { return data_->hrana_code; }

    /// What became of the work: whether the database may have changed.
    [[nodiscard]] error_outcome outcome() const noexcept;

    /// The index, from 0, of the statement of a script or step of a batch that failed. Empty for a
    /// single statement, and if the failure belongs to none of them.
    [[nodiscard]] std::optional<std::size_t> statement_index() const noexcept {
        return data_->statement_index;
    }

    /// The results of the statements of a script before the failed one, in order; likewise for a
    /// transactional batch, whose changes are undone. Empty otherwise. Valid as long as this error
    /// or a copy of it.
    [[nodiscard]] const std::vector<step_result>& completed() const noexcept;

    /// Kind, message, code and SQL as one text for people, with the place of the error marked.
    [[nodiscard]] std::string to_string() const;

    /// A copy of this error with another outcome.
    [[nodiscard]] error with_outcome(error_outcome outcome) const;

    /// The content, from which another error can be made.
    [[nodiscard]] const fields& all() const noexcept { return *data_; }

private:
    std::shared_ptr<const fields> data_;
};

/// Thrown by `result::value()` and the other checked accessors. An exception of your own callable
/// passes through where its documentation says so.
///
/// When memory runs out: besides `exception` the library throws only `std::bad_alloc`, and this
/// holds for every header. A call that is not `noexcept` may throw it, also one that returns a
/// `result`. Most calls that run statements give the error `out_of_memory` instead, whose outcome
/// is `unknown` (see `executor`). A header says so only where something else holds. Afterwards all
/// objects can be used and destroyed; what is assigned or added to keeps what it had, unless the
/// header says that it is lost. A transaction, savepoint, batch or copy that the call was about
/// ends as after any other error.
class LIBSQL_API exception : public std::exception {
public:
    /// An exception that carries `cause`.
    explicit exception(const libsql::error& cause);
    exception(const exception&) noexcept = default;
    exception& operator=(const exception&) noexcept = default;
    ~exception() override = default;

    /// The text of `error::to_string()`. Valid as long as this exception or a copy of it.
    [[nodiscard]] const char* what() const noexcept override { return text_->c_str(); }

    /// The error that it carries.
    [[nodiscard]] const libsql::error& error() const noexcept { return cause_; }

private:
    libsql::error cause_;
    std::shared_ptr<const std::string> text_;
};

}  // namespace libsql
