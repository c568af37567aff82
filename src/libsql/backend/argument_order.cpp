#include "libsql/backend/argument_order.hpp"

#include <libsql/argument.hpp>

#include <algorithm>
#include <string>

namespace libsql {

namespace {

error invalid(std::string message, std::string_view sql) {
    return error({.kind = error_kind::invalid_argument,
                  .message = std::move(message),
                  .sql = std::string(sql)});
}

std::string_view unprefixed(std::string_view name) noexcept {
    return !name.empty() && std::string_view(":@$#?").find(name.front()) != std::string_view::npos
               ? name.substr(1)
               : name;
}

}  // namespace

result<void> arrange_named(detail::arguments_view arguments, std::size_t parameters,
                           const std::function<std::string_view(std::size_t)>& name_of,
                           std::string_view sql, std::vector<detail::cell>& ordered) {
    std::vector<bool> taken(arguments.count);
    ordered.assign(parameters, detail::null_cell());
    for (std::size_t i = 1; i <= parameters; ++i) {
        const std::string_view name = name_of(i);
        if (name.empty()) {
            return invalid(
                "parameter " + std::to_string(i) + " has no name, but the arguments are named",
                sql);
        }
        bool found = false;
        for (std::size_t a = 0; a < arguments.count; ++a) {
            const std::string_view given = arguments.names[a];
            if (given != name && given != unprefixed(name)) {
                continue;
            }
            if (found) {
                return invalid("two arguments are given for " + std::string(name), sql);
            }
            found = true;
            taken[a] = true;
            ordered[i - 1] = arguments.values[a];
        }
        if (!found) {
            return invalid("no argument is given for " + std::string(name), sql);
        }
    }
    if (const auto it = std::find(taken.begin(), taken.end(), false); it != taken.end()) {
        const auto a = static_cast<std::size_t>(it - taken.begin());
        return invalid(
            "the statement has no parameter called \"" + std::string(arguments.names[a]) + "\"",
            sql);
    }
    return {};
}

error wrong_argument_count(std::size_t parameters, std::size_t given, std::string_view sql) {
    return invalid("the statement has " + std::to_string(parameters) + " parameters, but " +
                       std::to_string(given) + " arguments were given",
                   sql);
}

std::optional<error> find_wrong_argument(detail::arguments_view arguments, std::string_view sql) {
    for (std::size_t i = 0; i < arguments.count; ++i) {
        std::string_view why;
        switch (arguments.values[i].type) {
            case detail::cell_type::invalid_nan:
                why = " is NaN, which SQLite would store as NULL";
                break;
            case detail::cell_type::invalid_unsigned:
                why = " is above the largest SQL integer, 9223372036854775807";
                break;
            case detail::cell_type::invalid_size:
                why = " is 2 GiB or longer";
                break;
            default:
                continue;
        }
        return invalid("argument " + std::to_string(i + 1) + std::string(why), sql);
    }
    return std::nullopt;
}

}  // namespace libsql
