#include "libsql/local/wal_retention.hpp"

#include <gtest/gtest.h>

namespace libsql::local {
namespace {

TEST(wal_retention, refuses_pragmas_that_empty_the_log) {
    for (const auto* const sql :
         {"PRAGMA wal_checkpoint", "pragma WAL_CHECKPOINT(TRUNCATE);", "PRAGMA main.wal_checkpoint",
          "PRAGMA wal_autocheckpoint = 1000", "PRAGMA wal_autocheckpoint(1)",
          "EXPLAIN PRAGMA wal_autocheckpoint = 1000", "explain query plan pragma wal_checkpoint",
          "PRAGMA journal_mode = DELETE", "PRAGMA journal_mode('off')",
          "PRAGMA \"main\".\"wal_checkpoint\"", ";; PRAGMA wal_checkpoint",
          "/* x */ PRAGMA -- y\n [wal_checkpoint]", "PRAGMA 'wal_checkpoint'"}) {
        const auto why = check_retains_wal(sql);
        ASSERT_TRUE(why) << sql;
        EXPECT_EQ(why->kind(), error_kind::unsupported);
    }
}

TEST(wal_retention, allows_other_pragmas) {
    for (const auto* const sql :
         {"PRAGMA journal_mode", "PRAGMA journal_mode = WAL", "PRAGMA journal_mode(\"wal\")",
          "PRAGMA wal_autocheckpoint", "PRAGMA cache_size = 100", "SELECT 'PRAGMA wal_checkpoint'",
          "VACUUM", "", "PRAGMA"}) {
        EXPECT_FALSE(check_retains_wal(sql)) << sql;
    }
}

}  // namespace
}  // namespace libsql::local
