#pragma once

#include "support/sqld_server.hpp"
#include "support/temporary_directory.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>

namespace libsql::testing {

/// A primary, and a path for a replica of it.
class replica_test : public ::testing::Test {
protected:
    explicit replica_test(sqld_options chosen = {}) : server(std::move(chosen)) {}

    libsql::options options_of_replica() {
        libsql::options o;
        o.database = path;
        o.uri = server.url();
        return o;
    }

    database open_replica() { return database::open(options_of_replica()).value(); }

    libsql::connection connect_to_primary() {
        return database::open({.uri = server.url()}).value().connect().value();
    }

    /// Runs each statement as a transaction of the primary.
    void on_primary(const std::string& script) { connect_to_primary().run_script(script).value(); }

    /// A replica of a primary on which `script` was run.
    database open_replica_of(const std::string& script) {
        on_primary(script);
        return open_replica();
    }

    /// A replica that does not sync when it is opened.
    database open_unsynced() {
        auto o = options_of_replica();
        o.sync.on_open = false;
        return database::open(o).value();
    }

    static std::int64_t number(executor& on, const std::string& sql) {
        return on.fetch_one<std::int64_t>(sql).value().value();
    }

    sqld_server server;
    temporary_directory dir;
    std::string path{dir.file("replica.db")};
};

/// A primary that turns its log into a snapshot after about 240 pages.
class short_log_replica_test : public replica_test {
protected:
    short_log_replica_test() : replica_test({.max_log_size_mb = 1}) {}
};

}  // namespace libsql::testing
