// Keys (engine/corrections/rekey_destroys.txt, encrypted_file_and_mmap.txt,
// encrypted_file_and_page_size.txt, hot_journal_and_wrong_key.txt).
#include "libsql/engine/engine.h"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace libsql::testing {

namespace {

struct closed {
    void operator()(sqlite3* database) const { sqlite3_close(database); }
};

using handle = std::unique_ptr<sqlite3, closed>;

// A file system that answers one write to a database file, the `failing`th, with "full".
struct full_disk {
    sqlite3_vfs vfs{};
    sqlite3_vfs* real = nullptr;
    int failing = 0;
    int written = 0;
};

full_disk disk;

struct file {
    sqlite3_file base;
    bool database;
    sqlite3_file* real;
};

sqlite3_file* real_of(sqlite3_file* self) {
    return reinterpret_cast<file*>(self)->real;
}

int write(sqlite3_file* self, const void* data, int size, sqlite3_int64 offset) {
    if (reinterpret_cast<file*>(self)->database && ++disk.written == disk.failing) {
        return SQLITE_FULL;
    }
    return real_of(self)->pMethods->xWrite(real_of(self), data, size, offset);
}

const sqlite3_io_methods& methods() {
    static const sqlite3_io_methods value = [] {
        sqlite3_io_methods m{};
        m.iVersion = 1;
        m.xClose = [](sqlite3_file* f) { return real_of(f)->pMethods->xClose(real_of(f)); };
        m.xRead = [](sqlite3_file* f, void* p, int n, sqlite3_int64 o) {
            return real_of(f)->pMethods->xRead(real_of(f), p, n, o);
        };
        m.xWrite = write;
        m.xTruncate = [](sqlite3_file* f, sqlite3_int64 n) {
            return real_of(f)->pMethods->xTruncate(real_of(f), n);
        };
        m.xSync = [](sqlite3_file* f, int flags) {
            return real_of(f)->pMethods->xSync(real_of(f), flags);
        };
        m.xFileSize = [](sqlite3_file* f, sqlite3_int64* n) {
            return real_of(f)->pMethods->xFileSize(real_of(f), n);
        };
        m.xLock = [](sqlite3_file* f, int l) { return real_of(f)->pMethods->xLock(real_of(f), l); };
        m.xUnlock = [](sqlite3_file* f, int l) {
            return real_of(f)->pMethods->xUnlock(real_of(f), l);
        };
        m.xCheckReservedLock = [](sqlite3_file* f, int* r) {
            return real_of(f)->pMethods->xCheckReservedLock(real_of(f), r);
        };
        m.xFileControl = [](sqlite3_file* f, int op, void* p) {
            return real_of(f)->pMethods->xFileControl(real_of(f), op, p);
        };
        m.xSectorSize = [](sqlite3_file* f) {
            return real_of(f)->pMethods->xSectorSize(real_of(f));
        };
        m.xDeviceCharacteristics = [](sqlite3_file* f) {
            return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
        };
        return m;
    }();
    return value;
}

int open_file(sqlite3_vfs*, sqlite3_filename name, sqlite3_file* self, int flags, int* out) {
    auto* const f = reinterpret_cast<file*>(self);
    f->real = reinterpret_cast<sqlite3_file*>(f + 1);
    f->database = (flags & SQLITE_OPEN_MAIN_DB) != 0;
    const int code = disk.real->xOpen(disk.real, name, f->real, flags, out);
    f->base.pMethods = code == SQLITE_OK ? &methods() : nullptr;
    return code;
}

void make_full_disk() {
    static const bool made = [] {
        sqlite3_initialize();
        disk.real = sqlite3_vfs_find("unix");
        disk.vfs = *disk.real;
        disk.vfs.zName = "full_disk";
        disk.vfs.szOsFile = static_cast<int>(sizeof(file)) + disk.real->szOsFile;
        disk.vfs.xOpen = open_file;
        sqlite3_vfs_register(&disk.vfs, 0);
        sqlite3mc_vfs_create("full_disk", 0);
        return true;
    }();
    static_cast<void>(made);
}

handle opened(const std::string& path, const std::string& key, const char* vfs = nullptr) {
    sqlite3* database = nullptr;
    sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs);
    if (!key.empty()) {
        sqlite3_key(database, key.data(), static_cast<int>(key.size()));
    }
    return handle(database);
}

int run(const handle& database, const std::string& sql) {
    return sqlite3_exec(database.get(), sql.c_str(), nullptr, nullptr, nullptr);
}

std::string text_of(const handle& database, const std::string& sql) {
    std::string text;
    char* message = nullptr;
    sqlite3_exec(
        database.get(), sql.c_str(),
        [](void* out, int, char** values, char**) {
            *static_cast<std::string*>(out) += values[0] == nullptr ? "NULL" : values[0];
            return 0;
        },
        &text, &message);
    if (message != nullptr) {
        text += message;
    }
    sqlite3_free(message);
    return text;
}

constexpr const char* many_rows =
    "CREATE TABLE t(a); WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < "
    "100)"
    " INSERT INTO t SELECT randomblob(3000) FROM c; PRAGMA cache_size = 5; PRAGMA synchronous = "
    "off";

}  // namespace

TEST(engine_encryption, a_rekey_that_fails_leaves_the_file_as_it_was) {
    make_full_disk();
    const temporary_directory directory;
    int number = 0;
    for (const auto& [key, next] :
         {std::pair<std::string, std::string>{"old", "new"}, {"old", ""}, {"", "new"}}) {
        for (const int failing : {1, 50, 99, 102}) {
            const std::string path = (directory.path() / std::to_string(++number)).string();
            {
                const handle database = opened(path, key, "multipleciphers-full_disk");
                ASSERT_EQ(run(database, many_rows), SQLITE_OK);
                disk.written = 0;
                disk.failing = failing;
                EXPECT_NE(sqlite3_rekey(database.get(), next.empty() ? nullptr : next.data(),
                                        static_cast<int>(next.size())),
                          SQLITE_OK);
                disk.failing = 0;
                EXPECT_EQ(run(database, "INSERT INTO t VALUES ('later')"), SQLITE_OK);
            }
            const handle again = opened(path, key);
            EXPECT_EQ(text_of(again, "SELECT count(*) FROM t"), "101") << key << " " << failing;
            EXPECT_EQ(text_of(again, "PRAGMA integrity_check"), "ok");
            const handle without = opened(path, "");
            EXPECT_EQ(text_of(without, "SELECT count(*) FROM t") == "101", key.empty());
        }
    }
}

TEST(engine_encryption, a_wrong_key_leaves_a_hot_journal) {
    const temporary_directory directory;
    int number = 0;
    for (const char* const synchronous : {"full", "off"}) {
        for (const auto& [key, others] :
             {std::pair<std::string, std::vector<std::string>>{"right", {"wrong", "", "another"}},
              {"", {"a key"}}}) {
            const std::string path = directory.file(std::to_string(++number));
            const std::string crashed = path + "_crashed";
            std::string before;
            {
                const handle database = opened(path, key);
                ASSERT_EQ(run(database, many_rows), SQLITE_OK);
                before = text_of(database, "SELECT sum(unicode(hex(a))), count(*) FROM t");
                // Pages are written to the file; then the process ends, which a copy is as good as.
                ASSERT_EQ(run(database, std::string("PRAGMA synchronous = ") + synchronous +
                                            "; BEGIN; UPDATE t SET a = zeroblob(3000);"
                                            "INSERT INTO t SELECT a FROM t"),
                          SQLITE_OK);
                std::filesystem::copy_file(path, crashed);
                std::filesystem::copy_file(path + "-journal", crashed + "-journal");
                // As after a power failure: nobody holds a lock on the copy.
            }
            for (const auto& wrong : others) {
                const handle database = opened(crashed, wrong);
                EXPECT_EQ(sqlite3_exec(database.get(), "SELECT * FROM sqlite_schema", nullptr,
                                       nullptr, nullptr),
                          SQLITE_NOTADB)
                    << synchronous << " " << wrong;
                EXPECT_TRUE(std::filesystem::exists(crashed + "-journal"))
                    << synchronous << " " << key << " " << wrong;
            }
            const handle again = opened(crashed, key);
            EXPECT_EQ(text_of(again, "SELECT sum(unicode(hex(a))), count(*) FROM t"), before)
                << synchronous;
            EXPECT_EQ(text_of(again, "PRAGMA integrity_check"), "ok");
            EXPECT_FALSE(std::filesystem::exists(crashed + "-journal"));
        }
    }
}

TEST(engine_encryption, a_file_that_is_mapped_is_read_through_its_cipher) {
    const temporary_directory directory;
    const std::string path = (directory.path() / "mapped.db").string();
    ASSERT_EQ(run(opened(path, "secret"), many_rows), SQLITE_OK);

    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
    const handle mapped(database);
    run(mapped, "PRAGMA mmap_size = 10000000");
    sqlite3_key(database, "secret", 6);
    EXPECT_EQ(text_of(mapped, "SELECT count(*) FROM t"), "100");
    EXPECT_EQ(text_of(mapped, "PRAGMA quick_check(1)"), "ok");

    const handle other = opened((directory.path() / "other.db").string(), "");
    run(other, "PRAGMA mmap_size = 10000000");
    EXPECT_EQ(run(other, "ATTACH '" + path + "' AS secret KEY 'secret'"), SQLITE_OK);
    EXPECT_EQ(text_of(other, "SELECT count(*) FROM secret.t"), "100");

    const handle plain = opened((directory.path() / "plain.db").string(), "");
    run(plain, std::string("PRAGMA mmap_size = 10000000; ") + many_rows);
    EXPECT_EQ(sqlite3_rekey(plain.get(), "new", 3), SQLITE_OK);
    EXPECT_EQ(text_of(plain, "PRAGMA integrity_check(1)"), "ok");
    EXPECT_EQ(sqlite3_rekey(plain.get(), nullptr, 0), SQLITE_OK);
    EXPECT_EQ(text_of(plain, "PRAGMA integrity_check(1)"), "ok");
}

TEST(engine_encryption, vacuum_keeps_the_page_size_of_the_cipher) {
    const temporary_directory directory;
    const std::string path = directory.file("pages.db");
    {
        const handle database = opened(path, "secret");
        ASSERT_EQ(run(database, many_rows), SQLITE_OK);
        EXPECT_EQ(run(database, "PRAGMA page_size = 8192; VACUUM"), SQLITE_OK);
        EXPECT_EQ(text_of(database, "SELECT count(*) FROM t"), "100");
        EXPECT_EQ(run(database,
                      "PRAGMA page_size = 8192; VACUUM INTO '" + directory.file("copy.db") + "'"),
                  SQLITE_OK);
    }
    for (const char* const name : {"pages.db", "copy.db"}) {
        const handle database = opened(directory.file(name), "secret");
        EXPECT_EQ(text_of(database, "SELECT count(*) FROM t"), "100") << name;
        EXPECT_EQ(text_of(database, "PRAGMA integrity_check"), "ok") << name;
    }
}

}  // namespace libsql::testing
