#include "libsql/sql/standing_changes.hpp"

#include <gtest/gtest.h>

namespace libsql {
namespace {

error_outcome after(const standing_changes& all, error_outcome last, bool is_autocommit) {
    const error why = error(error_kind::sql, "why").with_outcome(last);
    return all.of_all(why, is_autocommit).outcome();
}

TEST(standing_changes, writes_in_autocommit_stand) {
    standing_changes all(false);
    all.passed("SELECT 1", true);
    EXPECT_EQ(after(all, error_outcome::not_run, true), error_outcome::not_run);
    all.passed("INSERT INTO t VALUES (1)", true);
    EXPECT_EQ(after(all, error_outcome::not_run, true), error_outcome::stands);
    EXPECT_EQ(after(all, error_outcome::undone, true), error_outcome::stands);
    EXPECT_EQ(after(all, error_outcome::unknown, true), error_outcome::unknown);
}

TEST(standing_changes, writes_in_a_transaction_stand_while_it_is_open_or_committed) {
    for (const char* const end : {"COMMIT", "RELEASE s"}) {
        standing_changes all(false);
        all.passed("SAVEPOINT s", false);
        all.passed("INSERT INTO t VALUES (1)", false);
        EXPECT_EQ(after(all, error_outcome::undone, false), error_outcome::stands);
        EXPECT_EQ(after(all, error_outcome::undone, true),
                  error_outcome::undone);  // by what failed
        all.passed(end, true);
        EXPECT_EQ(after(all, error_outcome::undone, true), error_outcome::stands) << end;
    }
    standing_changes all(false);
    all.passed("INSERT INTO t VALUES (1)", false);
    all.passed("; ROLLBACK", true);
    EXPECT_EQ(after(all, error_outcome::not_run, true), error_outcome::not_run);
}

}  // namespace
}  // namespace libsql
