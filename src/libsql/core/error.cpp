#include "libsql/core/enum_words.hpp"

#include <libsql/error.hpp>
#include <libsql/step_result.hpp>

#include <algorithm>
#include <array>

namespace libsql {

std::string_view to_string(error_kind kind) noexcept {
    constexpr std::array<std::string_view, 28> words{
        "sql",         "constraint",    "busy",        "locked",           "interrupted",
        "timeout",     "read_only",     "cannot_open", "not_a_database",   "wrong_key",
        "corrupt",     "full",          "io",          "permission",       "too_big",
        "mismatch",    "out_of_memory", "schema",      "invalid_argument", "closed",
        "transaction", "misuse",        "unsupported", "network",          "authentication",
        "protocol",    "pool",          "internal"};
    return detail::word_of<error_kind::internal>(words, kind, "internal");
}

std::string_view to_string(constraint_kind kind) noexcept {
    constexpr std::array<std::string_view, 10> words{
        "unique",      "primary_key", "rowid",   "not_null", "check",
        "foreign_key", "data_type",   "trigger", "function", "other"};
    return detail::word_of<constraint_kind::other>(words, kind, "other");
}

std::string_view to_string(error_outcome outcome) noexcept {
    constexpr std::array<std::string_view, 4> words{"not_run", "undone", "stands", "unknown"};
    return detail::word_of<error_outcome::unknown>(words, outcome, "unknown");
}

namespace {

/// The outcome of an error that was created without one. Code that runs or sends a statement always
/// sets the outcome itself.
error_outcome usual_outcome(error_kind kind) noexcept {
    switch (kind) {
        case error_kind::io:
        case error_kind::network:
        case error_kind::protocol:
        case error_kind::internal:
            return error_outcome::unknown;
        case error_kind::mismatch:  // a wrong type was requested after the statement had run
            return error_outcome::stands;
        default:
            return error_outcome::not_run;
    }
}

}  // namespace

error_outcome error::outcome() const noexcept {
    return data_->outcome.value_or(usual_outcome(data_->kind));
}

error error::with_outcome(error_outcome outcome) const {
    fields all = *data_;
    all.outcome = outcome;
    return error(std::move(all));
}

const std::vector<step_result>& error::completed() const noexcept {
    static const std::vector<step_result> none;
    return data_->completed ? *data_->completed : none;
}

error::error(error_kind kind, std::string message)
    : error(fields{.kind = kind, .message = std::move(message)}) {}

error::error(fields all) : data_(std::make_shared<const fields>(std::move(all))) {}

namespace {

/// The line of `sql` that holds byte `offset`, with a caret under it.
std::string marked_line(const std::string& sql, std::size_t offset) {
    const std::size_t before = offset == 0 ? std::string::npos : sql.rfind('\n', offset - 1);
    const std::size_t begin = before == std::string::npos ? 0 : before + 1;
    const std::size_t end = std::min(sql.find('\n', offset), sql.size());
    constexpr std::size_t context = 60;
    const std::size_t from = offset - begin > context ? offset - context : begin;
    return "\n  " + sql.substr(from, std::min(end - from, 2 * context)) + "\n  " +
           std::string(offset - from, ' ') + "^";
}

}  // namespace

std::string error::to_string() const {
    std::string text(libsql::to_string(kind()));
    text += ": ";
    if (statement_index()) {
        text += "statement " + std::to_string(*statement_index()) + ": ";
    }
    text += message();
    if (extended_code() != 0) {
        text += " (SQLite code " + std::to_string(extended_code()) + ")";
    }
    if (http_status() != 0) {
        text += " (HTTP " + std::to_string(http_status()) + ")";
    }
    if (!sql().empty()) {
        if (offset() && *offset() <= sql().size()) {
            text += marked_line(sql(), *offset());
        } else {
            constexpr std::size_t longest = 200;
            text += "\n  " + sql().substr(0, longest) + (sql().size() > longest ? " ..." : "");
        }
    }
    return text;
}

exception::exception(const libsql::error& cause)
    : cause_(cause), text_(std::make_shared<const std::string>(cause_.to_string())) {}

}  // namespace libsql
