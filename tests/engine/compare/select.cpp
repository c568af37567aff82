#include "generator.hpp"

#include <algorithm>

namespace libsql::compare {

namespace {

std::string join_texts(const std::vector<std::string>& texts, const char* between) {
    std::string all;
    for (const std::string& text : texts) {
        all += (all.empty() ? "" : between) + text;
    }
    return all;
}

}  // namespace

std::string generator::fresh(const char* prefix) {
    return prefix + std::to_string(++names_);
}

generator::source generator::pick_table(const std::string& alias) {
    const std::size_t which = random_.below(tables_.size() + views_.size() + common_.size());
    if (which >= tables_.size()) {
        const std::size_t other = which - tables_.size();
        source found = other < views_.size() ? views_[other] : common_[other - views_.size()];
        found.keys.clear();
        return found;
    }
    const table& found = tables_[which];
    source item{found.name, found.columns, {}};
    for (const std::string& key : found.keys) {
        item.keys.push_back(alias + "." + key);
    }
    if (found.rowid && random_.percent(10)) {
        item.columns.push_back({"rowid", 'I'});
    }
    return item;
}

std::string generator::from_item(source& item, const scope& outer, int depth) {
    const std::string alias = fresh("x");
    const int which = random_.between(1, 100);
    if (which <= 12 && depth > 0) {
        const int columns = random_.between(1, 3);
        std::string sql = "(" + select(columns, outer, depth - 1).sql + ") AS " + alias;
        item = {alias, {}};
        for (int i = 0; i < columns; ++i) {
            item.columns.push_back({"k" + std::to_string(i)});
        }
        return sql;
    }
    if (which <= 16) {
        item = {alias, {{"column1"}, {"column2"}}};
        return "(VALUES (" + literal() + ", " + literal() + "), (" + literal() + ", " +
               leaf(outer) + ")) AS " + alias;
    }
    if (which <= 20) {
        item = {alias, {{"key"}, {"value"}, {"type", 'T'}, {"fullkey", 'T'}}, {alias + ".fullkey"}};
        return random_.one_of({"json_each(", "json_tree("}) + json() + ") AS " + alias;
    }
    item = pick_table(alias);
    std::string sql = item.name + " AS " + alias;
    item.name = alias;
    return sql;
}

std::string generator::join(scope& sources, const scope& outer, int depth) {
    source right;
    const std::string item = from_item(right, outer, depth);
    std::vector<column> shared;
    for (const source& left : sources) {
        for (const column& one : left.columns) {
            const auto same = [&](const column& other) { return other.name == one.name; };
            if (one.name != "rowid" && std::ranges::any_of(right.columns, same)) {
                shared.push_back(one);
            }
        }
    }
    const int which = random_.between(1, 100);
    if (which <= 12) {
        sources.push_back(right);
        return random_.one_of({", ", " CROSS JOIN "}) + item;
    }
    const std::string kind =
        random_.one_of({"", " INNER", " LEFT", " LEFT", " RIGHT", " FULL", " LEFT OUTER"});
    if (which <= 20 && !shared.empty()) {
        sources.push_back(right);
        return " NATURAL" + kind + " JOIN " + item;
    }
    if (which <= 36 && !shared.empty()) {
        const column common = random_.one_of(shared);
        sources.push_back(right);
        sources.push_back({"", {common}, {"1"}});
        return kind + " JOIN " + item + " USING (" + common.name + ")";
    }
    sources.insert(sources.begin(), right);
    scope all = sources;
    all.insert(all.end(), outer.begin(), outer.end());
    std::string on = condition(all, std::min(depth, 2));
    if (random_.percent(60) && !right.columns.empty()) {
        on = right.name + "." + random_.one_of(right.columns).name + " = " + column_of(sources) +
             (random_.percent(40) ? " AND " + on : "");
    }
    return kind + " JOIN " + item + " ON " + on;
}

std::string generator::from(scope& sources, const scope& outer, int depth) {
    source first;
    std::string sql = " FROM " + from_item(first, outer, depth);
    sources.push_back(first);
    const int joins = random_.percent(50) ? 0 : random_.percent(70) ? 1 : depth > 1 ? 3 : 2;
    for (int i = 0; i < joins; ++i) {
        sql += join(sources, outer, depth);
    }
    return sql;
}

// Its argument names a source of its own query: with names of an outer query only, it would be that
// query's aggregate.
std::string generator::aggregate(const scope& sources, const scope& names, int depth) {
    std::string sql;
    const std::string a = random_.percent(15) ? "ifnull(" + column_of(sources) + ", " +
                                                    expression(names, depth - 1) + ")"
                                              : expression(sources, depth - 1);
    switch (random_.below(9)) {
        case 0:
            sql = "count(*)";
            break;
        case 1:
            sql = "count(" + std::string(random_.percent(50) ? "DISTINCT " : "") + a + ")";
            break;
        case 2:
            sql = random_.one_of({"sum(", "total(", "avg("}) + bounded(sources, depth - 2) + ")";
            break;
        case 3:
            sql = random_.one_of({"sum(DISTINCT ", "total(DISTINCT "}) + "length(" + a + "))";
            break;
        case 4:
            sql = "group_concat(" + a + ", ',' ORDER BY " + a +
                  random_.one_of({"", " DESC", " NULLS LAST"}) + ")";
            break;
        case 5:
            sql = "json_group_array(quote(" + a + ") ORDER BY quote(" + a + "))";
            break;
        case 6:
            sql = "group_concat(DISTINCT " + a + " ORDER BY " + a + ")";
            break;
        default:
            sql = random_.one_of({"min(", "max("}) + a + ")";
            break;
    }
    if (random_.percent(15)) {
        sql += " FILTER (WHERE " + condition(sources, depth - 1) + ")";
    }
    return sql;
}

std::string generator::frame(bool rows) {
    if (random_.percent(35)) {
        return "";
    }
    std::string sql = rows ? random_.one_of({" ROWS", " GROUPS", " ROWS"}) : " GROUPS";
    sql += random_.one_of(
        {" BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW", " BETWEEN 1 PRECEDING AND 1 FOLLOWING",
         " BETWEEN 2 PRECEDING AND 1 PRECEDING", " BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
         " BETWEEN 1 FOLLOWING AND 2 FOLLOWING",
         " BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING", " UNBOUNDED PRECEDING",
         " 1 PRECEDING"});
    return sql + random_.one_of({"", "", "", " EXCLUDE CURRENT ROW", " EXCLUDE TIES",
                                 " EXCLUDE GROUP", " EXCLUDE NO OTHERS"});
}

std::string generator::window(const scope& sources, const scope& names, int depth) {
    std::vector<std::string> keys;
    bool unique = true;
    for (const source& item : sources) {
        unique = unique && !item.keys.empty();
        keys.insert(keys.end(), item.keys.begin(), item.keys.end());
    }
    std::string over = " OVER (";
    if (random_.percent(60)) {
        over += "PARTITION BY " + column_of(sources) + " ";
    }
    const std::string direction = random_.one_of({"", " DESC", " NULLS LAST", " DESC NULLS FIRST"});
    if (unique && random_.percent(60)) {
        over += "ORDER BY ifnull(" + expression(names, 1) + ", 1)" + direction + ", " +
                join_texts(keys, ", ");
        const std::string a = expression(names, depth - 1);
        switch (random_.below(6)) {
            case 0:
                return random_.one_of({"row_number()", "ntile(3)", "ntile(2)"}) + over + ")";
            case 1:
                return random_.one_of({"lag(", "lead("}) + a +
                       random_.one_of({"", ", 1", ", 2, 'none'", ", 0"}) + ")" + over + ")";
            case 2:
                return random_.one_of({"first_value(", "last_value("}) + a + ")" + over +
                       frame(true) + ")";
            case 3:
                return "nth_value(" + a + ", 2)" + over + frame(true) + ")";
            case 4:
                return "group_concat(" + a + ", ';')" +
                       (random_.percent(20) ? " FILTER (WHERE " + condition(names, 1) + ")" : "") +
                       over + frame(true) + ")";
            default:
                return random_.one_of({"sum(", "avg(", "total("}) + bounded(names, depth - 2) +
                       ")" + over + frame(true) + ")";
        }
    }
    if (random_.percent(40)) {
        over += "ORDER BY " + column_of(sources) + direction;
        if (random_.percent(40)) {
            over += random_.one_of({" RANGE BETWEEN 2 PRECEDING AND 1 FOLLOWING",
                                    " RANGE BETWEEN 1.5 PRECEDING AND CURRENT ROW",
                                    " RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING",
                                    " RANGE BETWEEN 1 FOLLOWING AND 3 FOLLOWING",
                                    " RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING"});
        }
    } else {
        over += "ORDER BY " + column_of(sources) + direction + ", ifnull(" + expression(names, 1) +
                ", 1)" + frame(false);
    }
    switch (random_.below(3)) {
        case 0:
            return random_.one_of({"rank()", "dense_rank()", "percent_rank()", "cume_dist()"}) +
                   over + ")";
        case 1:
            return random_.one_of({"sum(", "avg(", "total("}) + bounded(names, depth - 2) + ")" +
                   over + ")";
        default:
            return random_.one_of({"min(", "max(", "count("}) + expression(names, depth - 1) + ")" +
                   over + ")";
    }
}

std::string generator::values_core(int columns, const scope& outer, int depth) {
    std::string sql = "VALUES ";
    const int rows = random_.between(1, 3);
    for (int i = 0; i < rows; ++i) {
        sql += i > 0 ? ", (" : "(";
        for (int j = 0; j < columns; ++j) {
            sql += (j > 0 ? ", " : "") + expression(outer, std::min(depth, 1));
        }
        sql += ")";
    }
    return sql;
}

std::string generator::grouped_core(int columns, const scope& outer, int depth) {
    scope sources;
    const std::string from_clause = from(sources, outer, depth);
    scope all = sources;
    all.insert(all.end(), outer.begin(), outer.end());
    std::vector<std::string> groups;
    for (int i = random_.between(0, 2); i > 0; --i) {
        groups.push_back(random_.percent(70) ? column_of(sources)
                                             : "ifnull(" + expression(sources, 1) + ", 0)");
    }
    std::string sql = "SELECT ";
    for (int i = 0; i < columns; ++i) {
        sql += (i > 0 ? ", " : "") +
               (!groups.empty() && random_.percent(35) ? random_.one_of(groups)
                : random_.percent(90)
                    ? aggregate(sources, all, depth - 1)
                    : "(" + aggregate(sources, all, 1) + " + " + aggregate(sources, all, 1) + ")") +
               " AS k" + std::to_string(i);
    }
    sql += from_clause;
    if (random_.percent(50)) {
        sql += " WHERE " + condition(all, depth);
    }
    if (!groups.empty()) {
        sql += " GROUP BY " + join_texts(groups, ", ");
    }
    if (random_.percent(25)) {
        const std::string left =
            groups.empty() || random_.percent(50) ? aggregate(sources, all, 1) : groups[0];
        sql += " HAVING " + left + random_.one_of({" > ", " = ", " <> ", " IS NOT "}) + literal();
    }
    return sql;
}

std::string generator::core(int columns, const scope& outer, int depth) {
    const int which = random_.between(1, 100);
    if (which <= 6) {
        return values_core(columns, outer, depth);
    }
    if (which <= 28) {
        return grouped_core(columns, outer, depth);
    }
    scope sources;
    const std::string from_clause = from(sources, outer, depth);
    scope all = sources;
    all.insert(all.end(), outer.begin(), outer.end());
    const bool windows = random_.percent(12);
    std::string sql = random_.percent(12) ? "SELECT DISTINCT " : "SELECT ";
    for (int i = 0; i < columns; ++i) {
        sql += (i > 0 ? ", " : "") +
               (windows && random_.percent(60) ? window(sources, all, depth)
                                               : expression(all, depth - 1)) +
               " AS k" + std::to_string(i);
    }
    sql += from_clause;
    if (random_.percent(75)) {
        sql += " WHERE " + condition(all, depth);
    }
    return sql;
}

std::string generator::compound(int columns, const scope& outer, int depth) {
    std::string sql = core(columns, outer, depth);
    while (random_.percent(14)) {
        sql +=
            random_.one_of({" UNION ", " UNION ALL ", " INTERSECT ", " EXCEPT ", " UNION ALL "}) +
            core(columns, outer, depth - 1);
    }
    return sql;
}

std::string generator::recursive(const std::string& name) {
    const std::string step = random_.one_of(
        {"k0 + 1, k1 || 'x'", "k0 + 1, k1 + k0", "k0 + 2, k0 % 3", "k0 + 1, NULL", "k0 * 2, k1"});
    return name + "(k0, k1) AS (SELECT " + std::to_string(random_.between(1, 3)) + ", " +
           literal() + random_.one_of({" UNION ALL ", " UNION "}) + "SELECT " + step + " FROM " +
           name + " WHERE k0 < " + std::to_string(random_.between(3, 20)) + ")";
}

// They name no column of an outer query: before SQLite 3.53, GROUP BY must not, and it may read
// them.
std::string generator::with(int depth) {
    std::string sql;
    const int count = random_.between(1, 2);
    for (int i = 0; i < count; ++i) {
        const std::string name = fresh("w");
        if (random_.percent(25)) {
            sql += (i > 0 ? ", " : "") + recursive(name);
            common_.push_back({name, {{"k0", 'I'}, {"k1"}}});
            continue;
        }
        const int columns = random_.between(1, 3);
        source made{name, {}};
        for (int j = 0; j < columns; ++j) {
            made.columns.push_back({"k" + std::to_string(j)});
        }
        const std::string names = columns == 1   ? "(k0)"
                                  : columns == 2 ? "(k0, k1)"
                                                 : "(k0, k1, k2)";
        sql += (i > 0 ? ", " : "") + name + names + " AS " +
               random_.one_of({"", "", "MATERIALIZED ", "NOT MATERIALIZED "}) + "(" +
               compound(columns, {}, depth - 1) + ")";
        common_.push_back(made);
    }
    return "WITH RECURSIVE " + sql + " ";
}

std::string generator::order_by_all(int columns) {
    std::string sql = " ORDER BY ";
    for (int i = 1; i <= columns; ++i) {
        sql += (i > 1 ? ", " : "") + std::to_string(i) +
               random_.one_of({"", "", " DESC", " ASC NULLS LAST", " DESC NULLS FIRST"});
    }
    return sql;
}

generator::selection generator::select(int columns, const scope& outer, int depth) {
    const std::size_t before = common_.size();
    std::string sql = depth > 0 && random_.percent(10) ? with(depth) : "";
    sql += compound(columns, outer, depth);
    row_order order = row_order::any;
    if (random_.percent(30)) {
        sql += order_by_all(columns);
        order = row_order::total;
        if (random_.percent(35)) {
            sql += " LIMIT " + std::to_string(random_.between(0, 7)) +
                   (random_.percent(30) ? " OFFSET " + std::to_string(random_.between(0, 3)) : "");
            order = row_order::limited;
        }
    }
    common_.resize(before);
    return {sql, order};
}

// Two queries that must have the same result.
statement generator::pair() {
    scope sources;
    const std::string from_clause = from(sources, {}, 2);
    const std::string where = "(" + condition(sources, 3) + ")";
    switch (random_.below(3)) {
        case 0:
            return {"SELECT count(*)" + from_clause + " WHERE " + where, row_order::any,
                    "SELECT count(*) FILTER (WHERE " + where + ")" + from_clause};
        case 1: {
            const std::string all =
                "SELECT " + expression(sources, 2) + ", " + column_of(sources) + from_clause;
            return {all, row_order::any,
                    all + " WHERE " + where + " UNION ALL " + all + " WHERE NOT " + where +
                        " UNION ALL " + all + " WHERE " + where + " IS NULL"};
        }
        default: {
            const std::string what = column_of(sources);
            return {"SELECT " + what + from_clause + " WHERE " + where, row_order::any,
                    "SELECT a FROM (SELECT " + what + " AS a, " + where + " AS b" + from_clause +
                        " LIMIT -1 OFFSET 0) WHERE b"};
        }
    }
}

}  // namespace libsql::compare
