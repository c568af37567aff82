#include "libsql/replication/connection.hpp"

#include "libsql/backend/backend_error.hpp"
#include "libsql/core/out_of_memory.hpp"
#include "libsql/replication/prepared_statement.hpp"
#include "libsql/sql/pragma_statement.hpp"
#include "libsql/sql/sql_scanner.hpp"

#include <utility>

namespace libsql::replication {

namespace {

/// Whether connections may not write to the file, and only syncs do.
bool refuses_writes(const libsql::options& chosen) {
    return !chosen.sync.offline_writes || chosen.mode == open_mode::read_only;
}

/// The options of the connection to the local file.
libsql::options options_of_reader(const libsql::options& chosen) {
    libsql::options mine = chosen;
    const libsql::options usual;
    mine.uri.clear();
    mine.auth_token = usual.auth_token;
    mine.server_namespace.clear();
    mine.remote_encryption_key.clear();
    mine.sync = usual.sync;
    mine.journal_mode.reset();  // the file is already in WAL mode
    mine.mode = open_mode::read_write;
    if (refuses_writes(chosen)) {
        // A page written by a connection would make the file differ from its primary for good.
        // custom_pragmas must not write either, so this precedes them.
        mine.custom_pragmas.emplace(mine.custom_pragmas.begin(), "query_only", "1");
    }
    return mine;
}

/// Whether it is BEGIN READONLY, which only libSQL supports.
bool begins_read_only(std::string_view sql) {
    sql_scanner words(sql);
    return words.next_beginning().is_keyword("BEGIN") &&
           words.next_significant().is_keyword("READONLY");
}

/// Whether it is a setting of a connection that affects only writes, and so belongs to the
/// connection that writes.
bool is_setting_of_writes(std::string_view sql) {
    const auto pragma = parse_pragma(sql);
    return pragma && (pragma->is("foreign_keys") || pragma->is("defer_foreign_keys"));
}

error frozen() {
    return error(error_kind::closed,
                 "the replica was frozen: its file is now a plain database; open it without uri");
}

}  // namespace

result<std::shared_ptr<detail::backend>> connection::open(
    const libsql::options& chosen, std::shared_ptr<remote::server> server,
    std::shared_ptr<sync_coordinator> follows) {
    auto reader = local::connection::open(
        options_of_reader(chosen), follows->numbers_wal() ? local::connection::file_use::replica_wal
                                                          : local::connection::file_use::replica);
    if (!reader) {
        return reader.error();
    }
    if (refuses_writes(chosen)) {
        (*reader)->engine().writes().refuse_always((*reader)->handle());
    }
    if (chosen.sync.offline_writes || chosen.mode == open_mode::read_only) {
        // Reads and writes are local; the next sync pushes what was written.
        (*reader)->engine().attachment<std::shared_ptr<sync_coordinator>>() = std::move(follows);
        return std::shared_ptr<detail::backend>(*std::move(reader));
    }
    return std::shared_ptr<detail::backend>(detail::make_marked<connection>(
        chosen, std::move(follows), *std::move(reader),
        detail::make_marked<remote::connection>(chosen, std::move(server))));
}

connection::connection(libsql::options chosen, std::shared_ptr<sync_coordinator> follows,
                       std::shared_ptr<local::connection> local,
                       std::shared_ptr<remote::connection> remote)
    : options_(std::move(chosen)),
      coordinator_(std::move(follows)),
      local_(std::move(local)),
      remote_(std::move(remote)) {}

// --- routing ---

connection::route connection::route_of(statement_effect effect) noexcept {
    if (!remote_->is_autocommit()) {
        return {*remote_, effect};
    }
    const bool is_local = local_transaction_.load() || effect == statement_effect::reads ||
                          (effect == statement_effect::begins && read_only_.load());
    return {is_local ? local_side() : remote_side(), effect};
}

connection::route connection::route_of(std::string_view sql) {
    if (sql == last_read_) {
        return route_of(statement_effect::reads);
    }
    const auto effect = effect_of(sql);
    if (effect == statement_effect::begins && begins_read_only(sql) && remote_->is_autocommit()) {
        return {*local_, effect};
    }
    if (effect == statement_effect::reads && is_setting_of_writes(sql)) {
        return route_of(statement_effect::writes);
    }
    if (effect == statement_effect::reads) {
        last_read_ = sql;
    }
    return route_of(effect);
}

result<void> connection::prepare_side(const route& way, deadline until) {
    if (&way.side == local_.get()) {
        return !unseen_write_.load() || local_transaction_.load() ? result<void>()
                                                                  : catch_up(until);
    }
    if (coordinator_->is_frozen()) {
        return frozen();
    }
    if (!unseen_write_.load()) {
        const auto now = coordinator_->frame_number();
        before_write_ = now ? *now + 1 : 0;
    }
    return {};
}

result<connection::route> connection::seeing_writes(const route& planned) {
    if (&planned.side != local_.get() || !behind_.load() || local_transaction_.load()) {
        return planned;
    }
    if (!local_->holds_snapshot()) {
        behind_ = false;
        return planned;
    }
    if (planned.effect != statement_effect::reads) {
        return error(error_kind::locked,
                     "a read-only transaction would not see this connection's last write, because "
                     "rows that are still open hold an earlier snapshot; close the rows first");
    }
    if (coordinator_->is_frozen()) {
        return frozen();
    }
    return route{*remote_, planned.effect};
}

void connection::complete(const route& way, write_end wrote, deadline until) noexcept {
    if (&way.side == local_.get()) {
        // A read outside a transaction does not begin one.
        if (local_transaction_.load() || way.effect != statement_effect::reads) {
            follow_transaction(way.side);
            local_transaction_ = !local_->is_autocommit();
        }
        return;
    }
    follow_transaction(way.side);
    if (remote_->is_autocommit()) {
        if (way.effect == statement_effect::reads) {
            seen_write_ = written();  // the reply contains the primary's present frame number
            return;
        }
        local_->set_last_insert_rowid(remote_->last_insert_rowid());
        if (wrote == write_end::unknown) {
            unseen_write_ = true;  // the next read must find the write if there is one
            return;
        }
        // A statement may have written before it failed.
        if (wrote == write_end::yes || written() != seen_write_.load()) {
            unseen_write_ = true;
            // An error here is not reported: the next read tries again and reports it.
            detail::insist([&] { return catch_up(until); });
        }
    }
}

/// Tells a connection that is now inside a transaction, so that its open rows end with the
/// transaction. Also notices if the transaction of a handle is over.
void connection::follow_transaction(detail::backend& side) noexcept {
    bool is_over = is_autocommit();
    if (side.current_transaction() == 0 && !side.is_autocommit()) {
        is_over = true;  // a different transaction
        side.transaction_began(false);
    }
    // Without a handle's transaction, too: one begun by text may have savepoints.
    if (is_over && transaction_ended()) {
        read_only_ = false;
    }
}

/// The frame number of the last write plus one; 0 if the server did not report it. If frames are
/// numbered by their positions in the log, the server's numbers for writes are different ones and
/// are not used.
std::uint64_t connection::written() const noexcept {
    const auto index =
        coordinator_->numbers_wal() ? std::nullopt : remote_->last_replication_index();
    return index ? *index + 1 : 0;
}

result<void> connection::catch_up(deadline until) {
    const std::uint64_t last = written();
    // The reply to a batch may lack the number.
    const bool is_new = last != 0 && last != seen_write_.load();
    if (auto here = pull(is_new ? std::optional(last - 1) : std::nullopt,
                         detail::effective(until, options_.timeout));
        !here) {
        return here;
    }
    seen_write_ = last;
    unseen_write_ = false;
    behind_ = options_.sync.read_your_writes && local_->holds_snapshot();
    return {};
}

/// Pulls up to the frame of a write; without a number, up to the primary's last frame.
result<void> connection::pull(std::optional<std::uint64_t> frame, deadline until) {
    if (frame) {
        coordinator_->note_write(*frame);
    }
    if (!options_.sync.read_your_writes || coordinator_->is_frozen()) {
        return {};
    }
    if (!frame) {
        return coordinator_->sync(caller_, until).transform([](const sync_result&) {});
    }
    const std::uint64_t before = before_write_.load();
    return coordinator_->catch_up(*frame, before == 0 ? std::nullopt : std::optional(before - 1),
                                  caller_, until);
}

// --- statements ---

result<execution> connection::execute(std::string_view sql, detail::arguments_view arguments,
                                      deadline until) {
    return dispatch(sql, until,
                    [&](detail::backend& side) { return side.execute(sql, arguments, until); });
}

result<detail::row_source*> connection::query_streamed(std::string_view sql,
                                                       detail::arguments_view arguments,
                                                       deadline until) {
    return dispatch(sql, until, [&](detail::backend& side) {
        return side.query_streamed(sql, arguments, until);
    });
}

result<detail::row_source*> connection::query(std::string_view sql,
                                              detail::arguments_view arguments, deadline until) {
    return dispatch(sql, until,
                    [&](detail::backend& side) { return side.query(sql, arguments, until); });
}

result<detail::prepared*> connection::prepare(std::string_view sql) {
    const call inside(*this);
    if (!inside) {
        return detail::connection_in_use();
    }
    return prepared_statement::make(*this, sql);
}

result<batch_result> connection::run_reads(const batch& steps, batch_mode mode, bool of_transaction,
                                           deadline until) {
    if (mode == batch_mode::independent || !local_->is_autocommit()) {
        return local_->run(steps, mode, of_transaction, until);
    }
    // A transactional batch begins a write transaction, which the local file refuses. Inside a
    // transaction it is a savepoint.
    if (auto begun = local_->execute("BEGIN", {}, until); !begun) {
        return begun.error();
    }
    auto done = local_->run(steps, mode, of_transaction, until);
    static_cast<void>(local_->execute("COMMIT", {}, deadline()));
    return done;
}

result<batch_result> connection::run(const batch& steps, batch_mode mode, bool of_transaction,
                                     deadline until) {
    auto effect = statement_effect::reads;
    for (std::size_t i = 0; i < steps.size() && effect == statement_effect::reads; ++i) {
        const auto sql = steps.step(i).sql;
        effect = is_setting_of_writes(sql) ? statement_effect::writes : effect_of(sql);
    }
    if (effect != statement_effect::reads) {
        effect = statement_effect::writes;
    }
    return dispatch(effect, until, [&](detail::backend& side) {
        return &side == local_.get() ? run_reads(steps, mode, of_transaction, until)
                                     : side.run(steps, mode, of_transaction, until);
    });
}

// --- state ---

result<void> connection::ping(deadline until) {
    const call inside(*this);
    if (!inside) {
        return detail::connection_in_use();
    }
    return local_->ping(until);
}

/// Ends all open work on both connections by calling `end`.
result<void> connection::end_both(result<void> (detail::backend::*end)()) {
    const call inside(*this);
    if (!inside) {
        return detail::connection_in_use();
    }
    auto local = ((*local_).*end)();
    auto remote = ((*remote_).*end)();
    transaction_ended();
    read_only_ = false;
    local_transaction_ = false;
    behind_ = false;
    return local ? remote : local;
}

result<void> connection::reset() {
    return end_both(&detail::backend::reset);
}

result<void> connection::reset_for_reuse() {
    return end_both(&detail::backend::reset_for_reuse);
}

result<void> connection::close() {
    return end_both(&detail::backend::close);
}

void connection::close_noexcept() noexcept {
    local_->close_noexcept();
    remote_->close_noexcept();
    transaction_ended();
}

void connection::interrupt() noexcept {
    local_->interrupt();
    remote_->interrupt();
    coordinator_->interrupt(caller_);
}

void connection::disable() noexcept {
    local_->disable();
    remote_->disable();
    coordinator_->interrupt(caller_);
}

bool connection::is_autocommit() noexcept {
    return local_->is_autocommit() && remote_->is_autocommit();
}

std::int64_t connection::last_insert_rowid() noexcept {
    return remote_->last_insert_rowid();
}

std::int64_t connection::changes() noexcept {
    return remote_->changes();
}

std::int64_t connection::total_changes() noexcept {
    return remote_->total_changes();
}

result<void> connection::set_read_only(bool on) {
    read_only_ = on;
    return {};
}

void connection::end_readers() noexcept {
    local_->end_readers();
    remote_->end_readers();
}

}  // namespace libsql::replication
