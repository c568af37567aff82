#include "libsql/remote/connection.hpp"

#include "libsql/remote/held_rows.hpp"
#include "libsql/remote/server_error.hpp"
#include "libsql/sql_scanner.hpp"
#include "libsql/sql_text.hpp"

#include <libsql/version.hpp>

#include <array>
#include <span>
#include <utility>

namespace libsql::remote {

namespace {

error closed() {
    return error(error_kind::closed, "the connection is closed");
}

error unsupported(std::string_view what) {
    return error(error_kind::unsupported, std::string(what) + " is unsupported in remote mode");
}

/// What a statement does to the transaction, by its first words.
enum class control : unsigned char { none, begin, end, rollback_to, savepoint, release };

control control_of(std::string_view sql) {
    sql_scanner words(sql);
    const token first = words.next_significant();
    if (first.is_keyword("BEGIN")) {
        return control::begin;
    }
    if (first.is_keyword("COMMIT") || first.is_keyword("END")) {
        return control::end;
    }
    if (first.is_keyword("SAVEPOINT")) {
        return control::savepoint;
    }
    if (first.is_keyword("RELEASE")) {
        return control::release;
    }
    if (!first.is_keyword("ROLLBACK")) {
        return control::none;
    }
    const token second = words.next_significant();
    const token third = second.is_keyword("TRANSACTION") ? words.next_significant() : second;
    return third.is_keyword("TO") ? control::rollback_to : control::end;
}

}  // namespace

/// A use of the connection by one thread; false when another is inside.
class connection::call {
public:
    explicit call(connection& c) noexcept
        : connection_(c), entered_(!c.busy_.exchange(true, std::memory_order_acquire)) {}

    ~call() {
        if (entered_) {
            connection_.busy_.store(false, std::memory_order_release);
        }
    }

    call(const call&) = delete;
    call& operator=(const call&) = delete;

    /// Why nothing can be done now, if so.
    [[nodiscard]] std::optional<error> refused() const {
        if (!entered_) {
            return error(error_kind::misuse,
                         "the connection is in use, on another thread or by its own callback");
        }
        if (!connection_.is_open()) {
            return closed();
        }
        return std::nullopt;
    }

private:
    connection& connection_;
    bool entered_;
};

connection::connection(const libsql::options& chosen, server_url where)
    : options_(chosen),
      stream_(std::move(where), chosen.auth_token.get().value_or(std::string()),
              {.user_agent = "ecto_libsql/" + std::string(libsql::engine().driver_version)}) {}

result<std::shared_ptr<connection>> connection::open(const libsql::options& chosen) {
    return parse_server_url(chosen.uri).transform([&](server_url&& where) {
        return std::make_shared<connection>(chosen, std::move(where));
    });
}

deadline connection::effective(deadline until) const noexcept {
    return until.is_set() || options_.timeout.count() == 0 ? until : deadline::in(options_.timeout);
}

void connection::note(const execution& done) noexcept {
    last_rowid_ = done.last_insert_rowid != 0 ? done.last_insert_rowid : last_rowid_;
    changes_ = done.rows_affected;
    total_changes_ += done.rows_affected;
}

/// The reply, or why there is none: then the stream, and with it a transaction, is gone.
result<hrana::reply> connection::send(std::span<const hrana::request> requests,
                                      std::string_view sql, deadline until) {
    auto reply = stream_.send(requests, effective(until));
    if (reply || stream_.is_open()) {
        return reply;  // or nothing was sent
    }
    const bool inside = in_transaction_;
    in_transaction_ = false;
    begin_.clear();
    if (!inside) {
        return reply;
    }
    error::fields all = reply.error().all();
    all.message += "; the transaction is lost";
    all.sql = sql;
    return error(std::move(all));
}

/// Whether a transaction is open, as the server says; the last request asked it.
void connection::follow_transaction(const hrana::reply& reply) {
    if (const auto* response = std::get_if<hrana::response>(&reply.results.back())) {
        if (const bool* autocommit = std::get_if<bool>(response)) {
            in_transaction_ = !*autocommit;
        }
    }
}

result<result_set> connection::run_one(std::string_view sql, detail::arguments_view arguments,
                                       bool want_rows, deadline until) {
    if (auto bad = check_sql_text(sql)) {
        return *std::move(bad);
    }
    const control what = control_of(sql);
    if (what == control::begin && is_autocommit()) {
        begin_ = sql;  // it goes with the first statement
        return result_set{};
    }
    if (what == control::end && !begin_.empty()) {
        begin_.clear();  // nothing was done in it
        return result_set{};
    }
    const hrana::statement mine{.sql = sql, .arguments = arguments, .want_rows = want_rows};
    std::vector<hrana::request> requests;
    if (!begin_.empty()) {
        requests.emplace_back(hrana::batch_request{
            {{{.sql = begin_, .want_rows = false}, {}}, {mine, condition::ok(0)}}});
    } else {
        requests.emplace_back(hrana::execute_request{mine});
    }
    if (is_autocommit() && what != control::savepoint) {
        requests.emplace_back(hrana::close_request{});
    } else {
        requests.emplace_back(hrana::get_autocommit_request{});
    }
    auto reply = send(requests, sql, until);
    if (!reply) {
        return reply.error();
    }
    follow_transaction(*reply);
    const auto& first = reply->results.front();
    if (const auto* why = std::get_if<hrana::failure>(&first)) {
        return statement_error(*why, sql);
    }
    auto& response = std::get<hrana::response>(reply->results.front());
    hrana::statement_result* done = nullptr;
    if (auto* both = std::get_if<hrana::batch_outcome>(&response)) {
        if (const auto& why = both->failures[0]) {
            return statement_error(*why, begin_);  // it is tried again with the next statement
        }
        begin_.clear();
        if (const auto& why = both->failures[1]) {
            return statement_error(*why, sql);
        }
        if (!both->results[1]) {
            return error(error_kind::protocol, "the server did not run the statement");
        }
        done = &*both->results[1];
    } else {
        done = &std::get<hrana::statement_result>(response);
    }
    note(done->rows.executed);
    return std::move(done->rows);
}

result<execution> connection::execute(std::string_view sql, detail::arguments_view arguments,
                                      deadline until) {
    const call inside(*this);
    if (auto why = inside.refused()) {
        return *std::move(why);
    }
    return run_one(sql, arguments, false, until).transform([](result_set&& r) {
        return r.executed;
    });
}

result<detail::row_source*> connection::query(std::string_view sql,
                                              detail::arguments_view arguments, deadline until) {
    const call inside(*this);
    if (auto why = inside.refused()) {
        return *std::move(why);
    }
    return run_one(sql, arguments, true, until)
        .transform(
            [](result_set&& r) -> detail::row_source* { return new held_rows(std::move(r)); });
}

namespace {

condition shifted(const condition& c, std::size_t by) {
    using enum condition::operation;
    std::vector<condition> operands;
    for (const auto& operand : c.operands()) {
        operands.push_back(shifted(operand, by));
    }
    switch (c.op()) {
        case ok:
            return condition::ok(c.step() + by);
        case error:
            return condition::error(c.step() + by);
        case negation:
            return !operands.front();
        case conjunction:
            return condition::all_of(std::move(operands));
        case disjunction:
            return condition::any_of(std::move(operands));
        case is_autocommit:
            break;
    }
    return condition::is_autocommit();
}

hrana::statement without_rows(std::string_view sql) {
    return {.sql = sql, .want_rows = false};
}

/// The steps of a transactional batch: its BEGIN, the steps, each if no earlier one failed, and its
/// end. A server's `error` means "not ok", which a skipped step is too; so what is asked of a step
/// under a condition is that it went well or was not to be run.
void wrap(const batch& steps, bool nested, std::vector<hrana::step>& out) {
    const std::size_t begin = out.size();
    out.push_back({without_rows(nested ? "SAVEPOINT libsql_batch" : "BEGIN IMMEDIATE"), {}});
    std::vector<condition> alive{condition::ok(begin)};
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const auto step = steps.step(i);
        auto when = alive;
        if (step.when != nullptr) {
            when.push_back(shifted(*step.when, begin + 1));
        }
        const std::size_t at = out.size();
        out.push_back(
            {{.sql = step.sql, .arguments = step.arguments}, condition::all_of(std::move(when))});
        if (step.when == nullptr) {
            alive = {condition::ok(at)};
        } else {
            alive.push_back(condition::ok(at) || !shifted(*step.when, begin + 1));
        }
    }
    const std::size_t end = out.size();
    out.push_back({without_rows(nested ? "RELEASE libsql_batch" : "COMMIT"),
                   condition::all_of(std::move(alive))});
    const auto undone = condition::ok(begin) && !condition::ok(end);
    if (nested) {
        out.push_back({without_rows("ROLLBACK TO libsql_batch"), undone});
        out.push_back({without_rows("RELEASE libsql_batch"), condition::ok(end + 1)});
    } else {
        out.push_back({without_rows("ROLLBACK"), undone && !condition::is_autocommit()});
    }
}

}  // namespace

result<batch_result> connection::run(const batch& steps, batch_mode mode, deadline until) {
    const call inside(*this);
    if (auto why = inside.refused()) {
        return *std::move(why);
    }
    if (auto bad = detail::check_conditions(steps)) {
        return *std::move(bad);
    }
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (auto bad = check_sql_text(steps.step(i).sql)) {
            return *std::move(bad);
        }
    }
    hrana::batch_request request;
    const bool begins = !begin_.empty();
    if (begins) {
        request.steps.push_back({without_rows(begin_), {}});
    }
    if (mode == batch_mode::transactional) {
        wrap(steps, !is_autocommit(), request.steps);
    } else {
        for (std::size_t i = 0; i < steps.size(); ++i) {
            const auto step = steps.step(i);
            hrana::step sent{{.sql = step.sql, .arguments = step.arguments}, {}};
            if (step.when != nullptr) {
                sent.when = shifted(*step.when, begins ? 1 : 0);
            }
            if (begins) {
                sent.when =
                    sent.when ? condition::ok(0) && *std::move(sent.when) : condition::ok(0);
            }
            request.steps.push_back(std::move(sent));
        }
    }
    const std::size_t before = (begins ? 1U : 0U) + (mode == batch_mode::transactional ? 1U : 0U);
    bool stays = !is_autocommit();
    for (std::size_t i = 0; i < steps.size() && mode == batch_mode::independent; ++i) {
        const control what = control_of(steps.step(i).sql);
        stays = stays || what == control::begin || what == control::savepoint;
    }
    std::vector<hrana::request> requests{std::move(request)};
    if (stays) {
        requests.emplace_back(hrana::get_autocommit_request{});
    } else {
        requests.emplace_back(hrana::close_request{});
    }
    auto reply = send(requests, {}, until);
    if (!reply) {
        return reply.error();
    }
    follow_transaction(*reply);
    if (const auto* why = std::get_if<hrana::failure>(reply->results.data())) {
        return statement_error(*why, {});
    }
    auto& outcome =
        std::get<hrana::batch_outcome>(std::get<hrana::response>(reply->results.front()));
    if (begins) {
        if (const auto& why = outcome.failures[0]) {
            return statement_error(*why, begin_);
        }
        begin_.clear();
    }
    if (mode == batch_mode::transactional) {
        const std::size_t ends[] = {before - 1, before + steps.size()};
        for (const std::size_t at : ends) {
            if (const auto& why = outcome.failures[at]) {
                return statement_error(*why, {});
            }
        }
    }
    batch_result all;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        auto& done = outcome.results[before + i];
        if (const auto& why = outcome.failures[before + i]) {
            all.steps.emplace_back(statement_error(*why, steps.step(i).sql));
        } else if (!done) {
            all.steps.emplace_back();
        } else {
            note(done->rows.executed);
            if (done->rows.columns.empty()) {
                all.steps.emplace_back(done->rows.executed);
            } else {
                all.steps.emplace_back(std::move(done->rows));
            }
        }
    }
    return all;
}

result<detail::prepared*> connection::prepare(std::string_view) {
    return unsupported("a prepared statement");
}

result<void> connection::ping(deadline until) {
    const call inside(*this);
    if (auto why = inside.refused()) {
        return *std::move(why);
    }
    std::vector<hrana::request> requests{hrana::get_autocommit_request{}};
    if (!in_transaction_) {
        requests.emplace_back(hrana::close_request{});
    }
    auto reply = send(requests, {}, until);
    if (!reply) {
        return reply.error();
    }
    return {};
}

result<void> connection::reset() {
    const call inside(*this);
    if (auto why = inside.refused()) {
        return *std::move(why);
    }
    if (stream_.is_open()) {
        const std::array<hrana::request, 1> requests{hrana::close_request{}};
        static_cast<void>(stream_.send(requests, deadline::in(std::chrono::seconds(5))));
        stream_.forget();
    }
    in_transaction_ = false;
    begin_.clear();
    return {};
}

result<void> connection::close() {
    auto done = reset();
    open_ = false;
    return done;
}

result<void> connection::recycle() {
    return reset();
}

void connection::abandon() noexcept {
    static_cast<void>(reset());
    open_ = false;
}

void connection::interrupt() noexcept {
    stream_.interrupt();
}

void connection::retire() noexcept {
    open_ = false;
    stream_.interrupt();
}

bool connection::is_autocommit() noexcept {
    return !in_transaction_ && begin_.empty();
}

result<void> connection::set_read_only(bool) {
    return {};
}

void connection::end_readers(bool) noexcept {}

result<local::connection*> connection::local(std::string_view feature) {
    return unsupported(feature);
}

}  // namespace libsql::remote
