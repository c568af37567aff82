#include "libsql/local_features/callback.hpp"

#include <libsql/hooks.hpp>

#include <utility>

namespace libsql {

namespace {

/// The hooks of a connection. The engine's callbacks get a pointer to it.
struct change_hooks {
    local::connection* owner{nullptr};
    std::function<void(const update_event&)> update;
    std::function<void(const preupdate_event&)> preupdate;
    std::function<commit_decision()> commit;
    std::function<void()> rollback;
};

void on_update(void* self, int kind, const char* database, const char* table, sqlite3_int64 rowid) {
    auto& hooks = *static_cast<change_hooks*>(self);
    const update_event event{static_cast<change_kind>(kind), local::text_or_empty(database),
                             local::text_or_empty(table), rowid};
    if (auto failed = local::guarded([&] { hooks.update(event); })) {
        hooks.owner->engine().fail_statement(*failed);
    }
}

void on_preupdate(void* self, sqlite3* db, int kind, const char* database, const char* table,
                  sqlite3_int64 old_rowid, sqlite3_int64 new_rowid) {
    auto& hooks = *static_cast<change_hooks*>(self);
    if (!hooks.preupdate) {
        return;
    }
    const update_event what{static_cast<change_kind>(kind), local::text_or_empty(database),
                            local::text_or_empty(table), new_rowid};
    const preupdate_event event(db, what, old_rowid);
    if (auto failed = local::guarded([&] { hooks.preupdate(event); })) {
        hooks.owner->engine().fail_statement(*failed);
    }
}

error refused_commit() {
    return error({.kind = error_kind::constraint,
                  .code = SQLITE_CONSTRAINT,
                  .extended_code = SQLITE_CONSTRAINT_COMMITHOOK,
                  .message = "the commit hook refused the commit",
                  .constraint = constraint_violation{}});
}

int on_commit(void* self) {
    auto& hooks = *static_cast<change_hooks*>(self);
    auto decision = commit_decision::roll_back;
    auto failed = local::guarded([&] { decision = hooks.commit(); });
    if (!failed && decision == commit_decision::proceed) {
        return 0;
    }
    hooks.owner->engine().callback_failed(failed ? *failed : refused_commit());
    return 1;
}

void on_rollback(void* self) {
    auto& hooks = *static_cast<change_hooks*>(self);
    if (auto failed = local::guarded(hooks.rollback)) {
        hooks.owner->engine().callback_failed(local::too_late(*failed));
    }
}

void install(sqlite3* db, change_hooks& hooks) {
    sqlite3_update_hook(db, hooks.update ? &on_update : nullptr, &hooks);
    sqlite3_commit_hook(db, hooks.commit ? &on_commit : nullptr, &hooks);
    sqlite3_rollback_hook(db, hooks.rollback ? &on_rollback : nullptr, &hooks);
    // With a preupdate hook the engine deletes all rows of a table one by one, so that the update
    // hook is called for them. The engine decides this when it compiles the statement.
    const bool by_row = hooks.update || hooks.preupdate;
    void* const now = by_row ? &hooks : nullptr;
    if (sqlite3_preupdate_hook(db, by_row ? &on_preupdate : nullptr, now) != now) {
        libsql_engine_expire(db);
    }
}

/// Replaces one hook. The previous one is destroyed after the engine has stopped using it.
template <class Hook>
result<void> replace(connection& c, std::string_view feature, Hook change_hooks::*which,
                     Hook& hook) {
    return local::on_local(c, feature, [&](local::connection& owner) -> result<void> {
        auto& hooks = owner.engine().attachment<change_hooks>();
        hooks.owner = &owner;
        (hooks.*which).swap(hook);
        install(owner.handle(), hooks);
        hook = nullptr;
        return {};
    });
}

/// Column `i` of the row before or after the change.
result<value_view> row_value(void* engine, std::size_t i, std::size_t count, bool exists,
                             bool after) {
    if (!exists) {
        return error(error_kind::invalid_argument,
                     std::string("this change has no ") + (after ? "new" : "old") + " values");
    }
    if (i >= count) {
        return error(error_kind::invalid_argument, "there is no column " + std::to_string(i) +
                                                       ": the table has " + std::to_string(count) +
                                                       " columns");
    }
    detail::cell found = detail::null_cell();
    const int rc =
        libsql_engine_preupdate_value(static_cast<sqlite3*>(engine), static_cast<int>(i),
                                      after ? 1 : 0, reinterpret_cast<libsql_engine_cell*>(&found));
    if (rc != SQLITE_OK) {
        return error(
            {.kind = error_kind::internal,
             .code = rc & 0xff,
             .extended_code = rc,
             .message = "column " + std::to_string(i) + " cannot be read: " + sqlite3_errstr(rc)});
    }
    return value_view(found);
}

}  // namespace

result<void> set_update_hook(connection& c, std::function<void(const update_event&)> hook) {
    return replace(c, "the update hook", &change_hooks::update, hook);
}

result<void> set_preupdate_hook(connection& c, std::function<void(const preupdate_event&)> hook) {
    return replace(c, "the preupdate hook", &change_hooks::preupdate, hook);
}

result<void> set_commit_hook(connection& c, std::function<commit_decision()> hook) {
    return replace(c, "the commit hook", &change_hooks::commit, hook);
}

result<void> set_rollback_hook(connection& c, std::function<void()> hook) {
    return replace(c, "the rollback hook", &change_hooks::rollback, hook);
}

result<void> set_progress_handler(connection& c, int steps,
                                  std::function<progress_decision()> handler) {
    if (handler && steps <= 0) {
        return error(error_kind::invalid_argument,
                     "a progress handler must be called every 1 or more steps, not every " +
                         std::to_string(steps));
    }
    return local::on_local(
        c, "the progress handler", [&](local::connection& owner) -> result<void> {
            if (!handler) {
                owner.engine().interruption().set_progress(0, nullptr);
                return {};
            }
            owner.engine().interruption().set_progress(
                steps, [&owner, handler = std::move(handler)] {
                    auto decision = progress_decision::interrupt;
                    if (auto failed = local::guarded([&] { decision = handler(); })) {
                        owner.engine().callback_failed(*failed);
                    }
                    return decision == progress_decision::interrupt;
                });
            return {};
        });
}

result<void> set_busy_handler(connection& c, std::function<busy_decision(int)> handler) {
    return local::on_local(c, "the busy handler", [&](local::connection& owner) -> result<void> {
        if (!handler) {
            owner.engine().interruption().set_busy(nullptr);
            return {};
        }
        owner.engine().interruption().set_busy(
            [&owner, handler = std::move(handler)](int attempts) {
                auto decision = busy_decision::give_up;
                if (auto failed = local::guarded([&] { decision = handler(attempts); })) {
                    owner.engine().callback_failed(*failed);
                }
                return decision == busy_decision::wait;
            });
        return {};
    });
}

std::size_t preupdate_event::count() const noexcept {
    return static_cast<std::size_t>(sqlite3_preupdate_count(static_cast<sqlite3*>(engine_)));
}

result<value_view> preupdate_event::old_value(std::size_t i) const {
    return row_value(engine_, i, count(), kind() != change_kind::inserted, false);
}

result<value_view> preupdate_event::new_value(std::size_t i) const {
    return row_value(engine_, i, count(), kind() != change_kind::deleted, true);
}

int preupdate_event::depth() const noexcept {
    return sqlite3_preupdate_depth(static_cast<sqlite3*>(engine_));
}

std::optional<std::size_t> preupdate_event::blob_column() const noexcept {
    const int column = sqlite3_preupdate_blobwrite(static_cast<sqlite3*>(engine_));
    return column < 0 ? std::nullopt : std::optional(static_cast<std::size_t>(column));
}

}  // namespace libsql
