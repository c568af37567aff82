#include "libsql/remote/checked_statement.hpp"

#include "libsql/backend/argument_order.hpp"
#include "libsql/engine/engine.h"

#include <cstdint>
#include <string>
#include <utility>

namespace libsql::remote {

namespace {

/// SQLite's default SQLITE_LIMIT_LENGTH.
constexpr std::uint32_t longest_value = 1'000'000'000;

}  // namespace

result<checked_statement> check_statement(std::shared_ptr<statement_text> text,
                                          detail::arguments_view arguments) {
    checked_statement out{.text = std::move(text), .arguments = {}};
    const std::string_view sql = out.sql();
    const auto& parameters = out.text->parameters;
    const bool are_known = out.text->parameters_are_known;
    if (arguments.names != nullptr && are_known) {
        const auto name_of = [&](std::size_t i) { return parameters[i - 1]; };
        if (auto arranged =
                arrange_named(arguments, parameters.size(), name_of, sql, out.arguments);
            !arranged) {
            return arranged.error();
        }
    } else {
        if (are_known && arguments.count != parameters.size()) {
            return wrong_argument_count(parameters.size(), arguments.count, sql);
        }
        out.arguments.assign(arguments.values, arguments.values + arguments.count);
    }
    if (auto wrong =
            find_wrong_argument({out.arguments.data(), out.arguments.size(), nullptr}, sql)) {
        return *std::move(wrong);
    }
    for (const auto& c : out.arguments) {
        const bool has_bytes =
            c.type == detail::cell_type::text || c.type == detail::cell_type::blob;
        if (has_bytes && c.size > longest_value) {
            return error({.kind = error_kind::too_big,
                          .code = SQLITE_TOOBIG,
                          .extended_code = SQLITE_TOOBIG,
                          .message = "string or blob too big",
                          .sql = std::string(sql)});
        }
    }
    return out;
}

}  // namespace libsql::remote
