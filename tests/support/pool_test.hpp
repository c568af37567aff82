#pragma once

#include "support/eventually.hpp"
#include "support/temporary_directory.hpp"

#include <libsql/database.hpp>
#include <libsql/pool.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <utility>

namespace libsql::testing {

/// A pool on a file of its own, with a table t(n).
class pool_test : public ::testing::Test {
protected:
    options file() const { return {.database = path().string()}; }

    std::filesystem::path path() const { return directory_.path() / "pool.db"; }

    /// The queue drops no request of a test that does not set its interval: a machine may be busy.
    static pool open(options database, pool_options how = {}) {
        if (how.queue_interval == pool_options().queue_interval) {
            how.queue_interval = std::chrono::milliseconds(0);
        }
        auto opened = pool::open(std::move(database), std::move(how));
        EXPECT_TRUE(opened.has_value()) << opened.error().to_string();
        auto made = *std::move(opened);
        EXPECT_TRUE(made.write(
            [](connection& c) { return c.execute("CREATE TABLE IF NOT EXISTS t (n INTEGER)"); }));
        return made;
    }

    pool open(pool_options how = {}) const { return open(file(), std::move(how)); }

    const temporary_directory directory_;
};

/// Inserts into the pool's table.
inline result<execution> insert(connection& c, int n) {
    return c.execute("INSERT INTO t VALUES (?)", n);
}

/// The number of rows of the pool's table.
inline std::int64_t count(connection& c) {
    return c.fetch_one<std::int64_t>("SELECT count(*) FROM t").value().value();
}

inline std::int64_t count(pool& p) {
    return p.read([](connection& c) -> result<std::int64_t> { return count(c); }).value();
}

}  // namespace libsql::testing
