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

/// What a call of a connection did.
enum class call_kind : unsigned char {
    execute,  ///< a statement without rows, also those of `begin`, `commit` and savepoints
    query,    ///< a statement whose rows were read
    batch,    ///< a batch, or the statements of a script that were sent together
};

/// One call that is over. Valid while the listener runs.
struct call_event {
    call_kind kind{call_kind::execute};  ///< what was called
    std::string_view sql{};              ///< its statement; of a batch, the first one
    std::size_t statements{1};           ///< how many: of a batch, its steps

    /// How long the connection's user waited for it in its pool: told with the first call after the
    /// checkout, 0 with the others.
    std::chrono::nanoseconds queue_time{0};

    /// The time in the driver: of the call, and of reading its rows. What the reader does between
    /// two rows is not in it.
    std::chrono::nanoseconds elapsed{0};

    std::uint64_t rows{0};          ///< of a query, how many were read
    std::int64_t rows_affected{0};  ///< inserted, updated or deleted; of a batch, by all its steps
    const error* failure{nullptr};  ///< why it failed, with its `outcome()`; null: it did not
};

/// Tells `listener` of each call of `c`, and of what is made from it, when it is over: in local,
/// remote and replica mode alike. A query is over when its rows are: all read, failed or dropped.
/// An empty function removes the listener. For events of the engine itself: trace.hpp (local mode).
///
/// The listener runs on the thread of the call. It must not throw (that ends the program) and must
/// not use the connection. Without one, calls cost nothing more. Thread safety: as the
/// connection's. Errors: `closed`.
LIBSQL_API result<void> set_call_listener(connection& c,
                                          std::function<void(const call_event&)> listener);

}  // namespace libsql
