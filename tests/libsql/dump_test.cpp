#include "support/temporary_directory.hpp"
#include "support/test_database.hpp"

#include <libsql/database.hpp>
#include <libsql/dump.hpp>
#include <libsql/encryption.hpp>
#include <libsql/identifier.hpp>
#include <libsql/load_dump.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

namespace libsql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::open_fresh;
using ::testing::StartsWith;

connection load(const std::string& text) {
    auto c = open_fresh();
    std::istringstream in(text);
    load_dump(c, in).value();
    return c;
}

std::vector<std::string> lines(const std::string& text) {
    std::vector<std::string> out;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        out.push_back(line);
    }
    return out;
}

/// Dumps, loads, dumps again: the same? Gives the copy.
connection expect_round_trip(connection& c, const dump_options& chosen = {}) {
    const auto text = dump(c, chosen).value();
    auto copy = load(text);
    EXPECT_EQ(dump(copy, chosen).value(), text);
    // Of the source as well: SQLite cannot check a contentless FTS4 table.
    EXPECT_EQ(copy.fetch<std::string>("PRAGMA integrity_check").value(),
              c.fetch<std::string>("PRAGMA integrity_check").value());
    return copy;
}

// --- faults ---

TEST(dump, an_error_of_the_sink_ends_the_dump_and_its_transaction) {
    auto c = open_fresh("CREATE TABLE t(a); INSERT INTO t VALUES (1), (2), (3)");
    int calls = 0;
    const auto why = dump(c, [&](std::string_view) -> result<void> {
                         if (++calls == 4) {
                             return error(error_kind::full, "no room");
                         }
                         return {};
                     }).error();
    EXPECT_EQ(why.message(), "no room");
    EXPECT_EQ(calls, 4);
    EXPECT_TRUE(c.is_autocommit());
}

TEST(dump, an_exception_of_the_sink_propagates_and_ends_the_transaction) {
    auto c = open_fresh("CREATE TABLE t(a)");
    EXPECT_THROW(static_cast<void>(dump(c, [](std::string_view) -> result<void> { throw 42; })),
                 int);
    EXPECT_TRUE(c.is_autocommit());
}

TEST(dump, a_failing_stream_is_an_error) {
    auto c = open_fresh("CREATE TABLE t(a)");
    std::ostringstream out;
    out.setstate(std::ios::badbit);
    EXPECT_EQ(dump(c, out).error().kind(), error_kind::io);
}

TEST(dump, a_disk_that_is_full_at_the_last_flush_is_an_error) {
    auto c = open_fresh("CREATE TABLE t(a)");
    std::ofstream out("/dev/full");
    ASSERT_TRUE(out);
    EXPECT_EQ(dump(c, out).error().kind(), error_kind::io);
}

TEST(dump, a_closed_connection_is_an_error) {
    auto c = open_fresh();
    c.close().value();
    EXPECT_EQ(dump(c).error().kind(), error_kind::closed);
}

TEST(dump, missing_tables_cannot_be_chosen) {
    auto c = open_fresh(
        "CREATE TABLE t(a); CREATE INDEX i ON t(a); CREATE VIRTUAL TABLE f USING fts5(a)");
    EXPECT_EQ(dump(c, {.tables = {"nothing"}}).error().kind(), error_kind::invalid_argument);
    EXPECT_EQ(dump(c, {.tables = {"i"}}).error().kind(), error_kind::invalid_argument);
    const auto shadow = dump(c, {.tables = {"f_data"}}).error();
    EXPECT_EQ(shadow.kind(), error_kind::invalid_argument);
    EXPECT_THAT(shadow.message(), HasSubstr("virtual table"));
    EXPECT_EQ(dump(c, {.schema = "nothing"}).error().kind(), error_kind::sql);
    EXPECT_TRUE(c.is_autocommit());
}

TEST(dump, the_connection_may_be_closed_by_the_sink) {
    auto c = open_fresh("CREATE TABLE t(a); INSERT INTO t VALUES (1), (2)");
    const auto outcome = dump(c, [&](std::string_view text) -> result<void> {
        return text.starts_with("INSERT") ? c.close() : result<void>();
    });
    EXPECT_EQ(outcome.error().kind(), error_kind::closed);
}

// --- what comes out ---

TEST(dump, is_readable) {
    auto c = open_fresh(R"(
        CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT);
        CREATE INDEX person_name ON person(name);
        CREATE VIEW names AS SELECT name FROM person;
        CREATE TRIGGER added AFTER INSERT ON person BEGIN SELECT 1; SELECT 2; END;
        INSERT INTO person VALUES (1, 'Ada'), (2, 'it''s'), (3, NULL);)");
    EXPECT_THAT(
        lines(dump(c).value()),
        ElementsAre("PRAGMA foreign_keys=OFF;", "BEGIN TRANSACTION;",
                    "CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT);",
                    R"(INSERT INTO "person"("id", "name") VALUES(1,'Ada');)",
                    R"(INSERT INTO "person"("id", "name") VALUES(2,'it''s');)",
                    R"(INSERT INTO "person"("id", "name") VALUES(3,NULL);)",
                    "CREATE INDEX person_name ON person(name);",
                    "CREATE VIEW names AS SELECT name FROM person;",
                    "CREATE TRIGGER added AFTER INSERT ON person BEGIN SELECT 1; SELECT 2; END;",
                    "COMMIT;"));
}

TEST(dump, works_on_an_empty_database) {
    auto c = open_fresh();
    EXPECT_EQ(dump(c).value(), "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCOMMIT;\n");
    expect_round_trip(c);
}

TEST(dump, keeps_exact_values) {
    auto c = open_fresh("CREATE TABLE t(id INTEGER PRIMARY KEY, v)");
    const std::vector<value> values{
        nullptr,
        std::numeric_limits<std::int64_t>::min(),
        std::numeric_limits<std::int64_t>::max(),
        0.1,
        1.0,
        -0.0,
        1e22,
        5e-324,
        std::numeric_limits<double>::max(),
        std::numeric_limits<double>::infinity(),
        -std::numeric_limits<double>::infinity(),
        "",
        "it's \"quoted\"; -- no comment\r\n/* neither */",
        std::string("nul\0inside", 10),
        std::string("\0", 1),
        "ünï 🔑",
        blob{},
        blob{std::byte{0}, std::byte{255}},
    };
    for (const auto& v : values) {
        c.execute("INSERT INTO t(v) VALUES (?)", v).value();
    }
    auto copy = expect_round_trip(c);
    const auto seen = copy.fetch<value>("SELECT v FROM t ORDER BY id").value();
    EXPECT_EQ(seen, values);
    EXPECT_TRUE(std::signbit(*seen.at(5).if_real()));
}

TEST(dump, keeps_text_that_is_not_utf8) {
    auto c = open_fresh("CREATE TABLE t(id INTEGER PRIMARY KEY, v)");
    const std::vector<value> values{"\xff\xfe not UTF-8 '", std::string("\xff\0both", 6)};
    for (const auto& v : values) {
        c.execute("INSERT INTO t(v) VALUES (?)", v).value();
    }
    auto copy = expect_round_trip(c);
    EXPECT_EQ(copy.fetch<value>("SELECT v FROM t ORDER BY id").value(), values);
}

TEST(dump, rowids_are_kept_unless_told_otherwise) {
    auto c = open_fresh(R"(
        CREATE TABLE plain(a); INSERT INTO plain(rowid, a) VALUES (7, 'x'), (9, 'y');
        CREATE TABLE keyed(k TEXT PRIMARY KEY); INSERT INTO keyed(rowid, k) VALUES (5, 'k');
        CREATE TABLE descending(id INTEGER PRIMARY KEY DESC); INSERT INTO descending(rowid, id) VALUES (3, 30);
        CREATE TABLE shy(rowid, _rowid_); INSERT INTO shy(oid, rowid) VALUES (4, 'r');
        CREATE TABLE hidden(rowid, oid, _rowid_); INSERT INTO hidden VALUES (1, 2, 3);
        CREATE TABLE alias(id INTEGER PRIMARY KEY); INSERT INTO alias VALUES (8);
        CREATE TABLE random(a) RANDOM ROWID; INSERT INTO random VALUES (1), (2), (3);)");
    auto copy = expect_round_trip(c);
    EXPECT_EQ(copy.fetch<std::int64_t>("SELECT rowid FROM plain").value(),
              (std::vector<std::int64_t>{7, 9}));
    EXPECT_EQ(copy.fetch_one<std::int64_t>("SELECT rowid FROM keyed").value(), 5);
    EXPECT_EQ(copy.fetch_one<std::int64_t>("SELECT rowid FROM descending").value(), 3);
    EXPECT_EQ(copy.fetch_one<std::int64_t>("SELECT oid FROM shy").value(), 4);
    EXPECT_EQ(copy.fetch<std::int64_t>("SELECT rowid FROM random").value(),
              c.fetch<std::int64_t>("SELECT rowid FROM random").value());

    const auto without = dump(c, {.keep_rowids = false}).value();
    EXPECT_THAT(without, HasSubstr("INSERT INTO \"plain\"(\"a\") VALUES('x');\n"));
    EXPECT_EQ(load(without).fetch<std::int64_t>("SELECT rowid FROM plain").value(),
              (std::vector<std::int64_t>{1, 2}));
}

TEST(dump, generated_columns_are_computed_again) {
    auto c = open_fresh(R"(
        CREATE TABLE t(a INT, twice INT AS (a * 2), b TEXT, stored TEXT AS (b || a) STORED) STRICT;
        INSERT INTO t(a, b) VALUES (1, 'x');)");
    EXPECT_THAT(dump(c).value(),
                HasSubstr("INSERT INTO \"t\"(rowid, \"a\", \"b\") VALUES(1,1,'x');\n"));
    auto copy = expect_round_trip(c);
    EXPECT_EQ(copy.fetch_one<std::string>("SELECT twice || stored FROM t").value(), "2x1");
}

TEST(dump, keeps_without_rowid_strict_and_autoincrement) {
    auto c = open_fresh(R"(
        CREATE TABLE w(a, b, PRIMARY KEY(b, a)) WITHOUT ROWID; INSERT INTO w VALUES (1, 2), (0, 2), (5, 1);
        CREATE TABLE s(id INTEGER PRIMARY KEY, x ANY) STRICT; INSERT INTO s VALUES (1, 1.5), (2, 'two');
        CREATE TABLE au(id INTEGER PRIMARY KEY AUTOINCREMENT, a); INSERT INTO au(a) VALUES (1), (2), (3);
        DELETE FROM au WHERE id > 1;
        CREATE TABLE forgot(id INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO forgot VALUES (50);
        DELETE FROM sqlite_sequence WHERE name = 'forgot';)");
    auto copy = expect_round_trip(c);
    copy.execute("INSERT INTO au(a) VALUES (9)").value();
    EXPECT_EQ(copy.last_insert_rowid(), 4);
    EXPECT_EQ(copy.fetch<std::string>("SELECT name FROM sqlite_sequence").value(),
              std::vector<std::string>{"au"});
}

TEST(dump, names_are_quoted) {
    auto c = open_fresh(R"(
        CREATE TABLE "select"("from" INT, "a""b" TEXT, [c d] TEXT, "ünï" BLOB);
        INSERT INTO "select" VALUES (1, 2, 3, 4);
        CREATE TABLE "semi;colon"("x;y"); INSERT INTO "semi;colon" VALUES (';');
        CREATE TABLE "it's"(a INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO "it's" VALUES (3);)");
    expect_round_trip(c);
}

TEST(dump, a_comment_after_a_statement_does_not_swallow_the_next) {
    auto c = open_fresh();
    c.execute("CREATE TABLE t(a -- in the middle\n)").value();
    c.execute("CREATE INDEX i ON t(a) -- behind").value();
    c.execute("CREATE VIEW v AS SELECT 1 /* behind */").value();
    auto copy = expect_round_trip(c);
    EXPECT_EQ(copy.fetch_one<std::int64_t>("SELECT count(*) FROM sqlite_schema").value(), 3);
}

TEST(dump, an_unterminated_comment_does_not_swallow_the_next_statement) {
    auto c = open_fresh();
    c.execute("CREATE VIEW v AS SELECT 1 /* behind").value();
    c.execute("CREATE TABLE t(a)").value();
    auto copy = expect_round_trip(c);
    EXPECT_EQ(copy.fetch_one<std::int64_t>("SELECT count(*) FROM sqlite_schema").value(), 2);
}

TEST(dump, foreign_keys_may_point_forward_and_triggers_do_not_fire) {
    auto c = open_fresh(R"(
        CREATE TABLE child(p REFERENCES parent(id));
        CREATE TABLE parent(id INTEGER PRIMARY KEY);
        CREATE TABLE log(what);
        CREATE TRIGGER noted AFTER INSERT ON parent BEGIN INSERT INTO log VALUES ('p'); END;
        INSERT INTO parent VALUES (1);
        INSERT INTO child VALUES (1);)");
    auto copy = expect_round_trip(c);
    EXPECT_EQ(copy.fetch_one<std::int64_t>("SELECT count(*) FROM log").value(), 1);
    EXPECT_EQ(copy.fetch_one<std::int64_t>("PRAGMA foreign_keys").value(), 1);
    EXPECT_EQ(copy.execute("INSERT INTO child VALUES (2)").error().kind(), error_kind::constraint);
}

TEST(dump, keeps_views_on_views_and_triggers_on_views) {
    auto c = open_fresh(R"(
        CREATE VIEW outer_view AS SELECT * FROM inner_view;
        CREATE VIEW inner_view AS SELECT a FROM t;
        CREATE TABLE t(a);
        CREATE TRIGGER into_view INSTEAD OF INSERT ON outer_view BEGIN INSERT INTO t VALUES (new.a); END;
        CREATE VIEW broken AS SELECT * FROM missing;)");
    auto copy = expect_round_trip(c);
    copy.execute("INSERT INTO outer_view VALUES (3)").value();
    EXPECT_EQ(copy.fetch_one<std::int64_t>("SELECT a FROM outer_view").value(), 3);
}

TEST(dump, keeps_user_version_and_application_id) {
    auto c = open_fresh("PRAGMA user_version = 7; PRAGMA application_id = -5;");
    auto copy = expect_round_trip(c);
    EXPECT_EQ(copy.fetch_one<std::int64_t>("PRAGMA user_version").value(), 7);
    EXPECT_EQ(copy.fetch_one<std::int64_t>("PRAGMA application_id").value(), -5);
}

TEST(dump, keeps_statistics) {
    auto c = open_fresh(R"(
        CREATE TABLE t(a); CREATE INDEX i ON t(a); INSERT INTO t VALUES (1), (1), (2);
        CREATE VIRTUAL TABLE f USING fts5(a);
        ANALYZE;)");
    auto copy = expect_round_trip(c);
    EXPECT_EQ(copy.fetch_one<std::string>("SELECT stat FROM sqlite_stat1").value(), "3 2");
}

// --- virtual tables ---

TEST(dump, fts5_is_filled_through_the_table) {
    auto c = open_fresh(R"(
        CREATE VIRTUAL TABLE docs USING fts5(title, body, tokenize = 'porter ascii', prefix='2 3');
        INSERT INTO docs(docs, rank) VALUES ('automerge', 8);
        INSERT INTO docs(docs, rank) VALUES ('rank', 'bm25(10.0, 5.0)');
        INSERT INTO docs(rowid, title, body) VALUES (10, 'one', 'running fast'), (20, 'two', NULL), (30, 3, 'runs');
        DELETE FROM docs WHERE rowid = 20;
        CREATE VIRTUAL TABLE words USING fts5vocab(docs, row);)");
    const auto text = dump(c).value();
    EXPECT_THAT(text, Not(HasSubstr("docs_data")));
    EXPECT_THAT(
        text,
        HasSubstr(
            "INSERT INTO \"docs\"(rowid, \"title\", \"body\") VALUES(10,'one','running fast');\n"));
    auto copy = expect_round_trip(c);
    EXPECT_EQ(copy.fetch<std::int64_t>("SELECT rowid FROM docs('run')").value(),
              (std::vector<std::int64_t>{10, 30}));
    EXPECT_EQ(copy.fetch_one<std::int64_t>("SELECT doc FROM words WHERE term = 'run'").value(), 2);
    copy.execute("INSERT INTO docs(docs) VALUES ('integrity-check')").value();
}

TEST(dump, fts5_with_external_content_is_rebuilt) {
    auto c = open_fresh(R"(
        CREATE VIRTUAL TABLE docs USING fts5(body, content='articles', content_rowid='id');
        CREATE TABLE articles(id INTEGER PRIMARY KEY, body);
        CREATE TRIGGER fed AFTER INSERT ON articles BEGIN
            INSERT INTO docs(rowid, body) VALUES (new.id, new.body); END;
        INSERT INTO articles VALUES (3, 'three words here'), (4, 'four');
        CREATE VIEW both AS SELECT id, body FROM articles;
        CREATE VIRTUAL TABLE viewed USING fts5(body, content="both", content_rowid=id);
        INSERT INTO viewed(viewed) VALUES ('rebuild');)");
    auto copy = expect_round_trip(c);
    EXPECT_EQ(copy.fetch<std::int64_t>("SELECT rowid FROM docs('words')").value(),
              std::vector<std::int64_t>{3});
    EXPECT_EQ(copy.fetch<std::int64_t>("SELECT rowid FROM viewed('four')").value(),
              std::vector<std::int64_t>{4});
    copy.execute("INSERT INTO docs(docs, rank) VALUES ('integrity-check', 1)").value();
}

TEST(dump, keeps_the_index_of_contentless_fts) {
    auto c = open_fresh(R"(
        CREATE VIRTUAL TABLE docs USING fts5(body, content='');
        CREATE VIRTUAL TABLE docs_old USING fts5(body, content = "", contentless_delete=1);
        CREATE VIRTUAL TABLE four USING fts4(body, content="");
        INSERT INTO docs(rowid, body) VALUES (1, 'alpha beta'), (2, 'beta gamma');
        INSERT INTO docs_old(rowid, body) VALUES (5, 'old alpha'), (6, 'gone');
        DELETE FROM docs_old WHERE rowid = 6;
        INSERT INTO four(docid, body) VALUES (8, 'alpha four');)");
    auto copy = expect_round_trip(c);
    EXPECT_EQ(
        copy.fetch<std::int64_t>("SELECT rowid FROM docs('beta') ORDER BY rank, rowid").value(),
        c.fetch<std::int64_t>("SELECT rowid FROM docs('beta') ORDER BY rank, rowid").value());
    EXPECT_EQ(copy.fetch<double>("SELECT rank FROM docs('beta')").value(),
              c.fetch<double>("SELECT rank FROM docs('beta')").value());
    EXPECT_EQ(copy.fetch<std::int64_t>("SELECT rowid FROM docs_old('alpha OR gone')").value(),
              std::vector<std::int64_t>{5});
    EXPECT_EQ(copy.fetch<std::int64_t>("SELECT docid FROM four WHERE four MATCH 'alpha'").value(),
              std::vector<std::int64_t>{8});
    // It goes on working on the connection that loaded it.
    copy.execute("INSERT INTO docs(rowid, body) VALUES (3, 'beta delta')").value();
    EXPECT_EQ(copy.fetch_one<std::int64_t>("SELECT count(*) FROM docs('beta')").value(), 3);
    copy.execute("INSERT INTO docs(docs) VALUES ('integrity-check')").value();
}

TEST(dump, keeps_fts4_rtree_and_geopoly) {
    auto c = open_fresh(R"(
        CREATE VIRTUAL TABLE four USING fts4(a, b, tokenize=porter);
        INSERT INTO four(docid, a, b) VALUES (4, 'running', 'x'), (2, 'y', 'z');
        CREATE VIRTUAL TABLE boxes USING rtree(id, x0, x1, y0, y1, +label TEXT);
        INSERT INTO boxes VALUES (7, 0.1, 1.7, -2.3, 5, 'seven'), (3, 0, 0, 1, 1, NULL);
        CREATE VIRTUAL TABLE ints USING rtree_i32(id, x0, x1); INSERT INTO ints VALUES (1, -5, 5);
        CREATE VIRTUAL TABLE shapes USING geopoly(name);
        INSERT INTO shapes(rowid, _shape, name) VALUES (6, '[[0,0],[1,0],[0.5,1],[0,0]]', 'triangle');)");
    const auto text = dump(c).value();
    EXPECT_THAT(text, Not(HasSubstr("_node")));
    auto copy = expect_round_trip(c);
    EXPECT_EQ(copy.fetch<std::int64_t>("SELECT docid FROM four WHERE a MATCH 'run'").value(),
              std::vector<std::int64_t>{4});
    EXPECT_EQ(
        copy.fetch_one<std::string>("SELECT label FROM boxes WHERE x1 > 1 AND y1 < 9").value(),
        "seven");
    EXPECT_EQ(copy.fetch_one<std::int64_t>("SELECT rowid FROM shapes WHERE geopoly_within(_shape, "
                                           "'[[-1,-1],[2,-1],[2,2],[-1,2],[-1,-1]]')")
                  .value(),
              6);
}

TEST(dump, vector_indexes_are_built_last_and_their_tables_hidden) {
    auto c = open_fresh(R"(
        CREATE TABLE v(id INTEGER PRIMARY KEY, e F32_BLOB(3));
        CREATE INDEX ve ON v(libsql_vector_idx(e, 'metric=l2'));
        INSERT INTO v VALUES (1, vector('[1,2,3]')), (2, vector('[9,9,9]')), (3, NULL);
        CREATE TABLE later(a); CREATE INDEX later_a ON later(a);
        CREATE TABLE my_shadow(a);)");
    const auto text = dump(c).value();
    EXPECT_THAT(text, Not(HasSubstr("ve_shadow")));
    EXPECT_THAT(text, Not(HasSubstr("vector_meta")));
    EXPECT_THAT(text, HasSubstr("my_shadow"));
    EXPECT_GT(text.find("CREATE INDEX ve"), text.find("CREATE INDEX later_a"));
    auto copy = expect_round_trip(c);
    EXPECT_EQ(
        copy.fetch_one<std::int64_t>("SELECT id FROM vector_top_k('ve', vector('[8,8,8]'), 1)")
            .value(),
        2);
}

// --- options ---

constexpr std::string_view two_tables = R"(
    CREATE TABLE a(id INTEGER PRIMARY KEY AUTOINCREMENT, x); CREATE INDEX ax ON a(x);
    CREATE TABLE b(id INTEGER PRIMARY KEY AUTOINCREMENT, x); CREATE INDEX bx ON b(x);
    CREATE VIEW va AS SELECT * FROM a;
    CREATE TRIGGER ta AFTER INSERT ON a BEGIN SELECT 1; END;
    CREATE TRIGGER tb AFTER INSERT ON b BEGIN SELECT 1; END;
    INSERT INTO a(x) VALUES (1); INSERT INTO b(x) VALUES (2);
    PRAGMA user_version = 3;)";

TEST(dump, can_be_of_the_schema_only) {
    auto c = open_fresh(two_tables);
    const auto text = dump(c, {.with_data = false}).value();
    EXPECT_THAT(text, Not(HasSubstr("INSERT INTO \"")));
    EXPECT_THAT(text, Not(HasSubstr("sqlite_sequence")));
    EXPECT_THAT(text, HasSubstr("CREATE TRIGGER tb"));
    expect_round_trip(c, {.with_data = false});
}

TEST(dump, data_only_fills_an_existing_schema) {
    auto c = open_fresh(two_tables);
    const auto data = dump(c, {.with_schema = false}).value();
    EXPECT_THAT(data, Not(HasSubstr("CREATE")));
    auto copy = load(dump(c, {.with_data = false}).value());
    std::istringstream in(data);
    load_dump(copy, in).value();
    EXPECT_EQ(dump(copy).value(), dump(c).value());
}

TEST(dump, chosen_tables_come_with_their_indexes_and_triggers) {
    auto c = open_fresh(two_tables);
    const auto text = dump(c, {.tables = {"A", "va"}}).value();
    EXPECT_THAT(text, HasSubstr("CREATE INDEX ax"));
    EXPECT_THAT(text, HasSubstr("CREATE TRIGGER ta"));
    EXPECT_THAT(text, HasSubstr("CREATE VIEW va"));
    EXPECT_THAT(text, HasSubstr("sqlite_sequence"));
    EXPECT_THAT(text, Not(HasSubstr("bx")));
    EXPECT_THAT(text, Not(HasSubstr("'b'")));
    EXPECT_THAT(text, Not(HasSubstr("user_version")));
    EXPECT_EQ(dump(c, {.tables = {"va"}}).value(),
              "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE VIEW va AS SELECT * FROM "
              "a;\nCOMMIT;\n");
}

TEST(dump, works_on_an_attached_database) {
    auto c = open_fresh(
        "CREATE TABLE mine(a); ATTACH ':memory:' AS other; CREATE TABLE other.t(a); INSERT INTO "
        "other.t VALUES (1)");
    auto copy = load(dump(c, {.schema = "other"}).value());
    EXPECT_EQ(copy.fetch<std::string>("SELECT name FROM sqlite_schema").value(),
              std::vector<std::string>{"t"});
    EXPECT_EQ(copy.fetch_one<std::int64_t>("SELECT a FROM t").value(), 1);
}

TEST(dump, shows_one_state_while_another_connection_writes) {
    const testing::temporary_directory directory;
    const auto db = database::open({.database = directory.file("x.db")}).value();
    auto reader = db.connect().value();
    auto writer = db.connect().value();
    writer
        .run_script(
            "CREATE TABLE a(x); CREATE TABLE b(x); INSERT INTO a VALUES (1); INSERT INTO b VALUES "
            "(1)")
        .value();
    std::string text;
    dump(reader, [&](std::string_view part) -> result<void> {
        text += part;
        return writer.execute("UPDATE b SET x = x + 1").transform([](const execution&) {});
    }).value();
    EXPECT_EQ(load(text).fetch_one<std::int64_t>("SELECT x FROM b").value(), 1);
}

TEST(dump, works_inside_a_transaction_and_leaves_it_open) {
    auto c = open_fresh("CREATE TABLE t(a)");
    auto t = c.begin().value();
    t.execute("INSERT INTO t VALUES (5)").value();
    EXPECT_THAT(dump(t).value(), HasSubstr("VALUES(1,5)"));
    t.rollback().value();
    EXPECT_THAT(dump(c).value(), Not(HasSubstr("VALUES")));
    auto reading = c.begin(transaction_mode::read_only).value();
    EXPECT_THAT(dump(reading).value(), StartsWith("PRAGMA foreign_keys=OFF;\n"));
}

// --- property ---

value random_value() {
    using rc::gen::arbitrary;
    return *rc::gen::oneOf(
        rc::gen::construct<value>(arbitrary<std::int64_t>()),
        rc::gen::construct<value>(rc::gen::element<std::int64_t>(0, 1, -1, INT64_MIN, INT64_MAX)),
        rc::gen::construct<value>(arbitrary<double>()),
        rc::gen::construct<value>(rc::gen::element(0.0, -0.0, 1e300, -INFINITY, 0.1, 5e-324)),
        rc::gen::construct<value>(arbitrary<std::string>()),
        rc::gen::construct<value>(
            rc::gen::element<std::string>("'", ";", "--", "\n", "1", "1.0", " 2 ", "\xf0")),
        rc::gen::map(arbitrary<std::string>(),
                     [](const std::string& s) { return value(std::as_bytes(std::span(s))); }),
        rc::gen::just(value()));
}

const std::vector<std::string> odd_names{"t",   "select",     "a b",   "quo\"te", "it's",
                                         "ünï", "semi;colon", "rowid", "-- x",    "T2"};

/// Fills `c` with a table of random shape; statements that the engine refuses change nothing.
void add_random_table(connection& c, std::size_t number) {
    const auto name = quote_identifier(odd_names.at(number));
    const auto count = *rc::gen::inRange(1, 5);
    std::string columns;
    for (int i = 0; i < count; ++i) {
        columns += quote_identifier(*rc::gen::elementOf(odd_names) + std::to_string(i)) + " " +
                   *rc::gen::element<std::string>("INTEGER", "TEXT", "BLOB", "REAL", "NUMERIC", "",
                                                  "INT DEFAULT (1;2)", "TEXT DEFAULT ';'",
                                                  "TEXT COLLATE NOCASE") +
                   ", ";
    }
    const auto shape = *rc::gen::element<std::string>(
        "id INTEGER PRIMARY KEY)", "id INTEGER PRIMARY KEY AUTOINCREMENT)",
        "id INTEGER PRIMARY KEY DESC)", "id TEXT PRIMARY KEY)", "id PRIMARY KEY) WITHOUT ROWID",
        "id)", "id, g AS (id || 'g'))", "id, rowid, s AS (typeof(id)) STORED)",
        "id INT UNIQUE) STRICT", "id, PRIMARY KEY(id)) WITHOUT ROWID", "id) RANDOM ROWID");
    if (!c.execute("CREATE TABLE " + name + "(" + columns + shape)) {
        return;
    }
    const auto known =
        c.fetch<std::string>("SELECT name FROM pragma_table_info(?)", odd_names.at(number)).value();
    std::string marks;
    std::string list;
    for (const auto& column : known) {
        marks += marks.empty() ? "?" : ", ?";
        list += (list.empty() ? "" : ", ") + quote_identifier(column);
    }
    for (int rows = *rc::gen::inRange(0, 8); rows > 0; --rows) {
        std::vector<value> values;
        for (std::size_t i = 0; i < known.size(); ++i) {
            values.push_back(random_value());
        }
        static_cast<void>(c.execute("INSERT INTO " + name + "(" + list + ") VALUES (" + marks + ")",
                                    positional(values)));
    }
    if (*rc::gen::arbitrary<bool>()) {
        c.execute("CREATE INDEX " + quote_identifier("i" + odd_names.at(number)) + " ON " + name +
                  "(" + quote_identifier(known.front()) + " DESC)")
            .value();
    }
    if (*rc::gen::arbitrary<bool>()) {
        c.execute("CREATE TRIGGER " + quote_identifier("tr" + odd_names.at(number)) +
                  " AFTER DELETE ON " + name +
                  " WHEN CASE WHEN 1 THEN 2 END BEGIN SELECT ';'; SELECT 2; END")
            .value();
    }
    if (*rc::gen::arbitrary<bool>()) {
        c.execute("CREATE VIEW " + quote_identifier("v" + odd_names.at(number)) +
                  " AS SELECT * FROM " + name + " /* ; */")
            .value();
    }
}

TEST(dump, loading_a_dump_gives_the_same_dump) {
    rc::check([] {
        auto c = open_fresh();
        const auto tables = *rc::gen::inRange<std::size_t>(0, odd_names.size());
        for (std::size_t i = 0; i < tables; ++i) {
            add_random_table(c, i);
        }
        if (*rc::gen::arbitrary<bool>()) {
            c.execute("CREATE VIRTUAL TABLE fts USING fts5(x, y)").value();
            for (int rows = *rc::gen::inRange(0, 5); rows > 0; --rows) {
                static_cast<void>(
                    c.execute("INSERT INTO fts VALUES (?, ?)", random_value(), random_value()));
            }
        }
        const auto text = dump(c).value();
        auto copy = open_fresh();
        std::istringstream in(text);
        const auto loaded = load_dump(copy, in);
        RC_LOG(text);
        if (!loaded) {
            RC_FAIL(loaded.error().to_string());
        }
        RC_ASSERT(dump(copy).value() == text);
        RC_ASSERT(copy.fetch_one<std::string>("PRAGMA integrity_check").value() == "ok");
    });
}

}  // namespace
}  // namespace libsql
