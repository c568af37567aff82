#pragma once

#include <libsql/connection.hpp>
#include <libsql/deadline.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>

namespace libsql {

/// How far a load is.
struct load_progress {
    std::uint64_t statements{0};  ///< run so far
    std::uint64_t bytes{0};       ///< of the source, behind the last of them
};

/// How `load_dump` goes about it.
struct load_options {
    /// Called after each statement; false stops the load, which then fails with `interrupted`.
    std::function<bool(const load_progress&)> progress{};

    /// A longer statement is `too_big`: no more than twice this is ever in memory. The default is
    /// the engine's own limit.
    std::size_t longest_statement{1'000'000'000};

    deadline until{};  ///< for the whole load
};

/// Runs the statements of a dump (of `dump`, of `.dump` and `.schema` of sqlite3, or any SQL
/// script), reading `source` a piece at a time, in one transaction of its own with foreign keys
/// off. Foreign keys are not checked afterwards either: `PRAGMA foreign_key_check` does it.
///
/// BEGIN, COMMIT and END in the dump are left out, since all is one transaction; so is a CREATE
/// TABLE of sqlite_sequence and its like, which the engine makes. When anything fails, nothing is
/// changed: the error's message begins with the line of the statement. A dump that begins a
/// transaction and does not commit it is cut off or says of itself that it failed:
/// `invalid_argument`.
///
/// The statements can do whatever SQL can on this connection, ATTACH included: load only what you
/// trust. Errors: `transaction` when one is open; `io` when the stream fails, or has
/// failed before (a file that could not be opened); `too_big`;
/// `interrupted`, `timeout`; any of the engine's.
LIBSQL_API result<load_progress> load_dump(connection& target, std::istream& source,
                                           const load_options& chosen = {});

}  // namespace libsql
