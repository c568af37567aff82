#include "libsql/remote/statement_text.hpp"

#include "libsql/core/sql_text.hpp"
#include "libsql/sql/parameter_scanner.hpp"
#include "libsql/sql/pragma_statement.hpp"
#include "libsql/sql/script_splitter.hpp"
#include "libsql/sql/sql_scanner.hpp"

#include <algorithm>
#include <array>

namespace libsql::remote {

namespace {

/// Whether `sql` is exactly BEGIN [DEFERRED|IMMEDIATE|EXCLUSIVE|READONLY] [TRANSACTION].
bool is_only_begin(std::string_view sql) {
    sql_scanner words(sql);
    words.next_beginning();
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
bool sets_for_connection(const pragma_statement& pragma, statement_effect effect) {
    constexpr std::array kept{"user_version", "application_id", "schema_version", "encoding",
                              "auto_vacuum",  "page_size",      "journal_mode"};
    return pragma.has_argument && effect == statement_effect::writes &&
           std::none_of(kept.begin(), kept.end(), [&](const char* k) { return pragma.is(k); });
}

}  // namespace

std::optional<error> statement_text::check(std::string_view sql) {
    auto bad = check_sql_text(sql);
    return bad ? bad : check_one_statement(sql);
}

statement_text::statement_text(std::string_view text)
    : sql(text), effect(effect_of(sql)), changes_rows(libsql::changes_rows(sql)) {
    auto scanned = scan_parameters(sql);
    parameters_are_known = !scanned.error;
    parameters = std::move(scanned.names);
    if (std::all_of(parameters.begin(), parameters.end(), has_name)) {
        names = parameters;
    } else if (std::any_of(parameters.begin(), parameters.end(), has_name)) {
        renumbered = renumber(sql, parameters);
    }
    const token first = sql_scanner(sql).next_beginning();
    is_streamed = effect == statement_effect::reads && !first.is_keyword("PRAGMA") &&
                  !first.is_keyword("EXPLAIN");
    is_plain_begin = effect == statement_effect::begins && is_only_begin(sql);
    const auto pragma = parse_pragma(sql);
    is_setting = pragma && sets_for_connection(*pragma, effect);
    sets_foreign_keys = is_setting && pragma->is("foreign_keys");
}

result<std::shared_ptr<statement_text>> statement_texts::find_or_add(std::string_view sql) {
    if (const auto found = by_text_.find(sql); found != by_text_.end()) {
        newest_first_.splice(newest_first_.begin(), newest_first_, found->second);
        return *found->second;
    }
    if (auto bad = statement_text::check(sql)) {
        return *std::move(bad);
    }
    auto text = std::make_shared<statement_text>(sql);
    constexpr std::size_t longest_kept = 64 * 1024;
    if (capacity_ == 0 || sql.size() > longest_kept) {
        return text;
    }
    order added{text};
    by_text_.emplace(text->sql, added.begin());  // the last thing that can throw
    newest_first_.splice(newest_first_.begin(), added);
    if (by_text_.size() > capacity_) {
        by_text_.erase(newest_first_.back()->sql);
        newest_first_.pop_back();
    }
    return text;
}

}  // namespace libsql::remote
