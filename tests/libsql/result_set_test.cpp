#include "support/open_connection.hpp"
#include "support/outcome.hpp"
#include "support/test_database.hpp"

#include <libsql/result_set.hpp>

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace libsql {

using testing::failed_with;
using testing::open_fresh;
using testing::run_all;

TEST(result_set, a_failure_in_the_middle_gives_no_partial_result) {
    auto conn = open_fresh();
    auto found =
        conn.query("SELECT abs(column1) FROM (VALUES (1), (-9223372036854775807 - 1))").value();
    EXPECT_TRUE(failed_with(materialise(std::move(found)), error_kind::sql, "overflow"));
}

TEST(result_set, outlives_its_connection) {
    result_set all;
    {
        auto conn = open_fresh();
        run_all(conn, "CREATE TABLE t(x)");
        all = materialise(conn.query("INSERT INTO t VALUES ('a text long enough for the heap'), "
                                     "(NULL) RETURNING x")
                              .value())
                  .value();
    }
    EXPECT_EQ(all.rows,
              (std::vector<std::vector<value>>{{"a text long enough for the heap"}, {nullptr}}));
    EXPECT_EQ(all.columns.at(0).name, "x");
    EXPECT_EQ(all.executed.rows_affected, 2);
    EXPECT_EQ(all.executed.rows_written, 2U);
}

}  // namespace libsql
