#pragma once

#include <libsql/error.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>

namespace libsql {

class connection;

/// The kind of a call.
enum class call_kind : unsigned char {
    execute,  ///< a statement, including those of `begin`, `commit` and savepoints
    query,    ///< a statement whose rows were read
    batch,    ///< a batch, or statements of a script that were sent together
};

/// One finished call. Valid while the listener runs.
struct call_event {
    call_kind kind{call_kind::execute};  ///< what was called
    std::string_view sql{};              ///< its statement; the first one of a batch
    std::size_t statements{1};           ///< how many: the steps of a batch

    /// How long the checkout of the connection waited in the queue of its pool. Reported with the
    /// first call after the checkout; 0 for the others.
    std::chrono::nanoseconds queue_time{0};

    /// The time spent in the driver: in the call, and in reading its rows. Excludes the time that
    /// the reader takes between two rows.
    std::chrono::nanoseconds elapsed{0};

    std::uint64_t rows{0};          ///< how many rows of a query were read
    std::int64_t rows_affected{0};  ///< inserted, updated or deleted; by all steps of a batch
    const error* failure{nullptr};  ///< why it failed; null if it succeeded
};

/// Calls `listener` after each call on `c` and on what is made from it, in local, remote and
/// replica mode alike. A query is reported once all its rows are read, reading them
/// fails, or they are closed before that. An empty function
/// removes the listener. For events of the engine itself see trace.hpp (local mode).
///
/// The listener runs on the thread of the call. It must not throw, which ends the program, and must
/// not use the connection. Without a listener calls cost nothing more. Thread safety: as the
/// connection's. Errors: `closed`; `out_of_memory`.
LIBSQL_API result<void> set_call_listener(connection& c,
                                          std::function<void(const call_event&)> listener);

}  // namespace libsql
