#include "libsql/backend/backend_error.hpp"
#include "libsql/core/enum_words.hpp"
#include "libsql/core/out_of_memory.hpp"
#include "libsql/driver/commit_error.hpp"
#include "libsql/driver/reported_call.hpp"

#include <libsql/transaction.hpp>

#include <array>

namespace libsql {

namespace {

std::string_view begin_statement(transaction_mode mode) {
    constexpr std::array<std::string_view, 4> words{"BEGIN DEFERRED", "BEGIN IMMEDIATE",
                                                    "BEGIN EXCLUSIVE", "BEGIN DEFERRED"};
    return detail::word_of<transaction_mode::read_only>(words, mode, "BEGIN DEFERRED");
}

}  // namespace

result<transaction> detail::begin_transaction(const std::shared_ptr<backend>& owner,
                                              transaction_mode mode, deadline until) {
    if (!owner->is_autocommit()) {
        return error(error_kind::transaction,
                     "a transaction is already open on this connection; use a savepoint inside it");
    }
    const bool reads = mode == transaction_mode::read_only;
    if (reads) {
        if (auto set = owner->set_read_only(true); !set) {
            return set.error();
        }
    }
    if (auto begun = execute_on(*owner, begin_statement(mode), {}, until); !begun) {
        if (reads) {
            static_cast<void>(owner->set_read_only(false));
        }
        return begun.error();
    }
    return transaction(owner, owner->transaction_began(reads), mode);
}

result<void> detail::keep(transaction& open, deadline until) {
    if (open.status() == transaction_status::committed) {
        return {};
    }
    const bool was_over = open.status() != transaction_status::active;
    return open.commit(until).or_else(
        [&](const error& why) -> result<void> { return commit_error(why, was_over); });
}

transaction& transaction::operator=(transaction&& other) noexcept {
    if (this != &other) {
        drop();
        executor::operator=(static_cast<executor&&>(other));
        mode_ = other.mode_;
        status_ = other.status_;
    }
    return *this;
}

transaction::~transaction() {
    drop();
}

void transaction::drop() noexcept {
    if (status() == transaction_status::active) {
        const auto until = deadline::in(detail::longest_drop);
        detail::insist([&] { return rollback(until); });
    }
}

void transaction::finish(transaction_status outcome) noexcept {
    backend_->end_readers();
    if (backend_->transaction_ended()) {
        static_cast<void>(backend_->set_read_only(false));
    }
    status_ = outcome;
}

result<void> transaction::commit(deadline until) {
    auto target = usable();
    if (!target) {
        return target.error();
    }
    if (until.passed()) {
        return detail::deadline_passed();
    }
    if (auto done = detail::execute_on(**target, "COMMIT", {}, until); !done) {
        return done.error();
    }
    finish(transaction_status::committed);
    return {};
}

result<void> transaction::rollback(deadline until) {
    auto target = usable();
    if (!target) {
        return target.error();
    }
    const auto done = detail::execute_on(**target, "ROLLBACK", {}, until);
    // `misuse` means that another call is running, so the rollback was not attempted.
    if (!done && (done.error().kind() == error_kind::misuse || !(*target)->is_autocommit())) {
        return done.error();
    }
    finish(transaction_status::rolled_back);  // over even if the rollback hook failed
    return done.has_value() ? result<void>() : done.error();
}

result<savepoint> transaction::savepoint(std::string_view name) {
    return detail::open_savepoint(backend_, usable(), transaction_, name);
}

transaction_status transaction::status() const noexcept {
    if (status_ != transaction_status::active) {
        return status_;
    }
    if (!backend_ || !backend_->is_open()) {
        return transaction_status::ended;
    }
    return backend_->current_transaction() == transaction_ ? transaction_status::active
                                                           : transaction_status::ended;
}

}  // namespace libsql
