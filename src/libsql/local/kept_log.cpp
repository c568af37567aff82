#include "libsql/local/kept_log.hpp"

#include "libsql/sql_scanner.hpp"

#include <algorithm>
#include <cctype>
#include <string>

namespace libsql::local {

namespace {

/// A pragma's name or value, without quotes and in lower case.
std::string word_of(const token& t) {
    std::string word;
    for (const char c : t.text) {
        if (std::string_view("\"'`[]").find(c) == std::string_view::npos) {
            word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        }
    }
    return word;
}

}  // namespace

std::optional<error> check_keeps_log(std::string_view sql) {
    sql_scanner words(sql);
    token t = words.next_significant();
    // A pragma that is explained may act all the same.
    while (t.kind == token_kind::semicolon || t.is_keyword("EXPLAIN") || t.is_keyword("QUERY") ||
           t.is_keyword("PLAN")) {
        t = words.next_significant();
    }
    if (!t.is_keyword("PRAGMA")) {
        return std::nullopt;
    }
    token name = words.next_significant();
    token next = words.next_significant();
    if (next.text == ".") {
        name = words.next_significant();
        next = words.next_significant();
    }
    const std::string pragma = word_of(name);
    const bool has_argument = next.text == "=" || next.text == "(";
    const bool empties =
        pragma == "wal_checkpoint" || (pragma == "wal_autocheckpoint" && has_argument) ||
        (pragma == "journal_mode" && has_argument && word_of(words.next_significant()) != "wal");
    if (!empties) {
        return std::nullopt;
    }
    return error({.kind = error_kind::unsupported,
                  .message = "PRAGMA " + pragma +
                             " is unsupported here: the log of this replica is what its primary "
                             "counts by; only a sync empties it",
                  .sql = std::string(sql)});
}

}  // namespace libsql::local
