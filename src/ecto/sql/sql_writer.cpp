#include "ecto/sql/sql_writer.hpp"

#include <libsql/identifier.hpp>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace ecto::detail {

namespace {

const schema_info& schema_of(const word& w) {
    return static_cast<const schema_slot*>(w.pointer)->info();
}

std::string_view text_of(const word& w) noexcept {
    return {static_cast<const char*>(w.pointer), w.c};
}

std::string name_of(const word& column) {
    const auto& info = schema_of(column);
    const auto* f = info.find(column.c);
    return std::string(info.table) + "." + std::string(f != nullptr ? f->name : "?");
}

struct operator_sign {
    op code;
    std::string_view sign;
};

constexpr std::array signs{
    operator_sign{op::equal, " = "},
    operator_sign{op::not_equal, " <> "},
    operator_sign{op::less, " < "},
    operator_sign{op::less_equal, " <= "},
    operator_sign{op::greater, " > "},
    operator_sign{op::greater_equal, " >= "},
    operator_sign{op::conjunction, " AND "},
    operator_sign{op::disjunction, " OR "},
    operator_sign{op::add, " + "},
    operator_sign{op::subtract, " - "},
    operator_sign{op::multiply, " * "},
    operator_sign{op::divide, " / "},
    operator_sign{op::modulo, " % "},
    operator_sign{op::concatenate, " || "},
    operator_sign{op::is_same, " IS "},
    // With a bare parameter there, SQLite compiles the statement anew for each value.
    operator_sign{op::like, " LIKE +"},
};

/// Empty for an operation that has none.
std::string_view sign_of(op code) noexcept {
    for (const auto& known : signs) {
        if (known.code == code) {
            return known.sign;
        }
    }
    return {};
}

std::string_view direction_of(const word& w) noexcept {
    const bool ascending = w.code == op::ascending;
    switch (w.a) {
        case 1:
            return ascending ? " NULLS FIRST" : " DESC NULLS FIRST";
        case 2:
            return ascending ? " NULLS LAST" : " DESC NULLS LAST";
        default:
            return ascending ? "" : " DESC";
    }
}

}  // namespace

sql_writer::piece& sql_writer::piece::operator+=(const piece& other) {
    sql += other.sql;
    values.insert(values.end(), other.values.begin(), other.values.end());
    columns.insert(columns.end(), other.columns.begin(), other.columns.end());
    maybe_null = maybe_null || other.maybe_null;
    return *this;
}

result<written_query> sql_writer::write() {
    find_sources();
    for (const auto* w = words_.begin(); w != words_.end() && failure_.empty(); w = next(w)) {
        if (!operation(*w)) {
            clause(*w);
        }
    }
    piece made;
    if (failure_.empty()) {
        made = verb_ == verb::update || verb_ == verb::remove ? change() : select();
    }
    if (!failure_.empty()) {
        return error(error_kind::query, failure_);
    }
    return written_query{std::move(made.sql), std::move(made.values), std::move(made.columns)};
}

void sql_writer::fail(std::string why) {
    if (failure_.empty()) {
        failure_ = std::move(why);
    }
}

void sql_writer::find_sources() {
    for (const auto* w = words_.begin(); w != words_.end(); w = next(w)) {
        if (w->code != op::from && w->code != op::join) {
            continue;
        }
        const auto& info = schema_of(*w);
        if (!info.problem.empty()) {
            fail(info.problem);
        }
        if (find(*w) != nullptr) {
            fail(std::string(info.table) +
                 " takes part in the query twice: give its second table variable a name");
        }
        const char first = info.table.empty() ? 't' : static_cast<char>(info.table[0] | 0x20);
        const bool is_letter = first >= 'a' && first <= 'z';
        sources_.push_back({w, (is_letter ? first : 't') + std::to_string(sources_.size())});
    }
}

const sql_writer::source* sql_writer::find(const word& w) const noexcept {
    const auto found = std::find_if(sources_.begin(), sources_.end(), [&](const source& s) {
        return s.from->pointer == w.pointer && s.from->b == w.b;
    });
    return found == sources_.end() ? nullptr : &*found;
}

sql_writer::piece sql_writer::pop() {
    if (stack_.empty()) {
        fail("an expression of the query is not complete");
        return {};
    }
    auto top = std::move(stack_.back());
    stack_.pop_back();
    return top;
}

sql_writer::piece sql_writer::pop_list(std::size_t count) {
    piece all;
    if (stack_.size() < count) {
        fail("an expression of the query is not complete");
        return all;
    }
    const auto first = stack_.end() - static_cast<std::ptrdiff_t>(count);
    for (auto each = first; each != stack_.end(); ++each) {
        all += each == first ? "" : ", ";
        all += *each;
    }
    stack_.erase(first, stack_.end());
    return all;
}

/// False for a word that is a clause.
bool sql_writer::operation(const word& w) {
    switch (w.code) {
        case op::column:
        case op::value:
        case op::constant:
        case op::star:
        case op::count_all:
        case op::unsafe:
            operand(w);
            return true;
        case op::negation:
            wrap("(NOT ", ")");
            return true;
        case op::is_null:
            wrap("(", " IS NULL)");
            stack_.back().maybe_null = false;
            return true;
        case op::between:
            between();
            return true;
        case op::in_list:
            in_list(w);
            return true;
        case op::call:
            call(w);
            return true;
        case op::fragment:
            fragment(w);
            return true;
        case op::ascending:
        case op::descending:
            wrap("", direction_of(w));
            return true;
        default:
            break;
    }
    const auto sign = sign_of(w.code);
    if (!sign.empty()) {
        binary(sign);
    }
    return !sign.empty();
}

void sql_writer::operand(const word& w) {
    switch (w.code) {
        case op::column:
            return column(w);
        case op::star:
            return star(w);
        case op::value:
            return push({"?", {next_value_++}, {}, false});
        case op::constant:
            return push({w.a != 0 ? "1" : "0", {}, {}, false});
        case op::unsafe:
            return push({{reinterpret_cast<const char*>(&w + 1), w.c}, {}, {}, false});
        default:
            return push({"count(*)", {}, {}, false});
    }
}

void sql_writer::column(const word& w) {
    const auto* in = find(w);
    const auto* f = schema_of(w).find(w.c);
    if (in == nullptr || f == nullptr) {
        fail(name_of(w) +
             " is used, but its table variable is not in the query: join it (or give the " +
             "variable the name under which it was joined)");
        return push({});
    }
    const bool outer = in->from->code == op::join && in->from->a != 0;
    push({in->name + "." + libsql::quote_identifier(f->column), {}, {name_of(w)}, outer});
}

void sql_writer::star(const word& w) {
    const auto& info = schema_of(w);
    const auto* in = find(w);
    if (in == nullptr) {
        fail(std::string(info.table) +
             " is selected, but its table variable is not in the query: join it");
        return push({});
    }
    auto all = columns_of(info, in->name);
    all.maybe_null = in->from->code == op::join && in->from->a != 0;
    push(std::move(all));
}

sql_writer::piece sql_writer::columns_of(const schema_info& info, const std::string& table) {
    piece all;
    for (const auto& f : info.fields) {
        if (f.type != nullptr) {
            all += all.empty() ? "" : ", ";
            all += table + "." + libsql::quote_identifier(f.column);
            all.columns.push_back(std::string(info.table) + "." + std::string(f.name));
        }
    }
    return all;
}

void sql_writer::binary(std::string_view sign) {
    const auto right = pop();
    auto left = pop();
    left.sql.insert(0, 1, '(');
    left += sign;
    left += right;
    left += ")";
    push(std::move(left));
}

void sql_writer::wrap(std::string_view before, std::string_view after) {
    auto x = pop();
    x.sql.insert(0, before);
    x += after;
    push(std::move(x));
}

void sql_writer::between() {
    const auto high = pop();
    const auto low = pop();
    auto x = pop();
    x.sql.insert(0, 1, '(');
    x += " BETWEEN ";
    x += low;
    x += " AND ";
    x += high;
    x += ")";
    push(std::move(x));
}

void sql_writer::in_list(const word& w) {
    const auto values = pop_list(w.c);
    auto x = pop();
    x.sql.insert(0, 1, '(');
    x += " IN (";
    x += values;
    x += "))";
    push(std::move(x));
}

void sql_writer::call(const word& w) {
    const auto name = text_of(w);
    const auto arguments = pop_list(w.a);
    piece made{std::string(name) + (w.b != 0 ? "(DISTINCT " : "("), {}, {}, false};
    made += arguments;
    made += ")";
    made.maybe_null = made.maybe_null && name != "count" && name != "coalesce";
    push(std::move(made));
}

void sql_writer::fragment(const word& w) {
    if (stack_.size() < w.b) {
        return fail("an expression of the query is not complete");
    }
    std::vector<piece> arguments(std::make_move_iterator(stack_.end() - w.b),
                                 std::make_move_iterator(stack_.end()));
    stack_.resize(stack_.size() - w.b);
    piece made;
    std::size_t used = 0;
    char quote = 0;
    for (const char c : text_of(w)) {
        if (quote != 0) {
            quote = c == quote ? '\0' : quote;
        } else if (c == '\'' || c == '"' || c == '`') {
            quote = c;
        } else if (c == '?') {
            made += arguments[used++];
            continue;
        }
        made.sql += c;
    }
    push(std::move(made));
}

}  // namespace ecto::detail
