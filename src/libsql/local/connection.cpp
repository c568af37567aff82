#include "libsql/local/connection.hpp"

#include "libsql/backend/backend_error.hpp"
#include "libsql/core/out_of_memory.hpp"
#include "libsql/local/batch_runner.hpp"
#include "libsql/local/hot_path.hpp"

#include <new>
#include <utility>

namespace libsql::local {

error call::refusal() const {
    if (!entered_) {
        return detail::connection_in_use();
    }
    return connection_.is_open() ? detail::deadline_passed() : detail::connection_closed();
}

std::optional<error> call::refused() const {
    if (!entered_) {
        return detail::connection_in_use();
    }
    return connection_.handle() == nullptr ? std::optional(detail::connection_closed())
                                           : std::nullopt;
}

namespace {

/// What `read` says about the engine's handle; `otherwise` if it is closed or in use by another
/// thread.
template <class T>
T peek(connection& c, T (*read)(sqlite3*), T otherwise) noexcept {
    const call inside(c);
    const bool mine = inside || c.engine().gate().is_mine();
    return mine && c.handle() != nullptr ? read(c.handle()) : otherwise;
}

}  // namespace

connection::connection(const libsql::options& chosen)
    : options_(chosen),
      engine_(options_.busy_timeout, *this),
      statements_(*this, chosen.statement_cache_size) {}

connection::~connection() {
    close_inside();
}

// --- statements ---

result<execution> connection::execute_inside(std::string_view sql,
                                             detail::arguments_view arguments) {
    auto found = statements_.acquire(sql);
    if (!found) [[unlikely]] {
        return found.error();
    }
    auto& s = **found;
    execution done;
    const bool ran = s.run(arguments, done);
    auto outcome = ran ? result<execution>(done) : result<execution>(s.take_error());
    statements_.drop_uncached(s);
    return outcome;
}

result<execution> connection::execute(std::string_view sql, detail::arguments_view arguments,
                                      deadline until) try {
    const call inside(*this, detail::effective(until, options_.timeout));
    if (!inside.is_ready(*this)) [[unlikely]] {
        return inside.refusal();
    }
    auto* const found = statements_.find_idle(sql);
    if (found == nullptr) [[unlikely]] {
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
    until = detail::effective(until, options_.timeout);
    const call inside(*this, until);
    if (!inside.is_ready(*this)) [[unlikely]] {
        return inside.refusal();
    }
    auto* s = statements_.find_idle(sql);
    if (s == nullptr) [[unlikely]] {
        auto made = statements_.acquire(sql);
        if (!made) {
            return made.error();
        }
        s = *made;
    }
    if (!s->open(arguments, until)) [[unlikely]] {
        auto why = s->take_error();
        statements_.drop_uncached(*s);
        return why;
    }
    statements_.add_reader(*s);
    return static_cast<detail::row_source*>(s);

} catch (const std::bad_alloc&) {
    return detail::out_of_memory();
}

result<detail::prepared*> connection::prepare(std::string_view sql) try {
    const call inside(*this);
    if (auto why = inside.refused()) {
        return *std::move(why);
    }
    auto taken = statements_.acquire_for_holder(sql);
    if (!taken) {
        return taken.error();
    }
    return static_cast<detail::prepared*>(*taken);

} catch (const std::bad_alloc&) {
    return detail::out_of_memory();
}

result<batch_result> connection::run(const batch& steps, batch_mode mode, bool of_transaction,
                                     deadline until) try {
    const call inside(*this, detail::effective(until, options_.timeout));
    if (!inside.is_ready()) [[unlikely]] {
        return inside.refusal();
    }
    return batch_runner(*this, steps).run(mode, of_transaction);

} catch (const std::bad_alloc&) {
    return detail::out_of_memory();
}

result<void> connection::ping(deadline until) {
    return execute("SELECT 1", {}, until).transform([](const execution&) {});
}

// --- state ---

void connection::follow_transaction() noexcept {
    // Without a handle's transaction, too: one begun by text may have savepoints.
    if (sqlite3_get_autocommit(handle()) != 0) {
        statements_.end_transaction_readers();
        if (transaction_ended()) {
            engine_.writes().pop(handle());
        }
    }
}

bool connection::holds_snapshot() noexcept {
    return peek<bool>(
        *this, [](sqlite3* db) { return sqlite3_txn_state(db, "main") != SQLITE_TXN_NONE; }, false);
}

void connection::set_last_insert_rowid(std::int64_t rowid) noexcept {
    const call inside(*this);
    if (inside && handle() != nullptr) {
        sqlite3_set_last_insert_rowid(handle(), rowid);
    }
}

void connection::end_readers() noexcept {
    const call inside(*this);
    if (!inside || handle() == nullptr) {
        return;
    }
    statements_.end_transaction_readers();
}

result<void> connection::set_read_only(bool on) {
    const call inside(*this);
    if (!inside.is_ready()) {
        return inside.refusal();
    }
    if (on) {
        engine_.writes().push(handle());
    } else {
        engine_.writes().pop(handle());
    }
    return {};
}

bool connection::is_autocommit() noexcept {
    return peek<int>(*this, &sqlite3_get_autocommit, 1) != 0;
}

std::int64_t connection::last_insert_rowid() noexcept {
    return peek<sqlite3_int64>(*this, &sqlite3_last_insert_rowid, 0);
}

std::int64_t connection::changes() noexcept {
    return peek<sqlite3_int64>(*this, &sqlite3_changes64, 0);
}

std::int64_t connection::total_changes() noexcept {
    return peek<sqlite3_int64>(*this, &sqlite3_total_changes64, 0);
}

// --- the end of its use ---

result<void> connection::reset() {
    const call inside(*this);
    if (auto why = inside.refused()) {
        return *std::move(why);
    }
    statements_.end_readers(error_kind::interrupted);
    if (sqlite3_get_autocommit(handle()) == 0) {
        if (auto done = execute_inside("ROLLBACK", {}); !done) {
            return done.error();
        }
    }
    if (transaction_ended()) {
        engine_.writes().pop(handle());
    }
    statements_.drop_unused();
    sqlite3_set_last_insert_rowid(handle(), 0);
    sqlite3_db_release_memory(handle());
    return {};
}

result<void> connection::reset_for_reuse() {
    const call inside(*this);
    if (auto why = inside.refused()) {
        return *std::move(why);
    }
    if (statements_.has_users() || !engine_.dependants().empty()) [[unlikely]] {
        statements_.do_detached_releases();
        engine_.dependants().close_all();
        statements_.detach_used();
    }
    if (sqlite3_get_autocommit(handle()) == 0) [[unlikely]] {
        if (auto done = execute_inside("ROLLBACK", {}); !done) {
            return done.error();
        }
    }
    transaction_ended();
    engine_.writes().clear(handle());
    sqlite3_set_last_insert_rowid(handle(), 0);
    return {};
}

result<void> connection::close() {
    engine_.gate().end_hold();
    const call inside(*this);
    if (auto why = inside.refused()) {
        return *std::move(why);
    }
    close_inside();
    if (const auto failed = engine_.take_callback_error()) {
        return *failed;
    }
    return {};
}

void connection::close_noexcept() noexcept {
    auto& gate = engine_.gate();
    gate.end_hold();
    if (gate.enter_or_nested()) {
        close_inside();
        gate.leave();
    } else {
        close_after_call_ = shared_from_this();
        gate.defer();
    }
}

void connection::disable() noexcept {
    engine_.set_open(false);
    interrupt();
}

std::shared_ptr<void> connection::do_deferred_work() noexcept {
    static_cast<void>(engine_.take_callback_error());
    statements_.do_releases();
    if (close_after_call_ != nullptr) {
        close_inside();
    }
    return std::move(close_after_call_);
}

void connection::close_inside() noexcept {
    if (handle() == nullptr) {
        return;
    }
    engine_.set_open(false);
    engine_.dependants().close_all();
    statements_.finalise_all();
    transaction_ended();
    engine_.close();
}

}  // namespace libsql::local
