#include "libsql/sql/virtual_table.hpp"

#include "libsql/core/ascii_case.hpp"
#include "libsql/sql/sql_scanner.hpp"

#include <utility>

namespace libsql {

namespace {

/// The arguments in the brackets that follow `scanner`.
std::vector<std::string> read_arguments(sql_scanner scanner) {
    std::vector<std::string> out;
    token t = scanner.next_significant();
    if (t.text != "(") {
        return out;
    }
    std::string current;
    for (int depth = 1; depth > 0;) {
        t = scanner.next();
        if (t.kind == token_kind::end) {
            break;
        }
        depth += t.text == "(" ? 1 : t.text == ")" ? -1 : 0;
        if (depth == 0 || (depth == 1 && t.text == ",")) {
            out.push_back(std::exchange(current, {}));
        } else {
            current += t.text;
        }
    }
    return out;
}

}  // namespace

std::optional<std::string> virtual_table::option(std::string_view name) const {
    for (const auto& argument : arguments) {
        sql_scanner scanner(argument);
        if (to_lower(scanner.next_significant().unquoted()) != name ||
            scanner.next_significant().text != "=") {
            continue;
        }
        return scanner.next_significant().unquoted();
    }
    return std::nullopt;
}

std::optional<virtual_table> read_virtual_table(std::string_view sql) {
    sql_scanner scanner(sql);
    if (!scanner.next_significant().is_keyword("CREATE") ||
        !scanner.next_significant().is_keyword("VIRTUAL")) {
        return std::nullopt;
    }
    token t = scanner.next_significant();
    while (t.kind != token_kind::end && !t.is_keyword("USING")) {
        t = scanner.next_significant();
    }
    virtual_table out;
    out.module = to_lower(scanner.next_significant().unquoted());
    out.arguments = read_arguments(scanner);
    return out;
}

}  // namespace libsql
