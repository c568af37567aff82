#pragma once

#include "libsql/backend/backend.hpp"
#include "libsql/core/out_of_memory.hpp"

#include <libsql/batch.hpp>
#include <libsql/call_listener.hpp>
#include <libsql/deadline.hpp>
#include <libsql/result.hpp>
#include <libsql/result_set.hpp>

#include <chrono>
#include <memory>
#include <string_view>

/// @file
/// The calls that handles make on a backend, which report them to the listener, if there is one.

namespace libsql::detail {

/// A call that will be reported. Keeps the listener alive until then, whatever the call does.
class call_report {
public:
    call_report(backend& b, call_kind kind, std::string_view sql) noexcept
        : listener_(b.listener()),
          event_{.kind = kind, .sql = sql, .queue_time = b.take_queue_time()} {}

    [[nodiscard]] call_event& event() noexcept { return event_; }

    /// Only the time from `begin` to `end` counts as the call's.
    void begin() noexcept { begun_ = std::chrono::steady_clock::now(); }

    void end() noexcept { event_.elapsed += std::chrono::steady_clock::now() - begun_; }

    void tell(const error* failure) noexcept {
        event_.failure = failure;
        (*listener_)(event_);
    }

private:
    shared_listener listener_;
    call_event event_;
    std::chrono::steady_clock::time_point begun_;
};

/// The result of `call`, which executes `sql` on `b`; reports it.
template <class Call>
result<execution> report_execution(backend& b, std::string_view sql, Call call) {
    if (!b.listener()) [[likely]] {
        return call();
    }
    call_report report(b, call_kind::execute, sql);
    report.begin();
    auto done = call();
    report.end();
    report.event().rows_affected = done ? done->rows_affected : 0;
    report.tell(done ? nullptr : &done.error());
    return done;
}

/// Rows that report their query when they are over: all read, failed or released.
class reported_rows;

/// Null if there is no memory for it.
reported_rows* begin_query(backend& b, std::string_view sql) noexcept;

/// The rows that were started, or the error, which is then reported at once.
result<row_source*> query_begun(reported_rows* report, result<row_source*> started);

/// Without telling anything.
void drop_query(reported_rows* report) noexcept;

/// The result of `call`, which queries `sql` on `b`; reports it.
template <class Call>
result<row_source*> report_query(backend& b, std::string_view sql, Call call) {
    if (!b.listener()) [[likely]] {
        return call();
    }
    auto* const report = begin_query(b, sql);
    if (report == nullptr) {
        call_report(b, call_kind::query, sql).tell(&out_of_memory());
        return out_of_memory();
    }
    try {
        return query_begun(report, call());
    } catch (...) {
        drop_query(report);
        throw;
    }
}

/// As `backend::execute`.
result<execution> execute_on(backend& b, std::string_view sql, arguments_view arguments,
                             deadline until);

/// As `backend::run`.
result<batch_result> run_on(backend& b, const batch& steps, batch_mode mode, bool of_transaction,
                            deadline until);

}  // namespace libsql::detail
