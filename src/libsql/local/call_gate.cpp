#include "libsql/local/call_gate.hpp"

namespace libsql::local {

void call_gate::leave_with_deferred_work() noexcept {
    deferred_.store(false, std::memory_order_relaxed);
    const auto last_owner = owner_->do_deferred_work();  // `this` may be destroyed with it
    leave();
}

}  // namespace libsql::local
