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

/// The progress of a load.
struct load_progress {
    std::uint64_t statements{0};  ///< run so far
    std::uint64_t bytes{0};       ///< of the source, up to the end of the last of them
};

/// The options of `load_dump`.
struct load_options {
    /// Called after each statement. If it returns false, the load stops and fails with
    /// `interrupted`. An exception passes through, and the load is undone.
    std::function<bool(const load_progress&)> progress{};

    /// A longer statement is `too_big`; at most twice this size is ever in memory. The default is
    /// the engine's own limit.
    std::size_t longest_statement{1'000'000'000};

    deadline until{};  ///< of the whole load
};

/// Runs the statements of a dump (made by `dump`, by `.dump` or `.schema` of sqlite3, or any SQL
/// script). Reads `source` piece by piece, and runs everything in one transaction of its own with
/// foreign keys off. Foreign keys are not checked afterwards either; use
/// `PRAGMA foreign_key_check`.
///
/// BEGIN, COMMIT and END in the dump are skipped, since everything is one transaction; so is a
/// CREATE TABLE for sqlite_sequence and similar tables, which the engine makes itself. If anything
/// fails, the load is rolled back: the outcome of the error is `undone`, or `unknown` if the
/// rollback failed. The message of an error in a statement begins with the line of that statement.
/// `invalid_argument` for a dump that is truncated (it begins a transaction and does not commit it)
/// or marked as failed (it rolls back).
///
/// The statements can do whatever SQL can do on this connection, including ATTACH; load only what
/// you trust. In remote mode each statement is one round trip. Errors: `transaction` when a
/// transaction is open; `io` when the stream fails or had failed before (a file that could not be
/// opened); `too_big`; `interrupted`, `timeout`; any of the engine's.
LIBSQL_API result<load_progress> load_dump(connection& target, std::istream& source,
                                           const load_options& chosen = {});

}  // namespace libsql
