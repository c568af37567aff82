#include <libsql/executor.hpp>

#include "libsql/backend.hpp"

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
    return !backend_ || savepoint_ != 0 || (transaction_ != 0 && backend_->current_transaction() != transaction_);
}

result<execution> executor::execute_with(deadline until, std::string_view sql, detail::arguments_view arguments) {
    if (needs_check()) [[unlikely]] {
        if (auto target = usable(); !target) {
            return target.error();
        }
    }
    return backend_->execute(sql, arguments, until);
}

result<rows> executor::query_with(deadline until, std::string_view sql, detail::arguments_view arguments) {
    if (needs_check()) [[unlikely]] {
        if (auto target = usable(); !target) {
            return target.error();
        }
    }
    auto alive = backend_;  // a callback may drop the handle that this is
    auto source = alive->query(sql, arguments, until);
    if (!source) [[unlikely]] {
        return source.error();
    }
    return rows(std::move(alive), *source);
}

result<libsql::cursor> executor::cursor_with(deadline until, std::string_view sql, detail::arguments_view arguments) {
    return query_with(until, sql, arguments).and_then([](rows&& found) -> result<libsql::cursor> {
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

result<script_result> executor::run_script(std::string_view script, deadline until) {
    auto target = usable();
    if (!target) {
        return target.error();
    }
    script_result all;
    executor self(backend_, transaction_, savepoint_);  // a callback may drop the handle that this is
    for (const auto& piece : split_script(script)) {
        auto one = self.query_with(until, piece.sql, {}).and_then([](rows&& found) { return materialise(std::move(found)); });
        if (!one) {
            all.failure = one.error();
            break;
        }
        one->executed.last_insert_rowid = self.last_insert_rowid();
        all.statements.push_back(*std::move(one));
    }
    return all;
}

std::int64_t executor::last_insert_rowid() const noexcept { return backend_ ? backend_->last_insert_rowid() : 0; }

std::int64_t executor::changes() const noexcept { return backend_ ? backend_->changes() : 0; }

std::int64_t executor::total_changes() const noexcept { return backend_ ? backend_->total_changes() : 0; }

bool executor::is_autocommit() const noexcept { return !backend_ || backend_->is_autocommit(); }

}  // namespace libsql
