#include "libsql/replication/sync_coordinator.hpp"

#include "libsql/replication/injector.hpp"
#include "support/eventually.hpp"
#include "support/outcome.hpp"
#include "support/replica_test.hpp"
#include "support/while_interrupted.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace libsql::replication {
namespace {

using namespace std::chrono_literals;
using testing::failed_with;
using testing::succeeded;

class sync_coordinator_test : public testing::replica_test {
protected:
    database open_with_interval(std::chrono::milliseconds interval) {
        auto o = options_of_replica();
        o.sync.interval = interval;
        return database::open(o).value();
    }

    template <class Condition>
    static bool becomes_true(Condition condition) {
        return testing::eventually(std::move(condition), 20s);
    }
};

// --- what the status says of a sync that waits ---

/// Says of its server what a test wants.
class said_synchroniser final : public synchroniser {
public:
    result<std::uint64_t> pull_all(deadline) override {
        return failure ? result<std::uint64_t>(*failure) : result<std::uint64_t>(0);
    }

    result<bool> pull_to(std::uint64_t, deadline) override { return true; }

    [[nodiscard]] bool numbers_wal() const noexcept override { return false; }

    [[nodiscard]] net::http_contact contact() const noexcept override { return heard; }

    result<void> checkpoint() override { return {}; }

    result<void> freeze() override { return {}; }

    void interrupt() noexcept override {}

    void clear_interrupt() noexcept override {}

    using synchroniser::set_trouble;

    net::http_contact heard;
    std::optional<error> failure;
};

struct said_coordinator {
    std::unique_ptr<said_synchroniser> made{std::make_unique<said_synchroniser>()};
    said_synchroniser& says{*made};
    sync_coordinator waits{{}, std::move(made)};
    sync_caller caller;

    [[nodiscard]] std::optional<error> last_error() const { return waits.status().last_error; }

    [[nodiscard]] error reported() const {
        return last_error().value_or(error(error_kind::internal, "it reports nothing"));
    }
};

TEST(replica_status_of_a_waiting_sync, a_server_may_be_silent_for_less_than_a_second) {
    said_coordinator one;
    EXPECT_FALSE(one.last_error());
    for (const auto silent : {0ms, 1ms, 999ms}) {
        one.says.heard.silent = silent;
        EXPECT_FALSE(one.last_error()) << silent.count();
    }
    one.says.heard.silent = 1s - 1ns;
    EXPECT_FALSE(one.last_error());
}

TEST(replica_status_of_a_waiting_sync, a_server_that_is_silent_for_a_second_is_reported) {
    said_coordinator one;
    const auto says_of = [&](std::chrono::steady_clock::duration silent) {
        one.says.heard.silent = silent;
        EXPECT_EQ(one.reported().kind(), error_kind::network);
        return one.reported().message();
    };
    EXPECT_EQ(says_of(1s), "the server has sent nothing for 1 s");
    EXPECT_EQ(says_of(1999ms), "the server has sent nothing for 1 s");
    EXPECT_EQ(says_of(2s), "the server has sent nothing for 2 s");
    EXPECT_EQ(says_of(75s), "the server has sent nothing for 75 s");
    one.says.heard.silent.reset();  // it has replied
    EXPECT_FALSE(one.last_error());
}

TEST(replica_status_of_a_waiting_sync, the_reason_for_another_try_is_reported_at_once) {
    said_coordinator one;
    one.says.set_trouble(error(error_kind::network, "nobody is there"));
    EXPECT_TRUE(testing::is_error(one.reported(), error_kind::network, "nobody is there"));
    one.says.heard.silent = 5s;  // says less than the reason
    EXPECT_TRUE(testing::is_error(one.reported(), error_kind::network, "nobody is there"));
    one.says.set_trouble(std::nullopt);
    EXPECT_TRUE(testing::is_error(one.reported(), error_kind::network, "sent nothing for 5 s"));
}

TEST(replica_status_of_a_waiting_sync, replaces_the_error_of_the_sync_before) {
    said_coordinator one;
    one.says.failure = error(error_kind::timeout, "before");
    EXPECT_TRUE(failed_with(one.waits.sync(one.caller, {}), error_kind::timeout));
    one.says.heard.silent = 999ms;
    EXPECT_TRUE(testing::is_error(one.reported(), error_kind::timeout, "before"));
    one.says.heard.silent = 1s;
    EXPECT_TRUE(testing::is_error(one.reported(), error_kind::network, "sent nothing"));
    one.says.heard.silent.reset();
    one.says.failure.reset();
    EXPECT_TRUE(succeeded(one.waits.sync(one.caller, {})));
    EXPECT_FALSE(one.last_error());
}

TEST(replica_status_of_a_waiting_sync, passes_on_when_the_server_was_last_heard) {
    said_coordinator one;
    EXPECT_FALSE(one.waits.status().last_contact);
    const std::chrono::system_clock::time_point then(1'700'000'000s);
    one.says.heard.last = then;
    EXPECT_EQ(one.waits.status().last_contact, then);
    one.says.heard.silent = 5s;
    EXPECT_EQ(one.waits.status().last_contact, then);
    EXPECT_FALSE(one.waits.status().last_sync);
}

// --- with a server ---

TEST_F(sync_coordinator_test, syncs_in_the_background) {
    on_primary("CREATE TABLE t(x)");
    auto db = open_with_interval(20ms);
    auto conn = db.connect().value();
    on_primary("INSERT INTO t VALUES (1)");
    EXPECT_TRUE(becomes_true([&] { return number(conn, "SELECT count(*) FROM t") == 1; }));
}

TEST_F(sync_coordinator_test, lives_as_long_as_any_of_its_handles) {
    on_primary("CREATE TABLE t(x)");
    std::optional<libsql::connection> conn;
    {
        auto db = open_with_interval(20ms);
        conn.emplace(db.connect().value());
    }
    on_primary("INSERT INTO t VALUES (1)");
    EXPECT_TRUE(becomes_true([&] { return number(*conn, "SELECT count(*) FROM t") == 1; }));
}

TEST_F(sync_coordinator_test, stops_at_once) {
    on_primary("CREATE TABLE t(x)");
    const auto ends_quickly = [&](database&& db) {
        const auto before = std::chrono::steady_clock::now();
        { const auto last = std::move(db); }
        EXPECT_LT(std::chrono::steady_clock::now() - before, 20s);
    };
    ends_quickly(open_with_interval(1h));
    // Also in the middle of a sync, and while it waits for another try.
    auto db = open_with_interval(10ms);
    server.stop_process();
    std::this_thread::sleep_for(100ms);
    ends_quickly(std::move(db));
    server.continue_process();
    auto other = open_with_interval(10ms);
    server.kill();
    std::this_thread::sleep_for(200ms);
    ends_quickly(std::move(other));
}

TEST_F(sync_coordinator_test, continues_after_errors) {
    on_primary("CREATE TABLE t(x)");
    auto o = options_of_replica();
    o.sync.interval = 20ms;
    o.auth_token = "a token that nobody asks for";
    auto db = database::open(o).value();
    auto conn = db.connect().value();
    server.kill();
    std::this_thread::sleep_for(300ms);
    server.restart();
    on_primary("INSERT INTO t VALUES (1)");
    EXPECT_TRUE(becomes_true([&] { return number(conn, "SELECT count(*) FROM t") == 1; }));
    EXPECT_TRUE(becomes_true([&] { return !db.replica().value().status().last_error; }));
}

TEST_F(sync_coordinator_test, many_threads_can_write_read_and_sync) {
    on_primary("CREATE TABLE t(thread INTEGER, n INTEGER)");
    auto db = open_with_interval(5ms);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&, i] {
            auto conn = db.connect().value();
            for (int n = 1; n <= 25; ++n) {
                ASSERT_TRUE(succeeded(conn.execute("INSERT INTO t VALUES (?, ?)", i, n)));
                EXPECT_EQ(conn.fetch_one<std::int64_t>("SELECT max(n) FROM t WHERE thread = ?", i)
                              .value(),
                          n);
                if (n % 10 == 0) {
                    EXPECT_TRUE(succeeded(db.replica().value().sync()));
                }
            }
        });
    }
    for (auto& t : threads) {
        t.join();
    }
    auto conn = db.connect().value();
    EXPECT_EQ(number(conn, "SELECT count(*) FROM t"), 100);
}

TEST_F(sync_coordinator_test, a_write_that_cannot_be_pulled_fails_only_the_next_read) {
    auto db = open_replica_of("CREATE TABLE t(x)");
    auto conn = db.connect().value();
    auto other = db.connect().value();
    // Somebody has the file's write lock, so that nothing can be put in.
    const auto lock = injector::open(options_of_replica()).value();
    ASSERT_TRUE(succeeded(lock->begin({})));
    EXPECT_TRUE(succeeded(conn.execute(deadline::in(1s), "INSERT INTO t VALUES (1)")));
    EXPECT_TRUE(
        failed_with(conn.query(deadline::in(100ms), "SELECT * FROM t"), error_kind::timeout));
    EXPECT_EQ(number(other, "SELECT count(*) FROM t"), 0);
    lock->end();
    EXPECT_EQ(number(conn, "SELECT count(*) FROM t"), 1);
}

TEST_F(sync_coordinator_test, waiting_for_a_write_can_be_interrupted) {
    auto db = open_replica_of("CREATE TABLE t(x)");
    auto conn = db.connect().value();
    const auto lock = injector::open(options_of_replica()).value();
    ASSERT_TRUE(succeeded(lock->begin({})));
    const auto replica = db.replica().value();
    const auto written_before = replica.max_write_frame();
    testing::while_interrupted(
        [&, stop = conn.interrupter()] {
            if (replica.max_write_frame() != written_before) {  // the server has replied
                stop.interrupt();
            }
        },
        [&] {
            EXPECT_TRUE(succeeded(conn.execute("INSERT INTO t VALUES (1)")));
            EXPECT_TRUE(failed_with(conn.query("SELECT * FROM t"), error_kind::interrupted));
        });
    lock->end();
    EXPECT_EQ(number(conn, "SELECT count(*) FROM t"), 1);
}

}  // namespace
}  // namespace libsql::replication
