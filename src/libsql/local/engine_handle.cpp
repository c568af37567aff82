#include "libsql/local/engine_handle.hpp"

#include "libsql/backend/backend_error.hpp"
#include "libsql/engine/engine_error.hpp"

#include <utility>

namespace libsql::local {

namespace {

int open_flags(open_mode mode) noexcept {
    constexpr int always = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_URI;
    switch (mode) {
        case open_mode::read_only:
            return always | SQLITE_OPEN_READONLY;
        case open_mode::read_write:
            return always | SQLITE_OPEN_READWRITE;
        case open_mode::read_write_create:
            break;
    }
    return always | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
}

}  // namespace

int engine_handle::open(const libsql::options& chosen, file_use use) noexcept {
    // libSQL creates its WAL manager during the first open of the process, without a lock.
    static const int initialised = libsql_engine_initialise();
    use_ = use;
    return initialised != SQLITE_OK
               ? initialised
               : sqlite3_open_v2(chosen.database.c_str(), &db_, open_flags(chosen.mode), nullptr);
}

void engine_handle::close() noexcept {
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

error engine_handle::make_error(int rc, std::string_view sql) {
    const bool engine_failed = rc != SQLITE_OK && rc != SQLITE_ROW && rc != SQLITE_DONE;
    // An error without a code was raised after the fact, so it is not the cause of the engine's
    // error.
    if (const auto failed = errors_.take(); failed && (failed->code() != 0 || !engine_failed)) {
        error::fields all = failed->all();
        all.sql = sql;
        return error(std::move(all));
    }
    const bool gave_up = (rc & 0xff) == SQLITE_BUSY && libsql_engine_gave_up_waiting(db_) != 0;
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
    if (gave_up && interruption_.waited().count() > 0) {
        error::fields all = why.all();
        all.message += ": another connection kept the lock during the " +
                       std::to_string(interruption_.waited().count()) + " ms that this one waited";
        return error(std::move(all));
    }
    return why;
}

void engine_handle::callback_failed(const error& why) noexcept {
    errors_.add(why);
    gate_.defer();  // the error is cleared at the end of the call in any case
}

void engine_handle::fail_statement(const error& why) noexcept {
    callback_failed(why);
    if (gate_.is_mine()) {
        libsql_engine_fail(db_);
    } else {
        sqlite3_interrupt(db_);
    }
}

}  // namespace libsql::local
