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
    return std::visit([&](auto& open) { return detail::keep(open, until); }, unit_);
}

}  // namespace libsql::detail
