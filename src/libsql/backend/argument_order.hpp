#pragma once

#include <libsql/detail/cell.hpp>
#include <libsql/result.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace libsql {

/// Puts named arguments into the order of the statement's parameters: `ordered[i]` is for parameter
/// i + 1, whose name, with its prefix, is `name_of(i + 1)` (empty if it has none).
/// `invalid_argument` when a parameter has no argument or two, and when an argument has no
/// parameter.
result<void> arrange_named(detail::arguments_view arguments, std::size_t parameters,
                           const std::function<std::string_view(std::size_t)>& name_of,
                           std::string_view sql, std::vector<detail::cell>& ordered);

/// The error of a call with a wrong number of arguments.
error wrong_argument_count(std::size_t parameters, std::size_t given, std::string_view sql);

/// The reason why an argument cannot be bound, if any: a NaN, an integer that is too large, 2 GiB
/// or more.
std::optional<error> find_wrong_argument(detail::arguments_view arguments, std::string_view sql);

}  // namespace libsql
