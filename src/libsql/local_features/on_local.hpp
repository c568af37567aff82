#pragma once

#include "libsql/backend/backend_error.hpp"
#include "libsql/driver/access.hpp"
#include "libsql/local/connection.hpp"

#include <libsql/error.hpp>
#include <libsql/executor.hpp>
#include <libsql/result.hpp>

#include <string_view>
#include <type_traits>
#include <utility>

namespace libsql::local {

/// Whether a feature writes to the file below SQL, where nothing else would prevent it.
enum class below_sql : unsigned char { reads, writes };

/// The connection to a file in this process that `e` uses. `unsupported`, with the name of
/// `feature`, in remote mode, and in replica mode for a feature that writes.
result<connection*> connection_of(const executor& e, std::string_view feature,
                                  below_sql use = below_sql::reads);

/// `invalid_argument`: the connection has no database called `schema`.
error no_schema(std::string_view schema);

/// Runs `f(connection&)`, which returns a result, inside a call on the connection found by
/// `connection_of`.
template <class F>
std::invoke_result_t<F, connection&> on_local(const executor& e, std::string_view feature, F&& f,
                                              below_sql use = below_sql::reads) {
    auto found = connection_of(e, feature, use);
    if (!found) {
        return found.error();
    }
    auto& c = **found;
    const connection::call inside(c);
    if (!inside) {
        return detail::connection_in_use();
    }
    if (c.handle() == nullptr) {
        return detail::connection_closed();
    }
    return std::forward<F>(f)(c);
}

}  // namespace libsql::local
