#include "support/outcome.hpp"
#include "support/test_database.hpp"

#include <libsql/database.hpp>
#include <libsql/load_dump.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <sstream>
#include <streambuf>
#include <string>

namespace libsql {
namespace {

using ::testing::HasSubstr;
using testing::open_fresh;
using ::testing::StartsWith;
using testing::succeeded;

result<load_progress> load(connection& c, const std::string& text,
                           const load_options& chosen = {}) {
    std::istringstream in(text);
    return load_dump(c, in, chosen);
}

std::int64_t objects(connection& c) {
    return c.fetch_one<std::int64_t>("SELECT count(*) FROM sqlite_schema").value().value();
}

TEST(load_dump, a_failing_statement_gives_its_line_and_undoes_everything) {
    auto c = open_fresh();
    const auto why = load(c,
                          "CREATE TABLE t(a UNIQUE);\n-- a comment;\nINSERT INTO t VALUES (1);\n\n "
                          " INSERT INTO t\n VALUES (1);\n")
                         .error();
    EXPECT_EQ(why.kind(), error_kind::constraint);
    EXPECT_THAT(why.message(), StartsWith("line 5: UNIQUE constraint failed"));
    EXPECT_EQ(why.sql(), "INSERT INTO t\n VALUES (1)");
    EXPECT_EQ(why.outcome(), error_outcome::undone);
    EXPECT_EQ(objects(c), 0);
    EXPECT_TRUE(c.is_autocommit());
    EXPECT_EQ(c.fetch_one<std::int64_t>("PRAGMA foreign_keys").value(), 1);
}

TEST(load_dump, a_truncated_or_rolled_back_dump_changes_nothing) {
    auto c = open_fresh();
    for (const std::string text : {
             "BEGIN TRANSACTION;\nCREATE TABLE t(a);\n",
             "CREATE TABLE t(a); INSERT INTO t VALUES (1",
             "CREATE TABLE t(a); INSERT INTO t VALUES ('",
             "CREATE TABLE t(a); CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1;",
             "BEGIN; CREATE TABLE t(a); ROLLBACK; -- due to errors\n",
             "CREATE TABLE t(a); /*x*/ ROLLBACK TRANSACTION;",
         }) {
        const auto loaded = load(c, text);
        ASSERT_FALSE(loaded) << text;
        EXPECT_EQ(loaded.error().outcome(), error_outcome::undone) << text;
        EXPECT_EQ(objects(c), 0) << text;
    }
    EXPECT_THAT(load(c, "\nBEGIN; SELECT 1;").error().message(), HasSubstr("line 2"));
    const auto ended = load(c,
                            "CREATE TABLE t(a UNIQUE); INSERT INTO t VALUES (1); "
                            "INSERT OR ROLLBACK INTO t VALUES (1);");
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().outcome(), error_outcome::undone);
    EXPECT_EQ(objects(c), 0);
}

TEST(load_dump, is_refused_inside_a_transaction) {
    auto c = open_fresh();
    auto t = c.begin().value();
    EXPECT_EQ(load(c, "SELECT 1;").error().kind(), error_kind::transaction);
    EXPECT_EQ(t.status(), transaction_status::active);
}

TEST(load_dump, a_closed_connection_is_an_error) {
    auto c = open_fresh();
    c.close().value();
    EXPECT_EQ(load(c, "SELECT 1;").error().kind(), error_kind::closed);
}

TEST(load_dump, progress_sees_each_statement_and_can_stop_the_load) {
    auto c = open_fresh();
    const std::string text =
        "CREATE TABLE t(a);\nINSERT INTO t VALUES (1); INSERT INTO t VALUES (2)";
    std::vector<std::pair<std::uint64_t, std::uint64_t>> seen;
    const auto note = [&](const load_progress& p) {
        seen.emplace_back(p.statements, p.bytes);
        return seen.size() != 2;
    };
    const auto why = load(c, text, {.progress = note}).error();
    EXPECT_EQ(why.kind(), error_kind::interrupted);
    EXPECT_EQ(why.outcome(), error_outcome::undone);
    EXPECT_EQ(seen, (std::vector<std::pair<std::uint64_t, std::uint64_t>>{{1, 17}, {2, 43}}));
    EXPECT_EQ(objects(c), 0);
    const auto all = load(c, text).value();
    EXPECT_EQ(all.statements, 3U);
    EXPECT_EQ(all.bytes, text.size());
}

TEST(load_dump, an_exception_of_progress_propagates_and_undoes_everything) {
    auto c = open_fresh();
    EXPECT_THROW(
        static_cast<void>(load(c, "CREATE TABLE t(a);",
                               {.progress = [](const load_progress&) -> bool { throw 1; }})),
        int);
    EXPECT_EQ(objects(c), 0);
    EXPECT_TRUE(c.is_autocommit());
    EXPECT_EQ(c.fetch_one<std::int64_t>("PRAGMA foreign_keys").value(), 1);
}

TEST(load_dump, a_deadline_stops_it) {
    auto c = open_fresh();
    const auto why = load(c,
                          "CREATE TABLE t(a); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i "
                          "+ 1 FROM n) SELECT count(*) FROM n;",
                          {.until = deadline::in(std::chrono::milliseconds(30))})
                         .error();
    EXPECT_EQ(why.kind(), error_kind::timeout);
    EXPECT_EQ(objects(c), 0);
}

TEST(load_dump, a_statement_that_is_too_long_is_refused_before_it_is_read_to_its_end) {
    auto c = open_fresh();
    const std::string text =
        "CREATE TABLE t(a);\nINSERT INTO t VALUES ('" + std::string(10'000'000, 'x') + "');";
    std::istringstream in(text);
    const auto why = load_dump(c, in, {.longest_statement = 100'000}).error();
    EXPECT_EQ(why.kind(), error_kind::too_big);
    EXPECT_THAT(why.message(), StartsWith("line 1"));
    EXPECT_LT(in.tellg(), 1'000'000);
    EXPECT_EQ(objects(c), 0);
}

TEST(load_dump, a_statement_that_is_too_long_is_refused_in_a_short_source_too) {
    auto c = open_fresh();
    const std::string create = "CREATE TABLE t(a)";
    for (const char* const end : {";", "", ";\n/* a comment that is longer than a statement */"}) {
        std::istringstream in(create + end);
        const auto why = load_dump(c, in, {.longest_statement = create.size() - 1}).error();
        EXPECT_EQ(why.kind(), error_kind::too_big);
        EXPECT_EQ(objects(c), 0);
        std::istringstream again(create + end);
        EXPECT_TRUE(succeeded(load_dump(c, again, {.longest_statement = create.size() + 1})));
        EXPECT_TRUE(succeeded(c.execute("DROP TABLE t")));
    }
}

TEST(load_dump, a_failing_stream_is_an_error) {
    class failing : public std::streambuf {
        int underflow() override { throw 1; }
    };

    failing buffer;
    std::istream in(&buffer);
    auto c = open_fresh();
    const auto why = load_dump(c, in).error();
    EXPECT_EQ(why.kind(), error_kind::io);
    EXPECT_EQ(why.outcome(), error_outcome::undone);
}

TEST(load_dump, a_stream_that_was_not_opened_is_an_error) {
    auto c = open_fresh();
    std::ifstream nothing("/nowhere/at/all.sql");
    EXPECT_EQ(load_dump(c, nothing).error().kind(), error_kind::io);
    EXPECT_EQ(load_dump(c, nothing).error().outcome(), error_outcome::not_run);
    std::istringstream read("CREATE TABLE t(a);");
    const std::string all{std::istreambuf_iterator<char>(read), {}};
    static_cast<void>(read.get());  // behind the end
    EXPECT_EQ(load_dump(c, read).error().kind(), error_kind::io);
    std::istringstream empty;
    EXPECT_EQ(load_dump(c, empty).value().statements, 0U);
}

TEST(load_dump, a_dump_that_opens_the_schema_for_writing_leaves_it_closed) {
    auto c = open_fresh();
    EXPECT_FALSE(load(c, "PRAGMA writable_schema=ON; SELECT nothing;"));
    EXPECT_EQ(c.fetch_one<std::int64_t>("PRAGMA writable_schema").value(), 0);
}

TEST(load_dump, statements_may_span_pieces_of_any_length) {
    // Pieces of 64 KiB: with a statement of every length before it, each boundary falls into
    // something.
    const std::string tail =
        "CREATE TABLE t(a);/* ; */INSERT INTO t VALUES ('it''s;'),(x'00ff');\r\n-- ;\n"
        "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT ';'; SELECT CASE 1 WHEN 1 THEN 2 END; END;"
        "INSERT INTO t VALUES (\";\");"
        "CREATE VIRTUAL TABLE f USING fts5(a);";
    for (std::size_t cut = 0; cut < tail.size(); cut += 3) {
        auto c = open_fresh();
        const std::string head = "SELECT '" + std::string(64 * 1024 - 11 - cut, 'y') + "';\n";
        const auto loaded = load(c, head + tail);
        ASSERT_FALSE(loaded) << "a double-quoted string is no string here";
        ASSERT_THAT(loaded.error().message(), StartsWith("line 4: no such column")) << cut;
    }
}

TEST(load_dump, the_output_of_the_sqlite_shell_can_be_read) {
    auto c = open_fresh();
    load(c, R"(PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE t(a INTEGER PRIMARY KEY, b);
INSERT INTO t VALUES(1,replace('two\nlines','\n',char(10)));
PRAGMA writable_schema=ON;
INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql)VALUES('table','f','f',0,'CREATE VIRTUAL TABLE f USING fts5(x)');
CREATE TABLE IF NOT EXISTS 'f_data'(id INTEGER PRIMARY KEY, block BLOB);
INSERT INTO f_data VALUES(1,X'');
INSERT INTO f_data VALUES(10,X'00000000000000');
CREATE TABLE IF NOT EXISTS 'f_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS 'f_content'(id INTEGER PRIMARY KEY, c0);
CREATE TABLE IF NOT EXISTS 'f_docsize'(id INTEGER PRIMARY KEY, sz BLOB);
CREATE TABLE IF NOT EXISTS 'f_config'(k PRIMARY KEY, v) WITHOUT ROWID;
INSERT INTO f_config VALUES('version',4);
PRAGMA writable_schema=OFF;
COMMIT;
)")
        .value();
    EXPECT_EQ(c.fetch_one<std::string>("SELECT b FROM t").value(), "two\nlines");
    EXPECT_EQ(c.fetch_one<std::int64_t>("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'f%'")
                  .value(),
              6);
}

TEST(load_dump, the_schema_as_the_sqlite_shell_shows_it_can_be_read) {
    auto c = open_fresh();
    load(c, R"(CREATE TABLE t(a INTEGER PRIMARY KEY AUTOINCREMENT, b);
CREATE TABLE sqlite_sequence(name,seq);
CREATE TABLE sqlite_stat1(tbl,idx,stat);
CREATE TABLE IF NOT EXISTS "SQLite_stat4"(tbl,idx,neq,nlt,ndlt,sample);
CREATE VIEW v AS SELECT b FROM t
/* v(b) */;
)")
        .value();
    c.execute("INSERT INTO t(b) VALUES ('x')").value();
    EXPECT_EQ(c.fetch_one<std::int64_t>("SELECT seq FROM sqlite_sequence").value(), 1);
    EXPECT_EQ(c.fetch_one<std::string>("SELECT b FROM v").value(), "x");
    EXPECT_THAT(load(c, "CREATE TABLE u(x);\nCREATE TABLE sqlit_y(z;").error().message(),
                StartsWith("line 2"));
}

TEST(load_dump, an_empty_source_is_not_an_error) {
    auto c = open_fresh();
    EXPECT_EQ(load(c, "").value().statements, 0U);
    EXPECT_EQ(load(c, " ;; -- nothing\n /* at all */").value().statements, 0U);
}

}  // namespace
}  // namespace libsql
