#include "libsql/remote/server_error.hpp"

#include "libsql/engine/engine_error.hpp"
#include "libsql/remote/syntax_error.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

namespace libsql::remote {

namespace {

struct named_code {
    std::string_view name;
    int code;
};

/// The names of primary codes, and those of extended codes that newer servers send.
constexpr std::array codes{
    named_code{"SQLITE_ERROR", SQLITE_ERROR},
    named_code{"SQLITE_UNKNOWN", SQLITE_ERROR},
    named_code{"SQLITE_INTERNAL", SQLITE_INTERNAL},
    named_code{"SQLITE_PERM", SQLITE_PERM},
    named_code{"SQLITE_ABORT", SQLITE_ABORT},
    named_code{"SQLITE_BUSY", SQLITE_BUSY},
    named_code{"SQLITE_LOCKED", SQLITE_LOCKED},
    named_code{"SQLITE_NOMEM", SQLITE_NOMEM},
    named_code{"SQLITE_READONLY", SQLITE_READONLY},
    named_code{"SQLITE_INTERRUPT", SQLITE_INTERRUPT},
    named_code{"SQLITE_IOERR", SQLITE_IOERR},
    named_code{"SQLITE_CORRUPT", SQLITE_CORRUPT},
    named_code{"SQLITE_NOTFOUND", SQLITE_NOTFOUND},
    named_code{"SQLITE_FULL", SQLITE_FULL},
    named_code{"SQLITE_CANTOPEN", SQLITE_CANTOPEN},
    named_code{"SQLITE_PROTOCOL", SQLITE_PROTOCOL},
    named_code{"SQLITE_SCHEMA", SQLITE_SCHEMA},
    named_code{"SQLITE_TOOBIG", SQLITE_TOOBIG},
    named_code{"SQLITE_CONSTRAINT", SQLITE_CONSTRAINT},
    named_code{"SQLITE_MISMATCH", SQLITE_MISMATCH},
    named_code{"SQLITE_MISUSE", SQLITE_MISUSE},
    named_code{"SQLITE_NOLFS", SQLITE_NOLFS},
    named_code{"SQLITE_AUTH", SQLITE_AUTH},
    named_code{"SQLITE_RANGE", SQLITE_RANGE},
    named_code{"SQLITE_NOTADB", SQLITE_NOTADB},
    named_code{"SQLITE_CONSTRAINT_UNIQUE", SQLITE_CONSTRAINT_UNIQUE},
    named_code{"SQLITE_CONSTRAINT_PRIMARYKEY", SQLITE_CONSTRAINT_PRIMARYKEY},
    named_code{"SQLITE_CONSTRAINT_ROWID", SQLITE_CONSTRAINT_ROWID},
    named_code{"SQLITE_CONSTRAINT_NOTNULL", SQLITE_CONSTRAINT_NOTNULL},
    named_code{"SQLITE_CONSTRAINT_CHECK", SQLITE_CONSTRAINT_CHECK},
    named_code{"SQLITE_CONSTRAINT_FOREIGNKEY", SQLITE_CONSTRAINT_FOREIGNKEY},
    named_code{"SQLITE_CONSTRAINT_DATATYPE", SQLITE_CONSTRAINT_DATATYPE},
    named_code{"SQLITE_CONSTRAINT_TRIGGER", SQLITE_CONSTRAINT_TRIGGER},
    named_code{"SQLITE_CONSTRAINT_FUNCTION", SQLITE_CONSTRAINT_FUNCTION},
    named_code{"SQLITE_CONSTRAINT_VTAB", SQLITE_CONSTRAINT_VTAB},
};

/// An extended code that is not in the table counts as its primary code: SQLITE_IOERR_FSYNC as
/// SQLITE_IOERR.
std::optional<int> code_of(std::string_view name) {
    constexpr std::string_view prefix = "SQLITE_";
    const auto primary = name.substr(0, name.find('_', prefix.size()));
    for (const auto known : {name, primary}) {
        for (const auto& c : codes) {
            if (c.name == known) {
                return c.code;
            }
        }
    }
    return std::nullopt;
}

/// A server reports only SQLITE_CONSTRAINT; the engine's message implies the extended code.
int extended_constraint(std::string_view message) {
    constexpr std::array texts{
        named_code{"UNIQUE constraint failed: ", SQLITE_CONSTRAINT_UNIQUE},
        named_code{"NOT NULL constraint failed: ", SQLITE_CONSTRAINT_NOTNULL},
        named_code{"CHECK constraint failed: ", SQLITE_CONSTRAINT_CHECK},
        named_code{"FOREIGN KEY constraint failed", SQLITE_CONSTRAINT_FOREIGNKEY},
        named_code{"cannot store ", SQLITE_CONSTRAINT_DATATYPE},
    };
    for (const auto& t : texts) {
        if (message.starts_with(t.name)) {
            return t.code;
        }
    }
    // Modules of virtual tables use these messages. Any other message is that of a trigger's RAISE.
    const bool of_module = message == "constraint failed" || message.starts_with("rtree ");
    return of_module ? SQLITE_CONSTRAINT : SQLITE_CONSTRAINT_TRIGGER;
}

/// Moves the offset out of a message like "no such column: x (at offset 7)".
void take_offset(error::fields& all) {
    constexpr std::string_view before = " (at offset ";
    const std::size_t at = all.message.rfind(before);
    if (at == std::string::npos || !all.message.ends_with(')')) {
        return;
    }
    const char* const digits = all.message.data() + at + before.size();
    const char* const last = all.message.data() + all.message.size() - 1;
    std::size_t offset = 0;
    const auto [end, failed] = std::from_chars(digits, last, offset);
    if (failed == std::errc() && end == last) {
        all.offset = offset;
        all.message.resize(at);
    }
}

}  // namespace

error statement_error(const hrana::failure& why, std::string_view sql) {
    error::fields all;
    all.sql = sql;
    all.hrana_code = why.code;
    std::string_view message(why.message);
    constexpr std::string_view prefix = "SQLite error: ";
    constexpr std::string_view input = "SQL input error: ";
    if (message.starts_with(prefix)) {
        message.remove_prefix(prefix.size());
    } else if (message.starts_with(input)) {
        message.remove_prefix(input.size());
    }
    all.message = message;
    all.outcome = error_outcome::not_run;
    if (const auto code = code_of(why.code)) {
        all.outcome = error_outcome::undone;
        all.extended_code = code_of(why.extended_code).value_or(*code);
        if (all.extended_code == SQLITE_CONSTRAINT) {
            all.extended_code = extended_constraint(message);
        }
        all.code = all.extended_code & 0xff;
        all.kind = detail::kind_of(all.extended_code);
        if (all.kind == error_kind::io || all.kind == error_kind::out_of_memory) {
            all.outcome = error_outcome::unknown;  // it may have happened during a commit
        }
        take_offset(all);
        if (all.kind == error_kind::constraint) {
            all.constraint = constraint_violation{};
        }
    } else if (why.code == "TRANSACTION_TIMEOUT" || why.code == "STREAM_EXPIRED") {
        all.kind = error_kind::transaction;
    } else if (why.code == "TRANSACTION_BUSY") {
        all.kind = error_kind::busy;
    } else if (why.code == "ARGS_INVALID" || why.code == "ARGS_BOTH_POSITIONAL_AND_NAMED" ||
               why.code == "SQL_NO_STATEMENT" || why.code == "SQL_MANY_STATEMENTS") {
        // The server's limit for an argument is lower than the engine's.
        all.kind = message.find("string or blob too big") != std::string::npos
                       ? error_kind::too_big
                       : error_kind::invalid_argument;
    } else if (why.code == "RESPONSE_TOO_LARGE") {
        all.kind = error_kind::too_big;
        all.outcome = error_outcome::stands;  // it ran, but its rows exceed the limit of a reply
    } else if (why.code == "BLOCKED") {
        all.kind = error_kind::permission;
    } else {
        if (why.code != "SQL_PARSE_ERROR" && why.code != "SQL_INPUT_ERROR") {
            all.outcome = error_outcome::unknown;
        }
        all.kind = error_kind::sql;
        all.code = SQLITE_ERROR;
        all.extended_code = SQLITE_ERROR;
        take_offset(all);
        if (const auto here = is_parse_error(why) ? find_syntax_error(sql) : std::nullopt) {
            all.message = here->message();
            all.offset = here->offset();
        }
    }
    return error(std::move(all));
}

error reply_error(int status, const hrana::failure& why, bool of_stream) {
    error::fields all;
    all.outcome = error_outcome::unknown;
    all.http_status = status;
    all.hrana_code = why.code;
    all.message = why.message.empty() ? "no reason was given" : why.message;
    const bool lost =
        why.code == "STREAM_EXPIRED" || all.message.find("baton") != std::string::npos;
    switch (status) {
        case 401:
        case 403:
            all.kind = error_kind::authentication;
            all.outcome = error_outcome::not_run;
            break;
        case 404:
            all.outcome = error_outcome::not_run;
            // Some servers report an expired stream like this.
            all.kind = of_stream ? error_kind::transaction : error_kind::cannot_open;
            break;
        case 429:
            all.kind = error_kind::busy;
            all.outcome = error_outcome::not_run;
            break;
        case 400:
            all.kind = lost ? error_kind::transaction : error_kind::protocol;
            all.outcome = lost ? error_outcome::not_run : error_outcome::unknown;
            break;
        default:
            all.kind = status >= 500 ? error_kind::network : error_kind::protocol;
            break;
    }
    all.message = "the server refused the request (HTTP status " + std::to_string(status) +
                  "): " + all.message;
    return error(std::move(all));
}

error transport_error(const net::http_failure& why) {
    return why.may_have_run ? with_doubt(why.why) : why.why.with_outcome(error_outcome::not_run);
}

error with_doubt(const error& why) {
    error::fields all = why.all();
    all.outcome = error_outcome::unknown;
    all.message += "; the server may have carried out the request";
    return error(std::move(all));
}

bool did_not_begin(int status, std::string_view body) noexcept {
    return status == 429 && (body == R"({"error":"Timed out while opening database connection"})" ||
                             body == R"({"error":"Too many concurrent requests"})");
}

bool is_parse_error(const hrana::failure& why) noexcept {
    return why.code == "SQL_PARSE_ERROR" || why.code == "SQL_NO_STATEMENT" ||
           why.code == "SQL_MANY_STATEMENTS";
}

}  // namespace libsql::remote
