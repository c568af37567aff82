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
            backend_->close_noexcept();
        }
        executor::operator=(static_cast<executor&&>(other));
    }
    return *this;
}

connection::~connection() {
    if (backend_ && !backend_->is_foreign()) {
        backend_->close_noexcept();
    }
}

result<transaction> connection::begin(transaction_mode mode, deadline until) {
    if (auto target = usable(); !target) {
        return target.error();
    }
    const auto alive = backend_;  // a callback may destroy this connection
    return detail::begin_transaction(alive, mode, until);
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
