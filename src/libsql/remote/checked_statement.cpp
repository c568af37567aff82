#include "libsql/remote/checked_statement.hpp"

#include "libsql/backend/argument_order.hpp"
#include "libsql/core/sql_text.hpp"
#include "libsql/engine/engine.h"
#include "libsql/sql/parameter_scanner.hpp"
#include "libsql/sql/pragma_statement.hpp"
#include "libsql/sql/script_splitter.hpp"
#include "libsql/sql/sql_scanner.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace libsql::remote {

namespace {

/// Whether `sql` is exactly BEGIN [DEFERRED|IMMEDIATE|EXCLUSIVE|READONLY] [TRANSACTION], and so
/// cannot fail to compile.
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

/// SQLite's default SQLITE_LIMIT_LENGTH.
constexpr std::uint32_t longest_value = 1'000'000'000;

bool has_name(std::string_view parameter) noexcept {
    return !parameter.empty() && parameter.front() != '?';
}

/// `sql` with `?N` in place of each parameter.
std::string renumber(std::string_view sql, const std::vector<std::string_view>& names) {
    std::string out;
    std::size_t highest = 0;
    sql_scanner tokens(sql);
    for (token t = tokens.next(); t.kind != token_kind::end; t = tokens.next()) {
        if (t.kind != token_kind::parameter) {
            out += t.text;
            continue;
        }
        const std::size_t index = parameter_index(t.text, names, highest);
        highest = std::max(highest, index);
        out += "?" + std::to_string(index);
    }
    return out;
}

/// Whether the pragma sets something for the connection only, not in the database itself.
bool is_setting(std::string_view sql) {
    const auto pragma = parse_pragma(sql);
    constexpr std::array kept{"user_version", "application_id", "schema_version", "encoding",
                              "auto_vacuum",  "page_size",      "journal_mode"};
    return pragma && pragma->has_argument && effect_of(sql) == statement_effect::writes &&
           std::none_of(kept.begin(), kept.end(), [&](const char* k) { return pragma->is(k); });
}

}  // namespace

bool sets_foreign_keys(const checked_statement& setting) {
    return setting.is_setting && parse_pragma(setting.sql)->is("foreign_keys");
}

error lost_setting(std::string_view sql) {
    return error({.kind = error_kind::unsupported,
                  .message =
                      "a PRAGMA that changes a setting of the connection is unsupported in remote "
                      "mode outside a transaction: on the server, each call has its own connection",
                  .sql = std::string(sql)});
}

std::optional<error> check_text(std::string_view sql) {
    auto bad = check_sql_text(sql);
    return bad ? bad : check_one_statement(sql);
}

result<checked_statement> check_statement(std::string_view sql, detail::arguments_view arguments) {
    if (auto bad = check_text(sql)) {
        return *std::move(bad);
    }
    checked_statement out{.sql = sql, .arguments = {}, .effect = effect_of(sql)};
    // If the parameters cannot be numbered, the server reports the error.
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
    const bool some = std::any_of(parameters.names.begin(), parameters.names.end(), has_name);
    if (some && std::all_of(parameters.names.begin(), parameters.names.end(), has_name)) {
        out.names = parameters.names;
    } else if (some) {
        out.renumbered = renumber(sql, parameters.names);
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
    out.is_begin =
        out.effect == statement_effect::begins && out.arguments.empty() && is_plain_begin(sql);
    out.is_setting = is_setting(sql);
    return out;
}

}  // namespace libsql::remote
