#include "libsql/backend.hpp"
#include "libsql/statement_effect.hpp"

#include <libsql/executor.hpp>

namespace libsql {

result<detail::backend*> executor::usable() const {
    if (!backend_) [[unlikely]] {
        return error(error_kind::closed, "this handle was closed or moved from");
    }
    if (!backend_->is_open()) [[unlikely]] {
        return error(error_kind::closed, "the connection is closed");
    }
    if (transaction_ != 0 && backend_->current_transaction() != transaction_) [[unlikely]] {
        return error(error_kind::transaction, "the transaction is over");
    }
    if (savepoint_ != 0 && !backend_->savepoint_is_open(savepoint_)) [[unlikely]] {
        return error(error_kind::transaction, "the savepoint is over");
    }
    return backend_.get();
}

/// The backend says `closed` itself; `execute` and `query` are the ordinary calls, and short.
bool executor::needs_check() const noexcept {
    return !backend_ || savepoint_ != 0 ||
           (transaction_ != 0 && backend_->current_transaction() != transaction_);
}

result<execution> executor::execute_with(deadline until, std::string_view sql,
                                         detail::arguments_view arguments) {
    if (needs_check()) [[unlikely]] {
        if (auto target = usable(); !target) {
            return target.error();
        }
    }
    return backend_->execute(sql, arguments, until);
}

template <class Query>
result<rows> executor::rows_of(Query query) {
    if (needs_check()) [[unlikely]] {
        if (auto target = usable(); !target) {
            return target.error();
        }
    }
    auto alive = backend_;  // a callback may drop the handle that this is
    auto source = query(*alive);
    if (!source) [[unlikely]] {
        return source.error();
    }
    return rows(std::move(alive), *source);
}

result<rows> executor::query_with(deadline until, std::string_view sql,
                                  detail::arguments_view arguments) {
    return rows_of([&](detail::backend& b) { return b.query(sql, arguments, until); });
}

result<libsql::cursor> executor::cursor_with(deadline until, std::string_view sql,
                                             detail::arguments_view arguments) {
    auto started =
        rows_of([&](detail::backend& b) { return b.query_streamed(sql, arguments, until); });
    return std::move(started).and_then([](rows&& found) -> result<libsql::cursor> {
        auto columns = found.columns();
        if (!columns) {
            return columns.error();
        }
        return libsql::cursor(std::move(found), *std::move(columns));
    });
}

result<statement> executor::prepare(std::string_view sql) {
    const auto alive = backend_;
    const auto serial = transaction_;
    return usable()
        .and_then([&](detail::backend* b) { return b->prepare(sql); })
        .transform([&](detail::prepared* p) { return statement(alive, p, serial); });
}

result<batch_result> executor::run(const batch& steps, batch_mode mode, deadline until) {
    return usable().and_then([&](detail::backend* b) { return b->run(steps, mode, until); });
}

namespace {

/// As many statements of a script from `i` on as can be sent together: each runs if the one before
/// it went well. None but the first controls a transaction.
batch gather(const std::vector<script_statement>& pieces, std::size_t i) {
    constexpr std::size_t most = 500;
    batch together;
    for (; i < pieces.size() && together.size() < most; ++i) {
        const auto effect = effect_of(pieces[i].sql);
        if (effect != statement_effect::reads && effect != statement_effect::writes) {
            break;
        }
        if (together.empty()) {
            together.add(pieces[i].sql);
        } else {
            together.add_if(condition::ok(together.size() - 1), pieces[i].sql);
        }
    }
    return together;
}

/// Adds what became of steps; false when one failed.
bool add_steps(const batch_result& steps, script_result& all) {
    for (const auto& step : steps.steps) {
        if (step.failed()) {
            all.failure = step.error();
        }
        if (!step.ok()) {
            return false;
        }
        all.statements.push_back({step.columns(), step.rows(), step.executed()});
    }
    return true;
}

}  // namespace

result<script_result> executor::run_script(std::string_view script, deadline until) {
    auto target = usable();
    if (!target) {
        return target.error();
    }
    script_result all;
    executor self(backend_, transaction_,
                  savepoint_);  // a callback may drop the handle that this is
    const auto pieces = split_script(script);
    for (std::size_t i = 0; i < pieces.size();) {
        if (const auto together = self.backend_->is_far() ? gather(pieces, i) : batch();
            together.size() > 1) {
            auto done = self.run(together, batch_mode::independent, until);
            if (!done) {
                all.failure = done.error();
            }
            if (!done || !add_steps(*done, all)) {
                break;
            }
            i += together.size();
            continue;
        }
        auto one = self.query_with(until, pieces[i].sql, {}).and_then([](rows&& found) {
            return materialise(std::move(found));
        });
        if (!one) {
            all.failure = one.error();
            break;
        }
        one->executed.last_insert_rowid = self.last_insert_rowid();
        all.statements.push_back(*std::move(one));
        ++i;
    }
    return all;
}

std::int64_t executor::last_insert_rowid() const noexcept {
    return backend_ ? backend_->last_insert_rowid() : 0;
}

std::int64_t executor::changes() const noexcept {
    return backend_ ? backend_->changes() : 0;
}

std::int64_t executor::total_changes() const noexcept {
    return backend_ ? backend_->total_changes() : 0;
}

bool executor::is_autocommit() const noexcept {
    return !backend_ || backend_->is_autocommit();
}

}  // namespace libsql
