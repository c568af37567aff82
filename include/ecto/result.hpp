#pragma once

#include <ecto/error.hpp>
#include <libsql/result.hpp>

#include <optional>
#include <utility>

namespace ecto {

/// What a call of the data layer returns: its value, or an `ecto::error`. The interface is that of
/// the driver's results; see <libsql/result.hpp>.
template <class T>
using result = libsql::result<T, ecto::error>;

/// Makes "no row" an empty optional: `optional(repo.get<user>(7))`. Every other error stays one.
template <class T>
result<std::optional<T>> optional(result<T>&& found) {
    if (found) {
        return std::optional<T>(*std::move(found));
    }
    if (found.error() == error_kind::not_found) {
        return std::optional<T>();
    }
    return found.error();
}

}  // namespace ecto
