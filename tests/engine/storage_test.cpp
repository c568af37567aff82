// What corrections of our engine mend that SQL alone cannot show: docs/engine/storage.md.
#include "libsql/engine/engine.h"
#include "support/child_process.hpp"
#include "support/temporary_directory.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

using libsql::testing::temporary_directory;

using database = std::unique_ptr<sqlite3, decltype(&sqlite3_close_v2)>;
using statement = std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)>;

database open(const std::string& name = ":memory:") {
    sqlite3* db = nullptr;
    EXPECT_EQ(sqlite3_open_v2(name.c_str(), &db,
                              SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXRESCODE,
                              nullptr),
              SQLITE_OK);
    return {db, &sqlite3_close_v2};
}

int run(const database& db, const std::string& sql) {
    return sqlite3_exec(db.get(), sql.c_str(), nullptr, nullptr, nullptr);
}

statement prepare(const database& db, std::string_view sql) {
    sqlite3_stmt* result = nullptr;
    sqlite3_prepare_v2(db.get(), sql.data(), static_cast<int>(sql.size()), &result, nullptr);
    return {result, &sqlite3_finalize};
}

/// The first column of all rows, in one text; or the error.
std::string text_of(const database& db, std::string_view sql) {
    const auto query = prepare(db, sql);
    std::string all;
    while (query && sqlite3_step(query.get()) == SQLITE_ROW) {
        const auto* const value =
            reinterpret_cast<const char*>(sqlite3_column_text(query.get(), 0));
        all += all.empty() ? "" : " ";
        all += value == nullptr ? "NULL" : value;
    }
    return sqlite3_errcode(db.get()) == SQLITE_DONE ? all : sqlite3_errmsg(db.get());
}

/// Replaces `main` by the database that `sql` makes.
int deserialize(const database& db, const std::string& sql) {
    const auto other = open();
    run(other, sql);
    sqlite3_int64 size = 0;
    unsigned char* const bytes = sqlite3_serialize(other.get(), "main", &size, 0);
    return sqlite3_deserialize(db.get(), "main", bytes, size, size,
                               SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE);
}

std::vector<char> contents(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void write(const std::filesystem::path& path, const std::vector<char>& bytes) {
    std::ofstream(path, std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

void put(std::vector<char>& bytes, std::size_t at, std::uint32_t value, int length) {
    for (int i = length - 1; i >= 0; --i, value >>= 8) {
        bytes[at + static_cast<std::size_t>(i)] = static_cast<char>(value & 0xff);
    }
}

int refuse_secret(void* /*unused*/, int action, const char* table, const char* /*column*/,
                  const char* /*schema*/, const char* /*trigger*/) {
    return action == SQLITE_READ && std::strcmp(table, "secret") == 0 ? SQLITE_DENY : SQLITE_OK;
}

int refuse_random(void* /*unused*/, int action, const char* /*none*/, const char* function,
                  const char* /*schema*/, const char* /*trigger*/) {
    return action == SQLITE_FUNCTION && std::strcmp(function, "random") == 0 ? SQLITE_DENY
                                                                             : SQLITE_OK;
}

int compare_backwards(void* /*unused*/, int n, const void* a, int m, const void* b) {
    return std::string_view(static_cast<const char*>(b), static_cast<std::size_t>(m))
        .compare({static_cast<const char*>(a), static_cast<std::size_t>(n)});
}

int compare_forwards(void* /*unused*/, int n, const void* a, int m, const void* b) {
    return -compare_backwards(nullptr, n, a, m, b);
}

}  // namespace

TEST(engine_storage, table_valued_functions_survive_deserialize) {
    const auto db = open();
    run(db, "CREATE TABLE t(a, b)");
    EXPECT_EQ(text_of(db, "SELECT name FROM pragma_table_info('t')"), "a b");
    EXPECT_EQ(text_of(db, "SELECT value FROM json_each('[1,2]')"), "1 2");
    ASSERT_EQ(deserialize(db, "CREATE TABLE t(c)"), SQLITE_OK);
    EXPECT_EQ(text_of(db, "SELECT name FROM pragma_table_info('t')"), "c");
    EXPECT_EQ(text_of(db, "SELECT value FROM json_each('[1,2]')"), "1 2");
}

TEST(engine_storage, statements_are_recompiled_after_deserialize) {
    const auto db = open();
    run(db, "CREATE TABLE t(a)");
    const auto insert = prepare(db, "INSERT INTO t VALUES ('x')");
    sqlite3_update_hook(
        db.get(), [](void*, int, const char*, const char*, sqlite3_int64) {}, nullptr);
    ASSERT_EQ(deserialize(db, "CREATE TABLE t(a)"), SQLITE_OK);
    EXPECT_EQ(sqlite3_step(insert.get()), SQLITE_DONE);
    EXPECT_EQ(text_of(db, "SELECT a FROM t"), "x");
}

TEST(engine_storage, temporary_triggers_survive_deserialize) {
    const auto db = open();
    run(db,
        "CREATE TABLE t(a); CREATE TEMP TABLE log(a);"
        "CREATE TEMP TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.a); END");
    ASSERT_EQ(deserialize(db, "CREATE TABLE t(a)"), SQLITE_OK);
    // As after DETACH: the trigger is there, on a table that is not.
    EXPECT_EQ(run(db, "INSERT INTO t VALUES (1); CREATE TEMP TABLE more(b); DROP TRIGGER g"),
              SQLITE_OK);
}

TEST(engine_storage, deserialize_does_not_end_a_transaction) {
    const auto db = open();
    run(db, "CREATE TABLE t(a); BEGIN; INSERT INTO t VALUES (1)");
    EXPECT_EQ(deserialize(db, "CREATE TABLE u(a)"), SQLITE_BUSY);
    EXPECT_EQ(run(db, "COMMIT"), SQLITE_OK);
    EXPECT_EQ(text_of(db, "SELECT a FROM t"), "1");
}

TEST(engine_storage, a_blob_may_be_the_first_use_of_temp) {
    const auto db = open();
    sqlite3_blob* blob = nullptr;
    EXPECT_NE(sqlite3_blob_open(db.get(), "temp", "sqlite_temp_schema", "sql", 1, 0, &blob),
              SQLITE_OK);
    EXPECT_EQ(blob, nullptr);
    EXPECT_EQ(run(db, "CREATE TEMP TABLE t(a)"), SQLITE_OK);
}

TEST(engine_storage, the_preupdate_hook_gets_the_blobs_row) {
    const auto db = open();
    run(db,
        "CREATE TABLE t(id INTEGER PRIMARY KEY, b);"
        "INSERT INTO t VALUES (1, zeroblob(10)), (2, zeroblob(10)), (3, zeroblob(10))");
    std::vector<sqlite3_int64> rows;
    sqlite3_preupdate_hook(
        db.get(),
        [](void* seen, sqlite3*, int, const char*, const char*, sqlite3_int64 row, sqlite3_int64) {
            static_cast<std::vector<sqlite3_int64>*>(seen)->push_back(row);
        },
        &rows);
    sqlite3_blob* blob = nullptr;
    ASSERT_EQ(sqlite3_blob_open(db.get(), "main", "t", "b", 2, 1, &blob), SQLITE_OK);
    run(db, "INSERT INTO t SELECT id + 10, zeroblob(3000) FROM t; DELETE FROM t WHERE id = 1");
    rows.clear();
    EXPECT_EQ(sqlite3_blob_write(blob, "x", 1, 0), SQLITE_OK);
    EXPECT_EQ(rows, std::vector<sqlite3_int64>{2});
    run(db, "DELETE FROM t");
    rows.clear();
    EXPECT_EQ(sqlite3_blob_write(blob, "x", 1, 0), SQLITE_ABORT);
    EXPECT_EQ(rows, std::vector<sqlite3_int64>{});
    sqlite3_blob_close(blob);
}

TEST(engine_storage, the_authorizer_is_asked_for_a_table_that_is_copied_as_a_whole) {
    const auto db = open();
    run(db, "CREATE TABLE secret(a); INSERT INTO secret VALUES (1); CREATE TABLE t(a)");
    sqlite3_set_authorizer(db.get(), &refuse_secret, nullptr);
    EXPECT_EQ(run(db, "INSERT INTO t SELECT * FROM secret"), SQLITE_AUTH);
    EXPECT_EQ(text_of(db, "SELECT count(*) FROM t"), "0");
}

TEST(engine_storage, the_authorizer_is_asked_for_functions_in_defaults) {
    const auto db = open();
    run(db, "CREATE TABLE t(a, b NOT NULL DEFAULT (1 + random()))");
    sqlite3_set_authorizer(db.get(), &refuse_random, nullptr);
    EXPECT_NE(run(db, "INSERT INTO t(a) VALUES (1)"), SQLITE_OK);
    EXPECT_NE(run(db, "INSERT INTO t DEFAULT VALUES"), SQLITE_OK);
    EXPECT_NE(run(db, "REPLACE INTO t VALUES (1, NULL)"), SQLITE_OK);
    EXPECT_EQ(run(db, "INSERT INTO t VALUES (1, 2)"), SQLITE_OK);
    EXPECT_EQ(text_of(db, "SELECT b FROM t"), "2");
}

TEST(engine_storage, nothing_stays_hidden_without_the_authorizer) {
    const auto db = open();
    run(db, "CREATE TABLE secret(a); INSERT INTO secret VALUES (1)");
    sqlite3_set_authorizer(
        db.get(),
        [](void*, int action, const char*, const char*, const char*, const char*) {
            return action == SQLITE_READ ? SQLITE_IGNORE : SQLITE_OK;
        },
        nullptr);
    const auto query = prepare(db, "SELECT a FROM secret");
    ASSERT_EQ(sqlite3_step(query.get()), SQLITE_ROW);
    EXPECT_EQ(sqlite3_column_type(query.get(), 0), SQLITE_NULL);
    sqlite3_reset(query.get());
    sqlite3_set_authorizer(db.get(), nullptr, nullptr);
    ASSERT_EQ(sqlite3_step(query.get()), SQLITE_ROW);
    EXPECT_EQ(sqlite3_column_int(query.get(), 0), 1);
}

TEST(engine_storage, shadow_tables_of_a_module_registered_later_are_recognised) {
    static const sqlite3_module late = [] {
        sqlite3_module m{};
        m.iVersion = 3;
        m.xConnect = [](sqlite3* db, void*, int, const char* const*, sqlite3_vtab** table, char**) {
            *table = static_cast<sqlite3_vtab*>(sqlite3_malloc(sizeof(sqlite3_vtab)));
            std::memset(*table, 0, sizeof(sqlite3_vtab));
            return sqlite3_declare_vtab(db, "CREATE TABLE x(a)");
        };
        m.xCreate = m.xConnect;
        m.xDisconnect = [](sqlite3_vtab* table) {
            sqlite3_free(table);
            return SQLITE_OK;
        };
        m.xDestroy = m.xDisconnect;
        m.xShadowName = [](const char* tail) {
            return static_cast<int>(std::strcmp(tail, "data") == 0);
        };
        return m;
    }();
    const temporary_directory folder;
    const std::string name = folder.file("d.db");
    {
        const auto db = open(name);
        sqlite3_create_module(db.get(), "late", &late, nullptr);
        ASSERT_EQ(run(db, "CREATE TABLE v_data(a); CREATE VIRTUAL TABLE v USING late"), SQLITE_OK);
    }
    const auto db = open(name);
    EXPECT_EQ(text_of(db, "SELECT count(*) FROM v_data"), "0");
    sqlite3_create_module(db.get(), "late", &late, nullptr);
    sqlite3_db_config(db.get(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    EXPECT_EQ(text_of(db, "SELECT name FROM pragma_table_info('v')"), "a");
    EXPECT_NE(run(db, "INSERT INTO v_data VALUES (1)"), SQLITE_OK);
}

TEST(engine_storage, reindex_includes_indexes_on_expressions) {
    const auto db = open();
    sqlite3_create_collation(db.get(), "word", SQLITE_UTF8, nullptr, &compare_forwards);
    run(db,
        "CREATE TABLE t(a); CREATE INDEX i ON t(lower(a) COLLATE word);"
        "INSERT INTO t VALUES ('A'), ('B'), ('C')");
    sqlite3_create_collation(db.get(), "word", SQLITE_UTF8, nullptr, &compare_backwards);
    ASSERT_EQ(run(db, "REINDEX word"), SQLITE_OK);
    EXPECT_EQ(text_of(db, "PRAGMA integrity_check"), "ok");
    EXPECT_EQ(text_of(db, "SELECT a FROM t WHERE lower(a) = 'a' COLLATE word"), "A");
}

TEST(engine_storage, a_chain_of_triggers_is_limited_when_it_is_compiled) {
    const auto db = open();
    std::string schema = "CREATE TABLE t0(a);";
    for (int i = 0; i < 1100; ++i) {
        const auto here = std::to_string(i);
        const auto next = std::to_string(i + 1);
        schema += "CREATE TABLE t" + next + "(a); CREATE TRIGGER g" + here + " AFTER INSERT ON t" +
                  here + " BEGIN INSERT INTO t" + next + " VALUES (new.a); END;";
    }
    ASSERT_EQ(run(db, schema), SQLITE_OK);
    EXPECT_EQ(run(db, "INSERT INTO t150 VALUES (1)"), SQLITE_OK);
    EXPECT_EQ(prepare(db, "INSERT INTO t0 VALUES (1)"), nullptr);
    EXPECT_STREQ(sqlite3_errmsg(db.get()), "triggers nested too deep");
}

TEST(engine_storage, an_unknown_collation_is_reported_as_missing) {
    const temporary_directory folder;
    const std::string name = folder.file("d.db");
    {
        const auto db = open(name);
        sqlite3_create_collation(db.get(), "word", SQLITE_UTF8, nullptr, &compare_forwards);
        run(db, "CREATE TABLE t(a TEXT COLLATE word PRIMARY KEY, b) WITHOUT ROWID");
    }
    const auto db = open(name);
    EXPECT_EQ(run(db, "CREATE INDEX i ON t(b)"), SQLITE_ERROR_MISSING_COLLSEQ);
}

TEST(engine_storage, a_journal_deletes_no_file_that_is_not_its_super_journal) {
    const temporary_directory folder;
    const auto name = folder.path() / "d.db";
    const auto journal = folder.path() / "d.db-journal";
    {
        const auto db = open(name.string());
        run(db, "CREATE TABLE t(a); INSERT INTO t VALUES (1)");
    }
    const auto victims = {folder.path() / "precious.txt", folder.path() / "d.db-mj0123459AB",
                          folder.path() / "d.db-mj000000912"};
    const auto before = contents(name);
    for (const auto& victim : victims) {
        SCOPED_TRACE(victim.string());
        std::string list = "/no/such/journal";
        list += '\0';
        write(victim, {list.begin(), list.end()});
        write(name, before);
        {
            // A hot journal: cut off from a transaction, its name of a super-journal behind it.
            const auto db = open(name.string());
            run(db, "PRAGMA cache_size = 1; BEGIN; UPDATE t SET a = 2");
            sqlite3_db_cacheflush(db.get());
            auto bytes = contents(journal);
            put(bytes, 8, 1, 4);
            const std::string path = victim.string();
            std::uint32_t sum = 0;
            for (const char c : path) {
                sum += static_cast<std::uint32_t>(static_cast<int>(c));
            }
            std::vector<char> tail(4 + path.size() + 8 + 8);
            put(tail, 0, 0x40000000 / 4096 + 1, 4);
            std::memcpy(&tail[4], path.data(), path.size());
            put(tail, 4 + path.size(), static_cast<std::uint32_t>(path.size()), 4);
            put(tail, 8 + path.size(), sum, 4);
            std::memcpy(&tail[12 + path.size()], bytes.data(), 8);
            bytes.insert(bytes.end(), tail.begin(), tail.end());
            run(db, "ROLLBACK");
            write(journal, bytes);
        }
        const auto db = open(name.string());
        EXPECT_EQ(text_of(db, "SELECT a FROM t"), "1");
        EXPECT_FALSE(std::filesystem::exists(journal));
        EXPECT_TRUE(std::filesystem::exists(victim));
    }
}

TEST(engine_storage, the_wal_stays_while_another_process_uses_it) {
    const temporary_directory folder;
    const std::string name = folder.file("d.db");
    const auto db = open(name);
    ASSERT_EQ(run(db, "PRAGMA journal_mode = WAL; CREATE TABLE t(a)"), SQLITE_OK);
    // What drops this process's locks on the file: POSIX.
    close(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
    libsql::testing::child_process other({"execute", name, "INSERT INTO t VALUES ('theirs')"});
    ASSERT_EQ(other.read_line(), "done");
    ASSERT_EQ(other.wait(), 0);
    EXPECT_EQ(run(db, "INSERT INTO t VALUES ('mine')"), SQLITE_OK);
    EXPECT_TRUE(std::filesystem::exists(name + "-wal"));
    EXPECT_EQ(text_of(db, "SELECT a FROM t ORDER BY a"), "mine theirs");
}

TEST(engine_storage, temporary_files_go_where_the_environment_currently_says) {
    const temporary_directory folder;
    const auto db = open(folder.file("d.db"));
    setenv("SQLITE_TMPDIR", folder.path().c_str(), 1);
    run(db,
        "PRAGMA temp_store = FILE; PRAGMA temp.cache_size = 1; CREATE TEMP TABLE t(a);"
        "INSERT INTO t VALUES (zeroblob(1000000))");
    unsetenv("SQLITE_TMPDIR");
    bool found = false;
    for (const auto& file : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code ignored;
        const auto path = std::filesystem::read_symlink(file, ignored).string();
        found = found || path.starts_with(folder.file("etilqs_"));
    }
    EXPECT_TRUE(found);
}

TEST(engine_storage, a_tree_as_deep_as_the_number_of_pages_is_malformed) {
    const temporary_directory folder;
    const auto name = folder.path() / "d.db";
    constexpr std::uint32_t pages = 60'000;
    constexpr std::size_t size = 512;
    {
        const auto db = open(name.string());
        run(db, "PRAGMA page_size = 512; CREATE TABLE t(a); INSERT INTO t VALUES (1)");
    }
    auto bytes = contents(name);
    const auto leaf = std::vector<char>(bytes.begin() + size, bytes.begin() + 2 * size);
    bytes.resize(pages * size);
    put(bytes, 28, pages, 4);
    for (std::uint32_t page = 2; page < pages; ++page) {
        const std::size_t at = (page - 1) * size;
        std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), size, '\0');
        bytes[at] = 5;                    // an inner page of a table
        put(bytes, at + 5, size, 2);      // whose cells begin at its end: it has none
        put(bytes, at + 8, page + 1, 4);  // but a child
    }
    std::copy(leaf.begin(), leaf.end(), bytes.end() - static_cast<std::ptrdiff_t>(size));
    write(name, bytes);
    const auto db = open(name.string());
    EXPECT_NE(text_of(db, "PRAGMA integrity_check").find("depth"), std::string::npos);
    EXPECT_EQ(run(db, "DROP TABLE t") & 0xff, SQLITE_CORRUPT);
}

TEST(engine_storage, integrity_check_reads_a_page_full_of_free_blocks) {
    const temporary_directory folder;
    const auto name = folder.path() / "d.db";
    constexpr std::size_t size = 512;
    {
        const auto db = open(name.string());
        run(db, "PRAGMA page_size = 512; CREATE TABLE t(a); INSERT INTO t VALUES (1)");
    }
    auto bytes = contents(name);
    constexpr std::size_t page = size;
    constexpr std::size_t cells = 84;
    constexpr std::size_t start = 8 + 2 * cells;
    std::fill_n(bytes.begin() + page, size, '\0');
    bytes[page] = 13;                    // a leaf of a table
    put(bytes, page + 1, start + 4, 2);  // the first free block
    put(bytes, page + 3, cells, 2);
    put(bytes, page + 5, start, 2);
    for (std::size_t i = 0; i < cells; ++i) {
        put(bytes, page + 8 + 2 * i, start, 2);
    }
    for (std::size_t at = start + 4; at + 4 <= size; at += 4) {
        put(bytes, page + at, at + 8 <= size ? static_cast<std::uint32_t>(at + 4) : 0, 2);
        put(bytes, page + at + 2, 0, 2);  // of no bytes
    }
    write(name, bytes);
    const auto db = open(name.string());
    EXPECT_NE(text_of(db, "PRAGMA integrity_check"), "ok");
}
