#include "libsql/driver/reported_call.hpp"

#include <libsql/statement.hpp>

#include <string>
#include <utility>

namespace libsql {

result<detail::prepared*> statement::usable() const {
    if (prepared_ == nullptr) {
        return error(error_kind::closed, "this statement was closed or moved from");
    }
    if (owner_->is_foreign()) {
        return detail::made_by_parent();
    }
    if (!owner_->is_open()) {
        return error(error_kind::closed, "the statement's connection is closed");
    }
    if (transaction_ != 0 && owner_->current_transaction() != transaction_) {
        return error(error_kind::transaction,
                     "the transaction in which this statement was prepared is over");
    }
    if (prepared_->is_detached()) {
        return error(error_kind::closed,
                     "the connection went back to its pool, which ended this statement");
    }
    return prepared_;
}

// A callback may drop this statement, and its connection, while a call runs.

result<execution> statement::execute_with(deadline until, detail::arguments_view arguments) {
    return usable().and_then([&](detail::prepared* p) {
        if (!owner_->listener()) [[likely]] {
            return p->execute(arguments, until);
        }
        const auto owner = owner_;
        const std::string sql(p->sql());
        return detail::report_execution(*owner, sql, [&] { return p->execute(arguments, until); });
    });
}

result<rows> statement::query_with(deadline until, detail::arguments_view arguments) {
    return usable().and_then([&](detail::prepared* p) {
        auto owner = owner_;
        return detail::report_query(*owner, p->sql(), [&] { return p->query(arguments, until); })
            .transform([&](detail::row_source* source) { return rows(std::move(owner), source); });
    });
}

result<void> statement::bind_with(detail::arguments_view arguments) {
    return usable().and_then([&](detail::prepared* p) { return p->bind(arguments); });
}

result<void> statement::reset() {
    return usable().and_then([](detail::prepared* p) { return p->reset(); });
}

std::string_view statement::sql() const noexcept {
    return prepared_ == nullptr ? std::string_view() : prepared_->sql();
}

result<std::size_t> statement::parameter_count() const {
    return parameters().transform([](const auto& all) { return all.size(); });
}

result<std::vector<std::optional<std::string>>> statement::parameters() const {
    return usable().and_then([](detail::prepared* p) { return p->parameters(); });
}

result<std::vector<column>> statement::columns() const {
    return usable().and_then([](detail::prepared* p) { return p->columns(); });
}

result<bool> statement::is_read_only() const {
    return usable().and_then([](detail::prepared* p) { return p->is_read_only(); });
}

result<int> statement::explain_mode() const {
    return usable().and_then([](detail::prepared* p) { return p->explain_mode(); });
}

result<std::string> statement::expanded_sql() const {
    return usable().and_then([](detail::prepared* p) { return p->expanded_sql(); });
}

void statement::close() noexcept {
    if (auto* p = std::exchange(prepared_, nullptr); p != nullptr && !owner_->is_foreign()) {
        p->discard();
    }
    owner_.reset();
}

}  // namespace libsql
