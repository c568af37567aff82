#include "libsql/remote/prepared_statement.hpp"

#include "libsql/backend/argument_order.hpp"
#include "libsql/engine/engine.h"
#include "libsql/remote/connection.hpp"
#include "libsql/remote/row_reader.hpp"
#include "libsql/sql/parameter_scanner.hpp"
#include "libsql/sql/sql_scanner.hpp"

#include <libsql/detail/copied_cell.hpp>
#include <libsql/row.hpp>

#include <algorithm>

namespace libsql::remote {

prepared_statement::prepared_statement(connection& owner,
                                       std::shared_ptr<const statement_text> text)
    : prepared(text->sql), owner_(&owner), text_(std::move(text)) {}

std::optional<error> prepared_statement::in_use() const {
    if (rows_open_) {
        return error(error_kind::misuse, "rows of this statement are still open");
    }
    return std::nullopt;
}

detail::arguments_view prepared_statement::bound_or(
    detail::arguments_view arguments) const noexcept {
    const bool none = arguments.count == 0 && arguments.names == nullptr;
    return none && is_bound_ ? detail::arguments_view{bound_.data(), bound_.size(), nullptr}
                             : arguments;
}

result<execution> prepared_statement::execute(detail::arguments_view arguments, deadline until) {
    if (auto why = in_use()) {
        return *std::move(why);
    }
    return owner_->execute(sql_, bound_or(arguments), until);
}

result<detail::row_source*> prepared_statement::query(detail::arguments_view arguments,
                                                      deadline until) {
    if (auto why = in_use()) {
        return *std::move(why);
    }
    auto rows = owner_->query(sql_, bound_or(arguments), until);
    if (rows) {
        rows_open_ = true;
        static_cast<row_reader*>(*rows)->of = shared_from_this();
    }
    return rows;
}

result<void> prepared_statement::bind(detail::arguments_view arguments) {
    if (auto why = in_use()) {
        return *std::move(why);
    }
    is_bound_ = false;
    const auto& parameters = text_->parameters;
    if (arguments.names == nullptr && arguments.count != parameters.size()) {
        return wrong_argument_count(parameters.size(), arguments.count, sql_);
    }
    std::vector<detail::cell> ordered(arguments.values, arguments.values + arguments.count);
    if (arguments.names != nullptr) {
        if (auto arranged = arrange_named(
                arguments, parameters.size(), [&](std::size_t i) { return parameters[i - 1]; },
                sql_, ordered);
            !arranged) {
            return arranged.error();
        }
    }
    if (auto wrong = find_wrong_argument({ordered.data(), ordered.size(), nullptr}, sql_)) {
        return *std::move(wrong);
    }
    bytes_.clear();
    bound_.clear();
    for (const auto& c : ordered) {
        auto* end = c.size > 0 ? bytes_.take(c.size) : nullptr;
        detail::keep_cell(bound_.emplace_back(), end, c);
    }
    is_bound_ = true;
    return {};
}

result<void> prepared_statement::reset() {
    const connection::call inside(*owner_);
    if (auto why = inside.refused()) {
        return *std::move(why);
    }
    owner_->end_rows([this](const row_reader& r) { return r.of.get() == this; },
                     error_kind::interrupted, "the query was interrupted");
    rows_open_ = false;
    is_bound_ = false;
    return {};
}

result<std::vector<std::optional<std::string>>> prepared_statement::parameters() {
    std::vector<std::optional<std::string>> all;
    all.reserve(text_->parameters.size());
    for (const auto name : text_->parameters) {
        all.push_back(name.empty() ? std::nullopt : std::optional<std::string>(name));
    }
    return all;
}

result<const hrana::description*> prepared_statement::describe() {
    if (!description_) {
        auto asked = owner_->describe(sql_, deadline());
        if (!asked) {
            return asked.error();
        }
        description_ = *std::move(asked);
    }
    return &*description_;
}

result<std::vector<column>> prepared_statement::columns() {
    return describe().transform([](const hrana::description* d) { return d->columns; });
}

result<bool> prepared_statement::is_read_only() {
    return describe().transform([](const hrana::description* d) { return d->is_read_only; });
}

result<int> prepared_statement::explain_mode() {
    sql_scanner words(sql_);
    if (!words.next_beginning().is_keyword("EXPLAIN")) {
        return 0;
    }
    return words.next_significant().is_keyword("QUERY") ? 2 : 1;
}

namespace {

/// A literal in the format of sqlite3_expanded_sql().
std::string literal(const detail::cell& c) {
    if (c.type != detail::cell_type::real) {
        return detail::to_value(c).to_sql();
    }
    char* const text = sqlite3_mprintf("%!.15g", c.real);
    std::string copy(text == nullptr ? "" : text);
    sqlite3_free(text);
    return copy;
}

}  // namespace

result<std::string> prepared_statement::expanded_sql() {
    std::string out;
    std::size_t last = 0;  // the highest parameter index so far
    sql_scanner tokens(sql_);
    for (token t = tokens.next(); t.kind != token_kind::end; t = tokens.next()) {
        if (t.kind != token_kind::parameter || text_->parameters.empty()) {
            out += t.text;
            continue;
        }
        const std::size_t index = parameter_index(t.text, text_->parameters, last);
        last = std::max(last, index);
        out += is_bound_ && index <= bound_.size() ? literal(bound_[index - 1]) : "NULL";
    }
    return out;
}

void prepared_statement::discard() noexcept {
    const std::lock_guard lock(owner_->handles_mutex_);
    const auto alive = shared_from_this();
    std::erase_if(owner_->prepared_, [this](const auto& p) { return p.get() == this; });
}

}  // namespace libsql::remote
