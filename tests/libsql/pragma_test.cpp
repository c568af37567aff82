#include "support/outcome.hpp"
#include "support/temporary_directory.hpp"
#include "support/test_database.hpp"

#include <libsql/database.hpp>
#include <libsql/pragma.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <limits>

namespace libsql::pragma {

using testing::kind_of;

namespace {

using enum error_kind;

class pragma_of_file : public ::testing::Test {
protected:
    connection connect() { return database_.connect().value(); }

    testing::temporary_directory directory_;
    database database_{database::open({.database = directory_.file("a.db")}).value()};
    connection c{connect()};
};

class pragma_of_memory : public ::testing::Test {
protected:
    connection c{database::open({.database = ":memory:"}).value().connect().value()};
};

class introspection : public ::testing::Test {
protected:
    connection c{testing::open_fresh()};
};

TEST_F(pragma_of_file, journal_mode_is_set_and_read) {
    EXPECT_EQ(journal_mode(c).value(), libsql::journal_mode::wal);
    for (const auto mode : {libsql::journal_mode::delete_file, libsql::journal_mode::truncate,
                            libsql::journal_mode::persist, libsql::journal_mode::memory,
                            libsql::journal_mode::off, libsql::journal_mode::wal}) {
        EXPECT_TRUE(set_journal_mode(c, mode));
        EXPECT_EQ(journal_mode(c).value(), mode);
    }
    auto tx = c.begin().value();
    EXPECT_FALSE(set_journal_mode(tx, libsql::journal_mode::delete_file));
    EXPECT_EQ(journal_mode(c).value(), libsql::journal_mode::wal);
}

TEST_F(pragma_of_memory, journal_mode_cannot_be_wal) {
    EXPECT_EQ(journal_mode(c).value(), libsql::journal_mode::memory);
    const auto refused = set_journal_mode(c, libsql::journal_mode::wal);
    EXPECT_EQ(kind_of(refused), unsupported);
    EXPECT_EQ(refused.error().message(),
              "the engine did not accept PRAGMA journal_mode = wal: the value is memory");
    EXPECT_TRUE(set_journal_mode(c, libsql::journal_mode::off));
}

TEST_F(pragma_of_file, synchronous_is_set_and_read) {
    EXPECT_EQ(synchronous(c).value(), synchronous_mode::full);
    for (const auto mode : {synchronous_mode::off, synchronous_mode::normal, synchronous_mode::full,
                            synchronous_mode::extra}) {
        EXPECT_TRUE(set_synchronous(c, mode));
        EXPECT_EQ(synchronous(c).value(), mode);
    }
    auto tx = c.begin().value();
    EXPECT_EQ(kind_of(set_synchronous(tx, synchronous_mode::off)), sql);
}

TEST_F(pragma_of_memory, foreign_keys_is_set_and_read) {
    EXPECT_TRUE(foreign_keys(c).value());
    EXPECT_TRUE(set_foreign_keys(c, false));
    EXPECT_FALSE(foreign_keys(c).value());
    auto tx = c.begin().value();
    EXPECT_EQ(kind_of(set_foreign_keys(tx, true)), unsupported);
}

TEST_F(pragma_of_memory, cache_size_is_set_and_read) {
    for (const std::int64_t size : {100, -4000, 0}) {
        EXPECT_TRUE(set_cache_size(c, size));
        EXPECT_EQ(cache_size(c).value(), size);
    }
    EXPECT_EQ(kind_of(set_cache_size(c, std::int64_t{1} << 40)), unsupported);
}

TEST_F(pragma_of_memory, temp_store_is_set_and_read) {
    EXPECT_TRUE(set_temp_store(c, libsql::temp_store::file));
    EXPECT_EQ(temp_store(c).value(), libsql::temp_store::file);
    EXPECT_TRUE(set_temp_store(c, libsql::temp_store::memory));
    EXPECT_EQ(temp_store(c).value(), libsql::temp_store::memory);
    c.execute("PRAGMA temp_store = DEFAULT").value();
    EXPECT_EQ(temp_store(c).value(), std::nullopt);
    auto tx = c.begin().value();
    tx.execute("CREATE TEMP TABLE t(a)").value();
    EXPECT_FALSE(set_temp_store(tx, libsql::temp_store::file));
}

TEST_F(pragma_of_file, mmap_size_is_set_and_read) {
    EXPECT_TRUE(set_mmap_size(c, 1 << 20));
    EXPECT_EQ(mmap_size(c).value(), 1 << 20);
    EXPECT_EQ(kind_of(set_mmap_size(c, std::numeric_limits<std::int64_t>::max())), unsupported);
}

TEST_F(pragma_of_memory, mmap_size_is_unsupported) {
    EXPECT_EQ(kind_of(mmap_size(c)), unsupported);
}

TEST_F(pragma_of_memory, user_version_and_application_id_are_set_and_read) {
    for (const std::int32_t number : {0, 7, -1, std::numeric_limits<std::int32_t>::max(),
                                      std::numeric_limits<std::int32_t>::min()}) {
        EXPECT_TRUE(set_user_version(c, number));
        EXPECT_EQ(user_version(c).value(), number);
        EXPECT_TRUE(set_application_id(c, number));
        EXPECT_EQ(application_id(c).value(), number);
    }
}

TEST_F(pragma_of_memory, an_attached_database_has_its_own_values) {
    c.execute("ATTACH ':memory:' AS \"o\"\"ther\"").value();
    EXPECT_TRUE(set_user_version(c, 5, "o\"ther"));
    EXPECT_EQ(user_version(c, "o\"ther").value(), 5);
    EXPECT_EQ(user_version(c).value(), 0);
    EXPECT_EQ(kind_of(user_version(c, "missing")), sql);
    EXPECT_EQ(kind_of(set_user_version(c, 1, "missing")), sql);
}

TEST_F(pragma_of_memory, page_size_and_auto_vacuum_shape_an_empty_database_only) {
    EXPECT_TRUE(set_page_size(c, 8192));
    EXPECT_EQ(page_size(c).value(), 8192);
    EXPECT_EQ(kind_of(set_page_size(c, 1000)), unsupported);
    EXPECT_EQ(auto_vacuum(c).value(), libsql::auto_vacuum::none);
    EXPECT_TRUE(set_auto_vacuum(c, libsql::auto_vacuum::full));
    c.execute("CREATE TABLE t(a)").value();
    EXPECT_EQ(kind_of(set_page_size(c, 4096)), unsupported);
    EXPECT_TRUE(set_auto_vacuum(c, libsql::auto_vacuum::incremental));
    EXPECT_EQ(kind_of(set_auto_vacuum(c, libsql::auto_vacuum::none)), unsupported);
    EXPECT_EQ(auto_vacuum(c).value(), libsql::auto_vacuum::incremental);
}

TEST_F(introspection, page_counts_are_read) {
    c.execute("CREATE TABLE t(a)").value();
    c.execute("INSERT INTO t VALUES (zeroblob(100000))").value();
    const auto full = page_count(c).value();
    EXPECT_GT(full, 20);
    EXPECT_EQ(freelist_count(c).value(), 0);
    c.execute("DELETE FROM t").value();
    EXPECT_EQ(page_count(c).value(), full);
    EXPECT_GT(freelist_count(c).value(), 20);
}

TEST_F(pragma_of_memory, any_pragma_is_set_and_read_by_name) {
    EXPECT_EQ(get(c, "secure_delete").value(), value(0));
    EXPECT_TRUE(set(c, "secure_delete", 1));
    EXPECT_EQ(get(c, "Secure_Delete", "main").value(), value(1));
    EXPECT_TRUE(set(c, "locking_mode", "EXCLUSIVE"));
    EXPECT_EQ(get(c, "locking_mode").value(), value("exclusive"));
    EXPECT_EQ(get(c, "shrink_memory").value(), std::nullopt);
}

TEST_F(pragma_of_memory, busy_timeout_is_set_and_read_by_name) {
    set(c, "busy_timeout", 123).value();
    EXPECT_EQ(get(c, "busy_timeout").value(), value(123));
}

TEST_F(pragma_of_memory, invalid_names_and_values_are_refused) {
    for (const auto* name :
         {"no_such_pragma", "", "user_version; DROP TABLE t", "user_version = 5", "key"}) {
        EXPECT_EQ(kind_of(get(c, name)), invalid_argument) << name;
        EXPECT_EQ(kind_of(set(c, name, 1)), invalid_argument) << name;
    }
    EXPECT_EQ(kind_of(set(c, "encoding", "latin1")), sql);
    EXPECT_EQ(kind_of(set(c, "secure_delete", 2)), unsupported);  // it reads 2 as on
    EXPECT_EQ(kind_of(set(c, "page_size", 77)), unsupported);
    EXPECT_EQ(kind_of(set(c, "locking_mode", "sometimes")), unsupported);
    EXPECT_EQ(kind_of(set(c, "case_sensitive_like", 1)), unsupported);
    EXPECT_EQ(kind_of(set(c, "busy_timeout", -1)), unsupported);
    EXPECT_EQ(kind_of(get(c, "user_version", "missing")), sql);
    EXPECT_FALSE(set(c, "locking_mode", std::string_view("a\0b", 3)));
}

TEST_F(pragma_of_file, wal_checkpoint_reports_frames) {
    c.execute("CREATE TABLE t(a)").value();
    const auto first = wal_checkpoint(c).value();
    EXPECT_FALSE(first.busy);
    EXPECT_GT(first.log_frames, 0);
    EXPECT_EQ(first.checkpointed, first.log_frames);
    EXPECT_EQ(wal_checkpoint(c, checkpoint_mode::truncate).value(),
              (checkpoint_result{false, 0, 0}));
    auto reader = connect();
    auto tx = reader.begin().value();
    tx.fetch_one<int>("SELECT count(*) FROM t").value();
    c.execute("INSERT INTO t VALUES (1)").value();
    const auto held = wal_checkpoint(c, checkpoint_mode::passive).value();
    EXPECT_LT(held.checkpointed, held.log_frames);
    auto writing = c.begin(transaction_mode::immediate).value();
    writing.execute("INSERT INTO t VALUES (2)").value();
    EXPECT_EQ(kind_of(wal_checkpoint(writing)), locked);
}

TEST_F(pragma_of_memory, wal_checkpoint_without_a_log_reports_none) {
    EXPECT_EQ(wal_checkpoint(c, checkpoint_mode::full).value(), (checkpoint_result{false, -1, -1}));
    EXPECT_EQ(kind_of(wal_checkpoint(c, checkpoint_mode::full, "missing")), sql);
}

TEST_F(pragma_of_memory, checks_find_problems) {
    EXPECT_EQ(integrity_check(c).value(), std::vector<std::string>{});
    EXPECT_EQ(quick_check(c).value(), std::vector<std::string>{});
    c.execute("CREATE TABLE t(a, b)").value();
    c.execute("INSERT INTO t VALUES (1, NULL), (1, NULL)").value();
    c.execute("PRAGMA writable_schema = ON").value();
    c.execute("UPDATE sqlite_schema SET sql = 'CREATE TABLE t(a, b NOT NULL)' WHERE name = 't'")
        .value();
    c.execute("PRAGMA writable_schema = RESET").value();
    EXPECT_EQ(integrity_check(c).value(),
              (std::vector<std::string>{"NULL value in t.b", "NULL value in t.b"}));
    EXPECT_EQ(integrity_check(c, "main", 1).value().size(), 1U);
    EXPECT_EQ(quick_check(c).value().size(), 2U);
    EXPECT_EQ(kind_of(quick_check(c, "main", 0)), invalid_argument);
    EXPECT_EQ(kind_of(integrity_check(c, "missing")), sql);
}

TEST_F(pragma_of_memory, optimize_runs) {
    EXPECT_TRUE(optimize(c));
}

TEST_F(introspection, columns_are_listed) {
    c.execute(
         "CREATE TABLE \"a table\"(id INTEGER, b TEXT NOT NULL DEFAULT ('x' || 'y'), c AS (b) "
         "STORED, d AS (b), e, PRIMARY KEY (e, id))")
        .value();
    const std::vector<table_column> all{
        {0, "id", "INTEGER", false, std::nullopt, 2, column_visibility::normal},
        {1, "b", "TEXT", true, "'x' || 'y'", 0, column_visibility::normal},
        {2, "c", "", false, std::nullopt, 0, column_visibility::generated_stored},
        {3, "d", "", false, std::nullopt, 0, column_visibility::generated_virtual},
        {4, "e", "", false, std::nullopt, 1, column_visibility::normal},
    };
    EXPECT_EQ(table_xinfo(c, "a table").value(), all);
    EXPECT_EQ(table_info(c, "A TABLE", "main").value(),
              (std::vector<table_column>{all[0], all[1], all[4]}));
    c.execute("CREATE VIRTUAL TABLE f USING fts5(x)").value();
    EXPECT_EQ(table_info(c, "f").value().size(), 1U);
    EXPECT_EQ(table_xinfo(c, "f").value().at(1).visibility, column_visibility::hidden);
}

TEST_F(introspection, a_missing_table_or_index_is_an_error) {
    EXPECT_EQ(kind_of(table_info(c, "missing")), sql);
    EXPECT_EQ(kind_of(table_xinfo(c, "sqlite_schema", "missing")), sql);
    EXPECT_EQ(kind_of(index_list(c, "missing")), sql);
    EXPECT_EQ(kind_of(index_info(c, "missing")), sql);
    EXPECT_EQ(kind_of(index_xinfo(c, "missing", "temp")), sql);
    EXPECT_EQ(kind_of(foreign_key_list(c, "missing")), sql);
}

TEST_F(introspection, tables_are_listed) {
    c.execute("CREATE TABLE t(a INT, b INT, PRIMARY KEY (a)) STRICT, WITHOUT ROWID").value();
    c.execute("CREATE VIEW v AS SELECT 1").value();
    EXPECT_EQ(table_list(c, "main").value(),
              (std::vector<table>{{"main", "sqlite_schema", "table", 5, false, false},
                                  {"main", "t", "table", 2, true, true},
                                  {"main", "v", "view", 1, false, false}}));
}

TEST_F(pragma_of_memory, tables_of_all_databases_are_listed) {
    c.execute("ATTACH ':memory:' AS other").value();
    c.execute("CREATE VIRTUAL TABLE other.r USING rtree(id, a, b)").value();
    const auto all = table_list(c).value();
    EXPECT_NE(std::find(all.begin(), all.end(), table{"other", "r", "virtual", 3, false, false}),
              all.end());
    EXPECT_NE(
        std::find(all.begin(), all.end(), table{"other", "r_node", "shadow", 2, false, false}),
        all.end());
}

TEST_F(introspection, indexes_are_listed) {
    c.execute("CREATE TABLE t(a TEXT PRIMARY KEY, b UNIQUE, c)").value();
    c.execute("CREATE INDEX \"i \"\"1\" ON t(c DESC, lower(a), b COLLATE NOCASE) WHERE c > 0")
        .value();
    EXPECT_EQ(index_list(c, "t").value(),
              (std::vector<table_index>{
                  {"i \"1", false, index_origin::create_index, true},
                  {"sqlite_autoindex_t_2", true, index_origin::unique, false},
                  {"sqlite_autoindex_t_1", true, index_origin::primary_key, false}}));
    const std::vector<index_column> all{{2, "c", true, "BINARY", true},
                                        {-2, std::nullopt, false, "BINARY", true},
                                        {1, "b", false, "NOCASE", true},
                                        {-1, std::nullopt, false, "BINARY", false}};
    EXPECT_EQ(index_xinfo(c, "i \"1").value(), all);
    EXPECT_EQ(index_info(c, "i \"1", "main").value(),
              (std::vector<index_column>{all[0], all[1], all[2]}));
}

TEST_F(introspection, foreign_keys_are_listed) {
    c.execute(
         "CREATE TABLE c(a REFERENCES p, b, d, FOREIGN KEY (b, d) REFERENCES q(x, y) ON UPDATE "
         "CASCADE ON DELETE SET NULL, "
         "FOREIGN KEY (d) REFERENCES p ON DELETE RESTRICT ON UPDATE SET DEFAULT)")
        .value();
    using enum reference_action;
    EXPECT_EQ(foreign_key_list(c, "c").value(),
              (std::vector<foreign_key>{{0, "p", {"d"}, {}, set_default, restrict_action},
                                        {1, "q", {"b", "d"}, {"x", "y"}, cascade, set_null},
                                        {2, "p", {"a"}, {}, no_action, no_action}}));
}

TEST_F(pragma_of_file, databases_are_listed) {
    c.execute("ATTACH ':memory:' AS other").value();
    c.execute("CREATE TEMP TABLE t(a)").value();
    const auto all = database_list(c).value();
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].name, "main");
    EXPECT_EQ(all[0].file, directory_.file("a.db"));
    EXPECT_EQ(all[1], (attached_database{1, "temp", ""}));
    EXPECT_EQ(all[2], (attached_database{2, "other", ""}));
}

TEST_F(introspection, collations_functions_and_modules_are_listed) {
    const auto collations = collation_list(c).value();
    EXPECT_NE(std::find(collations.begin(), collations.end(), "NOCASE"), collations.end());
    const auto functions = function_list(c).value();
    EXPECT_TRUE(std::any_of(functions.begin(), functions.end(), [](const function& f) {
        return f.name == "vector_distance_cos" && f.arguments == 2 && f.builtin && f.type == "s";
    }));
    const auto options = compile_options(c).value();
    EXPECT_NE(std::find(options.begin(), options.end(), "ENABLE_FTS5"), options.end());
}

}  // namespace

}  // namespace libsql::pragma
