// SQL that nests as deep as it is told: what stack_test.cpp compiles and runs on small stacks.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace libsql::testing {

/// `text`, `count` times.
inline std::string times(int count, std::string_view text) {
    std::string all;
    all.reserve(text.size() * static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
        all += text;
    }
    return all;
}

/// `before`, `count` times, then `middle`, then `after` as often.
inline std::string around(int count, std::string_view before, std::string_view middle,
                          std::string_view after) {
    return times(count, before) + std::string(middle) + times(count, after);
}

/// `each(0) each(1) ...`, `count` of them.
inline std::string series(int count, const std::function<std::string(int)>& each) {
    std::string all;
    for (int i = 0; i < count; ++i) {
        all += each(i);
    }
    return all;
}

struct deep_sql {
    std::string name;
    /// A script, in a database that has the table t(a, b, c) with one row.
    std::function<std::string(int)> script;
    /// Works on 8 MiB, as it did before the engine looked at the stack.
    int reasonable = 0;
    /// Deeper than anyone needs, and for most than the engine takes on any stack.
    int hostile = 0;
};

inline std::vector<deep_sql> deep_sqls() {
    const auto select = [](auto expression) {
        return [expression](int n) { return "SELECT " + expression(n); };
    };
    const auto where = [](auto expression) {
        return [expression](int n) { return "SELECT * FROM t WHERE " + expression(n); };
    };
    const auto s = [](int i) { return std::to_string(i); };
    const auto terms = [](std::string_view link) {
        return [link](int n) { return "SELECT 1" + times(n - 1, std::string(link) + " SELECT 2"); };
    };
    const auto plus = [](int n) { return "a" + times(n, "+1"); };
    std::vector<deep_sql> all{
        {"plus", select([](int n) { return "1" + times(n, "+1"); }), 900, 50000},
        {"plus of columns", where(plus), 900, 50000},
        {"plus to the right", select([](int n) { return around(n, "1+(", "1", ")"); }), 900, 50000},
        {"or", where([](int n) { return "a=0" + times(n, " OR a=1"); }), 900, 50000},
        {"or of and", where([](int n) { return around(n, "(b=1 AND (c=2 OR ", "a=1", "))"); }), 400,
         20000},
        {"and", where([](int n) { return "a=0" + times(n, " AND b=1"); }), 900, 50000},
        {"not", select([](int n) { return times(n, "NOT ") + "1"; }), 900, 100000},
        {"not in where", where([](int n) { return times(n, "NOT ") + "a"; }), 900, 100000},
        {"minus", select([](int n) { return times(n, "- ") + "1"; }), 900, 100000},
        {"concatenation", select([](int n) { return "'a'" + times(n, "||'b'"); }), 900, 50000},
        {"functions", select([](int n) { return around(n, "abs(", "1", ")"); }), 900, 50000},
        {"functions of columns", where([](int n) { return around(n, "coalesce(a,", "b", ")"); }),
         900, 50000},
        {"aggregates", where([](int n) { return around(n, "max(a,", "b", ")") + ">0"; }), 900,
         50000},
        {"case", select([](int n) { return around(n, "CASE 1 WHEN 1 THEN ", "1", " END"); }), 900,
         50000},
        {"cast", select([](int n) { return around(n, "CAST(", "1", " AS TEXT)"); }), 900, 50000},
        {"collate", select([](int n) { return "'a'" + times(n, " COLLATE nocase"); }), 900, 200000},
        {"collate in where",
         where([](int n) { return "a" + times(n, " COLLATE nocase") + "='a'"; }), 900, 200000},
        {"between", where([](int n) { return around(n, "a BETWEEN 0 AND (", "1", ")"); }), 400,
         50000},
        {"in a list", where([](int n) { return around(n, "a IN (1,", "2", ")"); }), 400, 50000},
        {"row values", where([](int n) { return around(n, "(a,b)=(1,", "2", ")"); }), 1, 20000},
        {"like", where([](int n) { return "a" + times(n, " LIKE 'a'"); }), 900, 50000},
        {"like with escape",
         where([](int n) { return around(n, "a LIKE (", "b", ") ESCAPE 'x'"); }), 400, 50000},
        {"arrows", select([](int n) { return "'{}'" + times(n, "->'a'"); }), 900, 50000},
        {"is null", where([](int n) { return "a" + times(n, " IS NULL"); }), 900, 50000},
        {"parentheses", select([](int n) { return around(n, "(", "1", ")"); }), 1000, 200000},
        {"unclosed parentheses", select([](int n) { return times(n, "("); }), 0, 200000},
        {"scalar subqueries", select([](int n) { return around(n, "(SELECT ", "1", ")"); }), 40,
         50000},
        {"scalar subqueries of a table",
         where([](int n) { return around(n, "a=(SELECT b FROM t WHERE ", "a=1", ")"); }), 30,
         20000},
        {"correlated subqueries",
         [s](int n) {
             return "SELECT * FROM t AS t0 WHERE " +
                    series(n,
                           [&](int i) {
                               return "EXISTS (SELECT 1 FROM t AS t" + s(i + 1) + " WHERE t" +
                                      s(i) + ".a=t" + s(i + 1) + ".b AND ";
                           }) +
                    "1" + times(n, ")");
         },
         20, 5000},
        {"exists",
         where([](int n) { return around(n, "EXISTS (SELECT 1 FROM t WHERE ", "a", ")"); }), 40,
         20000},
        {"in a subquery",
         where([](int n) { return around(n, "a IN (SELECT b FROM t WHERE ", "a", ")"); }), 40,
         20000},
        {"from", [](int n) { return "SELECT * FROM " + around(n, "(SELECT * FROM ", "t", ")"); },
         200, 30000},
        {"from that is not flattened",
         [](int n) { return "SELECT * FROM " + around(n, "(SELECT * FROM ", "t", " LIMIT 5)"); },
         200, 30000},
        {"from of aggregates",
         [](int n) { return "SELECT * FROM " + around(n, "(SELECT sum(a) AS a FROM ", "t", ")"); },
         200, 30000},
        {"from that is joined",
         [](int n) { return "SELECT * FROM " + around(n, "(SELECT t.a FROM t, ", "t AS x", ")"); },
         20, 20000},
        {"joins in parentheses",
         [](int n) { return "SELECT 1 FROM " + around(n, "(t JOIN ", "t", ")"); }, 0, 20000},
        {"only parentheses in from",
         [](int n) { return "SELECT 1 FROM " + around(n, "(", "t", ")"); }, 200, 100000},
        {"on", [](int n) { return around(n, "SELECT 1 FROM t JOIN t AS u ON (", "SELECT 1", ")"); },
         50, 20000},
        {"table function",
         [](int n) { return around(n, "SELECT 1 FROM json_each((", "SELECT '[]'", "))"); }, 100,
         20000},
        {"union", terms(" UNION"), 500, 500},
        {"union of too many", terms(" UNION"), 0, 20000},
        {"union all", terms(" UNION ALL"), 500, 500},
        {"except", terms(" EXCEPT"), 500, 500},
        {"intersect", terms(" INTERSECT"), 500, 500},
        {"union of tables",
         [](int n) { return "SELECT a FROM t" + times(n - 1, " UNION SELECT b FROM t WHERE a>1"); },
         400, 500},
        {"union all of tables",
         [](int n) { return "SELECT a FROM t" + times(n - 1, " UNION ALL SELECT b FROM t"); }, 400,
         500},
        {"union in order",
         [](int n) {
             return "SELECT a FROM t" + times(n - 1, " UNION SELECT b FROM t") + " ORDER BY 1";
         },
         150, 500},
        {"union all in order",
         [](int n) {
             return "SELECT a FROM t" + times(n - 1, " UNION ALL SELECT b FROM t") + " ORDER BY 1";
         },
         150, 500},
        {"union in from",
         [](int n) {
             return "SELECT * FROM (SELECT a FROM t" + times(n - 1, " UNION ALL SELECT b FROM t") +
                    ") WHERE a>1";
         },
         300, 500},
        {"nested unions",
         [](int n) { return around(n, "SELECT * FROM (SELECT 1 UNION ", "SELECT 2", ")"); }, 100,
         20000},
        {"values", [](int n) { return "VALUES (1)" + times(n, ",(2)"); }, 5000, 100000},
        {"insert values",
         [](int n) { return "INSERT INTO t VALUES (1,2,3)" + times(n, ",(2,3,4)"); }, 5000, 50000},
        {"values of subqueries",
         [](int n) { return "VALUES (1)" + times(n, ",((SELECT max(a) FROM t))"); }, 400, 3000},
        {"common table expressions in one another",
         [](int n) { return around(n, "WITH x AS (", "SELECT 1", ") SELECT * FROM x"); }, 100,
         5000},
        {"common table expressions of one another",
         [s](int n) {
             return "WITH x0 AS (SELECT 1 AS a)" +
                    series(n,
                           [&](int i) {
                               return ", x" + s(i + 1) + " AS (SELECT a+1 AS a FROM x" + s(i) + ")";
                           }) +
                    " SELECT * FROM x" + s(n);
         },
         200, 10000},
        {"recursive tables in one another",
         [](int n) {
             return around(n,
                           "WITH RECURSIVE x(a) AS (SELECT 1 UNION ALL SELECT a+1 FROM x WHERE a<(",
                           "SELECT 1", ")) SELECT max(a) FROM x");
         },
         50, 5000},
        {"views",
         [s](int n) {
             return "CREATE VIEW v0 AS SELECT a FROM t;" +
                    series(n,
                           [&](int i) {
                               return "CREATE VIEW v" + s(i + 1) + " AS SELECT a FROM v" + s(i) +
                                      ";";
                           }) +
                    "SELECT * FROM v" + s(n);
         },
         100, 1000},
        {"views that are not flattened",
         [s](int n) {
             return "CREATE VIEW v0 AS SELECT a FROM t;" +
                    series(n,
                           [&](int i) {
                               return "CREATE VIEW v" + s(i + 1) + " AS SELECT DISTINCT a FROM v" +
                                      s(i) + " LIMIT 3;";
                           }) +
                    "SELECT * FROM v" + s(n);
         },
         100, 1000},
        {"views whose expressions add up",
         [s](int n) {
             return "CREATE VIEW v0 AS SELECT a FROM t;" +
                    series(n,
                           [&](int i) {
                               return "CREATE VIEW v" + s(i + 1) + " AS SELECT a" +
                                      times(300, "+1") + " AS a FROM v" + s(i) + ";";
                           }) +
                    "SELECT a FROM v" + s(n) + " WHERE a>1";
         },
         3, 60},
        {"a deep view",
         [plus](int n) {
             return "CREATE VIEW v AS SELECT " + plus(n) + " AS x FROM t; SELECT x FROM v";
         },
         900, 990},
        {"a view of unions",
         [](int n) {
             return "CREATE VIEW v AS SELECT a FROM t" + times(n, " UNION ALL SELECT b FROM t") +
                    ";SELECT * FROM v";
         },
         300, 499},
        {"triggers",
         [s](int n) {
             return series(n + 2, [&](int i) { return "CREATE TABLE r" + s(i) + "(a);"; }) +
                    series(n + 1,
                           [&](int i) {
                               return "CREATE TRIGGER g" + s(i) + " AFTER INSERT ON r" + s(i) +
                                      " BEGIN INSERT INTO r" + s(i + 1) + " VALUES (new.a); END;";
                           }) +
                    "INSERT INTO r0 VALUES (1)";
         },
         100, 1100},
        {"triggers of updates",
         [s](int n) {
             return series(n + 2, [&](int i) { return "CREATE TABLE r" + s(i) + "(a);"; }) +
                    series(n + 1,
                           [&](int i) {
                               return "CREATE TRIGGER g" + s(i) + " BEFORE UPDATE ON r" + s(i) +
                                      " BEGIN UPDATE r" + s(i + 1) +
                                      " SET a=(SELECT max(a) FROM r0 WHERE a=new.a); END;";
                           }) +
                    "UPDATE r0 SET a=1";
         },
         100, 1100},
        {"triggers instead of",
         [s](int n) {
             return "CREATE TABLE v0(a);" +
                    series(n,
                           [&](int i) {
                               return "CREATE VIEW v" + s(i + 1) + " AS SELECT a FROM v" + s(i) +
                                      "; CREATE TRIGGER g" + s(i + 1) + " INSTEAD OF DELETE ON v" +
                                      s(i + 1) + " BEGIN DELETE FROM v" + s(i) +
                                      " WHERE a=old.a; END;";
                           }) +
                    "DELETE FROM v" + s(n);
         },
         40, 600},
        {"a trigger that fires itself",
         [s](int n) {
             return "PRAGMA recursive_triggers=1; CREATE TRIGGER g AFTER INSERT ON t WHEN new.a<" +
                    s(n) +
                    " BEGIN INSERT INTO t VALUES (new.a+1,2,3); END; INSERT INTO t VALUES (1,1,1)";
         },
         900, 5000},
        {"a deep trigger",
         [](int n) {
             return "CREATE TRIGGER g AFTER INSERT ON t BEGIN UPDATE t SET b=new.a" +
                    times(n, "+1") + "; END; INSERT INTO t VALUES (1,1,1)";
         },
         900, 990},
        {"upserts in a trigger",
         [](int n) {
             return "CREATE TABLE u(a UNIQUE); CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT "
                    "INTO u "
                    "VALUES (new.a)" +
                    times(n, " ON CONFLICT (a) DO UPDATE SET a=1") +
                    "; END; INSERT INTO t VALUES (1,1,1)";
         },
         2, 2000},
        {"foreign keys",
         [s](int n) {
             return "PRAGMA foreign_keys=1; CREATE TABLE f0(a PRIMARY KEY);" +
                    series(n,
                           [&](int i) {
                               return "CREATE TABLE f" + s(i + 1) + "(a PRIMARY KEY REFERENCES f" +
                                      s(i) + " ON DELETE CASCADE ON UPDATE CASCADE);";
                           }) +
                    "INSERT INTO f0 VALUES (1);" +
                    series(n, [&](int i) { return "INSERT INTO f" + s(i + 1) + " VALUES (1);"; }) +
                    "UPDATE f0 SET a=2; DELETE FROM f0";
         },
         60, 1200},
        {"windows of windows",
         [](int n) {
             return "SELECT " + around(n, "sum(a) OVER (ORDER BY ", "a", ")") + " FROM t";
         },
         0, 20000},
        {"windows in subqueries",
         [](int n) {
             return "SELECT * FROM " +
                    around(n, "(SELECT sum(a) OVER (ORDER BY b) AS a, b FROM ", "t", ")");
         },
         30, 10000},
        {"named windows",
         [s](int n) {
             return "SELECT sum(a) OVER w" + s(n) + " FROM t WINDOW w0 AS (PARTITION BY a)" +
                    series(n, [&](int i) { return ", w" + s(i + 1) + " AS (w" + s(i) + ")"; });
         },
         100, 5000},
        {"filter",
         [](int n) { return "SELECT " + around(n, "sum(a) FILTER (WHERE ", "a", ")") + " FROM t"; },
         0, 50000},
        {"filter of a subquery",
         [](int n) { return around(n, "SELECT sum(a) FILTER (WHERE (", "SELECT 1", ")) FROM t"); },
         30, 20000},
        {"order in an aggregate",
         [](int n) {
             return "SELECT " + around(n, "group_concat(a ORDER BY ", "a", ")") + " FROM t";
         },
         0, 50000},
        {"order of a function",
         [](int n) { return "SELECT " + around(n, "abs(a ORDER BY ", "a", ")") + " FROM t"; }, 0,
         50000},
        {"order by", [plus](int n) { return "SELECT a FROM t ORDER BY " + plus(n); }, 900, 20000},
        {"group by",
         [plus](int n) {
             return "SELECT count(*) FROM t GROUP BY " + plus(n) + " HAVING " + plus(n) + ">0";
         },
         900, 20000},
        {"limit", [](int n) { return "SELECT 1 LIMIT 1" + times(n, "+1"); }, 900, 20000},
        {"check",
         [plus](int n) {
             return "CREATE TABLE c(a CHECK(" + plus(n) + ")); INSERT INTO c VALUES (1)";
         },
         900, 20000},
        {"default",
         [](int n) {
             return "CREATE TABLE c(a, b DEFAULT (1" + times(n, "+1") +
                    ")); INSERT INTO c(a) VALUES (1)";
         },
         900, 20000},
        {"generated column",
         [plus](int n) {
             return "CREATE TABLE c(a, b AS (" + plus(n) +
                    ") STORED); INSERT INTO c(a) VALUES (1); SELECT b FROM c";
         },
         900, 20000},
        {"generated columns of one another",
         [s](int n) {
             return "CREATE TABLE c(a" +
                    series(n,
                           [&](int i) {
                               return ", c" + s(i) + " AS (" + (i == 0 ? "a" : "c" + s(i - 1)) +
                                      "+1)";
                           }) +
                    "); INSERT INTO c(a) VALUES (1); SELECT c" + s(n - 1) + " FROM c";
         },
         500, 1500},
        {"index",
         [plus](int n) {
             return "CREATE INDEX i ON t(" + plus(n) +
                    "); INSERT INTO t VALUES (1,2,3); "
                    "SELECT * FROM t WHERE " +
                    plus(n) + "=5";
         },
         900, 20000},
        {"partial index",
         [](int n) {
             const auto condition = "a=0" + times(n, " OR a=1");
             return "CREATE INDEX i ON t(b) WHERE " + condition +
                    "; INSERT INTO t VALUES (1,2,3); SELECT b FROM t WHERE b=1 AND (" + condition +
                    ")";
         },
         900, 20000},
        {"returning", [plus](int n) { return "INSERT INTO t VALUES (1,2,3) RETURNING " + plus(n); },
         900, 20000},
        {"update",
         [plus](int n) { return "UPDATE t SET a=" + plus(n) + " WHERE " + plus(n) + ">0"; }, 900,
         20000},
        {"update from",
         [](int n) {
             return "UPDATE t SET a=x.b FROM " + around(n, "(SELECT * FROM ", "t", ")") + " AS x";
         },
         100, 20000},
        {"delete", [plus](int n) { return "DELETE FROM t WHERE " + plus(n) + ">0"; }, 900, 20000},
        {"create table as",
         [](int n) { return "CREATE TABLE c AS SELECT 1 AS a" + times(n, " UNION SELECT 2"); }, 400,
         499},
        {"explain",
         [](int n) { return "EXPLAIN QUERY PLAN SELECT 1" + times(n, " UNION SELECT 2"); }, 400,
         499},
        {"renamed column",
         [plus](int n) {
             return "CREATE VIEW v AS SELECT " + plus(n) +
                    " AS x FROM t; CREATE TRIGGER g AFTER INSERT ON t BEGIN UPDATE t SET b=" +
                    plus(n) + "; END; ALTER TABLE t RENAME COLUMN a TO d; SELECT d FROM t";
         },
         900, 990},
        {"renamed table",
         [](int n) {
             return "CREATE VIEW v AS SELECT a FROM t" + times(n, " UNION SELECT b FROM t") +
                    "; ALTER TABLE t RENAME TO d; SELECT a FROM d";
         },
         400, 499},
        {"renamed table in subqueries",
         [](int n) {
             return "CREATE VIEW v AS SELECT * FROM " + around(n, "(SELECT * FROM ", "t", ")") +
                    "; ALTER TABLE t RENAME TO d; SELECT a FROM d";
         },
         100, 2000},
        {"dropped column",
         [](int n) {
             return "CREATE VIEW v AS SELECT a" + times(n, "+b") +
                    " AS x FROM t; ALTER TABLE t DROP COLUMN c; SELECT a FROM t";
         },
         900, 990},
        {"json", select([](int n) { return "json('" + around(n, "[", "1", "]") + "')"; }), 1000,
         100000},
        {"json with many values",
         select([](int n) { return "json('" + around(n, "[1,", "1", ",2]") + "')"; }), 1000, 50000},
        {"json objects", select([](int n) {
             return "json_extract('" + around(n, R"({"a":)", "1", "}") + "','$.a.a.a')";
         }),
         1000, 50000},
        {"json that is not closed",
         select([](int n) { return "json_valid('" + times(n, "[") + "')"; }), 1000, 100000},
        {"jsonb", select([](int n) { return "json(jsonb('" + around(n, "[", "1", "]") + "'))"; }),
         1000, 50000},
        {"pretty json",
         select([](int n) { return "json_pretty('" + around(n, R"({"a":[)", "1", "]}") + "')"; }),
         500, 20000},
        {"json arrays made", [](int n) { return "SELECT " + around(n, "json_array(", "1", ")"); },
         500, 20000},
        {"json trees",
         [](int n) {
             return "SELECT count(*), max(fullkey), max(path) FROM json_tree('" +
                    around(n, "[", "1", "]") + "')";
         },
         900, 20000},
        {"json patch", select([](int n) {
             const auto object = around(n, R"({"a":)", "1", "}");
             return "json_patch('" + object + "','" + object + "')";
         }),
         900, 20000},
        {"json path", select([](int n) {
             return "json_extract('" + around(n, R"({"a":)", "1", "}") + "','$" + times(n, ".a") +
                    "')";
         }),
         900, 20000},
        {"json path that is set",
         select([](int n) { return "json_set('{}','$" + times(n, ".a") + "',1)"; }), 200, 50000},
        {"jsonb that is made up",
         [](int n) {
             // Each array has a size of four bytes and holds the next.
             return "WITH RECURSIVE j(i, x) AS (SELECT 0, x'0b' UNION ALL SELECT i+1, "
                    "unhex('eb'||printf('%08x',length(x))||hex(x)) FROM j WHERE i<" +
                    std::to_string(n) +
                    ") SELECT json_valid(x, 8), json_valid(x, 4), length(json(x)), json_type(x) "
                    "FROM j "
                    "WHERE i=" +
                    std::to_string(n);
         },
         900, 3000},
        {"jsonb that is patched",
         [](int n) {
             return "CREATE TABLE j(i, x); WITH RECURSIVE k(i, x) AS (SELECT 0, x'0c' UNION ALL "
                    "SELECT "
                    "i+1, unhex('ec'||printf('%08x',length(x)+2)||'1761'||hex(x)) FROM k WHERE i<" +
                    std::to_string(n) +
                    ") INSERT INTO j SELECT i, x FROM k WHERE i=" + std::to_string(n) +
                    "; SELECT length(jsonb_patch(x, x)) FROM j; SELECT length(json_pretty(x)) FROM "
                    "j; SELECT count(*) FROM j, "
                    "json_tree(j.x)";
         },
         400, 2500},
        {"pattern of like",
         select([](int n) { return "'" + times(n + 2, "a") + "' LIKE '" + times(n, "%a") + "'"; }),
         2000, 24000},
        {"pattern of like that does not match",
         select([](int n) { return "'" + times(n + 2, "a") + "' LIKE '" + times(n, "%a") + "b'"; }),
         200, 24000},
        {"pattern of glob", select([](int n) {
             return "'" + times(n + 2, "a") + "' GLOB '" + times(n, "*[a]") + "'";
         }),
         1000, 12000},
        {"pattern of glob with star",
         select([](int n) { return "'" + times(n + 2, "a") + "' GLOB '" + times(n, "*a") + "'"; }),
         2000, 24000},
        {"regular expression",
         select([](int n) { return "'a' REGEXP '" + around(n, "(", "a", ")") + "'"; }), 500,
         100000},
        {"regular expression of alternatives",
         select([](int n) { return "'a' REGEXP '" + around(n, "(b|", "a", ")") + "'"; }), 100,
         50000},
        {"fts5 in parentheses",
         [](int n) {
             return "CREATE VIRTUAL TABLE x USING fts5(a); INSERT INTO x VALUES ('one two'); "
                    "SELECT * "
                    "FROM x WHERE x MATCH '" +
                    around(n, "(", "one", ")") + "'";
         },
         50, 50000},
        {"fts5 or",
         [](int n) {
             return "CREATE VIRTUAL TABLE x USING fts5(a); INSERT INTO x VALUES ('one two'); "
                    "SELECT * "
                    "FROM x WHERE x MATCH '" +
                    around(n, "two NOT (one OR ", "three", ")") + "'";
         },
         15, 50000},
        {"fts5 and",
         [](int n) {
             return "CREATE VIRTUAL TABLE x USING fts5(a); INSERT INTO x VALUES ('one two'); "
                    "SELECT * "
                    "FROM x WHERE x MATCH 'one" +
                    times(n, " AND two") + times(n, " NOT three") + times(n, " OR one") + "'";
         },
         80, 5000},
        {"fts5 columns",
         [](int n) {
             return "CREATE VIRTUAL TABLE x USING fts5(a); INSERT INTO x VALUES ('one two'); "
                    "SELECT * "
                    "FROM x WHERE x MATCH '" +
                    around(n, "a:(", "one", ")") + "'";
         },
         25, 50000},
        {"fts5 tokenizers",
         [](int n) {
             return "CREATE VIRTUAL TABLE x USING fts5(a, tokenize='" + times(n, "porter ") +
                    "'); INSERT INTO x VALUES ('one two'); SELECT * FROM x WHERE x MATCH 'one'";
         },
         1, 5000},
        {"fts4 in parentheses",
         [](int n) {
             return "CREATE VIRTUAL TABLE x USING fts4(a); INSERT INTO x VALUES ('one two'); "
                    "SELECT * "
                    "FROM x WHERE x MATCH '" +
                    around(n, "(", "one", ")") + "'";
         },
         50, 50000},
        {"fts4 or",
         [](int n) {
             return "CREATE VIRTUAL TABLE x USING fts4(a); INSERT INTO x VALUES ('one two'); "
                    "SELECT * "
                    "FROM x WHERE x MATCH 'one" +
                    times(n, " OR two") + "'";
         },
         1000, 5000},
        {"fts4 in turns",
         [](int n) {
             return "CREATE VIRTUAL TABLE x USING fts4(a); INSERT INTO x VALUES ('one two'); "
                    "SELECT * "
                    "FROM x WHERE x MATCH '" +
                    around(n, "two NOT (one OR ", "three", ")") + "'";
         },
         2, 20000},
        {"large pages",
         [s](int n) {
             return "ATTACH ':memory:' AS big; PRAGMA big.page_size=65536; CREATE TABLE big.p(a "
                    "INTEGER PRIMARY "
                    "KEY, b); CREATE INDEX big.pb ON p(b); WITH RECURSIVE k(i) AS (SELECT 1 UNION "
                    "ALL SELECT "
                    "i+1 FROM k WHERE i<" +
                    s(n) +
                    ") INSERT INTO p SELECT i, 1 FROM k; INSERT INTO p(b) SELECT 0 FROM p; DELETE "
                    "FROM p "
                    "WHERE a%3; INSERT INTO p(b) SELECT 1 FROM p";
         },
         60000, 60000},
        {"a wide join",
         [s](int n) {
             return "SELECT 1 FROM t AS t0" + series(n, [&](int i) {
                        return " JOIN t AS t" + s(i + 1) + " ON t" + s(i + 1) + ".a=t" + s(i) +
                               ".b";
                    });
         },
         60, 100},
        {"an index of many columns",
         [s](int n) {
             return "CREATE TABLE w(" + series(n, [&](int i) { return "c" + s(i) + ","; }) +
                    "x); CREATE INDEX wi ON w(" +
                    series(n, [&](int i) { return (i == 0 ? "c" : ",c") + s(i); }) +
                    "); SELECT x FROM w WHERE " +
                    series(n, [&](int i) { return (i == 0 ? "c" : " AND c") + s(i) + "=1"; });
         },
         500, 900},
        {"vector", select([](int n) { return "vector('" + around(n, "[", "1", "]") + "')"; }), 0,
         50000},
        {"a long number",
         select([](int n) { return "printf('%.*f', " + std::to_string(n) + ", 1e300)"; }), 1000,
         100000},
    };
    return all;
}

}  // namespace libsql::testing
