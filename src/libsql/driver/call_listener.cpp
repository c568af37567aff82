#include "libsql/core/out_of_memory.hpp"
#include "libsql/driver/access.hpp"

#include <libsql/call_listener.hpp>
#include <libsql/connection.hpp>

#include <memory>
#include <new>
#include <utility>

namespace libsql {

result<void> set_call_listener(connection& c, std::function<void(const call_event&)> listener) try {
    return detail::access::usable(c).transform([&](detail::backend* b) {
        b->set_listener(
            listener ? std::make_shared<detail::shared_listener::element_type>(std::move(listener))
                     : nullptr);
    });

} catch (const std::bad_alloc&) {
    return detail::out_of_memory();
}

}  // namespace libsql
