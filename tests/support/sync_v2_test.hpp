#pragma once

#include "libsql/replication/sync_info_file.hpp"
#include "support/outcome.hpp"
#include "support/sync_v2_server.hpp"
#include "support/temporary_directory.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace libsql::testing {

/// A server that speaks the newer sync protocol, and paths for replicas of it.
class sync_v2_test : public ::testing::Test {
protected:
    libsql::options options_of_replica(const std::string& file = "replica.db") const {
        libsql::options o;
        o.database = dir.file(file);
        o.uri = server.url();
        o.wire_format = wire_format::json;
        return o;
    }

    libsql::options offline(const std::string& file = "replica.db") const {
        auto o = options_of_replica(file);
        o.sync.offline_writes = true;
        return o;
    }

    static database open(const libsql::options& o) { return database::open(o).value(); }

    static std::int64_t number(executor& on, const std::string& sql) {
        return on.fetch_one<std::int64_t>(sql).value().value();
    }

    static std::int64_t number(const database& db, const std::string& sql) {
        auto conn = db.connect().value();
        return number(conn, sql);
    }

    static result<sync_result> sync(const database& db, deadline until = deadline()) {
        return db.replica().value().sync(until);
    }

    static void write(const database& db, const std::string& script) {
        db.connect().value().run_script(script).value();
    }

    replication::sync_info_file info() const {
        return replication::sync_info_file(dir.file("replica.db"));
    }

    /// Changes the first reply for a path that begins with `path`.
    void once(const std::string& path, std::function<scripted_reply(scripted_reply)> change,
              int times = 1) {
        auto left = std::make_shared<int>(times);
        server.on_reply([=](const scripted_request& r, scripted_reply normal) {
            return r.target.starts_with(path) && (*left)-- > 0 ? change(std::move(normal)) : normal;
        });
    }

    /// Answers each push that follows with `body` instead of what the server says.
    void answer_pushes(const std::string& body) {
        server.on_reply([body](const scripted_request& r, scripted_reply normal) {
            return r.method == "POST" ? reply_with(200, body) : normal;
        });
    }

    /// Where a push is answered as if the server then had `frames` frames, that is an error; and
    /// the next sync succeeds.
    void expect_refused_count(const database& db, int frames) {
        const auto said = std::to_string(frames);
        answer_pushes(R"({"status":"ok","generation":1,"max_frame_no":)" + said + "}");
        EXPECT_TRUE(failed_with(sync(db), error_kind::protocol, "the server has is " + said));
        server.on_reply({});
        EXPECT_TRUE(succeeded(sync(db)));
    }

    /// If the connection ends within the headers, that counts as the end of the reply.
    static void expect_cut(const result<sync_result>& synced) {
        if (!synced && synced.error().kind() != error_kind::protocol) {
            EXPECT_TRUE(failed_with(synced, error_kind::timeout));
        }
    }

    sync_v2_server server;
    temporary_directory dir;
};

}  // namespace libsql::testing
