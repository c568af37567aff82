#pragma once

#include <libsql/connection.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace libsql {

/// What a trace reports.
enum class trace_kind : unsigned char {
    statement,  ///< a statement starts, or a trigger in it, or a statement of a trigger
    row,        ///< a statement returns a row
    profile,    ///< a statement ended: it finished, failed or was destroyed
    close,      ///< the connection is closed
};

/// Which events a listener receives.
struct trace_selection {
    bool statements{true};  ///< events of kind `statement`
    bool rows{false};       ///< events of kind `row`
    bool profile{false};    ///< events of kind `profile`
    bool close{false};      ///< events of kind `close`
};

/// One event. Valid during the callback.
class LIBSQL_API trace_event {
public:
    /// For the driver.
    trace_event(trace_kind kind, void* statement, std::string_view sql,
                std::chrono::nanoseconds elapsed) noexcept
        : kind_(kind), statement_(statement), sql_(sql), elapsed_(elapsed) {}

    /// The kind of the event.
    [[nodiscard]] trace_kind kind() const noexcept { return kind_; }

    /// The statement with its parameters as written; `-- TRIGGER name` when a trigger starts, and
    /// `-- ` followed by the text for each statement in it; empty for `close`.
    [[nodiscard]] std::string_view sql() const noexcept { return sql_; }

    /// The statement with bound values in place of parameters; it may contain secrets. `too_big` if
    /// that is longer than a statement may be. Linear in its size.
    [[nodiscard]] result<std::string> expanded_sql() const;

    /// For `profile`: from the start of the statement to its end, including the time in which its
    /// rows were not being read. Otherwise 0.
    [[nodiscard]] std::chrono::nanoseconds elapsed() const noexcept { return elapsed_; }

private:
    trace_kind kind_;
    void* statement_;
    std::string_view sql_;
    std::chrono::nanoseconds elapsed_;
};

/// Reports to `listener` what the connection runs, including the driver's own statements.
///
/// For what listeners share with other callbacks (one for each connection, exceptions, re-entry,
/// lifetime of captured objects) see hooks.hpp. If `listener` throws at `statement` or `row`, the
/// statement fails and is undone. If it throws at `profile` or `close`, the call fails although its
/// work is done (when rows or the connection are destroyed, no call can fail). Errors:
/// `invalid_argument` when nothing is selected.
LIBSQL_API result<void> set_trace(connection& c, trace_selection wanted,
                                  std::function<void(const trace_event&)> listener);

}  // namespace libsql
