#include "support/outcome.hpp"
#include "support/test_database.hpp"

#include <libsql/database.hpp>
#include <libsql/fts5.hpp>
#include <libsql/identifier.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <limits>

namespace libsql::fts5 {

using testing::kind_of;

namespace {

using hits = std::vector<std::int64_t>;

class fts5 : public ::testing::Test {
protected:
    void make(const definition& wanted) {
        const auto made = create(c, wanted);
        ASSERT_TRUE(made) << made.error().to_string();
    }

    void add(std::int64_t rowid, std::string_view title, std::string_view body) {
        c.execute("INSERT INTO docs(rowid, title, body) VALUES (?, ?, ?)", rowid, title, body)
            .value();
    }

    hits found(std::string_view query, search wanted = {.table = "docs"}) {
        const auto rows = find<std::pair<std::int64_t, double>>(c, wanted, query);
        EXPECT_TRUE(rows) << rows.error().to_string();
        hits all;
        for (const auto& [rowid, rank] : rows.value()) {
            all.push_back(rowid);
        }
        std::sort(all.begin(), all.end());
        return all;
    }

    /// A table of this schema whose names need to be quoted.
    void expect_any_names(const std::string& schema);

    connection c{testing::open_fresh()};
    definition docs_{.name = "docs", .columns = {"title", "body"}};
};

TEST_F(fts5, finds_words_and_phrases) {
    make(docs_);
    add(1, "The quick fox", "jumps over the dog");
    add(2, "A fox", "is quick");
    add(3, "Nothing", "here");
    EXPECT_EQ(found(phrase("quick fox")), (hits{1}));
    EXPECT_EQ(found(all_words("FOX quick")), (hits{1, 2}));
    EXPECT_EQ(found(any_word("dog nothing cat")), (hits{1, 3}));
    EXPECT_EQ(found(prefix("qui")), (hits{1, 2}));
    EXPECT_EQ(found(prefix("the qui")), (hits{1}));
    EXPECT_EQ(found(in_columns({"title"}, all_words("quick"))), (hits{1}));
    EXPECT_EQ(found(in_columns({"body", "title"}, any_word("is the"))), (hits{1, 2}));
    EXPECT_EQ(found(all_words("")), (hits{}));
    EXPECT_EQ(found(any_word(" \t\n")), (hits{}));
    EXPECT_EQ(found(phrase("")), (hits{}));
}

TEST_F(fts5, a_users_text_is_never_query_syntax) {
    make(docs_);
    add(1, "c++ AND (c) \"quoted\"", "title: NEAR or^not");
    for (const auto* text : {"C++", "\"quoted", "AND", "(c)", "c AND", "NEAR", "title:", "or^not",
                             "NOT", "*", "quoted\" OR \"x", "-", "{", "c*"}) {
        const auto rows =
            find<std::pair<std::int64_t, double>>(c, {.table = "docs"}, all_words(text));
        EXPECT_TRUE(rows) << text << ": " << rows.error().to_string();
    }
    EXPECT_EQ(found(all_words("AND c")), (hits{1}));
    EXPECT_EQ(found(all_words("quoted\" OR \"missing")), (hits{}));
    EXPECT_EQ(found(all_words("! c ?")), (hits{1}));  // punctuation alone asks for nothing
}

TEST_F(fts5, any_text_can_be_searched_for_and_finds_itself) {
    make(docs_);
    EXPECT_TRUE(rc::check([&] {
        const auto text = *rc::gen::container<std::string>(
            rc::gen::element('a', 'B', 'c', ' ', '"', '\'', '*', '(', ')', ':', '^', '-', '+', '\0',
                             '\n', '{', '\\', ','));
        c.execute("DELETE FROM docs").value();
        add(1, text, "");
        const bool has_letter = text.find_first_of("aBc") != std::string::npos;
        for (const auto& query : {phrase(text), all_words(text), any_word(text), prefix(text),
                                  in_columns({"title"}, phrase(text))}) {
            RC_ASSERT(found(query) == (has_letter ? hits{1} : hits{}));
        }
    }));
}

struct full_hit {
    std::int64_t rowid;
    std::string title;
    std::string marked;
    std::string part;
    double rank;
};

TEST_F(fts5, gives_highlights_snippets_and_rank) {
    make(docs_);
    add(1, "fox", "one two three four five fox seven eight nine");
    add(2, "dog", "fox");
    const search wanted{
        .table = "docs",
        .columns = {"rowid", "title"},
        .highlights = {{.column = 0, .before = "['", .after = "']"}},
        .snippets = {{.column = 1, .before = "<", .after = ">", .ellipsis = "~", .words = 3}},
        .weights = {10, 1}};
    const auto rows = find<full_hit>(c, wanted, all_words("fox"));
    ASSERT_TRUE(rows) << rows.error().to_string();
    ASSERT_EQ(rows->size(), 2U);
    EXPECT_EQ(rows->at(0).rowid, 1);
    EXPECT_EQ(rows->at(0).marked, "['fox']");
    EXPECT_EQ(rows->at(0).part, "~five <fox> seven~");
    EXPECT_EQ(rows->at(1).marked, "dog");
    EXPECT_LT(rows->at(0).rank, rows->at(1).rank);
    auto other_way = wanted;
    other_way.weights = {0.1, 10};
    EXPECT_EQ(find<full_hit>(c, other_way, "fox").value().at(0).rowid, 2);
    auto one = wanted;
    one.limit = 1;
    EXPECT_EQ(find<full_hit>(c, one, "fox").value().size(), 1U);
}

TEST_F(fts5, refuses_bad_searches) {
    make(docs_);
    const auto bad = [](const search& wanted) {
        return kind_of(search_sql(wanted)) == error_kind::invalid_argument;
    };
    EXPECT_TRUE(bad({}));
    EXPECT_TRUE(bad({.table = "docs", .highlights = {{.column = -1}}}));
    EXPECT_TRUE(bad({.table = "docs", .snippets = {{.words = 0}}}));
    EXPECT_TRUE(bad({.table = "docs", .snippets = {{.words = 65}}}));
    EXPECT_TRUE(bad({.table = "docs", .weights = {std::numeric_limits<double>::quiet_NaN()}}));
    EXPECT_TRUE(bad({.table = "docs", .limit = -1}));
    using row = std::pair<std::int64_t, double>;
    EXPECT_EQ(kind_of(find<row>(c, {.table = "docs"}, "\"open")), error_kind::sql);
    EXPECT_EQ(kind_of(find<row>(c, {.table = "docs"}, in_columns({"missing"}, "a"))),
              error_kind::sql);
    EXPECT_EQ(kind_of(find<row>(c, {.table = "missing"}, "a")), error_kind::sql);
}

TEST_F(fts5, tokenizers_and_options_reach_the_engine) {
    make({.name = "docs",
          .columns = {"title", {"body", false}},
          .tokenizer = "porter unicode61 remove_diacritics 2",
          .prefix = {2, 3}});
    add(1, "Running caf\xC3\xA9", "hidden");
    EXPECT_EQ(found(all_words("run cafe")), (hits{1}));
    EXPECT_EQ(found(all_words("hidden")), (hits{}));
    EXPECT_EQ(found(prefix("ca")), (hits{1}));
    EXPECT_EQ(c.fetch_one<std::string>("SELECT body FROM docs").value(), "hidden");
    make({.name = "tri", .columns = {"a"}, .tokenizer = "trigram case_sensitive 1"});
    EXPECT_EQ(kind_of(create(c, {.name = "x", .columns = {"a"}, .tokenizer = "no_such"})),
              error_kind::sql);
}

TEST_F(fts5, detail_levels_reach_the_engine) {
    make({.name = "docs",
          .columns = {"title", "body"},
          .detail = detail_level::none,
          .column_size = false});
    add(1, "a b", "c");
    EXPECT_EQ(found(all_words("c a")), (hits{1}));
    using row = std::pair<std::int64_t, double>;
    EXPECT_EQ(kind_of(find<row>(c, {.table = "docs"}, phrase("a b"))), error_kind::sql);
    EXPECT_EQ(kind_of(find<row>(c, {.table = "docs"}, in_columns({"title"}, "a"))),
              error_kind::sql);
}

TEST_F(fts5, external_content_is_kept_in_sync_by_triggers) {
    c.execute("CREATE TABLE \"the posts\"(id INTEGER PRIMARY KEY, title, body)").value();
    const definition wanted{.name = "docs",
                            .columns = {"title", "body"},
                            .content = content_kind::external,
                            .content_table = "the posts",
                            .content_rowid = "id"};
    c.execute("INSERT INTO \"the posts\" VALUES (1, 'early', '')").value();
    make(wanted);
    for (const auto& sql : content_triggers_sql(wanted).value()) {
        c.execute(sql).value();
    }
    EXPECT_EQ(kind_of(integrity_check(c, "docs")), error_kind::corrupt);
    rebuild(c, "docs").value();
    EXPECT_EQ(found("early"), (hits{1}));
    c.execute("INSERT INTO \"the posts\" VALUES (2, 'late', 'text')").value();
    EXPECT_EQ(found("late"), (hits{2}));
    c.execute("UPDATE \"the posts\" SET title = 'new' WHERE id = 2").value();
    EXPECT_EQ(found("late"), (hits{}));
    EXPECT_EQ(found("new"), (hits{2}));
    c.execute("DELETE FROM \"the posts\" WHERE id = 1").value();
    EXPECT_EQ(found("early"), (hits{}));
    EXPECT_TRUE(integrity_check(c, "docs"));
    delete_all(c, "docs").value();
    EXPECT_EQ(found("new"), (hits{}));
}

TEST_F(fts5, contentless_tables_work) {
    make({.name = "docs", .columns = {"title", "body"}, .content = content_kind::contentless});
    add(1, "a", "b");
    EXPECT_EQ(found("a"), (hits{1}));
    EXPECT_EQ(c.fetch_one<std::optional<std::string>>("SELECT title FROM docs").value().value(),
              std::nullopt);
    EXPECT_FALSE(c.execute("DELETE FROM docs WHERE rowid = 1"));
    EXPECT_EQ(kind_of(rebuild(c, "docs")), error_kind::sql);
    delete_all(c, "docs").value();
    EXPECT_EQ(found("a"), (hits{}));
    make({.name = "erasable",
          .columns = {"a"},
          .content = content_kind::contentless,
          .contentless_delete = true});
    c.execute("INSERT INTO erasable(rowid, a) VALUES (1, 'x')").value();
    EXPECT_TRUE(c.execute("DELETE FROM erasable WHERE rowid = 1"));
}

TEST_F(fts5, maintenance_commands_work) {
    make(docs_);
    add(1, "a", "b");
    EXPECT_TRUE(optimize(c, "docs"));
    EXPECT_TRUE(rebuild(c, "docs"));
    EXPECT_TRUE(integrity_check(c, "docs"));
    EXPECT_EQ(kind_of(delete_all(c, "docs")), error_kind::sql);
    EXPECT_EQ(found("a"), (hits{1}));
    c.execute("UPDATE docs_content SET c0 = 'changed'").value();
    EXPECT_EQ(kind_of(integrity_check(c, "docs")), error_kind::corrupt);
    EXPECT_EQ(kind_of(optimize(c, "missing")), error_kind::sql);
}

TEST_F(fts5, refuses_contradictory_options) {
    const auto bad = [](const definition& wanted) {
        return kind_of(create_sql(wanted)) == error_kind::invalid_argument;
    };
    EXPECT_TRUE(bad({.columns = {"a"}}));
    EXPECT_TRUE(bad({.name = "t"}));
    EXPECT_TRUE(bad({.name = "t", .columns = {"a"}, .content = content_kind::external}));
    EXPECT_TRUE(bad({.name = "t", .columns = {"a"}, .content_table = "x"}));
    EXPECT_TRUE(bad({.name = "t", .columns = {"a"}, .contentless_delete = true}));
    EXPECT_TRUE(bad({.name = "t",
                     .columns = {"a"},
                     .content = content_kind::contentless,
                     .contentless_delete = true,
                     .column_size = false}));
    EXPECT_TRUE(bad({.name = "t", .columns = {"a"}, .prefix = {0}}));
    EXPECT_EQ(kind_of(content_triggers_sql(docs_)), error_kind::invalid_argument);
    EXPECT_EQ(kind_of(create(c, {.name = "t", .columns = {"rank"}})), error_kind::sql);
}

TEST_F(fts5, names_may_contain_any_character) {
    expect_any_names("main");
}

TEST_F(fts5, names_in_an_attached_database_may_contain_any_character) {
    c.execute("ATTACH ':memory:' AS \"o'ther\"").value();
    expect_any_names("o'ther");
}

void fts5::expect_any_names(const std::string& schema) {
    const std::string table = qualify(schema, "p\"'s");
    c.execute("CREATE TABLE " + table + "(\"i d\" INTEGER PRIMARY KEY, \"a,\"\"b'\")").value();
    const definition wanted{.name = "d \"'x",
                            .schema = schema,
                            .columns = {"a,\"b'"},
                            .content = content_kind::external,
                            .content_table = "p\"'s",
                            .content_rowid = "i d"};
    make(wanted);
    for (const auto& sql : content_triggers_sql(wanted).value()) {
        const auto made = c.execute(sql);
        ASSERT_TRUE(made) << made.error().to_string();
    }
    c.execute("INSERT INTO " + table + " VALUES (4, 'word')").value();
    const search in{.table = "d \"'x", .schema = schema, .columns = {"rowid"}, .weights = {2}};
    EXPECT_EQ(found(in_columns({"a,\"b'"}, "word"), in), (hits{4}));
    EXPECT_TRUE(integrity_check(c, "d \"'x", schema));
}

}  // namespace

}  // namespace libsql::fts5
