#pragma once

#include <libsql/connection.hpp>
#include <libsql/deadline.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace libsql {

namespace local {
class backup_handle;
}

/// How far a backup is, in pages of the source.
struct backup_progress {
    int remaining{0};  ///< still to copy, when the last step ended
    int total{0};      ///< in the source then; may change while others write to it
};

/// Which of a connection's databases are copied.
struct backup_schemas {
    std::string source{"main"};       ///< a schema of the source's connection
    std::string destination{"main"};  ///< a schema of the destination's connection
};

/// An online copy of one database over another, some pages at a time. Others may use the source
/// between the steps: what the source's own connection writes is copied too; when any other
/// connection writes, the copy starts again from the first page.
///
/// The destination's connection is held until the last step or `finish()`: its calls are `misuse`.
/// The copy is one transaction there, which nobody sees before it is complete. It has the
/// destination's key, whatever the source's: the copy may be plain, encrypted, or have another key.
///
/// Dropping it before the last page undoes what was copied. Closing either connection ends it:
/// later calls give `closed`. Thread safety: it, its source and its destination are used by one
/// thread at a time, together. Local only.
class LIBSQL_API backup {
public:
    /// Starts copying `source` over `destination`.
    ///
    /// Errors: `invalid_argument` when both are the same connection or file, or a schema is not
    /// there; `transaction` when the destination is in a transaction or has rows open; `read_only`;
    /// `unsupported` when the destination has content with another page size, or is encrypted and
    /// made for another page size.
    static result<backup> start(connection& source, connection& destination,
                                const backup_schemas& schemas = {});

    /// The one moved from gives `closed`.
    backup(backup&&) noexcept;

    /// Drops the backup that was here, which undoes it if it is not complete.
    backup& operator=(backup&&) noexcept;
    ~backup();

    /// Copies up to `pages` pages, all that remain if negative (0 is `invalid_argument`). True when
    /// that was the last one and the copy is complete and committed. The deadline bounds the
    /// waiting for locks only: a step that need not wait is made even when it has passed.
    ///
    /// Errors: `busy` (past the busy timeouts) and `locked` when others hold a lock, `transaction`
    /// when the source's own connection is writing, `timeout`: the step may be tried again. Any
    /// other ends the backup.
    result<bool> step(int pages, deadline until = deadline());

    /// As of the last step.
    [[nodiscard]] backup_progress progress() const noexcept;

    /// Ends it: undoes an incomplete copy. After the last step it does nothing; when it has
    /// ended otherwise, it gives `closed`.
    result<void> finish();

    /// An `interrupter` of one of the connections was used since that connection last ran a
    /// statement. A step is not stopped in its middle: ask between two.
    [[nodiscard]] bool is_interrupted() const noexcept;

private:
    explicit backup(std::unique_ptr<local::backup_handle> started) noexcept;

    std::unique_ptr<local::backup_handle> handle_;
};

/// How `back_up` goes about it.
struct backup_options {
    backup_schemas schemas{};            ///< from which database to which
    int pages_per_step{256};             ///< negative: all in one step
    std::chrono::milliseconds pause{0};  ///< between steps, to let others at the source

    /// Called after each step; false stops the backup, which then fails with `interrupted`.
    std::function<bool(const backup_progress&)> on_progress{};

    /// For the whole backup. While others hold a lock, steps are tried again until then; without a
    /// deadline until the busy timeout has passed for one step.
    deadline until{};
};

/// Copies a whole database over another: see `backup`. On failure the destination is as it was.
/// Also stopped by an `interrupter` of either connection, between two steps.
LIBSQL_API result<backup_progress> back_up(connection& source, connection& destination,
                                           const backup_options& chosen = {});

/// Copies a whole database to the file `path`, over the database that is there if any, encrypted
/// with `key` unless it is empty. A file that was there ends in WAL mode; a new one has the
/// source's mode, and is removed when the backup fails. Errors as above, and those of opening the
/// file.
LIBSQL_API result<backup_progress> back_up(connection& source, const std::string& path,
                                           const std::string& key = {},
                                           const backup_options& chosen = {});

}  // namespace libsql
