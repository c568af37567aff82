#include "generator.hpp"

namespace libsql::compare {

generator::scope generator::bare(const table& owner) const {
    source item{"", {}};
    for (const column& one : owner.columns) {
        item.columns.push_back(one);
    }
    return {item};
}

std::string generator::column_definition(column& made, const table& owner, bool key) {
    made.kind = random_.one_of({"I", "I", "T", "T", "N", "R", "B", "J", "D"})[0];
    std::string type = made.kind == 'I'   ? random_.one_of({"INTEGER", "INT", "INTEGER"})
                       : made.kind == 'R' ? "REAL"
                       : made.kind == 'N' ? random_.one_of({"NUMERIC", "DECIMAL(5,2)"})
                       : made.kind == 'B' ? random_.one_of({"BLOB", "", ""})
                                          : "TEXT";
    if (owner.strict) {
        type = made.kind == 'N' || type.empty() ? "ANY" : type;
    }
    std::string sql = made.name + " " + type;
    if (key) {
        return sql + " PRIMARY KEY" + random_.one_of({"", "", "", " DESC", " AUTOINCREMENT"});
    }
    // SQLite 3.51 checks the type of a generated column of a STRICT table also where it is read.
    if (!owner.columns.empty() && !owner.strict && random_.percent(8)) {
        queries_ = false;
        sql += " AS (" + expression(bare(owner), 2) + ")" +
               random_.one_of({"", " STORED", " VIRTUAL"});
        queries_ = true;
        made.generated = true;
        return sql;
    }
    if (collations_ && random_.percent(25)) {
        sql += random_.one_of({" COLLATE NOCASE", " COLLATE RTRIM"});
    }
    if (random_.percent(10)) {
        sql += " NOT NULL" + random_.one_of({"", " ON CONFLICT IGNORE", " ON CONFLICT REPLACE"});
    }
    if (random_.percent(15)) {
        sql += " DEFAULT " + (random_.percent(70) ? value_for(made) : "(1 + 2)");
    }
    if (random_.percent(8)) {
        sql += " UNIQUE" + random_.one_of({"", "", " ON CONFLICT IGNORE", " ON CONFLICT REPLACE"});
    }
    if (foreign_keys_ && random_.percent(20) && !tables_.empty()) {
        sql += foreign_key(made);
    }
    return sql;
}

std::string generator::foreign_key(const column& child) {
    const table& parent = random_.percent(70) ? tables_[0] : tables_.back();
    const std::string target =
        parent.keys.size() == 1 && parent.keys[0] != "rowid" ? parent.keys[0] : child.name;
    return " REFERENCES " + parent.name + "(" + target + ")" +
           random_.one_of({"", " ON DELETE CASCADE", " ON DELETE SET NULL",
                           " ON DELETE SET DEFAULT", " ON DELETE RESTRICT"}) +
           random_.one_of({"", " ON UPDATE CASCADE", " ON UPDATE SET NULL"}) +
           random_.one_of({"", " DEFERRABLE INITIALLY DEFERRED"});
}

std::string generator::table_constraints(const table& owner) {
    std::string sql;
    if (random_.percent(10)) {
        sql +=
            ", UNIQUE (" + random_.one_of(owner.columns).name + ", " + owner.columns[0].name + ")";
    }
    if (random_.percent(8)) {
        queries_ = false;
        sql += ", CHECK (" + condition(bare(owner), 1) + " IS NOT 0)";
        queries_ = true;
    }
    return sql;
}

std::string generator::create_table() {
    table made{"t" + std::string(1, static_cast<char>('a' + tables_.size())), {}, {}};
    made.strict = random_.percent(10);
    const int columns = random_.between(1, 6);
    const int key = random_.between(1, 100);  // one column, two, none
    std::string sql;
    for (int i = 0; i < columns; ++i) {
        column one{"c" + std::to_string(i)};
        sql += (i > 0 ? ", " : "") + column_definition(one, made, key <= 45 && i == 0);
        made.columns.push_back(one);
    }
    if (key <= 45) {
        made.keys = {made.columns[0].name};
    } else if (key <= 65 && columns > 2) {
        made.keys = {made.columns[0].name, made.columns[2].name};
        sql += ", PRIMARY KEY (c0" + random_.one_of({"", " DESC", " COLLATE NOCASE"}) + ", c2)";
    }
    const bool has_key = !made.keys.empty();
    sql += table_constraints(made);
    made.rowid = !has_key || random_.percent(65);
    // A primary key may be NULL, often: only without rowid it makes a row unique.
    if (made.rowid) {
        made.keys = {"rowid"};
    }
    sql = "CREATE TABLE " + made.name + "(" + sql + ")";
    sql += made.strict ? " STRICT" : "";
    if (!made.rowid) {
        sql += made.strict ? ", WITHOUT ROWID" : " WITHOUT ROWID";
    }
    tables_.push_back(made);
    return sql;
}

std::string generator::create_index() {
    const table& on = random_.one_of(tables_);
    queries_ = false;
    std::string sql = random_.percent(12) ? "CREATE UNIQUE INDEX " : "CREATE INDEX ";
    sql += fresh("i") + " ON " + on.name + "(";
    const int count = random_.between(1, 3);
    for (int i = 0; i < count; ++i) {
        sql += i > 0 ? ", " : "";
        sql += random_.percent(75) ? random_.one_of(on.columns).name : expression(bare(on), 2);
        sql += collations_ && random_.percent(20)
                   ? random_.one_of({" COLLATE NOCASE", " COLLATE RTRIM"})
                   : "";
        sql += random_.percent(20) ? " DESC" : "";
    }
    sql += ")";
    if (random_.percent(25)) {
        sql += " WHERE " + condition(bare(on), 1);
    }
    queries_ = true;
    return sql;
}

std::string generator::create_view() {
    source made{fresh("v"), {}};
    const int columns = random_.between(1, 4);
    std::string names;
    for (int i = 0; i < columns; ++i) {
        made.columns.push_back({"c" + std::to_string(i)});
        names += (i > 0 ? ", c" : "c") + std::to_string(i);
    }
    std::string sql =
        "CREATE VIEW " + made.name + "(" + names + ") AS " + select(columns, {}, 2).sql;
    views_.push_back(made);
    return sql;
}

std::string generator::trigger_body(const scope& names) {
    const table& target = random_.one_of(tables_);
    switch (random_.below(5)) {
        case 0:
            return "INSERT INTO log VALUES (NULL, " + leaf(names) + ", quote(" +
                   expression(names, 1) + "));";
        case 1:
            return "UPDATE " + target.name + " SET " + random_.one_of(target.columns).name + " = " +
                   expression(names, 1) + " WHERE " + random_.one_of(target.columns).name + " = " +
                   leaf(names) + ";";
        case 2:
            return "DELETE FROM " + target.name + " WHERE " + random_.one_of(target.columns).name +
                   " = " + leaf(names) + ";";
        case 3:
            return "SELECT RAISE(" + random_.one_of({"IGNORE", "ABORT, 'no'", "FAIL, 'no'"}) +
                   ") WHERE " + leaf(names) + " = " + literal() + ";";
        default:
            return "INSERT OR " + random_.one_of({"IGNORE", "REPLACE"}) + " INTO log SELECT " +
                   integer() + ", count(*), " + leaf(names) + " FROM " + target.name + ";";
    }
}

std::string generator::create_trigger() {
    const table& on = random_.one_of(tables_);
    const std::string event = random_.one_of({"INSERT", "DELETE", "UPDATE", "UPDATE OF c0"});
    scope names;
    if (event != "DELETE") {
        names.push_back({"NEW", on.columns});
    }
    if (event != "INSERT") {
        names.push_back({"OLD", on.columns});
    }
    std::string sql = "CREATE TRIGGER " + fresh("r") + random_.one_of({" AFTER ", " BEFORE "}) +
                      event + " ON " + on.name;
    if (random_.percent(30)) {
        sql += " WHEN " + condition(names, 1);
    }
    sql += " BEGIN ";
    const int steps = random_.between(1, 2);
    for (int i = 0; i < steps; ++i) {
        sql += trigger_body(names) + " ";
    }
    return sql + "END";
}

std::string generator::alter() {
    table& on = tables_[random_.below(tables_.size())];
    switch (random_.below(4)) {
        case 0: {
            column added{fresh("n"), 'T'};
            std::string sql = "ALTER TABLE " + on.name + " ADD COLUMN " + added.name + " TEXT" +
                              (random_.percent(50) ? " DEFAULT " + value_for(added) : "");
            on.columns.push_back(added);
            return sql;
        }
        case 1: {
            column& renamed = on.columns[random_.below(on.columns.size())];
            const std::string before = renamed.name;
            const std::string after = fresh("m");
            for (std::string& key : on.keys) {
                key = key == before ? after : key;
            }
            renamed.name = after;
            return "ALTER TABLE " + on.name + " RENAME COLUMN " + before + " TO " + after;
        }
        case 2: {
            const std::string before = on.name;
            on.name = fresh("u");
            return "ALTER TABLE " + before + " RENAME TO " + on.name;
        }
        default: {
            // It often fails; then later statements name a column that they could name.
            const std::size_t which = random_.below(on.columns.size());
            const std::string name = on.columns[which].name;
            if (on.columns.size() > 2 && random_.percent(50)) {
                on.columns.erase(on.columns.begin() + static_cast<std::ptrdiff_t>(which));
            }
            return "ALTER TABLE " + on.name + " DROP COLUMN " + name;
        }
    }
}

}  // namespace libsql::compare
