#include "libsql/local/connection.hpp"

#include "libsql/backend/backend_error.hpp"
#include "libsql/backend/batch_conditions.hpp"
#include "libsql/core/out_of_memory.hpp"
#include "libsql/core/sql_text.hpp"
#include "libsql/engine/engine_error.hpp"
#include "libsql/local/hot_path.hpp"
#include "libsql/local/wal_retention.hpp"
#include "libsql/sql/sql_scanner.hpp"
#include "libsql/sql/statement_effect.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace libsql::local {

connection::connection(const libsql::options& chosen)
    : options_(chosen),
      interruption_(options_.busy_timeout, errors_),
      cache_(chosen.statement_cache_size) {}

connection::~connection() {
    close_inside();
}

error connection::refusal(bool inside) const {
    if (!inside) {
        return detail::connection_in_use();
    }
    return is_open() ? detail::deadline_passed() : detail::connection_closed();
}

// --- calls ---

void connection::leave_with_deferred_work() noexcept {
    deferred_.store(false, std::memory_order_relaxed);
    static_cast<void>(errors_.take());
    while (!orphans_.empty()) {
        auto* const orphan = orphans_.back();
        orphans_.pop_back();
        release_inside(*orphan);
    }
    if (close_requested_) {
        close_inside();
    }
    const auto last_owner = std::move(keep_alive_);  // `this` may be destroyed with it
    leave();
}

bool connection::hold(dependant& by) noexcept {
    if (!enter()) {
        return false;
    }
    holder_.store(&by);
    return true;
}

void connection::let_go() noexcept {
    holder_.store(nullptr);
    interruption_.disarm();
    leave();
}

void connection::end_hold() noexcept {
    if (auto* const holder = holder_.load()) {
        holder->connection_closing();
    }
}

void connection::settle_interrupt() noexcept {
    if (sqlite3_is_interrupted(db_) != 0) {
        // If no statement is running, the engine forgets the interrupt.
        end_all(error_kind::interrupted);
    }
}

void connection::callback_failed(const error& why) noexcept {
    errors_.add(why);
    deferred_.store(true, std::memory_order_relaxed);  // cleared at the end of the call in any case
}

void connection::fail_statement(const error& why) noexcept {
    callback_failed(why);
    if (thread_.load(std::memory_order_relaxed) == std::this_thread::get_id()) {
        libsql_engine_fail(db_);
    } else {
        sqlite3_interrupt(db_);
    }
}

error connection::make_error(int rc, std::string_view sql) {
    const bool engine_failed = rc != SQLITE_OK && rc != SQLITE_ROW && rc != SQLITE_DONE;
    // An error without a code was raised after the fact, so it is not the cause of the engine's
    // error.
    if (const auto failed = errors_.take(); failed && (failed->code() != 0 || !engine_failed)) {
        error::fields all = failed->all();
        all.sql = sql;
        return error(std::move(all));
    }
    errors_.set_reporting(true);
    error why = detail::engine_error(db_, rc, sql);
    errors_.set_reporting(false);
    if (why.kind() == error_kind::io || why.kind() == error_kind::corrupt ||
        why.kind() == error_kind::internal) {
        broken_.store(true, std::memory_order_relaxed);
    }
    const bool stopped = why.code() == SQLITE_INTERRUPT || why.code() == SQLITE_BUSY;
    if (stopped && interruption_.timed_out()) {
        error::fields all = why.all();
        all.kind = error_kind::timeout;
        all.message = detail::deadline_passed().message();
        return error(std::move(all));
    }
    if (why.code() == SQLITE_BUSY && sqlite3_is_interrupted(db_) != 0) {
        error::fields all = why.all();
        all.kind = error_kind::interrupted;
        all.message = "interrupted while waiting for a lock";
        return error(std::move(all));
    }
    return why;
}

error connection::run_error(int rc, const compiled_statement& s, std::int64_t changed) {
    error why = make_error(rc, s.sql());
    if (changed > 0 && libsql_engine_counts_changes(s.handle()) != 0) {
        return why.with_outcome(error_outcome::stands);
    }
    // If the disk failed during a commit, the log may contain the whole transaction, which is then
    // found when the file is next opened. If a transaction spans several files and one of them is
    // full, others may have been committed.
    const bool fails_late =
        why.kind() == error_kind::io ||
        (why.kind() == error_kind::full && sqlite3_db_name(db_, first_attached) != nullptr);
    const bool may_have_committed = fails_late && s.writes_ && sqlite3_get_autocommit(db_) != 0;
    const bool may_have_ended = fails_late && s.is_control_;
    return why.with_outcome(may_have_committed || may_have_ended ? error_outcome::unknown
                                                                 : error_outcome::undone);
}

// --- statements ---

result<compiled_statement*> connection::compile(std::string_view sql, bool cached) {
    if (auto bad = check_sql_text(sql)) {
        return *std::move(bad);
    }
    if (use_ == file_use::replica_wal) {
        if (auto bad = check_retains_wal(sql)) {
            return *std::move(bad);
        }
    }
    if (sql_scanner(sql).next_beginning().is_keyword("EXPLAIN")) {
        // EXPLAIN runs nothing, so it would not notice a new schema.
        libsql_engine_look_at_schema(db_);
    }
    // Compiles a copy, which the caller cannot change and which ends with a NUL, as the engine
    // prefers.
    std::string text(sql);
    sqlite3_stmt* statement = nullptr;
    const char* tail = nullptr;
    const int rc = sqlite3_prepare_v3(db_, text.c_str(), static_cast<int>(text.size() + 1),
                                      cached ? SQLITE_PREPARE_PERSISTENT : 0U, &statement, &tail);
    interruption_.follow_busy_timeout();  // PRAGMA busy_timeout takes effect when it is compiled
    if (writes_.refuses() && libsql_engine_set_query_only(db_, 1) == 0) [[unlikely]] {
        sqlite3_finalize(statement);  // so does PRAGMA query_only
        return error({.kind = error_kind::read_only,
                      .message = "query_only cannot be turned off here: this connection refuses "
                                 "writes, for a read-only transaction, as the reader of a pool, or "
                                 "as a replica, whose file only syncs write to",
                      .sql = text,
                      .outcome = error_outcome::not_run});
    }
    if (rc != SQLITE_OK) {
        const auto why = make_error(rc, sql).with_outcome(error_outcome::not_run);
        follow_transaction();
        return why;
    }
    if (statement == nullptr) {
        return error({.kind = error_kind::invalid_argument,
                      .message = "there is no statement in the text",
                      .sql = text});
    }
    sql_scanner rest(std::string_view(text).substr(static_cast<std::size_t>(tail - text.c_str())));
    token next = rest.next_significant();
    while (next.kind == token_kind::semicolon) {
        next = rest.next_significant();
    }
    if (next.kind != token_kind::end) {
        sqlite3_finalize(statement);
        error::fields all{
            .kind = error_kind::invalid_argument,
            .message = "one statement is expected and a second one follows: several are a script"};
        all.offset = static_cast<std::size_t>(next.text.data() - text.data());
        all.sql = std::move(text);
        return error(std::move(all));
    }
    try {
        auto made = std::make_unique<compiled_statement>(*this, statement, std::move(text));
        statement = nullptr;  // now owned by `made`
        auto* const raw = made.get();
        reserve_for_releases();
        statements_.emplace(raw, std::move(made));
        return raw;
    } catch (const std::bad_alloc&) {
        sqlite3_finalize(statement);
        throw;
    }
}

namespace {

/// A PRAGMA may take effect when it is compiled, so a cached one must not be run again. The output
/// of EXPLAIN is also determined then.
bool worth_caching(std::string_view sql) {
    constexpr std::size_t longest = 64 * 1024;
    const auto first = sql_scanner(sql).next_beginning();
    return sql.size() <= longest && !first.is_keyword("PRAGMA") && !first.is_keyword("EXPLAIN");
}

}  // namespace

result<compiled_statement*> connection::acquire(std::string_view sql) {
    auto* const found = cache_.find(sql);
    if (found != nullptr && !found->in_use()) [[likely]] {
        return found;
    }
    const bool cached = found == nullptr && cache_.capacity() > 0 && worth_caching(sql);
    auto made = compile(sql, cached);
    if (made && cached) {
        add_to_cache(**made);
    }
    return made;
}

void connection::add_to_cache(compiled_statement& s) {
    auto* const out = cache_.insert(s);
    s.cached = true;
    if (out != nullptr) {
        out->cached = false;
        if (!out->in_use()) {
            statements_.erase(out);
        }
    }
}

/// A released statement may be needed again for the same text.
void connection::return_to_cache(compiled_statement& s) noexcept {
    if (s.handle() == nullptr || cache_.capacity() == 0 || !worth_caching(s.sql()) ||
        cache_.find(s.sql()) != nullptr) {
        return;
    }
    sqlite3_clear_bindings(s.handle());
    s.bound_ = false;
    s.bound_values_.clear();
    std::vector<std::byte>().swap(s.bound_copies_);
    try {
        add_to_cache(s);
    } catch (const std::bad_alloc&) {
        return;  // it is finalised, as if there were no cache
    }
}

/// Reserves memory for one more statement, so that releasing a statement cannot fail.
void connection::reserve_for_releases() {
    if (orphans_.capacity() > statements_.size()) {
        return;
    }
    const std::size_t most = 2 * statements_.size() + 8;
    const std::lock_guard lock(pending_releases_mutex_);
    pending_releases_.reserve(2 * most);  // each may have a reader and a holder
    orphans_.reserve(most);
}

void connection::defer_release(compiled_statement& s, bool by_holder) noexcept {
    const std::lock_guard lock(pending_releases_mutex_);
    pending_releases_.push_back({&s, by_holder});
}

void connection::clear_pending_releases() noexcept {
    const std::lock_guard lock(pending_releases_mutex_);
    for (const auto& [s, by_holder] : pending_releases_) {
        if (by_holder) {
            s->held = false;
            --held_;
        } else {
            s->stop();  // also forgets the rows that it keeps: the next user must not see them
            remove_reader(*s);
        }
        if (!s->held && !s->in_use_) {
            s->detached_ = false;
            if (!s->cached) {
                statements_.erase(s);
            }
        }
    }
    pending_releases_.clear();
}

void connection::add_reader(compiled_statement& s) noexcept {
    s.previous_reader_ = nullptr;
    s.next_reader_ = readers_;
    if (readers_ != nullptr) {
        readers_->previous_reader_ = &s;
    }
    readers_ = &s;
}

void connection::remove_reader(compiled_statement& s) noexcept {
    (s.previous_reader_ != nullptr ? s.previous_reader_->next_reader_ : readers_) = s.next_reader_;
    if (s.next_reader_ != nullptr) {
        s.next_reader_->previous_reader_ = s.previous_reader_;
    }
}

void connection::discard(compiled_statement& s) noexcept {
    if (s.detached_) {
        defer_release(s, true);
        return;
    }
    const bool entered = enter_or_nested();
    s.held = false;
    --held_;
    if (entered) {
        if (!s.in_use_) {
            return_to_cache(s);
            release_inside(s);
        }
        leave();
    } else if (!s.in_use_) {  // the running call may be using `s`
        orphans_.push_back(&s);
        deferred_.store(true, std::memory_order_relaxed);
    }
}

result<execution> connection::execute_inside(std::string_view sql,
                                             detail::arguments_view arguments) {
    auto found = acquire(sql);
    if (!found) [[unlikely]] {
        return found.error();
    }
    auto& s = **found;
    execution done;
    const bool ran = s.run(arguments, done);
    auto outcome = ran ? result<execution>(done) : result<execution>(s.take_error());
    if (!s.cached) [[unlikely]] {
        statements_.erase(&s);
    }
    return outcome;
}

result<execution> connection::execute(std::string_view sql, detail::arguments_view arguments,
                                      deadline until) try {
    const call inside(*this, effective(until));
    if (!ready(static_cast<bool>(inside))) [[unlikely]] {
        return refusal(static_cast<bool>(inside));
    }
    auto* const found = cache_.find(sql);
    if (found == nullptr || found->in_use()) [[unlikely]] {
        return execute_inside(sql, arguments);
    }
    execution done;
    if (!found->run(arguments, done)) [[unlikely]] {
        return found->take_error();
    }
    return done;

} catch (const std::bad_alloc&) {
    return detail::out_of_memory();
}

result<detail::row_source*> connection::query(std::string_view sql,
                                              detail::arguments_view arguments,
                                              deadline until) try {
    until = effective(until);
    const call inside(*this, until);
    if (!ready(static_cast<bool>(inside))) [[unlikely]] {
        return refusal(static_cast<bool>(inside));
    }
    auto* s = cache_.find(sql);
    if (s == nullptr || s->in_use()) [[unlikely]] {
        auto made = acquire(sql);
        if (!made) {
            return made.error();
        }
        s = *made;
    }
    if (!s->open(arguments, until)) [[unlikely]] {
        auto why = s->take_error();
        if (!s->cached) {
            statements_.erase(s);
        }
        return why;
    }
    add_reader(*s);
    return static_cast<detail::row_source*>(s);

} catch (const std::bad_alloc&) {
    return detail::out_of_memory();
}

result<detail::prepared*> connection::prepare(std::string_view sql) try {
    const call inside(*this);
    if (!inside) {
        return detail::connection_in_use();
    }
    if (db_ == nullptr) {
        return detail::connection_closed();
    }
    libsql_engine_look_at_schema(db_);  // columns are reported without running the statement
    auto* taken = cache_.find(sql);
    if (taken != nullptr && !taken->in_use() && libsql_engine_is_current(taken->handle()) != 0) {
        cache_.erase(*taken);
        taken->cached = false;
    } else {
        auto made = compile(sql, true);
        if (!made) {
            return made.error();
        }
        taken = *made;
    }
    taken->held = true;
    ++held_;
    return static_cast<detail::prepared*>(taken);

} catch (const std::bad_alloc&) {
    return detail::out_of_memory();
}

// --- batches ---

/// Runs step `i` and any following steps with the same statement. Returns the index of the first
/// step that remains.
std::size_t connection::run_step(const batch& steps, std::size_t i, batch_mode mode,
                                 unsigned interrupts, batch_result& all) {
    const auto step = steps.step(i);
    auto& out = all.steps[i];
    auto found = acquire(step.sql);
    if (!found) {
        out = step_result(found.error());
        return i + 1;
    }
    auto& s = **found;
    std::size_t next = i + 1;
    auto refused = s.is_control_ && mode == batch_mode::transactional ? ends_its_batch(steps, i)
                                                                      : std::nullopt;
    if (refused) {
        out = step_result(*std::move(refused));
    } else if (s.has_columns()) {
        auto collected = s.collect(step.arguments);
        out = collected ? step_result(*std::move(collected)) : step_result(collected.error());
        s.stop();
    } else {
        next = s.run_series(steps, i, interrupts, all.steps);
    }
    if (!s.cached) {
        statements_.erase(&s);
    }
    return next;
}

result<batch_result> connection::run(const batch& steps, batch_mode mode, bool of_transaction,
                                     deadline until) try {
    const call inside(*this, effective(until));
    if (!ready(static_cast<bool>(inside))) [[unlikely]] {
        return refusal(static_cast<bool>(inside));
    }
    const unsigned interrupts = interruption_.count();
    if (auto bad = check_conditions(steps)) {
        return *std::move(bad);
    }
    if (mode == batch_mode::transactional) {
        return run_transactional(steps, interrupts);
    }
    batch_result all;
    run_steps(steps, mode, of_transaction, interrupts, all);
    return all;

} catch (const std::bad_alloc&) {
    return detail::out_of_memory();
}

/// False if a step failed. In a transactional batch no step runs after that.
bool connection::run_steps(const batch& steps, batch_mode mode, bool of_transaction,
                           unsigned interrupts, batch_result& all) {
    bool ok = true;
    transaction_scope scope(sqlite3_get_autocommit(db_) == 0, of_transaction);
    all.steps.resize(steps.size());
    for (std::size_t i = 0; i < steps.size() && (ok || mode == batch_mode::independent);) {
        const auto* const when = steps.step(i).when;
        std::size_t next = i + 1;
        if (auto stopped = interruption_.stopped_since(interrupts)) [[unlikely]] {
            all.steps[i] = step_result(*std::move(stopped));
        } else if (const bool outside = sqlite3_get_autocommit(db_) != 0;
                   when == nullptr || holds(*when, all, outside && !scope.inside())) {
            if (outside && scope.inside()) [[unlikely]] {
                all.steps[i] = step_result(outside_its_transaction(steps.step(i).sql));
            } else {
                next = run_step(steps, i, mode, interrupts, all);
            }
        }
        if (mode == batch_mode::independent) {
            scope.passed(effect_of(steps.step(i).sql), when != nullptr, all.steps[i].ok());
        }
        ok = ok && !all.steps[next - 1].failed();
        i = next;
    }
    return ok;
}

result<batch_result> connection::run_transactional(const batch& steps, unsigned interrupts) {
    // Inside a transaction the batch runs in a savepoint.
    const bool nested = sqlite3_get_autocommit(db_) == 0;
    if (auto begun = execute_inside(nested ? "SAVEPOINT libsql_batch" : "BEGIN IMMEDIATE", {});
        !begun) {
        return begun.error();
    }
    batch_result all;
    try {
        if (!run_steps(steps, batch_mode::transactional, false, interrupts, all)) {
            undo_batch(nested);
            return all;
        }
        const auto ended = execute_inside(nested ? "RELEASE libsql_batch" : "COMMIT", {});
        if (ended) {
            return all;
        }
        undo_batch(nested);
        return ended.error();
    } catch (const std::bad_alloc&) {
        undo_batch(nested);
        throw;
    }
}

void connection::undo_batch(bool nested) {
    if (sqlite3_get_autocommit(db_) != 0) {
        return;  // the engine has already rolled back
    }
    settle_interrupt();  // the interrupt was meant for the batch, not for the rollback
    // If memory runs out, calls the engine directly.
    const auto run = [this](const char* sql) {
        try {
            static_cast<void>(execute_inside(sql, {}));
        } catch (const std::bad_alloc&) {
            sqlite3_exec(db_, sql, nullptr, nullptr, nullptr);
            follow_transaction();
        }
    };
    if (!nested) {
        run("ROLLBACK");
        return;
    }
    run("ROLLBACK TO libsql_batch");
    run("RELEASE libsql_batch");
}

// --- state ---

void connection::follow_transaction() noexcept {
    // Without a handle's transaction, too: one begun by text may have savepoints.
    if (sqlite3_get_autocommit(db_) != 0) {
        end_transaction_readers();
        if (transaction_ended()) {
            writes_.pop(db_);
        }
    }
}

bool connection::holds_snapshot() noexcept {
    return peek<bool>([](sqlite3* db) { return sqlite3_txn_state(db, "main") != SQLITE_TXN_NONE; },
                      false);
}

void connection::set_last_insert_rowid(std::int64_t rowid) noexcept {
    const call inside(*this);
    if (inside && db_ != nullptr) {
        sqlite3_set_last_insert_rowid(db_, rowid);
    }
}

void connection::end_all(error_kind why) noexcept {
    for (auto* reader = readers_; reader != nullptr; reader = reader->next_reader_) {
        reader->end(why);
    }
}

void connection::end_readers() noexcept {
    const call inside(*this);
    if (!inside || db_ == nullptr) {
        return;
    }
    end_transaction_readers();
}

void connection::end_transaction_readers() noexcept {
    for (auto* reader = readers_; reader != nullptr; reader = reader->next_reader_) {
        if (reader->reader_of_ != 0) {
            reader->end(error_kind::transaction);
        }
    }
}

result<void> connection::set_read_only(bool on) {
    const call inside(*this);
    if (!ready(static_cast<bool>(inside))) {
        return refusal(static_cast<bool>(inside));
    }
    if (on) {
        writes_.push(db_);
    } else {
        writes_.pop(db_);
    }
    return {};
}

void connection::refuse_writes_always() noexcept {
    writes_.refuse_always(db_);
}

result<void> connection::ping(deadline until) {
    return execute("SELECT 1", {}, until).transform([](const execution&) {});
}

result<void> connection::reset() {
    const call inside(*this);
    if (!inside) {
        return detail::connection_in_use();
    }
    if (db_ == nullptr) {
        return detail::connection_closed();
    }
    end_all(error_kind::interrupted);
    if (sqlite3_get_autocommit(db_) == 0) {
        if (auto done = execute_inside("ROLLBACK", {}); !done) {
            return done.error();
        }
    }
    if (transaction_ended()) {
        writes_.pop(db_);
    }
    cache_.clear();
    std::erase_if(statements_, [](const auto& entry) {
        auto& s = *entry.second;
        s.cached = false;
        return !s.in_use() && !s.held;
    });
    sqlite3_set_last_insert_rowid(db_, 0);
    sqlite3_db_release_memory(db_);
    return {};
}

void connection::detach_everything() noexcept {
    while (!dependants_.empty()) {
        auto* const d = *dependants_.begin();
        dependants_.erase(dependants_.begin());
        d->connection_closing();
    }
    for (const auto& entry : statements_) {
        auto& s = *entry.second;
        if ((s.held || s.in_use()) && !s.is_detached()) {
            s.detach();
        }
    }
}

result<void> connection::reset_for_reuse() {
    const call inside(*this);
    if (!inside) {
        return detail::connection_in_use();
    }
    if (db_ == nullptr) {
        return detail::connection_closed();
    }
    if (held_ != 0 || readers_ != nullptr || !dependants_.empty()) [[unlikely]] {
        clear_pending_releases();
        detach_everything();
    }
    if (sqlite3_get_autocommit(db_) == 0) [[unlikely]] {
        if (auto done = execute_inside("ROLLBACK", {}); !done) {
            return done.error();
        }
    }
    transaction_ended();
    writes_.clear(db_);
    sqlite3_set_last_insert_rowid(db_, 0);
    return {};
}

result<void> connection::close() {
    end_hold();
    const call inside(*this);
    if (!inside) {
        return detail::connection_in_use();
    }
    if (db_ == nullptr) {
        return detail::connection_closed();
    }
    close_inside();
    if (const auto failed = errors_.take()) {
        return *failed;
    }
    return {};
}

void connection::close_noexcept() noexcept {
    end_hold();
    if (enter_or_nested()) {
        close_inside();
        leave();
    } else {
        keep_alive_ = shared_from_this();
        close_requested_ = true;
        deferred_.store(true, std::memory_order_relaxed);
    }
}

void connection::disable() noexcept {
    open_.store(false, std::memory_order_relaxed);
    interrupt();
}

void connection::close_inside() noexcept {
    if (db_ == nullptr) {
        return;
    }
    open_.store(false, std::memory_order_relaxed);
    while (!dependants_.empty()) {
        auto* const d = *dependants_.begin();
        dependants_.erase(dependants_.begin());
        d->connection_closing();
    }
    for (const auto& entry : statements_) {
        entry.second->finalise();
    }
    cache_.clear();
    std::erase_if(statements_, [](const auto& entry) {
        entry.second->cached = false;
        return !entry.second->in_use() && !entry.second->held;
    });
    transaction_ended();
    interruption_.detach();
    sqlite3* const closing = std::exchange(db_, nullptr);
    if (sqlite3_is_interrupted(closing) != 0) {
        // Parsing clears an interrupt that came too late and would stop the closing checkpoint.
        sqlite3_exec(closing, " ", nullptr, nullptr, nullptr);
    }
    sqlite3_close_v2(closing);
    // Safe now: the engine no longer calls the callbacks.
    attachments_.clear();
    interruption_.set_progress(0, nullptr);
}

bool connection::is_autocommit() noexcept {
    return peek<int>(&sqlite3_get_autocommit, 1) != 0;
}

std::int64_t connection::last_insert_rowid() noexcept {
    return peek<sqlite3_int64>(&sqlite3_last_insert_rowid, 0);
}

std::int64_t connection::changes() noexcept {
    return peek<sqlite3_int64>(&sqlite3_changes64, 0);
}

std::int64_t connection::total_changes() noexcept {
    return peek<sqlite3_int64>(&sqlite3_total_changes64, 0);
}

}  // namespace libsql::local
