#include "support/sqld_server.hpp"
#include "support/temporary_directory.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace libsql {
namespace {

using testing::sqld_server;
using testing::temporary_directory;

TEST(replica, a_fresh_one_shows_what_the_primary_has) {
    const sqld_server server;
    auto primary = database::open({.uri = server.url()}).value().connect().value();
    primary.execute("CREATE TABLE t(x)").value();
    primary.execute("INSERT INTO t VALUES (42)").value();
    const temporary_directory dir;
    auto db = database::open({.database = dir.file("r.db"), .uri = server.url()}).value();
    auto conn = db.connect().value();
    EXPECT_EQ(conn.fetch_one<std::int64_t>("SELECT x FROM t").value().value(), 42);
}

}  // namespace
}  // namespace libsql
