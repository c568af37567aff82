#include "libsql/replication/replication_client.hpp"
#include "node_peer.hpp"
#include "support/sqld_server.hpp"
#include "workloads.hpp"

#include <libsql/libsql.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <variant>

namespace bench {

namespace {

constexpr std::int64_t page = 4096;

/// Fills the primary with about `megabytes`. Returns the number of its frames.
std::int64_t fill(libsql::connection& primary, int megabytes) {
    primary.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, x BLOB)").value();
    for (int i = 0; i < megabytes; ++i) {
        // Each row fills a page; each transaction has a megabyte.
        primary
            .execute(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 270) "
                "INSERT INTO t(x) SELECT randomblob(3600) FROM n")
            .value();
    }
    return primary.fetch_one<std::int64_t>("SELECT count(*) FROM t").value().value();
}

/// A client that discards the frames, and requests ahead as ours does. It measures the server's own
/// time and that of receiving the data. Returns the number of frames received.
std::uint64_t drop_frames(const libsql::options& chosen) {
    namespace replication = libsql::replication;

    struct counter final : replication::frame_sink {
        bool on_frame(const replication::frame& f) override {
            next = std::max(next, f.number + 1);  // a snapshot begins with its newest frame
            return true;
        }

        std::uint64_t next{0};
    };

    replication::replication_client client(chosen, libsql::remote::server::make(chosen).value());
    replication::hello said;
    const auto is_ok = [](const replication::call_end& end) {
        const auto* const status = std::get_if<replication::grpc_status>(&end);
        return status != nullptr && status->is_ok();
    };
    check(is_ok(client.shake_hands(said, {})), "no handshake");
    counter frames;
    while (frames.next <= said.newest.value_or(0)) {
        // Frames that are no longer in the log are sent as a snapshot.
        check(is_ok(client.batch(frames.next, frames, {})) ||
                  is_ok(client.snapshot(frames.next, frames, {})),
              "no frames");
        if (frames.next <= said.newest.value_or(0)) {
            client.prefetch(frames.next);
        }
    }
    return frames.next;
}

bool run_frames(libsql::testing::sqld_server& server, std::int64_t rows) {
    const std::string folder = scratch_file("replicas");
    std::filesystem::create_directories(folder);
    int count = 0;
    std::uint64_t frames = 0;
    long first = 0;
    long most = 0;
    const auto ours = [&] {
        const double ns = clock_time_per_operation(1, [&] {
            auto db = libsql::database::open(
                          {.database = folder + "/ours-" + std::to_string(++count) + ".db",
                           .uri = server.url(),
                           .sync = {.on_open = true,
                                    .progress =
                                        [&](const libsql::sync_progress&) {
                                            const long now = resident_kib();
                                            first = first == 0 ? now : first;
                                            most = std::max(most, now);
                                        }}})
                          .value();
            frames = db.replica().value().frame_number().value() + 1;
            auto conn = db.connect().value();
            check(conn.fetch_one<std::int64_t>("SELECT count(*) FROM t").value() == rows,
                  "ours: rows are missing");
        });
        std::filesystem::remove_all(folder);
        std::filesystem::create_directories(folder);
        return ns / static_cast<double>(frames);
    };
    node_peer peer({"replicate", server.url(), folder});
    const bool met =
        run({.id = "W10",
             .name = "replicate_frame",
             .target = 0.5,
             .target_peer = "libsql_node",
             .rounds = 3,
             .contenders = {
                 {"ours", ours},
                 {"libsql_node",
                  [&] {
                      const double ns = peer.run();
                      return ns / static_cast<double>(frames);
                  }},
                 {"frames_dropped", [&] {
                      return clock_time_per_operation(static_cast<std::int64_t>(frames), [&] {
                          check(drop_frames({.uri = server.url()}) == frames, "frames are missing");
                      });
                  }}}});
    std::printf(
        "BENCH id=W10 name=replicate_memory frames=%llu megabytes=%lld rss_first_kib=%ld "
        "growth_kib=%ld\n",
        static_cast<unsigned long long>(frames),
        static_cast<long long>(static_cast<std::int64_t>(frames) * page / 1'000'000), first,
        most - first);
    return met;
}

/// A point read on a replica, compared with the same file opened as a plain database.
bool run_reads(libsql::testing::sqld_server& server) {
    const std::string path = scratch_file("read.db");
    const std::string plain = scratch_file("plain.db");
    auto replica = libsql::database::open({.database = path, .uri = server.url()}).value();
    auto on_replica = replica.connect().value();
    std::filesystem::copy_file(path, plain);
    if (std::filesystem::exists(path + "-wal")) {
        std::filesystem::copy_file(path + "-wal", plain + "-wal");
    }
    auto local = libsql::database::open({.database = plain}).value().connect().value();
    constexpr std::int64_t reads = 20'000;
    const auto read = [](libsql::connection& conn) {
        return time_per_operation(reads, [&] {
            for (std::int64_t i = 1; i <= reads; ++i) {
                keep(conn.fetch_one<std::int64_t>("SELECT length(x) FROM t WHERE id = ?", i));
            }
        });
    };
    return run({.id = "W10",
                .name = "read",
                .target = 1.02,
                .target_peer = "local",
                .rounds = 9,
                .contenders = {{"ours", [&] { return read(on_replica); }},
                               {"local", [&] { return read(local); }}}});
}

/// A write on a replica, which contains it when the call returns, compared with a write on the
/// server only.
bool run_writes(libsql::testing::sqld_server& server) {
    auto replica =
        libsql::database::open({.database = scratch_file("write.db"), .uri = server.url()}).value();
    auto on_replica = replica.connect().value();
    auto remote = libsql::database::open({.uri = server.url()}).value().connect().value();
    constexpr std::int64_t writes = 100;
    const auto write = [](libsql::connection& conn) {
        return clock_time_per_operation(writes, [&] {
            for (std::int64_t i = 0; i < writes; ++i) {
                conn.execute("UPDATE t SET x = ? WHERE id = 1", i).value();
            }
        });
    };
    return run({.id = "W10",
                .name = "read_your_write",
                .rounds = 3,
                .contenders = {{"ours", [&] { return write(on_replica); }},
                               {"remote_only", [&] { return write(remote); }}}});
}

bool run_replica() {
    libsql::testing::sqld_server server;
    auto primary = libsql::database::open({.uri = server.url()}).value().connect().value();
    const std::int64_t rows = fill(primary, 200);
    bool met = run_frames(server, rows);
    met = run_reads(server) && met;
    return run_writes(server) && met;
}

}  // namespace

std::vector<entry> replica_workloads() {
    return {{"W10", run_replica}};
}

}  // namespace bench
