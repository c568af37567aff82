#include "generator.hpp"

namespace libsql::compare {

std::string generator::column_of(const scope& names) {
    // The innermost names stand first, and are taken most.
    std::size_t which = 0;
    while (which + 1 < names.size() && random_.percent(55)) {
        ++which;
    }
    const source& from = names[which];
    if (from.columns.empty()) {
        return literal();
    }
    const std::string& name = random_.one_of(from.columns).name;
    return from.name.empty() ? name : from.name + "." + name;
}

std::string generator::leaf(const scope& names) {
    return names.empty() || random_.percent(25) ? literal() : column_of(names);
}

std::string generator::arithmetic(const scope& names, int depth) {
    if (random_.percent(15)) {
        return "(" + random_.one_of({"-", "+", "~"}) + expression(names, depth - 1) + ")";
    }
    const std::string sign =
        random_.one_of({" + ", " - ", " * ", " / ", " % ", " & ", " | ", " << ", " >> ", " || "});
    return "(" + expression(names, depth - 1) + sign + expression(names, depth - 1) + ")";
}

std::string generator::choice(const scope& names, int depth) {
    switch (random_.below(6)) {
        case 0:
            return "CASE WHEN " + condition(names, depth - 1) + " THEN " +
                   expression(names, depth - 1) + " ELSE " + expression(names, depth - 1) + " END";
        case 1:
            return "CASE " + expression(names, depth - 1) + " WHEN " +
                   expression(names, depth - 1) + " THEN " + expression(names, depth - 1) +
                   " WHEN " + leaf(names) + " THEN " + leaf(names) + " END";
        case 2:
            return "coalesce(" + leaf(names) + ", " + expression(names, depth - 1) + ", " +
                   leaf(names) + ")";
        case 3:
            return "iif(" + condition(names, depth - 1) + ", " + expression(names, depth - 1) +
                   ", " + leaf(names) + ")";
        case 4:
            return "nullif(" + expression(names, depth - 1) + ", " + leaf(names) + ")";
        default:
            return "ifnull(" + expression(names, depth - 1) + ", " + expression(names, depth - 1) +
                   ")";
    }
}

// One value at most, and the same under every plan: an aggregate of a query, or its only row.
std::string generator::scalar_query(const scope& names, int depth) {
    scope sources;
    const std::string from_clause = from(sources, names, depth - 1);
    scope all = sources;
    all.insert(all.end(), names.begin(), names.end());
    std::string sql = "(SELECT " + aggregate(sources, all, depth - 1) + from_clause;
    if (random_.percent(70)) {
        sql += " WHERE " + condition(all, depth - 1);
    }
    return sql + ")";
}

std::string generator::expression(const scope& names, int depth) {
    if (depth <= 0 || random_.percent(25)) {
        return leaf(names);
    }
    const int which = random_.between(1, 100);
    if (which <= 30) {
        return arithmetic(names, depth);
    }
    if (which <= 60) {
        return function(names, depth);
    }
    if (which <= 74) {
        return choice(names, depth);
    }
    if (which <= 82) {
        return "CAST(" + expression(names, depth - 1) + " AS " +
               random_.one_of({"INTEGER", "TEXT", "REAL", "NUMERIC", "BLOB"}) + ")";
    }
    if (which <= 90 && queries_) {
        return scalar_query(names, depth);
    }
    if (which <= 94) {
        return "(" + leaf(names) + " COLLATE " + random_.one_of({"NOCASE", "BINARY", "RTRIM"}) +
               ")";
    }
    return "(" + condition(names, depth) + ")";
}

// A number whose sum with others is exact.
std::string generator::bounded(const scope& names, int depth) {
    return "max(min(round(" + leaf(names) + ", 0), 1000), -1000) + length(" +
           expression(names, depth) + ")";
}

std::string generator::number(const scope& names, int depth) {
    return random_.percent(50) ? leaf(names) : "(" + expression(names, depth - 1) + " + 0)";
}

std::string generator::comparison(const scope& names, int depth) {
    const std::string left = random_.percent(60) ? leaf(names) : expression(names, depth - 1);
    const std::string right = random_.percent(60) ? leaf(names) : expression(names, depth - 1);
    switch (random_.below(8)) {
        case 0:
            return "(" + left + random_.one_of({"", " NOT"}) + " BETWEEN " + right + " AND " +
                   leaf(names) + ")";
        case 1:
            return "(" + left +
                   random_.one_of({" IS NULL", " IS NOT NULL", " NOTNULL", " ISNULL"}) + ")";
        case 2:
            return "(" + left +
                   random_.one_of(
                       {" IS ", " IS NOT ", " IS DISTINCT FROM ", " IS NOT DISTINCT FROM "}) +
                   right + ")";
        case 3:
            return "(" + left + random_.one_of({" LIKE ", " NOT LIKE "}) +
                   random_.one_of({"'a%'", "'%b'", "'A_'", "'%'", "'1%'", "'a%b%'", "'ab'", "''"}) +
                   ")";
        case 4:
            return "(" + left + " GLOB " +
                   random_.one_of({"'a*'", "'*b'", "'[a-c]*'", "'?'", "'[^a]*'", "'*'", "'ab'"}) +
                   ")";
        default:
            return "(" + left +
                   random_.one_of({" = ", " < ", " > ", " <= ", " >= ", " <> ", " = "}) + right +
                   ")";
    }
}

std::string generator::membership(const scope& names, int depth) {
    std::string sql = random_.percent(70) ? leaf(names) : expression(names, depth - 1);
    sql = "(" + sql + random_.one_of({" IN (", " IN (", " NOT IN ("});
    if (queries_ && random_.percent(50)) {
        return sql + select(1, names, depth - 1).sql + "))";
    }
    const int count = random_.between(random_.percent(5) ? 0 : 1, 5);
    for (int i = 0; i < count; ++i) {
        sql += (i > 0 ? ", " : "") + (random_.percent(75) ? literal() : leaf(names));
    }
    return sql + "))";
}

std::string generator::row_comparison(const scope& names, int depth) {
    const std::string left = "(" + leaf(names) + ", " + leaf(names) + ")";
    if (queries_ && random_.percent(40)) {
        return "(" + left + " IN (" + select(2, names, depth - 1).sql + "))";
    }
    if (random_.percent(25)) {
        return "(" + left + " IN (VALUES (" + literal() + ", " + literal() + "), (" + literal() +
               ", " + literal() + ")))";
    }
    return "(" + left + random_.one_of({" = ", " < ", " >= ", " IS ", " <> ", " > "}) + "(" +
           leaf(names) + ", " + expression(names, depth - 1) + "))";
}

std::string generator::condition(const scope& names, int depth) {
    if (depth <= 0) {
        return comparison(names, 0);
    }
    const int which = random_.between(1, 100);
    if (which <= 45) {
        return comparison(names, depth);
    }
    if (which <= 65) {
        return "(" + condition(names, depth - 1) + random_.one_of({" AND ", " AND ", " OR "}) +
               condition(names, depth - 1) + ")";
    }
    if (which <= 71) {
        return "(NOT " + condition(names, depth - 1) + ")";
    }
    if (which <= 84) {
        return membership(names, depth);
    }
    if (which <= 90) {
        return row_comparison(names, depth);
    }
    if (which <= 96 && queries_) {
        return random_.one_of({"EXISTS (", "NOT EXISTS ("}) +
               select(random_.between(1, 2), names, depth - 1).sql + ")";
    }
    return expression(names, depth - 1);
}

}  // namespace libsql::compare
