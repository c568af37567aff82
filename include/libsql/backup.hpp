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

/// The progress of a backup, in pages of the source.
struct backup_progress {
    int remaining{0};  ///< still to be copied after the last step
    int total{0};      ///< in the source at that time; changes if others write to it
};

/// Which databases of the two connections are meant.
struct backup_schemas {
    std::string source{"main"};       ///< a schema of the source's connection
    std::string destination{"main"};  ///< a schema of the destination's connection
};

/// An online copy of one database over another, some pages at a time. The source may be used by
/// others between the steps. What the source's own connection writes is copied as well; if any
/// other connection writes, the copy starts again from the first page.
///
/// The destination's connection is reserved until the last step or `finish()`: calls on it fail
/// with `misuse`. The copy is one transaction there and becomes visible only when it is complete.
/// It is encrypted with the destination's key, whatever the source's: a copy may be plain,
/// encrypted, or have another key.
///
/// Destroying the backup before the last page undoes what was copied. Closing either connection
/// ends the backup; later calls fail with `closed`. Thread safety: the backup, its source and its
/// destination may be used by one thread at a time, together. Local mode only: `unsupported` for a
/// connection in remote mode and for a destination that is a replica.
class LIBSQL_API backup {
public:
    /// Starts copying `source` over `destination`.
    ///
    /// Errors: `invalid_argument` when both are the same connection or file, or when there is no
    /// such schema; `transaction` when the destination has an open transaction or open rows;
    /// `read_only`; `unsupported` when the destination has content with another page size, or is
    /// encrypted and was made for another page size.
    static result<backup> start(connection& source, connection& destination,
                                const backup_schemas& schemas = {});

    /// Calls on the moved-from backup fail with `closed`.
    backup(backup&&) noexcept;

    /// Destroys the backup held before, which undoes it if it is not complete.
    backup& operator=(backup&&) noexcept;
    ~backup();

    /// Copies up to `pages` pages, or all remaining ones if negative; 0 is `invalid_argument`.
    /// Returns true if that was the last step and the copy is complete and committed. The deadline
    /// bounds only the wait for locks: a step that need not wait is made even if the deadline has
    /// passed. O(pages).
    ///
    /// After `busy` (past the busy timeouts) and `locked`, because others hold a lock,
    /// `transaction`, because the source's own connection is writing, and `timeout`, the step may
    /// be tried again. Any other error ends the backup.
    result<bool> step(int pages, deadline until = deadline());

    /// The progress at the end of the last step.
    [[nodiscard]] backup_progress progress() const noexcept;

    /// Ends the backup and undoes an incomplete copy. Does nothing after the last step. `closed` if
    /// the backup ended in another way.
    result<void> finish();

    /// True if an `interrupter` of one of the connections was used since that connection last ran a
    /// statement. A step is not interrupted; check between two steps.
    [[nodiscard]] bool is_interrupted() const noexcept;

private:
    explicit backup(std::unique_ptr<local::backup_handle> started) noexcept;

    std::unique_ptr<local::backup_handle> handle_;
};

/// The options of `back_up`.
struct backup_options {
    backup_schemas schemas{};            ///< the databases to copy from and to
    int pages_per_step{256};             ///< negative: all in one step
    std::chrono::milliseconds pause{0};  ///< between steps, to give others access to the source

    /// Called after each step. If it returns false, the backup stops and fails with `interrupted`;
    /// the answer after the last step is ignored. An exception passes through.
    std::function<bool(const backup_progress&)> on_progress{};

    /// The deadline of the whole backup. While others hold a lock, steps are retried until then;
    /// without a deadline, until one step has waited for the busy timeout.
    deadline until{};
};

/// Copies a whole database over another: see `backup`. On failure the destination is as it was
/// before. An `interrupter` of either connection stops the backup between two steps.
LIBSQL_API result<backup_progress> back_up(connection& source, connection& destination,
                                           const backup_options& chosen = {});

/// Copies a whole database to the file `path`, over the database there, if any. The file is
/// encrypted with `key` unless that is empty. An existing file ends up in WAL mode. A new file has
/// the source's mode, and is removed when the backup returns an error. Errors as above, and those
/// of opening the file.
LIBSQL_API result<backup_progress> back_up(connection& source, const std::string& path,
                                           const std::string& key = {},
                                           const backup_options& chosen = {});

}  // namespace libsql
