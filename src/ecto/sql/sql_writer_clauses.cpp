#include "ecto/sql/sql_writer.hpp"

#include <libsql/identifier.hpp>

#include <iterator>
#include <utility>

namespace ecto::detail {

void sql_writer::clause(const word& w) {
    switch (w.code) {
        case op::from:
        case op::join:
            return table(w);
        case op::where:
            return condition(clauses_.where, " AND ");
        case op::or_where:
            return condition(clauses_.where, " OR ");
        case op::having:
            return condition(clauses_.having, " AND ");
        case op::group_by:
            return list(clauses_.group, w.c);
        case op::order_by:
            return list(clauses_.order, w.c);
        case op::limit:
            clauses_.limit = pop();
            return;
        case op::offset:
            clauses_.offset = pop();
            return;
        case op::distinct:
            clauses_.distinct = true;
            return;
        case op::into:
            if (!stack_.empty() && w.a != 0) {
                stack_.back().maybe_null = false;
            }
            return;
        case op::select:
            if (stack_.size() < w.c) {
                return fail("a select of the query is not complete");
            }
            clauses_.items.assign(
                std::make_move_iterator(stack_.end() - static_cast<std::ptrdiff_t>(w.c)),
                std::make_move_iterator(stack_.end()));
            stack_.resize(stack_.size() - w.c);
            return;
        default:
            return assign(w);
    }
}

void sql_writer::table(const word& w) {
    const auto& info = static_cast<const schema_slot*>(w.pointer)->info();
    const auto named = libsql::quote_identifier(info.table) + " AS " + find(w)->name;
    if (w.code == op::from) {
        clauses_.from += named;
        return;
    }
    clauses_.joined = true;
    clauses_.joins += w.a != 0 ? " LEFT JOIN " : " JOIN ";
    clauses_.joins += named;
    clauses_.joins += " ON ";
    clauses_.joins += pop();
}

void sql_writer::condition(piece& to, std::string_view sign) {
    const auto added = pop();
    if (!to.empty()) {
        to.sql.insert(0, 1, '(');
        to += sign;
        to += added;
        to += ")";
        return;
    }
    to = added;
}

void sql_writer::list(piece& to, std::uint32_t count) {
    to += to.empty() ? "" : ", ";
    to += pop_list(count);
}

void sql_writer::assign(const word& w) {
    const auto value = pop();
    const auto& info = static_cast<const schema_slot*>(w.pointer)->info();
    const auto* f = info.find(w.c);
    if (sources_.empty() || find(w) != &sources_.front() || f == nullptr) {
        return fail("update_all sets columns of the table of its query only, not of " +
                    std::string(info.table));
    }
    const auto name = libsql::quote_identifier(f->column);
    auto& set = clauses_.set;
    set += set.empty() ? "" : ", ";
    set += name + " = ";
    if (w.code == op::increase) {
        set += name + " + ";
    }
    set += value;
}

sql_writer::piece sql_writer::selected_items() {
    if (clauses_.items.empty()) {
        const auto& first = sources_.front();
        return columns_of(static_cast<const schema_slot*>(first.from->pointer)->info(), first.name);
    }
    piece all;
    for (auto& item : clauses_.items) {
        if (item.maybe_null) {
            fail((item.columns.empty() ? "what is selected" : item.columns.front()) +
                 " may be NULL here, because its table is left joined: select maybe(...)");
        }
        if (item.sql.find_first_of("(?") != std::string::npos || item.columns.empty()) {
            item.columns = {"column " + std::to_string(all.columns.size() + 1) + " of the result"};
        }
        all += all.empty() ? "" : ", ";
        all += item;
    }
    return all;
}

void sql_writer::add_tail(piece& to) const {
    const auto add = [&](std::string_view word, const piece& clause) {
        if (!clause.empty()) {
            to += word;
            to += clause;
        }
    };
    add(" WHERE ", clauses_.where);
    add(" GROUP BY ", clauses_.group);
    add(" HAVING ", clauses_.having);
    add(" ORDER BY ", clauses_.order);
    add(" LIMIT ", clauses_.limit);
    if (clauses_.limit.empty() && !clauses_.offset.empty()) {
        to += " LIMIT -1";
    }
    add(" OFFSET ", clauses_.offset);
}

sql_writer::piece sql_writer::select() {
    const auto items = selected_items();
    piece rows{clauses_.distinct ? "SELECT DISTINCT " : "SELECT ", {}, {}, false};
    rows += items;
    rows += " FROM ";
    rows += clauses_.from;
    rows += clauses_.joins;
    add_tail(rows);
    rows.columns = items.columns;  // not those of the conditions
    if (verb_ == verb::read) {
        return rows;
    }
    piece made{verb_ == verb::count ? "SELECT count(*) FROM (" : "SELECT EXISTS (", {}, {}, false};
    made += rows;
    made += ")";
    made.columns = {"the result"};
    return made;
}

sql_writer::piece sql_writer::change() {
    if (clauses_.joined || clauses_.distinct || !clauses_.group.empty() ||
        !clauses_.having.empty() || !clauses_.order.empty() || !clauses_.limit.empty() ||
        !clauses_.offset.empty() || !clauses_.items.empty()) {
        fail("unsupported: update_all and delete_all take a query of from and where only");
    }
    piece made{verb_ == verb::update ? "UPDATE " : "DELETE FROM ", {}, {}, false};
    made += clauses_.from;
    if (verb_ == verb::update) {
        if (clauses_.set.empty()) {
            fail("update_all has nothing to set");
        }
        made += " SET ";
        made += clauses_.set;
    }
    if (!clauses_.where.empty()) {
        made += " WHERE ";
        made += clauses_.where;
    }
    made.columns.clear();
    return made;
}

}  // namespace ecto::detail
