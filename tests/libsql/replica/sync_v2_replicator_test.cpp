#include "support/outcome.hpp"
#include "support/sync_v2_server.hpp"
#include "support/temporary_directory.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace libsql {
namespace {

using testing::failed_with;
using testing::succeeded;

class sync_v2_test : public ::testing::Test {
protected:
    libsql::options options_of_replica(const std::string& file = "replica.db") const {
        libsql::options o;
        o.database = dir.file(file);
        o.uri = server.url();
        o.wire_format = wire_format::json;
        return o;
    }

    static std::int64_t number(executor& on, const std::string& sql) {
        return on.fetch_one<std::int64_t>(sql).value().value();
    }

    testing::sync_v2_server server;
    testing::temporary_directory dir;
};

TEST_F(sync_v2_test, a_new_replica_gets_the_export_and_the_frames_since) {
    server.execute("CREATE TABLE t(x); INSERT INTO t VALUES (1)");
    server.next_generation();
    server.execute("INSERT INTO t VALUES (2)");
    const auto db = database::open(options_of_replica());
    ASSERT_TRUE(succeeded(db));
    auto conn = db->connect().value();
    EXPECT_EQ(number(conn, "SELECT sum(x) FROM t"), 3);
    server.execute("INSERT INTO t VALUES (4)");
    const auto synced = db->replica().value().sync();
    ASSERT_TRUE(succeeded(synced));
    EXPECT_EQ(synced->frames_synced, 1U);
    EXPECT_EQ(synced->frame_number, 2U);
    EXPECT_EQ(number(conn, "SELECT sum(x) FROM t"), 7);
}

}  // namespace
}  // namespace libsql
