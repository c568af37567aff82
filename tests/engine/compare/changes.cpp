#include "generator.hpp"

namespace libsql::compare {

namespace {

template <class Column>
std::vector<Column> writable(const std::vector<Column>& columns) {
    std::vector<Column> result;
    for (const Column& one : columns) {
        if (!one.generated) {
            result.push_back(one);
        }
    }
    return result;
}

}  // namespace

generator::generator(std::uint64_t seed) : random_(seed) {}

std::string generator::returning(const table& target) {
    return random_.percent(25) ? " RETURNING " + expression(bare(target), 2) + ", " +
                                     random_.one_of(target.columns).name
                               : "";
}

std::string generator::insert_row(const table& target, const std::vector<column>& columns) {
    std::string sql = "(";
    for (const column& one : columns) {
        const bool key = !target.rowid && one.name == target.keys[0];
        sql += (sql.size() > 1 ? ", " : "") +
               (key && one.kind == 'I' ? std::to_string(random_.between(-5, 30)) : value_for(one));
    }
    return sql + ")";
}

std::string generator::upsert(const table& target) {
    if (random_.percent(30)) {
        return " ON CONFLICT DO NOTHING";
    }
    scope names = bare(target);
    names[0].name = target.name;
    names.push_back({"excluded", target.columns});
    return " ON CONFLICT" +
           (random_.percent(60) ? "(" + target.columns[0].name + ")" : std::string()) +
           " DO UPDATE SET " + assignments(target, names) +
           (random_.percent(30) ? " WHERE " + condition(names, 1) : "");
}

std::string generator::insert() {
    const table& target = random_.one_of(tables_);
    const std::vector<column> columns = writable(target.columns);
    if (columns.empty() || random_.percent(2)) {
        return "INSERT INTO " + target.name + " DEFAULT VALUES";
    }
    std::string names;
    for (const column& one : columns) {
        names += (names.empty() ? "" : ", ") + one.name;
    }
    std::string sql = "INSERT" +
                      random_.one_of({"", "", " OR IGNORE", " OR REPLACE", " OR IGNORE", " OR FAIL",
                                      " OR ABORT"}) +
                      " INTO " + target.name + "(" + names + ") ";
    if (random_.percent(15)) {
        // What rowid a row gets is up to the sequence of the rows.
        const selection rows = select(static_cast<int>(columns.size()), {}, 2);
        sql += rows.sql;
        sql += rows.order == row_order::any ? order_by_all(static_cast<int>(columns.size())) : "";
        return sql + returning(target);
    }
    sql += "VALUES ";
    // SQLite keeps the rows before one that has a wrong type.
    const int rows = target.strict ? 1 : random_.between(1, 8);
    for (int i = 0; i < rows; ++i) {
        sql += (i > 0 ? ", " : "") + insert_row(target, columns);
    }
    return sql + (random_.percent(15) ? upsert(target) : "") + returning(target);
}

std::string generator::assignments(const table& target, const scope& names) {
    const std::vector<column> columns = writable(target.columns);
    if (columns.empty()) {
        return target.columns[0].name + " = 1";
    }
    if (columns.size() > 1 && random_.percent(15)) {
        return "(" + columns[0].name + ", " + columns[1].name + ") = (" + expression(names, 1) +
               ", " + leaf(names) + ")";
    }
    std::string sql;
    const int count = random_.between(1, 2);
    for (int i = 0; i < count; ++i) {
        const column& one = random_.one_of(columns);
        sql += (i > 0 ? ", " : "") + one.name + " = " +
               (random_.percent(50) ? value_for(one) : expression(names, 2));
    }
    return sql;
}

std::string generator::update() {
    const table& target = random_.one_of(tables_);
    scope names = bare(target);
    names[0].name = target.name;
    std::string sql =
        "UPDATE" + random_.one_of({"", "", "", " OR IGNORE"}) + " " + target.name + " SET ";
    if (random_.percent(20)) {
        // One row of it at most for each row of the target.
        const std::string key = column_of(names);
        scope other{{"g", {{"k0"}, {"k1"}}}};
        scope inner;
        const std::string from_clause = from(inner, {}, 1);
        other.push_back(names[0]);
        return sql + assignments(target, other) + " FROM (SELECT " + column_of(inner) +
               " COLLATE BINARY AS k0, count(*) AS k1" + from_clause + " GROUP BY 1) AS g WHERE " +
               key + " IS g.k0 COLLATE BINARY AND typeof(" + key + ") = typeof(g.k0)";
    }
    sql += assignments(target, names);
    if (random_.percent(90)) {
        sql += " WHERE " + condition(names, 2);
    }
    return sql + returning(target);
}

std::string generator::remove() {
    const table& target = random_.one_of(tables_);
    scope names = bare(target);
    names[0].name = target.name;
    if (random_.percent(3)) {
        return "DELETE FROM " + target.name;
    }
    std::string where = condition(names, 2);
    if (random_.percent(60)) {
        where = "(" + where + " AND " + column_of(names) + " = " + literal() + ")";
    }
    return "DELETE FROM " + target.name + " WHERE " + where + returning(target);
}

std::string generator::transaction() {
    switch (random_.below(5)) {
        case 0:
        case 1:
            return "SAVEPOINT s" + std::to_string(++open_);
        case 2:
            return "ROLLBACK TO s" + std::to_string(open_);
        case 3:
            return "RELEASE s" + std::to_string(open_ > 0 ? open_-- : 0);
        default:
            return random_.one_of({"BEGIN", "COMMIT", "ROLLBACK"});
    }
}

std::string generator::upkeep() {
    switch (random_.below(9)) {
        case 0:
            return "ANALYZE";
        case 1:
            return "VACUUM";
        case 2:
            return "REINDEX";
        case 3:
            return "PRAGMA optimize";
        case 4:
            return "PRAGMA integrity_check";
        case 5:
            return random_.one_of(
                {"PRAGMA recursive_triggers = 1", "PRAGMA case_sensitive_like = 1",
                 "PRAGMA defer_foreign_keys = 1", "PRAGMA ignore_check_constraints = 1",
                 "PRAGMA automatic_index = 0", "PRAGMA foreign_keys = 0",
                 "PRAGMA cell_size_check = 1", "PRAGMA incremental_vacuum(3)",
                 "PRAGMA cache_size = 4"});
        case 6:
            return create_index();
        case 7:
            return alter();
        default:
            return random_.percent(60) ? create_view() : create_trigger();
    }
}

statement generator::any_change() {
    const int which = random_.between(1, 100);
    if (which <= 45) {
        return {insert()};
    }
    if (which <= 68) {
        return {update()};
    }
    if (which <= 78) {
        return {remove()};
    }
    return which <= 90 ? statement{transaction()} : statement{upkeep()};
}

statement generator::any_query() {
    if (random_.percent(12)) {
        return pair();
    }
    if (random_.percent(14)) {
        return {probe()};
    }
    const selection made = select(random_.between(1, 4), {}, random_.between(1, 4));
    return {made.sql, made.order};
}

// All that is in the database.
void generator::contents() {
    for (int i = 0; i < open_; ++i) {
        add("RELEASE s" + std::to_string(i + 1));
    }
    add("COMMIT");
    add("PRAGMA integrity_check");
    add("PRAGMA foreign_key_check");
    add("SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%'");
    for (const table& one : tables_) {
        add("SELECT " + std::string(one.rowid ? "rowid, " : "") + "* FROM " + one.name);
    }
    add("SELECT * FROM log");
    for (const source& one : views_) {
        add("SELECT * FROM " + one.name);
    }
    add("SELECT * FROM sqlite_sequence");
}

void generator::file_format() {
    if (random_.percent(25)) {
        add(random_.one_of({"PRAGMA encoding = 'UTF-16le'", "PRAGMA encoding = 'UTF-16be'"}));
    }
    if (random_.percent(25)) {
        add(random_.one_of({"PRAGMA page_size = 512", "PRAGMA page_size = 1024"}));
    }
    if (random_.percent(25)) {
        add(random_.one_of({"PRAGMA auto_vacuum = 1", "PRAGMA auto_vacuum = 2"}));
    }
}

script generator::make() {
    file_format();
    const bool prose = random_.percent(8);
    const bool box = random_.percent(6);
    if (prose) {
        add("CREATE VIRTUAL TABLE prose USING fts5(p, q" +
            random_.one_of({"", ", detail = column", ", tokenize = 'porter'", ", prefix = '1 2'"}) +
            ")");
    }
    if (box) {
        add("CREATE VIRTUAL TABLE box USING rtree(id, x0, x1, y0, y1)");
    }
    limits_ = random_.percent(30);
    collations_ = random_.percent(30);
    foreign_keys_ = random_.percent(25);
    const int tables = random_.between(1, 4);
    for (int i = 0; i < tables; ++i) {
        add(create_table());
    }
    add("CREATE TABLE log(n INTEGER PRIMARY KEY, a, b)");
    for (int i = random_.between(0, 4); i > 0; --i) {
        add(create_index());
    }
    for (int i = random_.between(2, 8); i > 0; --i) {
        add(insert());
    }
    for (int i = random_.between(0, 2); i > 0; --i) {
        add(random_.percent(60) ? create_view() : create_trigger());
    }
    for (int i = random_.between(0, 2); i > 0; --i) {
        add(create_index());
    }
    if (random_.percent(25)) {
        add("ANALYZE");
    }
    const int steps = random_.between(10, 45);
    for (int i = 0; i < steps; ++i) {
        names_ += 1;
        if ((prose || box) && random_.percent(60)) {
            script_.push_back(prose ? full_text() : boxes());
        } else {
            script_.push_back(random_.percent(62) ? any_query() : any_change());
        }
    }
    contents();
    return script_;
}

}  // namespace libsql::compare
