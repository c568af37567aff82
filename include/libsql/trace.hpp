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
    statement,  ///< a statement starts, or a trigger in it, or a statement of that
    row,        ///< a statement gives a row
    profile,    ///< a statement ended: finished, failed or was dropped
    close,      ///< the connection closes
};

/// Which events a listener wants.
struct trace_selection {
    bool statements{true};  ///< events of kind `statement`
    bool rows{false};       ///< events of kind `row`
    bool profile{false};    ///< events of kind `profile`
    bool close{false};      ///< the event `close`
};

/// One event. Valid while the listener runs.
class LIBSQL_API trace_event {
public:
    /// For the driver.
    trace_event(trace_kind kind, void* statement, std::string_view sql,
                std::chrono::nanoseconds elapsed) noexcept
        : kind_(kind), statement_(statement), sql_(sql), elapsed_(elapsed) {}

    /// What is reported.
    [[nodiscard]] trace_kind kind() const noexcept { return kind_; }

    /// The statement with its parameters as written; `-- TRIGGER name` when a trigger starts and
    /// `-- ` with the text of each statement in it; empty for `close`.
    [[nodiscard]] std::string_view sql() const noexcept { return sql_; }

    /// The statement with bound values in place of parameters; it may hold secrets. `too_big` when
    /// that is longer than a statement may be.
    [[nodiscard]] result<std::string> expanded_sql() const;

    /// `profile`: from the statement's start to its end, with the time in which its rows were not
    /// being read. Else 0.
    [[nodiscard]] std::chrono::nanoseconds elapsed() const noexcept { return elapsed_; }

private:
    trace_kind kind_;
    void* statement_;
    std::string_view sql_;
    std::chrono::nanoseconds elapsed_;
};

/// Reports to `listener` what the connection runs, the driver's own statements included.
///
/// What listeners share with the other callbacks (one for each connection, exceptions, re-entry,
/// lifetime of what is captured) is in hooks.hpp. When it throws at `statement` or `row`, the
/// statement fails and what it did is undone; at `profile` and `close` the call fails although it
/// has done its work (when rows or the connection are dropped, there is no call that could fail).
/// Errors: `invalid_argument` when nothing is selected.
LIBSQL_API result<void> set_trace(connection& c, trace_selection wanted,
                                  std::function<void(const trace_event&)> listener);

}  // namespace libsql
