#include "libsql/remote/checked_statement.hpp"

#include "libsql/argument_order.hpp"
#include "libsql/parameter_scanner.hpp"
#include "libsql/script_splitter.hpp"
#include "libsql/sql_scanner.hpp"
#include "libsql/sql_text.hpp"

namespace libsql::remote {

namespace {

/// BEGIN [DEFERRED|IMMEDIATE|EXCLUSIVE|READONLY] [TRANSACTION], and nothing that could be wrong.
bool is_plain_begin(std::string_view sql) {
    sql_scanner words(sql);
    words.next_significant();
    token next = words.next_significant();
    if (next.is_keyword("DEFERRED") || next.is_keyword("IMMEDIATE") ||
        next.is_keyword("EXCLUSIVE") || next.is_keyword("READONLY")) {
        next = words.next_significant();
    }
    if (next.is_keyword("TRANSACTION")) {
        next = words.next_significant();
    }
    while (next.kind == token_kind::semicolon) {
        next = words.next_significant();
    }
    return next.kind == token_kind::end;
}

}  // namespace

std::optional<error> check_text(std::string_view sql) {
    auto bad = check_sql_text(sql);
    return bad ? bad : check_one_statement(sql);
}

result<checked_statement> check_statement(std::string_view sql, detail::arguments_view arguments) {
    if (auto bad = check_text(sql)) {
        return *std::move(bad);
    }
    checked_statement out{.sql = sql, .arguments = {}, .effect = effect_of(sql)};
    // A text whose parameters cannot be numbered is the server's to refuse.
    const auto parameters = scan_parameters(sql);
    if (arguments.names != nullptr && !parameters.error) {
        const auto name_of = [&](std::size_t i) { return parameters.names[i - 1]; };
        if (auto arranged =
                arrange_named(arguments, parameters.names.size(), name_of, sql, out.arguments);
            !arranged) {
            return arranged.error();
        }
    } else {
        if (!parameters.error && arguments.count != parameters.names.size()) {
            return wrong_argument_count(parameters.names.size(), arguments.count, sql);
        }
        out.arguments.assign(arguments.values, arguments.values + arguments.count);
    }
    if (auto wrong =
            find_wrong_argument({out.arguments.data(), out.arguments.size(), nullptr}, sql)) {
        return *std::move(wrong);
    }
    out.is_begin =
        out.effect == statement_effect::begins && out.arguments.empty() && is_plain_begin(sql);
    return out;
}

}  // namespace libsql::remote
