#include "libsql/sql/statement_effect.hpp"

#include "libsql/sql/pragma_statement.hpp"
#include "libsql/sql/sql_scanner.hpp"

#include <algorithm>
#include <array>

namespace libsql {

namespace {

bool is_change(const token& t) noexcept {
    return t.is_keyword("INSERT") || t.is_keyword("REPLACE") || t.is_keyword("UPDATE") ||
           t.is_keyword("DELETE");
}

/// The effect of a statement that begins with WITH: that of the first verb outside brackets.
statement_effect effect_of_with(sql_scanner words) noexcept {
    int depth = 0;
    for (token t = words.next_significant(); t.kind != token_kind::end;
         t = words.next_significant()) {
        depth += t.text == "(" ? 1 : 0;
        depth -= t.text == ")" ? 1 : 0;
        if (depth != 0) {
            continue;
        }
        if (t.is_keyword("SELECT") || t.is_keyword("VALUES")) {
            return statement_effect::reads;
        }
        if (is_change(t)) {
            break;
        }
    }
    return statement_effect::writes;
}

/// `reads` for a pragma that only reports a value: any of `answering`, or another one without an
/// argument unless it is in `acting`.
statement_effect effect_of_pragma(const pragma_statement& pragma) noexcept {
    constexpr std::array answering{
        "table_info",  "table_xinfo",      "table_list",        "index_list",      "index_info",
        "index_xinfo", "foreign_key_list", "foreign_key_check", "integrity_check", "quick_check"};
    // These have an effect even without an argument.
    constexpr std::array acting{"incremental_vacuum", "optimize", "shrink_memory",
                                "wal_checkpoint"};
    const auto is_one_of = [&](const auto& names) {
        return std::any_of(names.begin(), names.end(), [&](const char* n) { return pragma.is(n); });
    };
    return is_one_of(answering) || (!pragma.has_argument && !is_one_of(acting))
               ? statement_effect::reads
               : statement_effect::writes;
}

statement_effect effect_of_rollback(sql_scanner words) noexcept {
    token next = words.next_significant();
    if (next.is_keyword("TRANSACTION")) {
        next = words.next_significant();
    }
    return next.is_keyword("TO") ? statement_effect::rollback_to : statement_effect::ends;
}

}  // namespace

statement_effect effect_of(std::string_view sql) noexcept {
    sql_scanner words(sql);
    const token first = words.next_beginning();
    if (first.is_keyword("SELECT") || first.is_keyword("VALUES")) {
        return statement_effect::reads;
    }
    if (first.is_keyword("EXPLAIN")) {
        const auto pragma = parse_pragma(sql);  // the engine changes some settings as it compiles
        return pragma ? effect_of_pragma(*pragma) : statement_effect::reads;
    }
    if (first.is_keyword("WITH")) {
        return effect_of_with(words);
    }
    if (first.is_keyword("PRAGMA")) {
        return effect_of_pragma(*parse_pragma(sql));
    }
    if (first.is_keyword("BEGIN")) {
        return statement_effect::begins;
    }
    if (first.is_keyword("COMMIT") || first.is_keyword("END")) {
        return statement_effect::ends;
    }
    if (first.is_keyword("SAVEPOINT")) {
        return statement_effect::savepoint;
    }
    if (first.is_keyword("RELEASE")) {
        return statement_effect::release;
    }
    return first.is_keyword("ROLLBACK") ? effect_of_rollback(words) : statement_effect::writes;
}

bool changes_rows(std::string_view sql) noexcept {
    sql_scanner words(sql);
    const token first = words.next_beginning();
    return first.is_keyword("WITH") ? effect_of_with(words) == statement_effect::writes
                                    : is_change(first);
}

}  // namespace libsql
