#include <libsql/error.hpp>
#include <libsql/step_result.hpp>

#include <algorithm>

namespace libsql {

std::string_view to_string(error_kind kind) noexcept {
    switch (kind) {
        case error_kind::sql:
            return "sql";
        case error_kind::constraint:
            return "constraint";
        case error_kind::busy:
            return "busy";
        case error_kind::locked:
            return "locked";
        case error_kind::interrupted:
            return "interrupted";
        case error_kind::timeout:
            return "timeout";
        case error_kind::read_only:
            return "read_only";
        case error_kind::cannot_open:
            return "cannot_open";
        case error_kind::not_a_database:
            return "not_a_database";
        case error_kind::wrong_key:
            return "wrong_key";
        case error_kind::corrupt:
            return "corrupt";
        case error_kind::full:
            return "full";
        case error_kind::io:
            return "io";
        case error_kind::permission:
            return "permission";
        case error_kind::too_big:
            return "too_big";
        case error_kind::mismatch:
            return "mismatch";
        case error_kind::out_of_memory:
            return "out_of_memory";
        case error_kind::schema:
            return "schema";
        case error_kind::invalid_argument:
            return "invalid_argument";
        case error_kind::closed:
            return "closed";
        case error_kind::transaction:
            return "transaction";
        case error_kind::misuse:
            return "misuse";
        case error_kind::unsupported:
            return "unsupported";
        case error_kind::network:
            return "network";
        case error_kind::authentication:
            return "authentication";
        case error_kind::protocol:
            return "protocol";
        case error_kind::pool:
            return "pool";
        case error_kind::internal:
            break;
    }
    return "internal";
}

std::string_view to_string(constraint_kind kind) noexcept {
    switch (kind) {
        case constraint_kind::unique:
            return "unique";
        case constraint_kind::primary_key:
            return "primary_key";
        case constraint_kind::rowid:
            return "rowid";
        case constraint_kind::not_null:
            return "not_null";
        case constraint_kind::check:
            return "check";
        case constraint_kind::foreign_key:
            return "foreign_key";
        case constraint_kind::data_type:
            return "data_type";
        case constraint_kind::trigger:
            return "trigger";
        case constraint_kind::function:
            return "function";
        case constraint_kind::other:
            break;
    }
    return "other";
}

std::string_view to_string(error_outcome outcome) noexcept {
    switch (outcome) {
        case error_outcome::not_run:
            return "not_run";
        case error_outcome::undone:
            return "undone";
        case error_outcome::stands:
            return "stands";
        case error_outcome::unknown:
            break;
    }
    return "unknown";
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
