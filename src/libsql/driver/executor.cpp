#include "libsql/backend/backend_error.hpp"
#include "libsql/driver/reported_call.hpp"
#include "libsql/sql/sql_scanner.hpp"
#include "libsql/sql/standing_changes.hpp"
#include "libsql/sql/statement_effect.hpp"

#include <libsql/executor.hpp>

namespace libsql {

result<detail::backend*> executor::usable() const {
    if (!backend_) [[unlikely]] {
        return error(error_kind::closed, "this handle was closed or moved from");
    }
    if (backend_->is_foreign()) [[unlikely]] {
        return detail::made_by_parent();
    }
    if (!backend_->is_open()) [[unlikely]] {
        return detail::connection_closed();
    }
    if (transaction_ != 0 && backend_->current_transaction() != transaction_) [[unlikely]] {
        return error(error_kind::transaction, "the transaction is over");
    }
    if (savepoint_ != 0 && !backend_->savepoint_is_open(savepoint_)) [[unlikely]] {
        return error(error_kind::transaction, "the savepoint is over");
    }
    return backend_.get();
}

/// Whether a call must be checked before it reaches the backend. The backend itself reports
/// `closed`, so the common calls skip the check.
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
    if (backend_->listener()) [[unlikely]] {
        const auto alive = backend_;  // a callback may destroy this handle
        return detail::execute_on(*alive, sql, arguments, until);
    }
    return backend_->execute(sql, arguments, until);
}

template <class Query>
result<rows> executor::rows_of(std::string_view sql, Query query) {
    if (needs_check()) [[unlikely]] {
        if (auto target = usable(); !target) {
            return target.error();
        }
    }
    auto alive = backend_;  // a callback may destroy this handle
    auto source = detail::report_query(*alive, sql, [&] { return query(*alive); });
    if (!source) [[unlikely]] {
        return source.error();
    }
    return rows(std::move(alive), *source);
}

result<rows> executor::query_with(deadline until, std::string_view sql,
                                  detail::arguments_view arguments) {
    return rows_of(sql, [&](detail::backend& b) { return b.query(sql, arguments, until); });
}

result<libsql::cursor> executor::cursor_with(deadline until, std::string_view sql,
                                             detail::arguments_view arguments) {
    auto started =
        rows_of(sql, [&](detail::backend& b) { return b.query_streamed(sql, arguments, until); });
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

namespace {

/// `why` as the error of step or statement `index`, with the results of those that ran before it.
error failed_step(const error& why, std::size_t index, std::vector<step_result> completed) {
    error::fields all = why.all();
    all.statement_index = index;
    if (!completed.empty()) {
        all.completed = std::make_shared<const std::vector<step_result>>(std::move(completed));
    }
    return error(std::move(all));
}

/// The result of a transactional batch. If a step failed, the whole batch failed, and none of its
/// changes stand.
result<batch_result> all_or_nothing(batch_result&& done) {
    for (std::size_t i = 0; i < done.steps.size(); ++i) {
        if (done.steps[i].failed()) {
            error::fields why = done.steps[i].error().all();
            const bool first = i == 0;
            done.steps.resize(i);
            if (!first || error(why).outcome() != error_outcome::not_run) {
                why.outcome = error_outcome::undone;
            }
            return failed_step(error(std::move(why)), i, std::move(done.steps));
        }
    }
    return std::move(done);
}

}  // namespace

result<batch_result> executor::run(const batch& steps, batch_mode mode, deadline until) {
    auto done = usable().and_then([&](detail::backend* b) {
        return detail::run_on(*b, steps, mode, transaction_ != 0, until);
    });
    return done && mode == batch_mode::transactional ? all_or_nothing(*std::move(done))
                                                     : std::move(done);
}

namespace {

bool returns_rows(std::string_view sql) {
    sql_scanner words(sql);
    for (token t = words.next_significant(); t.kind != token_kind::end;
         t = words.next_significant()) {
        if (t.is_keyword("RETURNING")) {
            return true;
        }
    }
    return false;
}

/// Collects as many statements of a script, from `i` on, as can be sent together; each runs only if
/// the one before it succeeded. None of them controls a transaction, and none returns rows: if rows
/// were too large for a reply, the results of the other statements would be lost with them.
batch gather(const std::vector<script_statement>& pieces, std::size_t i) {
    constexpr std::size_t most = 500;
    batch together;
    for (; i < pieces.size() && together.size() < most; ++i) {
        if (effect_of(pieces[i].sql) != statement_effect::writes || returns_rows(pieces[i].sql)) {
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

step_result to_step(const result_set& done) {
    if (done.columns.empty()) {
        return step_result(done.executed);
    }
    return step_result(done);
}

/// A script that is being run.
class script_run {
public:
    script_run(const std::vector<script_statement>& pieces, const executor& on)
        : pieces_(&pieces), on_(&on), changes_(!on.is_autocommit()) {}

    /// Records a statement that succeeded; `is_autocommit` is the state in which it left the
    /// connection.
    void add(result_set&& done, bool is_autocommit) {
        changes_.passed((*pieces_)[all_.size()].sql, is_autocommit);
        all_.push_back(std::move(done));
    }

    /// Adds the results of steps collected by `gather`, and returns the error of the first that
    /// failed. Steps that succeeded neither begin nor end a transaction, so each left the
    /// connection as it was before all of them (`was_autocommit`). The step that failed may have
    /// rolled the transaction back.
    std::optional<error> add(const batch_result& steps, bool was_autocommit) {
        for (const auto& step : steps.steps) {
            if (!step.ok()) {
                return step.failed()
                           ? step.error()
                           : error(error_kind::internal, "a statement of the script was skipped");
            }
            add({step.columns(), step.rows(), step.executed()}, was_autocommit);
        }
        return std::nullopt;
    }

    /// The script's error, if its next statement failed with `why`.
    [[nodiscard]] error failed(const error& why) const {
        std::vector<step_result> completed;
        completed.reserve(all_.size());
        for (const auto& done : all_) {
            completed.push_back(to_step(done));
        }
        return failed_step(changes_.of_all(why, on_->is_autocommit()), all_.size(),
                           std::move(completed));
    }

    std::vector<result_set> take() { return std::move(all_); }

private:
    const std::vector<script_statement>* pieces_;
    const executor* on_;
    standing_changes changes_;
    std::vector<result_set> all_;
};

}  // namespace

result<std::vector<result_set>> executor::run_script(std::string_view script, deadline until) {
    auto target = usable();
    if (!target) {
        return target.error();
    }
    executor self(backend_, transaction_,
                  savepoint_);  // a callback may destroy this handle
    const auto pieces = split_script(script);
    script_run all(pieces, self);
    for (std::size_t i = 0; i < pieces.size();) {
        if (const auto together = self.backend_->is_remote() ? gather(pieces, i) : batch();
            together.size() > 1) {
            const bool was_autocommit = self.is_autocommit();
            auto done = self.run(together, batch_mode::independent, until);
            if (!done) {
                return all.failed(done.error());
            }
            if (auto why = all.add(*done, was_autocommit)) {
                return all.failed(*why);
            }
            i += together.size();
            continue;
        }
        auto one = self.query_with(until, pieces[i].sql, {}).and_then([](rows&& found) {
            return materialise(std::move(found));
        });
        if (!one) {
            return all.failed(one.error());
        }
        all.add(*std::move(one), self.is_autocommit());
        ++i;
    }
    return all.take();
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
