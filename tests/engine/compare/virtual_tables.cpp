#include "generator.hpp"

namespace libsql::compare {

std::string generator::prose() {
    std::string text;
    for (int i = random_.between(0, 12); i > 0; --i) {
        text += random_.one_of({"a", "b", "ab", "abc", "x", "zü", "Ünder", "one", "two", "three"}) +
                random_.one_of({" ", " ", ", ", "-"});
    }
    return "'" + text + "'";
}

std::string generator::prose_query() {
    return random_.one_of({"'a'", "'ab NOT x'", "'a*'", "'NEAR(a b, 2)'", "'\"a b\"'", "'q : a'",
                           "'a OR x'", "'^a'", "'zu'", "'ab + x'", "'(one OR two) AND three'",
                           "'- q : b'", "'{p q} : a b'", "'z*'", "'NEAR(\"a b\" one)'"});
}

statement generator::full_text() {
    switch (random_.below(9)) {
        case 0:
            return {"DELETE FROM prose WHERE rowid % 5 = " + std::to_string(random_.between(0, 4))};
        case 1:
            return {"UPDATE prose SET q = " + prose() +
                    " WHERE rowid % 4 = " + std::to_string(random_.between(0, 3))};
        case 2:
            return {random_.one_of({"INSERT INTO prose(prose) VALUES ('optimize')",
                                    "INSERT INTO prose(prose, rank) VALUES ('merge', 4)",
                                    "INSERT INTO prose(prose) VALUES ('integrity-check')",
                                    "INSERT INTO prose(prose, rank) VALUES ('pgsz', 64)",
                                    "INSERT INTO prose(prose, rank) VALUES ('automerge', 2)",
                                    "INSERT INTO prose(prose) VALUES ('rebuild')"})};
        case 3:
            return {
                "SELECT rowid, bm25(prose), highlight(prose, 0, '[', ']'), "
                "snippet(prose, -1, '<', '>', '...', 3) FROM prose WHERE prose MATCH " +
                prose_query()};
        case 4:
            return {"SELECT rowid, p FROM prose(" + prose_query() + ") WHERE rowid > " +
                    std::to_string(random_.between(0, 9))};
        case 5:
            return {"SELECT rowid, rank FROM prose WHERE prose MATCH " + prose_query() +
                    " AND q LIKE '%a%'"};
        default: {
            std::string sql = "INSERT OR REPLACE INTO prose(rowid, p, q) VALUES ";
            for (int i = 0; i < 4; ++i) {
                sql += (i > 0 ? ", (" : "(") + std::to_string(random_.between(1, 40)) + ", " +
                       prose() + ", " + prose() + ")";
            }
            return {sql};
        }
    }
}

statement generator::boxes() {
    const auto side = [this] {
        const int low = random_.between(-20, 20);
        return std::to_string(low) + ", " + std::to_string(low + random_.between(0, 9)) + ".5";
    };
    switch (random_.below(7)) {
        case 0:
            return {"DELETE FROM box WHERE id % 5 = " + std::to_string(random_.between(0, 4))};
        case 1:
            return {"UPDATE box SET x1 = x1 + 2 WHERE id % 4 = " +
                    std::to_string(random_.between(0, 3))};
        case 2:
            return {"SELECT rtreecheck('box')"};
        case 3:
            return {"SELECT id, x0, x1 FROM box WHERE x0 >= " + real() + " AND y1 < " + integer()};
        case 4:
            return {
                "SELECT a.id, b.id FROM box AS a JOIN box AS b ON a.x0 <= b.x1 AND a.x1 >= b.x0 "
                "WHERE a.y0 BETWEEN " +
                integer() + " AND 15"};
        default: {
            std::string sql = "INSERT OR REPLACE INTO box VALUES ";
            for (int i = 0; i < 12; ++i) {
                sql += (i > 0 ? ", (" : "(") + std::to_string(random_.between(1, 90)) + ", " +
                       side() + ", " + side() + ")";
            }
            return {sql};
        }
    }
}

}  // namespace libsql::compare
