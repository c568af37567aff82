#include "libsql/local/dependants.hpp"

namespace libsql::local {

void dependants::close_all() noexcept {
    while (!all_.empty()) {
        auto* const d = *all_.begin();
        all_.erase(all_.begin());
        d->connection_closing();
    }
}

}  // namespace libsql::local
