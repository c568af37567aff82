// A disk that cannot be read (engine/corrections/read_errors_of_cipher_layer.txt).

#include "libsql/engine/engine.h"
#include "support/outcome.hpp"
#include "support/temporary_directory.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace libsql {
namespace {

using testing::failed_with;

bool disk_fails = false;

::ssize_t read_or_fail(int file, void* into, std::size_t size, ::off_t offset) {
    if (disk_fails) {
        errno = ESTALE;  // as a network file system says; EIO would be "corrupt" to SQLite
        return -1;
    }
    return ::pread(file, into, size, offset);
}

/// With and without a key.
class engine_read_error : public ::testing::TestWithParam<std::string_view> {
protected:
    engine_read_error() {
        open();  // sets the engine up
        set_read(reinterpret_cast<sqlite3_syscall_ptr>(&read_or_fail));
    }

    ~engine_read_error() override {
        disk_fails = false;
        set_read(nullptr);  // back to the system's
    }

    static void set_read(sqlite3_syscall_ptr call) {
        auto* const system = sqlite3_vfs_find("unix");
        for (const char* const name : {"pread", "pread64"}) {  // whichever it uses
            if (system->xGetSystemCall(system, name) != nullptr) {
                ASSERT_EQ(system->xSetSystemCall(system, name, call), SQLITE_OK);
            }
        }
    }

    connection open(journal_mode how = journal_mode::delete_file) {
        libsql::options chosen;
        chosen.database = file;
        chosen.encryption_key = std::string(GetParam());
        chosen.journal_mode = how;
        chosen.cache_size = 10;
        return database::open(chosen).value().connect().value();
    }

    testing::temporary_directory folder;
    std::string file = folder.file("x.db");
};

constexpr auto fill =
    "CREATE TABLE t(x); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 500) "
    "INSERT INTO t SELECT printf('%01000d', i) FROM n";

TEST_P(engine_read_error, is_reported_for_a_page_of_the_file) {
    auto conn = open();
    conn.run_script(fill).value();
    disk_fails = true;
    EXPECT_TRUE(failed_with(conn.fetch_one<std::int64_t>("SELECT sum(x) FROM t"), error_kind::io));
    disk_fails = false;
    EXPECT_EQ(conn.fetch_one<std::int64_t>("SELECT sum(x) FROM t").value(), 125'250);
}

TEST_P(engine_read_error, is_reported_for_a_page_of_the_log) {
    auto conn = open(journal_mode::wal);
    conn.execute("PRAGMA wal_autocheckpoint = 0").value();
    conn.run_script(fill).value();
    disk_fails = true;
    EXPECT_TRUE(failed_with(conn.fetch_one<std::int64_t>("SELECT sum(x) FROM t"), error_kind::io));
    disk_fails = false;
    EXPECT_EQ(conn.fetch_one<std::int64_t>("SELECT sum(x) FROM t").value(), 125'250);
}

INSTANTIATE_TEST_SUITE_P(keys, engine_read_error, ::testing::Values("", "secret"),
                         [](const auto& test) {
                             return std::string(test.param.empty() ? "plain" : "encrypted");
                         });

}  // namespace
}  // namespace libsql
