// RELEASE of the outermost savepoint, which is a COMMIT. docs/engine.md tells which correction
// these tests are about.

#include "support/outcome.hpp"
#include "support/two_connections.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace libsql {
namespace {

using testing::failed_with;
using testing::succeeded;

TEST(engine_release, ends_the_transaction_when_it_fails) {
    testing::two_connections opened;
    auto& conn = opened.first;
    auto& other = opened.second;
    bool refuses = true;
    ASSERT_TRUE(succeeded(set_commit_hook(
        conn, [&] { return refuses ? commit_decision::roll_back : commit_decision::proceed; })));
    conn.run_script("SAVEPOINT a; INSERT INTO t VALUES (1)").value();
    EXPECT_TRUE(failed_with(conn.execute("RELEASE a"), error_kind::constraint));
    EXPECT_TRUE(conn.is_autocommit());
    refuses = false;
    EXPECT_FALSE(conn.execute("RELEASE a"));  // there is none
    ASSERT_TRUE(succeeded(conn.execute("INSERT INTO t VALUES (2)")));
    EXPECT_EQ(other.fetch<int>("SELECT x FROM t").value(), std::vector<int>{2});
}

}  // namespace
}  // namespace libsql
