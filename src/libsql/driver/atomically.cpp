#include "libsql/driver/access.hpp"

#include <libsql/atomically.hpp>

namespace libsql::detail {

result<atomic_unit> atomic_unit::open(executor& on, deadline until) {
    auto target = access::usable(on);
    if (!target) {
        return target.error();
    }
    if ((*target)->is_autocommit()) {
        return begin_transaction(access::shared(on), transaction_mode::immediate, until)
            .transform([](transaction&& opened) { return atomic_unit(std::move(opened)); });
    }
    const auto serial = (*target)->current_transaction();
    return open_savepoint(access::shared(on), std::move(target), serial, "atomically", until)
        .transform([](savepoint&& opened) { return atomic_unit(std::move(opened)); });
}

executor& atomic_unit::inside() noexcept {
    return std::visit([](auto& open) -> executor& { return open; }, unit_);
}

result<void> atomic_unit::keep(deadline until) {
    bool is_over = false;
    result<void> kept;
    if (auto* const whole = std::get_if<transaction>(&unit_)) {
        if (whole->status() == transaction_status::committed) {
            return {};
        }
        is_over = whole->status() != transaction_status::active;
        kept = whole->commit(until);
    } else {
        auto& part = *std::get_if<savepoint>(&unit_);
        is_over = !part.is_active();
        kept = part.release(until);
    }
    if (kept) {
        return {};
    }
    return is_over ? kept.error().with_outcome(error_outcome::unknown)
                   : of_all_that_ran(kept.error());
}

}  // namespace libsql::detail
