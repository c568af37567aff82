#pragma once

#include "libsql/remote/keep_alive.hpp"
#include "support/eventually.hpp"
#include "support/outcome.hpp"
#include "support/sqld_server.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <thread>
#include <utility>

namespace libsql::testing {

/// A connection to the server.
inline connection connect(const sqld_server& server, options chosen = {}) {
    chosen.uri = server.url();
    return database::open(std::move(chosen)).value().connect().value();
}

/// The number that a query returns.
inline std::int64_t number(executor& e, std::string_view sql) {
    return e.fetch_one<std::int64_t>(sql).value().value();
}

/// Creates the table t(id, x).
inline void make_table(executor& e) {
    ASSERT_TRUE(succeeded(e.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, x)")));
}

/// A transaction on a new table, in which a row was inserted.
inline transaction begin_with_row(connection& c,
                                  transaction_mode mode = transaction_mode::deferred) {
    make_table(c);
    auto t = c.begin(mode).value();
    EXPECT_TRUE(succeeded(t.execute("INSERT INTO t(x) VALUES (1)")));
    return t;
}

inline constexpr const char* count_rows = "SELECT count(*) FROM t";

/// The transaction of `begin_with_row` goes on: it inserts a row and is committed, and then the
/// table has `rows` rows.
inline void expect_open(transaction& t, connection& c, std::int64_t rows = 2) {
    EXPECT_TRUE(succeeded(t.execute("INSERT INTO t(x) VALUES (2)")));
    EXPECT_TRUE(succeeded(t.commit()));
    EXPECT_EQ(number(c, count_rows), rows);
}

/// The transaction of `begin_with_row` is lost: it says so, and nothing of it stands.
inline void expect_lost(transaction& t, connection& c) {
    EXPECT_TRUE(
        failed_with(t.execute("INSERT INTO t(x) VALUES (2)"), error_kind::transaction, "lost"));
    EXPECT_TRUE(failed_with(t.commit(), error_kind::transaction));
    EXPECT_EQ(number(c, count_rows), 0);
}

/// Long enough for a server that is to be killed in it.
inline constexpr const char* slow =
    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 100000000) "
    "SELECT max(n) FROM c";

/// Some two megabytes: more than a server sends in one reply that `small_replies` tells.
inline constexpr const char* many_rows =
    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 30000) "
    "SELECT n, 'some text that takes its place' FROM c";
inline constexpr std::int64_t how_many_rows = 30000;
inline const sqld_options small_replies{.max_response_size = "200KB"};

inline constexpr const char* endless =
    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) "
    "SELECT n, 'some text that takes its place' FROM c";

/// Does something while a call waits.
class meanwhile {
public:
    template <class Do>
    explicit meanwhile(Do what, std::chrono::milliseconds after = std::chrono::milliseconds(200))
        : thread_([what = std::move(what), after]() mutable {
              std::this_thread::sleep_for(after);
              what();
          }) {}

    ~meanwhile() { thread_.join(); }

    meanwhile(const meanwhile&) = delete;
    meanwhile& operator=(const meanwhile&) = delete;

private:
    std::thread thread_;
};

/// The number of entries in a folder.
inline std::size_t entries(const char* folder) {
    std::size_t n = 0;
    for ([[maybe_unused]] const auto& one : std::filesystem::directory_iterator(folder)) {
        ++n;
    }
    return n;
}

/// As `eventually`, for what a server or a thread of the driver is to do: half a minute.
template <class Holds>
bool soon(Holds holds) {
    return eventually(std::move(holds), std::chrono::seconds(30));
}

/// Lets so much time pass that something is sent on a transaction that nobody uses.
inline void await_sign_of_life() {
    const auto sent = remote::keep_alive::sent.load();
    remote::keep_alive::move_clock(std::chrono::seconds(5));
    ASSERT_TRUE(soon([&] { return remote::keep_alive::sent > sent; }));
}

/// Lets time pass, here and on the server, while a transaction is open that nobody uses.
inline void pass(sqld_server& server, std::chrono::seconds all) {
    constexpr std::chrono::seconds step(5);  // a server ends a stream after ten
    for (std::chrono::seconds passed(0); passed < all; passed += step) {
        const auto answers = remote::keep_alive::answered.load();
        server.move_clock(step);
        remote::keep_alive::move_clock(step);
        ASSERT_TRUE(soon([&] { return remote::keep_alive::answered.load() > answers; }));
    }
}

}  // namespace libsql::testing
