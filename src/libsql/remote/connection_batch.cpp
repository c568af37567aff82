#include "libsql/backend/batch_conditions.hpp"
#include "libsql/core/out_of_memory.hpp"
#include "libsql/remote/batch_plan.hpp"
#include "libsql/remote/connection.hpp"
#include "libsql/remote/schema_mirror.hpp"
#include "libsql/remote/server_error.hpp"
#include "libsql/sql/standing_changes.hpp"

#include <algorithm>
#include <new>
#include <utility>

/// @file
/// Batches of a remote connection: one round trip wherever that is possible.

namespace libsql::remote {

namespace {

intent intent_of(const std::vector<checked_statement>& all) {
    const bool reads = std::all_of(all.begin(), all.end(), [](const auto& s) {
        return s.effect() == statement_effect::reads;
    });
    return reads ? intent::reads : intent::writes;
}

}  // namespace

void connection::note_done(const hrana::statement_result& done, const statement_text& text) {
    note(done.executed, text);
    note_frame(done.replication_index);
}

step_result connection::to_step(hrana::statement_result& done) const {
    done.executed.last_insert_rowid = last_rowid_;
    return done.columns.empty() ? step_result(done.executed)
                                : step_result(hrana::to_result_set(done));
}

result<batch_result> connection::run(const batch& steps, batch_mode mode, bool of_transaction,
                                     deadline until) try {
    const call inside(*this, until);
    if (auto why = inside.refused()) {
        return *std::move(why);
    }
    if (auto bad = check_conditions(steps)) {
        return *std::move(bad);
    }
    until = detail::effective(until, options_.timeout);
    std::vector<checked_statement> checked;
    // If a step may end a transaction, later steps need a condition.
    bool plain = mode == batch_mode::independent && transaction_state_ == state::none;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const auto step = steps.step(i);
        auto one = check(step.sql, step.arguments);
        if (!one || (mode == batch_mode::transactional && ends_its_batch(steps, i))) {
            return run_sequentially(steps, mode, of_transaction,
                                    until);  // a step fails before it is sent
        }
        plain = plain && step.when == nullptr && one->effect() != statement_effect::begins;
        checked.push_back(*std::move(one));
    }
    return plain ? run_pipeline(checked, until)
                 : run_pipelined(steps, checked, mode, of_transaction, until);

} catch (const std::bad_alloc&) {
    return detail::out_of_memory();
}

/// The error of a batch that was sent and got no reply.
error connection::batch_failed(const error& why, const std::vector<checked_statement>& checked,
                               bool was_inside) const {
    const bool may_commit =
        std::any_of(checked.begin(), checked.end(), [](const auto& s) { return s.may_commit(); });
    if (was_inside && !may_commit && transaction_state_ == state::none &&
        why.outcome() == error_outcome::unknown) {
        // The server rolls back the lost transaction.
        return why.with_outcome(error_outcome::undone);
    }
    // The token may forbid one of the steps; the steps before it were executed.
    constexpr int forbidden = 403;
    if (!was_inside && checked.size() > 1 && why.http_status() == forbidden) {
        return why.with_outcome(error_outcome::unknown);
    }
    return why;
}

/// Sends each step as a request of its own, so that a text that the server cannot parse fails
/// alone.
result<batch_result> connection::run_pipeline(const std::vector<checked_statement>& checked,
                                              deadline until) {
    batch_result all;
    if (checked.empty()) {
        return all;
    }
    std::vector<hrana::request> requests;
    bool stays = transaction_state_ != state::none;
    for (const auto& s : checked) {
        requests.emplace_back(hrana::execute_request{s.message(true)});
        stays = stays || s.may_begin();
    }
    const bool inside = transaction_state_ != state::none;
    auto reply = send(std::move(requests), intent_of(checked), stays, until);
    if (!reply) {
        return batch_failed(reply.error(), checked, inside);
    }
    for (std::size_t i = 0; i < checked.size(); ++i) {
        if (const auto* why = std::get_if<hrana::failure>(&reply->results[i])) {
            all.steps.emplace_back(statement_error(*why, checked[i].sql()));
        } else {
            auto& done =
                std::get<hrana::statement_result>(std::get<hrana::response>(reply->results[i]));
            note_done(done, *checked[i].text);
            all.steps.push_back(to_step(done));
            keep_setting(checked[i], transaction_state_ == state::none);
        }
    }
    complete_violations(all, until);
    return all;
}

/// The error of a transactional batch that the server stopped because its rows are too large for a
/// reply. The server does not undo the earlier steps, so this does.
error connection::undone(const error& why, bool nested) {
    const auto run = [this](std::string_view sql) {
        return run_one(sql, {}, false, deadline::in(detail::longest_drop)).has_value();
    };
    if (nested && run("ROLLBACK TO libsql_batch") && run("RELEASE libsql_batch")) {
        return why.with_outcome(error_outcome::undone);
    }
    if (transaction_state_ != state::none) {
        run("ROLLBACK");
    }
    // It may have been the reply to the batch's own COMMIT that was too large.
    return why.with_outcome(nested ? error_outcome::undone : error_outcome::unknown);
}

result<batch_result> connection::run_pipelined(const batch& steps,
                                               const std::vector<checked_statement>& checked,
                                               batch_mode mode, bool of_transaction,
                                               deadline until) {
    const state before = transaction_state_;
    auto plan = plan_batch(steps, checked, mode, begin_, before != state::none, of_transaction);
    const std::size_t first = plan.first;
    const bool stays =
        before != state::none ||
        std::any_of(checked.begin(), checked.end(), [](const auto& s) { return s.may_begin(); });
    std::vector<hrana::request> requests;
    requests.emplace_back(std::move(plan.request));
    auto reply = send(std::move(requests), intent_of(checked), stays, until);
    if (!reply) {
        return batch_failed(reply.error(), checked, before != state::none);
    }
    if (const auto* why = std::get_if<hrana::failure>(reply->results.data())) {
        // The failing step is unknown. A text that cannot be parsed kept all from running; what
        // only reads may be run again, and each result alone may fit into a reply.
        const bool only_reads =
            mode == batch_mode::independent && intent_of(checked) == intent::reads;
        if (is_parse_error(*why) || (only_reads && why->code == "RESPONSE_TOO_LARGE")) {
            return run_sequentially(steps, mode, of_transaction, until);
        }
        const error failed = statement_error(*why, {});
        return mode == batch_mode::transactional ? undone(failed, before != state::none) : failed;
    }
    auto& outcome = std::get<hrana::batch_outcome>(std::get<hrana::response>(reply->results[0]));
    for (std::size_t i = 0; i < first; ++i) {
        if (const auto& why = outcome.failures[i]) {
            return statement_error(*why, "BEGIN");
        }
    }
    batch_result all;
    all.steps.resize(steps.size());
    transaction_scope scope(before != state::none, of_transaction);
    bool ended = false;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        auto& step = all.steps[i];
        const auto* const when = steps.step(i).when;
        if (const auto& why = outcome.failures[first + i]) {
            step = step_result(statement_error(*why, checked[i].sql()));
        } else if (auto& done = outcome.results[first + i]) {
            note_done(*done, *checked[i].text);
            step = to_step(*done);
            keep_setting(checked[i], mode == batch_mode::independent && !scope.inside());
        } else if (mode == batch_mode::independent && scope.inside() &&
                   (when == nullptr || holds(*when, all, false))) {
            step = step_result(outside_its_transaction(checked[i].sql()));
        }
        scope.passed(checked[i].effect(), when != nullptr, step.ok());
        ended = ended || (step.ok() && checked[i].effect() == statement_effect::ends);
    }
    if (before != state::none && ended && transaction_state_ != state::none) {
        const state now = transaction_state_;
        transaction_over();  // a new transaction has begun since
        transaction_state_ = now;
    }
    if (plan.end) {
        if (const auto& why = outcome.failures[*plan.end]) {
            return failed_statement(*why, "COMMIT", until);
        }
        if (const auto& done = outcome.results[*plan.end]) {
            note_frame(done->replication_index);
        }
    }
    complete_violations(all, until);
    return all;
}

/// Completes the errors of all violated constraints. Needs one more round trip if there are any.
void connection::complete_violations(batch_result& all, deadline until) {
    std::vector<step_result*> violated;
    for (auto& step : all.steps) {
        if (step.failed() && step.error().kind() == error_kind::constraint) {
            violated.push_back(&step);
        }
    }
    if (violated.empty()) {
        return;
    }
    auto known = definitions(schema_mirror::query_for_all, {}, until);
    if (!known) {
        for (auto* const step : violated) {  // the kind of each constraint is known nevertheless
            *step = step_result(step->error().with_outcome(error_outcome::unknown));
        }
        return;
    }
    const schema_mirror mirror(*known);
    for (auto* const step : violated) {
        error::fields fields = step->error().all();
        fields.outcome = schema_mirror::outcome_of(fields.sql, *known);
        fields.constraint = mirror.find(fields.message, fields.extended_code);
        *step = step_result(error(std::move(fields)));
    }
}

/// Sends one step at a time. For batches with steps that fail before they run, because the server
/// would not report those separately.
result<batch_result> connection::run_sequentially(const batch& steps, batch_mode mode,
                                                  bool of_transaction, deadline until) {
    batch_result all;
    all.steps.resize(steps.size());
    if (mode == batch_mode::independent) {
        if (auto done = run_steps_apart(steps, mode, of_transaction, all, until); !done) {
            return done.error();
        }
        return all;
    }
    const bool nested = transaction_state_ != state::none;
    if (auto begun =
            run_one(nested ? "SAVEPOINT libsql_batch" : "BEGIN IMMEDIATE", {}, false, until);
        !begun) {
        return begun.error();
    }
    result<bool> went_well = false;
    result<answer> ended{answer{}};
    try {
        went_well = run_steps_apart(steps, mode, false, all, until);
        if (went_well && *went_well) {
            ended = run_one(nested ? "RELEASE libsql_batch" : "COMMIT", {}, false, until);
        }
    } catch (const std::bad_alloc&) {
        went_well = detail::out_of_memory();
    }
    if ((!went_well || !*went_well || !ended) && transaction_state_ != state::none) {
        if (nested) {
            static_cast<void>(run_one("ROLLBACK TO libsql_batch", {}, false, deadline::never()));
            static_cast<void>(run_one("RELEASE libsql_batch", {}, false, deadline::never()));
        } else {
            static_cast<void>(run_one("ROLLBACK", {}, false, deadline::never()));
        }
    }
    if (!went_well) {
        return went_well.error();
    }
    if (!ended) {
        return ended.error();
    }
    return all;
}

/// False if a step failed; an error if the server could not be reached.
result<bool> connection::run_steps_apart(const batch& steps, batch_mode mode, bool of_transaction,
                                         batch_result& all, deadline until) {
    bool ok = true;
    standing_changes changes(!is_autocommit());
    transaction_scope scope(transaction_state_ != state::none, of_transaction);
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const auto step = steps.step(i);
        if (i > 0) {
            const auto before = steps.step(i - 1);
            scope.passed(effect_of(before.sql), before.when != nullptr, all.steps[i - 1].ok());
        }
        const bool inside = mode == batch_mode::independent && scope.inside();
        if (step.when != nullptr && !holds(*step.when, all, is_autocommit() && !inside)) {
            continue;
        }
        if (inside && is_autocommit()) {
            all.steps[i] = step_result(outside_its_transaction(step.sql));
            continue;
        }
        auto refused = mode == batch_mode::transactional ? ends_its_batch(steps, i) : std::nullopt;
        if (refused) {
            all.steps[i] = step_result(*std::move(refused));
            return false;
        }
        auto done = run_one(step.sql, step.arguments, true, until);
        if (done) {
            all.steps[i] = to_step(done->result);
            changes.passed(step.sql, is_autocommit());
            continue;
        }
        const auto kind = done.error().kind();
        if (kind == error_kind::network || kind == error_kind::protocol ||
            kind == error_kind::interrupted || kind == error_kind::timeout) {
            return mode == batch_mode::independent ? changes.of_all(done.error(), is_autocommit())
                                                   : done.error();
        }
        all.steps[i] = step_result(done.error());
        ok = false;
        if (mode == batch_mode::transactional) {
            return false;
        }
    }
    return ok;
}

}  // namespace libsql::remote
