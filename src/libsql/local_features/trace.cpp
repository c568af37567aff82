#include "libsql/local_features/callback.hpp"

#include <libsql/trace.hpp>

#include <memory>
#include <new>
#include <unordered_map>
#include <utility>

namespace libsql {

namespace {

using clock = std::chrono::steady_clock;

struct tracer {
    local::connection* owner{nullptr};
    trace_selection wanted;
    std::function<void(const trace_event&)> listener;
    std::unordered_map<void*, clock::time_point> started;
};

/// The engine measures in whole milliseconds, so the time is taken here.
std::chrono::nanoseconds elapsed_of(tracer& t, void* statement, const void* engines_estimate) {
    const auto found = t.started.find(statement);
    if (found == t.started.end()) {  // the statement was already running when the trace was set
        return std::chrono::nanoseconds(*static_cast<const sqlite3_int64*>(engines_estimate));
    }
    const auto elapsed = clock::now() - found->second;
    t.started.erase(found);
    return elapsed;
}

void report(tracer& t, const trace_event& event) {
    auto failed = local::guarded([&] { t.listener(event); });
    if (!failed) {
        return;
    }
    if (event.kind() == trace_kind::statement || event.kind() == trace_kind::row) {
        t.owner->engine().fail_statement(*failed);
    } else {
        t.owner->engine().callback_failed(local::too_late(*failed));
    }
}

/// Later events of a statement are those of its triggers. Without memory the engine's own time is
/// reported, which is less exact.
void note_start(tracer& t, void* statement) noexcept {
    try {
        t.started.try_emplace(statement, clock::now());
    } catch (const std::bad_alloc&) {
        t.started.erase(statement);
    }
}

int on_trace(unsigned kind, void* self, void* subject, void* extra) {
    auto& t = *static_cast<tracer*>(self);
    if (t.owner->engine().is_reporting()) {
        return 0;
    }
    if (kind == SQLITE_TRACE_CLOSE) {
        report(t, trace_event(trace_kind::close, nullptr, {}, {}));
        return 0;
    }
    const auto sql = local::text_or_empty(sqlite3_sql(static_cast<sqlite3_stmt*>(subject)));
    if (kind == SQLITE_TRACE_ROW) {
        report(t, trace_event(trace_kind::row, subject, sql, {}));
    } else if (kind == SQLITE_TRACE_PROFILE) {
        report(t, trace_event(trace_kind::profile, subject, sql, elapsed_of(t, subject, extra)));
    } else {
        if (t.wanted.profile) {
            note_start(t, subject);
        }
        if (t.wanted.statements) {
            const auto text = local::text_or_empty(static_cast<const char*>(extra));
            report(t,
                   trace_event(trace_kind::statement, text == sql ? subject : nullptr, text, {}));
        }
    }
    return 0;
}

unsigned mask_of(const trace_selection& wanted) noexcept {
    unsigned mask = 0;
    mask |= wanted.statements || wanted.profile ? SQLITE_TRACE_STMT : 0U;
    mask |= wanted.rows ? SQLITE_TRACE_ROW : 0U;
    mask |= wanted.profile ? SQLITE_TRACE_PROFILE : 0U;
    mask |= wanted.close ? SQLITE_TRACE_CLOSE : 0U;
    return mask;
}

}  // namespace

result<void> set_trace(connection& c, trace_selection wanted,
                       std::function<void(const trace_event&)> listener) {
    if (listener && mask_of(wanted) == 0) {
        return error(error_kind::invalid_argument,
                     "a trace must select at least one kind of event");
    }
    return local::on_local(c, "the trace", [&](local::connection& owner) -> result<void> {
        auto& t = owner.engine().attachment<tracer>();
        t.owner = &owner;
        t.wanted = wanted;
        t.started.clear();
        t.listener.swap(listener);
        sqlite3_trace_v2(owner.handle(), t.listener ? mask_of(wanted) : 0U, &on_trace, &t);
        listener = nullptr;
        return {};
    });
}

result<std::string> trace_event::expanded_sql() const {
    if (statement_ == nullptr) {
        return std::string(sql_);
    }
    const std::unique_ptr<char, decltype(&sqlite3_free)> text(
        sqlite3_expanded_sql(static_cast<sqlite3_stmt*>(statement_)), &sqlite3_free);
    if (text == nullptr) {
        return error(error_kind::too_big, "the statement with its values is too long");
    }
    return std::string(text.get());
}

}  // namespace libsql
