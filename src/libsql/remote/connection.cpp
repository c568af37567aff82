#include "libsql/remote/connection.hpp"

#include "libsql/backend/backend_error.hpp"
#include "libsql/core/out_of_memory.hpp"
#include "libsql/engine/engine.h"
#include "libsql/remote/keep_alive.hpp"
#include "libsql/remote/prepared_statement.hpp"
#include "libsql/remote/schema_mirror.hpp"
#include "libsql/remote/server_error.hpp"

#include <libsql/argument.hpp>

#include <algorithm>
#include <array>
#include <new>
#include <utility>

namespace libsql::remote {

namespace {

/// Whether rows may precede the error: the statement failed at a row, or its rows are too large for
/// one reply. A cursor returns those rows first and then the error, as in local mode.
bool may_have_rows(const error& why) {
    return why.hrana_code() == "RESPONSE_TOO_LARGE" ||
           (why.hrana_code().starts_with("SQLITE_") && why.kind() != error_kind::busy &&
            why.kind() != error_kind::locked && why.kind() != error_kind::permission &&
            why.kind() != error_kind::interrupted);
}

/// Whether a reply's first request or its first step succeeded. If a BEGIN was pending, that is the
/// BEGIN.
bool has_begun(const hrana::reply& reply) {
    const auto* const response = std::get_if<hrana::response>(reply.results.data());
    if (response == nullptr) {
        return false;
    }
    const auto* const steps = std::get_if<hrana::batch_outcome>(response);
    return steps == nullptr || steps->results.front().has_value();
}

}  // namespace

// --- calls ---

connection::call::call(connection& c, deadline until)
    : connection_(c),
      entered_(!c.is_foreign() && !c.busy_.exchange(true, std::memory_order_acquire)),
      wire_(c.wire_, std::defer_lock) {
    if (!entered_ || wire_.try_lock()) {
        return;
    }
    const unsigned interrupts = c.http_.interrupts();
    const deadline end = detail::effective(until, c.options_.timeout);
    if (!end.is_set()) {
        wire_.lock();
    } else if (!wire_.try_lock_until(end.at())) {
        return;
    }
    interrupted_ = c.http_.interrupts() != interrupts;
}

connection::call::~call() {
    if (!entered_) {
        return;
    }
    if (wire_.owns_lock()) {
        wire_.unlock();
    }
    connection_.busy_.store(false, std::memory_order_release);
}

std::optional<error> connection::call::refused() const {
    if (!entered_) {
        return detail::connection_in_use();
    }
    if (!connection_.is_open()) {
        return detail::connection_closed();
    }
    if (!wire_.owns_lock()) {
        return detail::deadline_passed();
    }
    if (interrupted_) {
        return error(error_kind::interrupted, "interrupted");
    }
    return std::nullopt;
}

connection::connection(const libsql::options& chosen, std::shared_ptr<server> where)
    : options_(chosen),
      server_(std::move(where)),
      http_(server_->how()),
      stream_(server_, http_),
      write_refusals_(chosen.mode == open_mode::read_only ? 1 : 0),
      texts_(chosen.statement_cache_size) {}

connection::~connection() = default;

std::optional<std::uint64_t> connection::last_replication_index() const noexcept {
    const std::int64_t frame = last_frame_.load();
    return frame < 0 ? std::nullopt : std::optional(static_cast<std::uint64_t>(frame));
}

void connection::note(const execution& done, const statement_text& text) noexcept {
    if (done.last_insert_rowid != 0) {
        last_rowid_ = done.last_insert_rowid;
    }
    if (text.changes_rows) {  // other statements leave sqlite3_changes() unchanged
        changes_ = done.rows_affected;
    }
    total_changes_ += done.rows_affected;
}

void connection::note_frame(std::optional<std::uint64_t> frame) noexcept {
    if (frame) {
        last_frame_ = static_cast<std::int64_t>(*frame);
    }
}

// --- the transaction ---

/// Records that the transaction is over, whoever ended it, or that it never began.
void connection::transaction_over() noexcept {
    transaction_state_ = state::none;
    begin_.clear();
    end_transaction_rows();
    if (transaction_ended() && write_refusals_ > 0) {
        --write_refusals_;
    }
}

/// The error `why` of a request on the transaction's stream. If the stream is lost, so is the
/// transaction.
error connection::stream_failed(const error& why) {
    if (stream_.is_open() || transaction_state_ == state::none) {
        return why;
    }
    transaction_over();
    error::fields all = why.all();
    all.message += "; the transaction is lost: the server rolls back what it has not committed";
    return error(std::move(all));
}

/// The error of a transaction whose stream was lost while idle. The next statement must not run on
/// another stream, outside the transaction.
std::optional<error> connection::transaction_gone() {
    if (transaction_state_ != state::open || stream_.is_open()) {
        return std::nullopt;
    }
    transaction_over();
    return error(error_kind::transaction,
                 "the transaction is lost: the server could not be reached, or ended it while it "
                 "was idle, and rolls it back");
}

/// Waits until the transaction's stream is free. A failure changes nothing, unless it says that the
/// transaction is lost.
result<void> connection::free_stream(deadline until) {
    if (until.passed()) {
        return detail::deadline_passed();
    }
    if (active_cursor_ != nullptr) {
        if (auto held = active_cursor_->hold(until); !held) {
            return held;
        }
    }
    if (auto settled = stream_.settle(until); !settled) {
        return settled;
    }
    if (auto gone = transaction_gone()) {
        return *std::move(gone);
    }
    return {};
}

/// Sends requests. If `stays`, also asks the server whether a transaction is open now, and keeps
/// the stream open while one is; otherwise closes the stream with the requests.
result<hrana::reply> connection::send(std::vector<hrana::request> requests, intent what, bool stays,
                                      deadline until) try {
    if (auto is_free = free_stream(until); !is_free) {
        return is_free.error();
    }
    if (stays) {
        requests.emplace_back(hrana::get_autocommit_request{});
    } else {
        requests.emplace_back(hrana::close_request{});
    }
    const bool sets_up = !stream_.is_open() && !setup_.empty();
    if (sets_up) {
        requests.insert(requests.begin(), hrana::execute_request{setup_message()});
    }
    auto reply = stream_.send(requests, what, until);
    if (!reply) {
        const bool sent = reply.error().kind() != error_kind::invalid_argument;
        return sent ? stream_failed(reply.error()) : reply.error();
    }
    if (sets_up) {
        reply->results.erase(reply->results.begin());
    }
    if (!stays) {
        return reply;
    }
    const auto* const response = std::get_if<hrana::response>(&reply->results.back());
    const bool* const autocommit = response == nullptr ? nullptr : std::get_if<bool>(response);
    if (autocommit != nullptr && !*autocommit && stream_.is_open()) {
        if (transaction_state_.exchange(state::open) != state::open) {
            begin_.clear();
            keep_alive::watch(std::static_pointer_cast<connection>(shared_from_this()));
        }
    } else {
        stream_.close();
        const state now = transaction_state_;
        if (now == state::open || (now == state::pending && has_begun(*reply))) {
            transaction_over();
        }
    }
    return reply;

} catch (const std::bad_alloc&) {
    // It is unknown what was sent and what effect it had.
    stream_.close();
    if (transaction_state_ != state::none) {
        transaction_over();
    }
    return detail::out_of_memory();
}

hrana::statement connection::setup_message() const {
    return {.sql = setup_, .arguments = {}, .names = {}, .want_rows = false};
}

/// A lost transaction is reported by the next call.
bool connection::keep_alive() noexcept {
    const std::unique_lock lock(wire_, std::try_to_lock);
    if (!lock.owns_lock()) {
        return false;  // a request is being sent
    }
    return transaction_state_ == state::open && is_open() && stream_.keep_alive();
}

// --- statements ---

namespace {

/// The error of a setting that would be lost, which is not sent.
error lost_setting(std::string_view sql) {
    return error({.kind = error_kind::unsupported,
                  .message =
                      "a PRAGMA that changes a setting of the connection is unsupported in remote "
                      "mode outside a transaction: on the server, each call has its own connection",
                  .sql = std::string(sql)});
}

}  // namespace

result<checked_statement> connection::check(std::string_view sql,
                                            detail::arguments_view arguments) {
    auto text = texts_.find_or_add(sql);
    if (!text) {
        return text.error();
    }
    auto checked = check_statement(*std::move(text), arguments);
    if (!checked) {
        return checked;
    }
    if (write_refusals_ > 0 && checked->effect() == statement_effect::writes) {
        return error({.kind = error_kind::read_only,
                      .code = SQLITE_READONLY,
                      .extended_code = SQLITE_READONLY,
                      .message = "attempt to write a readonly database",
                      .sql = std::string(sql)});
    }
    const statement_text& known = *checked->text;
    if (known.is_setting && !known.sets_foreign_keys && transaction_state_ == state::none) {
        return lost_setting(sql);
    }
    return checked;
}

error connection::failed_statement(const hrana::failure& why, std::string_view sql,
                                   deadline until) {
    error failed = statement_error(why, sql);
    if (failed.kind() != error_kind::constraint) {
        return failed;
    }
    const std::array arguments{detail::to_cell(std::string_view(failed.message()))};
    error::fields all = failed.all();
    all.outcome = error_outcome::unknown;
    if (auto found = definitions(schema_mirror::query_for_message, arguments, until)) {
        all.outcome = schema_mirror::outcome_of(sql, *found);
        all.constraint = schema_mirror(*found).find(all.message, all.extended_code);
    }
    return error(std::move(all));
}

result<std::vector<std::string>> connection::definitions(std::string_view query,
                                                         std::span<const detail::cell> arguments,
                                                         deadline until) {
    std::vector<hrana::request> requests;
    requests.emplace_back(hrana::execute_request{{query, arguments}});
    auto reply = send(std::move(requests), intent::reads, transaction_state_ == state::open, until);
    if (!reply) {
        return reply.error();
    }
    if (const auto* why = std::get_if<hrana::failure>(reply->results.data())) {
        return statement_error(*why, query);
    }
    std::vector<std::string> found;
    const auto& rows =
        std::get<hrana::statement_result>(std::get<hrana::response>(reply->results.front()));
    for (const auto& c : rows.cells) {
        if (c.type == detail::cell_type::text) {
            found.emplace_back(static_cast<const char*>(c.data), c.size);
        }
    }
    return found;
}

result<connection::answer> connection::run_one(std::string_view sql,
                                               detail::arguments_view arguments, bool want_rows,
                                               deadline until) {
    auto checked = check(sql, arguments);
    if (!checked) {
        return checked.error();
    }
    return run_checked(*checked, want_rows, detail::effective(until, options_.timeout));
}

result<connection::answer> connection::run_checked(const checked_statement& s, bool want_rows,
                                                   deadline until) {
    if (until.passed()) {
        return detail::deadline_passed();
    }
    const state now = transaction_state_;
    if (s.is_begin() && s.arguments.empty() && now == state::none) {
        begin_ = s.sql();
        transaction_state_ = state::pending;
        return answer{};
    }
    if (s.effect() == statement_effect::ends && active_cursor_ != nullptr) {
        // The rest of the rows is not read: they end with the transaction anyway.
        active_cursor_->end(error_kind::transaction,
                            "this query was ended so that its transaction could end");
    }
    if (s.effect() == statement_effect::ends && now == state::pending) {
        transaction_over();  // nothing was done in it
        return answer{};
    }
    const hrana::statement mine = s.message(want_rows);
    std::vector<hrana::request> requests;
    const bool begins = now == state::pending;
    if (begins) {
        std::vector<hrana::step> both{
            {{.sql = begin_, .arguments = {}, .names = {}, .want_rows = false}, {}},
            {mine, condition::ok(0)}};
        requests.emplace_back(hrana::batch_request{std::move(both)});
    } else {
        requests.emplace_back(hrana::execute_request{mine});
    }
    const bool stays = now != state::none || s.may_begin();
    const intent what = s.effect() == statement_effect::reads ? intent::reads : intent::writes;
    auto reply = send(std::move(requests), what, stays, until);
    if (!reply) {
        error::fields all = reply.error().all();
        all.sql = s.sql();
        if (now != state::none && !s.may_commit() && transaction_state_ == state::none &&
            reply.error().outcome() == error_outcome::unknown) {
            all.outcome = error_outcome::undone;  // the server rolls back the lost transaction
        }
        return error(std::move(all));
    }
    return take_answer(*reply, s, begins, until);
}

result<connection::answer> connection::take_answer(hrana::reply& reply, const checked_statement& s,
                                                   bool began, deadline until) {
    if (const auto* why = std::get_if<hrana::failure>(reply.results.data())) {
        return failed_statement(*why, s.sql(), until);
    }
    auto& response = std::get<hrana::response>(reply.results.front());
    auto* done = std::get_if<hrana::statement_result>(&response);
    if (began) {
        auto& both = std::get<hrana::batch_outcome>(response);
        for (const auto& why : both.failures) {
            if (why) {
                return failed_statement(*why, s.sql(), until);
            }
        }
        done = both.results[1] ? &*both.results[1] : nullptr;
        if (done == nullptr) {
            return not_a_reply("the statement after BEGIN has no result");
        }
    }
    note_done(*done, *s.text);
    done->executed.last_insert_rowid = last_rowid_;
    keep_setting(s, transaction_state_ == state::none);
    return answer{std::move(*done), std::move(reply.storage)};
}

/// Records a setting that every further stream must get. Inside a transaction SQLite silently
/// ignores it.
void connection::keep_setting(const checked_statement& s, bool outside_transaction) {
    if (outside_transaction && s.text->sets_foreign_keys) {
        setup_ = s.sql();
    }
}

result<execution> connection::execute(std::string_view sql, detail::arguments_view arguments,
                                      deadline until) try {
    const call inside(*this, until);
    if (auto why = inside.refused()) {
        return *std::move(why);
    }
    return run_one(sql, arguments, false, until).transform([](answer&& a) {
        return a.result.executed;
    });

} catch (const std::bad_alloc&) {
    return detail::out_of_memory();
}

detail::row_source* connection::hold(const checked_statement& s, answer&& all) {
    return new held_rows(*this, transaction_state_ != state::none, s.text, std::move(all.result),
                         std::move(all.storage));
}

/// Streams the rows of a statement that only reads. The rows of one that writes are read
/// completely, so that it has finished, and is known to have succeeded, before its first row is
/// returned.
result<detail::row_source*> connection::query_streamed(std::string_view sql,
                                                       detail::arguments_view arguments,
                                                       deadline until) {
    return query_by(sql, arguments, until, [&](const checked_statement& s, deadline end) {
        return s.text->is_streamed ? open_cursor(s, end)
                                   : run_checked(s, true, end).transform([&](answer&& all) {
                                         return hold(s, std::move(all));
                                     });
    });
}

/// A cursor costs the server ten times as much for each row as a complete reply. So all rows are
/// requested at once, and a cursor is used only beyond the server's limit for a reply.
result<detail::row_source*> connection::query(std::string_view sql,
                                              detail::arguments_view arguments, deadline until) {
    return query_by(sql, arguments, until,
                    [&](const checked_statement& s, deadline end) -> result<detail::row_source*> {
                        auto done = run_checked(s, true, end);
                        if (done) {
                            return hold(s, *std::move(done));
                        }
                        if (!s.text->is_streamed || !may_have_rows(done.error())) {
                            return done.error();
                        }
                        s.text->is_validated = true;
                        return open_cursor(s, end);
                    });
}

template <class Start>
result<detail::row_source*> connection::query_by(std::string_view sql,
                                                 detail::arguments_view arguments, deadline until,
                                                 Start start) try {
    const call inside(*this, until);
    if (auto why = inside.refused()) {
        return *std::move(why);
    }
    auto checked = check(sql, arguments);
    if (!checked) {
        return checked.error();
    }
    return start(*checked, detail::effective(until, options_.timeout));

} catch (const std::bad_alloc&) {
    return detail::out_of_memory();
}

/// Outside a transaction the cursor has a stream of its own. Inside one, statements that the server
/// cannot compile must be found beforehand: such an error fails the whole request, and would lose
/// the transaction.
result<detail::row_source*> connection::open_cursor(const checked_statement& s,
                                                    deadline until) try {
    const bool outside = transaction_state_ == state::none;
    if (until.passed()) {
        return detail::deadline_passed();
    }
    const bool is_new = !outside && !s.text->is_validated;
    if (is_new || transaction_state_ == state::pending) {
        if (auto known = describe_inside(s.sql(), until); !known) {
            return known.error();
        }
        s.text->is_validated = true;
    }
    if (!outside) {
        if (auto is_free = free_stream(until); !is_free) {
            return is_free.error();
        }
    }
    auto own = outside ? std::make_unique<stream>(server_, http_) : nullptr;
    hrana::batch_request request;
    if (outside && !setup_.empty()) {
        request.steps.push_back({setup_message(), {}});
    }
    const auto its_step = static_cast<std::uint32_t>(request.steps.size());
    request.steps.push_back({s.message(true), {}});
    auto& on = outside ? *own : stream_;
    auto started = on.open_cursor(request, !outside, until);
    if (!started && outside && started.error().http_status() >= 500) {
        // This reply does not contain the reason why the text was refused.
        if (auto known = describe_inside(s.sql(), until); !known) {
            return known.error();
        }
    }
    if (!started) {
        return outside ? started.error() : stream_failed(started.error());
    }
    auto rows = std::make_unique<cursor_rows>(*this, std::move(own), *std::move(started), s.text,
                                              its_step, until);
    if (!outside) {
        active_cursor_ = rows.get();
    }
    if (auto first = rows->prime(); !first) {
        return first.error();
    }
    return rows.release();

} catch (const std::bad_alloc&) {
    if (transaction_state_ != state::none) {
        stream_.close();
        transaction_over();
    }
    return detail::out_of_memory();
}

void connection::cursor_ended(const cursor_rows& c) noexcept {
    if (active_cursor_ == &c) {
        active_cursor_ = nullptr;
    }
}

result<hrana::description> connection::describe(std::string_view sql, deadline until) try {
    const call inside(*this, until);
    if (auto why = inside.refused()) {
        return *std::move(why);
    }
    return describe_inside(sql, detail::effective(until, options_.timeout));

} catch (const std::bad_alloc&) {
    return detail::out_of_memory();
}

/// A pending BEGIN is sent with the request; it would be sent next in any case.
result<hrana::description> connection::describe_inside(std::string_view sql, deadline until) {
    std::vector<hrana::request> requests;
    const state now = transaction_state_;
    if (now == state::pending) {
        requests.emplace_back(hrana::execute_request{
            {.sql = begin_, .arguments = {}, .names = {}, .want_rows = false}});
    }
    requests.emplace_back(hrana::describe_request{sql});
    const std::size_t mine = requests.size() - 1;
    auto reply = send(std::move(requests), intent::reads, now != state::none, until);
    if (!reply) {
        return reply.error();
    }
    for (std::size_t i = 0; i <= mine; ++i) {
        if (const auto* why = std::get_if<hrana::failure>(&reply->results[i])) {
            return statement_error(*why, sql);
        }
    }
    return std::get<hrana::description>(std::get<hrana::response>(reply->results[mine]));
}

result<detail::prepared*> connection::prepare(std::string_view sql) try {
    const call inside(*this);
    if (auto why = inside.refused()) {
        return *std::move(why);
    }
    auto text = texts_.find_or_add(sql);
    if (!text) {
        return text.error();
    }
    const std::lock_guard lock(handles_mutex_);
    prepared_.push_back(std::make_shared<prepared_statement>(*this, *std::move(text)));
    return prepared_.back().get();

} catch (const std::bad_alloc&) {
    return detail::out_of_memory();
}

// --- state ---

result<void> connection::ping(deadline until) {
    const call inside(*this, until);
    if (auto why = inside.refused()) {
        return *std::move(why);
    }
    auto reply =
        send(std::vector<hrana::request>{hrana::get_autocommit_request{}}, intent::reads,
             transaction_state_ == state::open, detail::effective(until, options_.timeout));
    if (!reply) {
        return reply.error();
    }
    return {};
}

void connection::end_all(error_kind why, const char* message) noexcept {
    end_rows([](const row_reader&) { return true; }, why, message);
}

void connection::end_transaction_rows() noexcept {
    end_rows([](const row_reader& r) { return r.is_of_transaction(); }, error_kind::transaction,
             "the transaction in which this query was started is over");
}

/// Restores the state after opening: no transaction, no rows, no settings.
void connection::reset_inside() noexcept {
    stream_.close();
    transaction_over();
    last_rowid_ = 0;
    setup_.clear();
}

result<void> connection::reset() {
    const call inside(*this);
    if (auto why = inside.refused()) {
        return *std::move(why);
    }
    end_all(error_kind::interrupted, "the query was interrupted");
    reset_inside();
    texts_.clear();
    return {};
}

result<void> connection::reset_for_reuse() {
    const call inside(*this);
    if (auto why = inside.refused()) {
        return *std::move(why);
    }
    end_all(error_kind::closed, "the connection went back to its pool, which ended this query");
    {
        const std::lock_guard lock(handles_mutex_);
        for (const auto& p : prepared_) {
            p->detach();
        }
    }
    reset_inside();
    write_refusals_ = options_.mode == open_mode::read_only ? 1 : 0;
    return {};
}

result<void> connection::close() {
    const call inside(*this);
    if (auto why = inside.refused()) {
        return *std::move(why);
    }
    end_all(error_kind::closed, "the connection is closed");
    reset_inside();
    changes_ = 0;
    total_changes_ = 0;
    open_ = false;
    return {};
}

void connection::close_noexcept() noexcept {
    open_ = false;
    http_.give_up();
    const std::lock_guard lock(wire_);  // waits for another thread's call and for `keep_alive`
    end_all(error_kind::closed, "the connection is closed");
    reset_inside();
}

void connection::interrupt() noexcept {
    http_.interrupt();
}

void connection::disable() noexcept {
    open_ = false;
    http_.give_up();
}

result<void> connection::set_read_only(bool on) {
    const call inside(*this);
    if (auto why = inside.refused()) {
        return *std::move(why);
    }
    if (on) {
        ++write_refusals_;
    } else if (write_refusals_ > 0) {
        --write_refusals_;
    }
    return {};
}

void connection::end_readers() noexcept {
    const call inside(*this);
    if (!inside.refused()) {
        end_transaction_rows();
    }
}

}  // namespace libsql::remote
