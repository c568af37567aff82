#include "libsql/backend/backend.hpp"

#include <libsql/connection.hpp>

namespace libsql {

void interrupter::interrupt() const noexcept {
    if (auto target = target_.lock(); target && !target->is_foreign()) {
        target->interrupt();
    }
}

connection& connection::operator=(connection&& other) noexcept {
    if (this != &other) {
        if (backend_ && !backend_->is_foreign()) {
            backend_->abandon();
        }
        executor::operator=(static_cast<executor&&>(other));
    }
    return *this;
}

connection::~connection() {
    if (backend_ && !backend_->is_foreign()) {
        backend_->abandon();
    }
}

namespace {

std::string_view begin_statement(transaction_mode mode) {
    switch (mode) {
        case transaction_mode::immediate:
            return "BEGIN IMMEDIATE";
        case transaction_mode::exclusive:
            return "BEGIN EXCLUSIVE";
        case transaction_mode::deferred:
        case transaction_mode::read_only:
            break;
    }
    return "BEGIN DEFERRED";
}

}  // namespace

result<transaction> connection::begin(transaction_mode mode, deadline until) {
    auto target = usable();
    if (!target) {
        return target.error();
    }
    if (!(*target)->is_autocommit()) {
        return error(error_kind::transaction,
                     "a transaction is already open on this connection; use a savepoint inside it");
    }
    const auto alive = backend_;  // a callback may drop this connection
    const bool reads = mode == transaction_mode::read_only;
    if (reads) {
        if (auto set = (*target)->set_read_only(true); !set) {
            return set.error();
        }
    }
    if (auto begun = (*target)->execute(begin_statement(mode), {}, until); !begun) {
        if (reads) {
            static_cast<void>((*target)->set_read_only(false));
        }
        return begun.error();
    }
    return transaction(alive, (*target)->transaction_began(reads), mode);
}

result<transaction> connection::begin() {
    auto target = usable();
    if (!target) {
        return target.error();
    }
    return begin((*target)->options().default_transaction_mode);
}

libsql::interrupter connection::interrupter() const noexcept {
    return libsql::interrupter(backend_);
}

result<void> connection::ping(deadline until) {
    return usable().and_then([&](detail::backend* b) { return b->ping(until); });
}

result<void> connection::reset() {
    return usable().and_then([](detail::backend* b) { return b->reset(); });
}

result<void> connection::close() {
    return usable().and_then([](detail::backend* b) { return b->close(); });
}

bool connection::is_open() const noexcept {
    return backend_ && backend_->is_open();
}

}  // namespace libsql
