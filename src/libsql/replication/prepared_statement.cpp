#include "libsql/replication/prepared_statement.hpp"

#include "libsql/backend/backend_error.hpp"
#include "libsql/replication/connection.hpp"

#include <memory>

namespace libsql::replication {

result<detail::prepared*> prepared_statement::make(connection& owner, std::string_view sql) {
    auto made = std::make_unique<prepared_statement>(owner, sql);
    if (auto inner = made->here(); !inner) {
        return inner.error();
    }
    return static_cast<detail::prepared*>(made.release());
}

result<detail::prepared*> prepared_statement::on(detail::backend& side) {
    auto*& slot = &side == &owner_.local_side() ? local_ : remote_;
    if (slot == nullptr) {
        auto made = side.prepare(sql_);
        if (!made) {
            return made.error();
        }
        slot = *made;
    }
    return slot;
}

result<detail::prepared*> prepared_statement::here() {
    return on(owner_.route_of(sql_).side);
}

result<execution> prepared_statement::execute(detail::arguments_view arguments, deadline until) {
    return owner_.dispatch(sql(), until, [&](detail::backend& side) {
        return on(side).and_then([&](detail::prepared* p) { return p->execute(arguments, until); });
    });
}

result<detail::row_source*> prepared_statement::query(detail::arguments_view arguments,
                                                      deadline until) {
    return owner_.dispatch(sql(), until, [&](detail::backend& side) {
        return on(side).and_then([&](detail::prepared* p) { return p->query(arguments, until); });
    });
}

result<void> prepared_statement::bind(detail::arguments_view arguments) {
    const connection::call inside(owner_);
    if (!inside) {
        return detail::connection_in_use();
    }
    // Binds on both connections, because a transaction may begin or end before the statement runs.
    // If it cannot be compiled on one of them, running it there reports the error.
    const auto bind_on = [&](detail::backend& side) {
        return on(side).and_then([&](detail::prepared* p) { return p->bind(arguments); });
    };
    auto& mine = owner_.route_of(sql_).side;
    auto& local = owner_.local_side();
    auto bound = bind_on(mine);
    if (bound) {
        static_cast<void>(bind_on(&mine == &local ? owner_.remote_side() : local));
    }
    return bound;
}

result<void> prepared_statement::reset() {
    const connection::call inside(owner_);
    if (!inside) {
        return detail::connection_in_use();
    }
    auto done = here().transform([](detail::prepared*) {});
    for (auto* const inner : {local_, remote_}) {
        if (done && inner != nullptr) {
            done = inner->reset();
        }
    }
    return done;
}

result<std::vector<std::optional<std::string>>> prepared_statement::parameters() {
    return first().parameters();
}

result<std::vector<column>> prepared_statement::columns() {
    return first().columns();
}

result<bool> prepared_statement::is_read_only() {
    return first().is_read_only();
}

result<int> prepared_statement::explain_mode() {
    return first().explain_mode();
}

result<std::string> prepared_statement::expanded_sql() {
    return here().and_then([](detail::prepared* p) { return p->expanded_sql(); });
}

bool prepared_statement::is_detached() const noexcept {
    return (local_ != nullptr && local_->is_detached()) ||
           (remote_ != nullptr && remote_->is_detached());
}

void prepared_statement::discard() noexcept {
    for (auto* const inner : {local_, remote_}) {
        if (inner != nullptr) {
            inner->discard();
        }
    }
    delete this;
}

}  // namespace libsql::replication
