#include "support/hrana_script.hpp"
#include "support/outcome.hpp"
#include "support/pool_test.hpp"
#include "support/replica_test.hpp"
#include "support/scripted_server.hpp"

#include <libsql/database.hpp>
#include <libsql/pool.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

/// @file
/// Pools on a server and on a replica.

namespace libsql {
namespace {

using namespace std::chrono_literals;
using namespace testing;

/// A pool on a server, or on a replica of what is there.
class pool_of_server_test : public testing::replica_test {
protected:
    pool_of_server_test() : replica_test({.authentication = true}) {}

    /// Whoever opens a database asks for its token once.
    options how(bool as_replica) {
        options o;
        o.database = as_replica ? path : std::string();
        o.uri = server.url();
        o.auth_token = [this]() -> std::string {
            ++asked_;
            return server.token();
        };
        return o;
    }

    std::atomic<int> asked_{0};
};

TEST_F(pool_of_server_test, its_connections_share_one_database) {
    for (const bool as_replica : {false, true}) {
        asked_ = 0;
        auto p = pool::open(how(as_replica), {.pool_size = 4}).value();
        ASSERT_TRUE(p.write([](connection& c) {
            return c.run_script("DROP TABLE IF EXISTS t; CREATE TABLE t(n INTEGER)");
        }));
        std::atomic<int> missing{0};
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] {
                for (int n = 0; n < 10; ++n) {
                    const auto mine = p.write([&](connection& c) { return insert(c, n); }).value();
                    // Another connection reads what was written.
                    missing += count(p) < mine.last_insert_rowid ? 1 : 0;
                }
            });
        }
        for (auto& t : threads) {
            t.join();
        }
        EXPECT_EQ(missing, 0);
        EXPECT_EQ(count(p), 40);
        EXPECT_EQ(asked_, 1);
        EXPECT_EQ(kind_of(p.read([](connection& c) { return insert(c, 1); })),
                  error_kind::read_only);
        EXPECT_EQ(kind_of(p.read([](connection& c) {
                      return c.transact(
                          [](transaction& tx) { return tx.execute("INSERT INTO t VALUES (1)"); });
                  })),
                  error_kind::read_only);
        EXPECT_EQ(count(p), 40);
        ASSERT_TRUE(p.close());
    }
}

TEST(pool_of_server, sends_nothing_to_a_server_while_idle) {
    const testing::scripted_server scripted(testing::hrana_server_says);
    auto p = pool::open({.uri = scripted.url(), .wire_format = wire_format::json},
                        {.pool_size = 3, .idle_interval = 1ms})
                 .value();
    ASSERT_TRUE(p.read([](connection& c) { return c.execute("SELECT 42"); }));
    const auto asked = scripted.requests().size();
    std::this_thread::sleep_for(30ms);
    EXPECT_EQ(scripted.requests().size(), asked);
}

TEST_F(pool_of_server_test, a_replica_has_one_sync_thread_which_ends_with_the_pool) {
    auto o = how(true);
    o.sync.interval = 10ms;
    auto p = pool::open(o, {.pool_size = 3}).value();
    auto other = database::open({.uri = server.url(), .auth_token = server.token()})
                     .value()
                     .connect()
                     .value();
    other.execute("CREATE TABLE t(n INTEGER)").value();
    EXPECT_TRUE(eventually([&] {
        return p.read([](connection& c) { return c.execute("SELECT n FROM t"); }).has_value();
    }));
    ASSERT_TRUE(p.close());
    // Nobody has the file open any more, nor syncs it.
    EXPECT_FALSE(std::filesystem::exists(path + "-shm"));
    EXPECT_FALSE(std::filesystem::exists(path + "-wal"));
}

}  // namespace
}  // namespace libsql
