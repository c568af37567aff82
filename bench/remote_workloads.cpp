#include "node_peer.hpp"
#include "replaying_server.hpp"
#include "support/sqld_server.hpp"
#include "tcp_relay.hpp"
#include "workloads.hpp"

#include <libsql/libsql.hpp>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

namespace bench {

namespace {

constexpr int statements = 1000;
constexpr std::int64_t rows = 100'000;

std::string url_of(unsigned port) {
    return "http://127.0.0.1:" + std::to_string(port);
}

libsql::connection connect(unsigned port,
                           libsql::wire_format format = libsql::wire_format::automatic) {
    return libsql::database::open({.uri = url_of(port), .wire_format = format})
        .value()
        .connect()
        .value();
}

/// 1000 statements, one at a time and as one batch, over a connection with a given round-trip time.
bool run_pipeline(libsql::testing::sqld_server& server, int round_trip_ms, double target) {
    const auto relay = make_tcp_relay(server.http_port(), std::chrono::milliseconds(round_trip_ms));
    auto conn = connect(relay->port());
    constexpr std::string_view statement = "SELECT ? + 1";  // does not depend on the disk
    libsql::batch together;
    for (int i = 0; i < statements; ++i) {
        together.add(statement, i);
    }
    const auto one_pipeline = [&] {
        return clock_time_per_operation(
            statements, [&] { check(conn.run(together).value().ok(), "ours: a batch failed"); });
    };
    const auto one_by_one = [&] {
        return clock_time_per_operation(statements, [&] {
            for (int i = 0; i < statements; ++i) {
                conn.execute(statement, i).value();
            }
        });
    };
    return run({.id = "W9",
                .name = "pipeline_" + std::to_string(round_trip_ms) + "ms",
                .target = target,
                .target_peer = "one_by_one",
                .rounds = round_trip_ms >= 10 ? 1 : 3,
                .contenders = {{"ours", one_pipeline}, {"one_by_one", one_by_one}}});
}

/// Decodes a reply of 100,000 rows that is available at once, compared with libSQL's own client for
/// node.
bool run_decode(libsql::testing::sqld_server& server) {
    const std::string query =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "
        "SELECT i, 'row number ' || i AS name, i * 0.5 AS half, nullif(i % 2, 0) AS odd FROM n";
    const auto replay = make_replaying_server(server.http_port());
    node_peer peer({"decode", url_of(replay->port()), query});
    bool met = true;
    for (const auto& [name, format] :
         {std::pair("decode_json", libsql::wire_format::json),
          std::pair("decode_protobuf", libsql::wire_format::protobuf)}) {
        auto conn = connect(replay->port(), format);
        long first = 0;
        long most = 0;
        const auto decode = [&] {
            return clock_time_per_operation(rows, [&] {
                using one =
                    std::tuple<std::int64_t, std::string, double, std::optional<std::int64_t>>;
                const auto all = conn.fetch<one>(query).value();
                check(all.size() == static_cast<std::size_t>(rows), "ours: rows are missing");
                keep(all.back());
                const long now = resident_kib();
                first = first == 0 ? now : first;
                most = std::max(most, now);
            });
        };
        met = run({.id = "W9",
                   .name = name,
                   .target = 0.2,
                   .target_peer = "libsql_client_node",
                   .rounds = 5,
                   .contenders = {{"ours", decode},
                                  {"libsql_client_node",
                                   [&] { return peer.run() / static_cast<double>(rows); }}}}) &&
              met;
        std::printf("BENCH id=W9 name=%s_memory rss_first_kib=%ld growth_kib=%ld\n", name, first,
                    most - first);
    }
    return met;
}

/// 100,000 rows of a real server, which fit in one reply. Compares reading them one at a time with
/// reading all at once, and with libSQL's own client for node.
bool run_query() {
    using one = std::tuple<std::int64_t, std::string>;
    const libsql::testing::sqld_server server;
    const std::string query =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "
        "SELECT i, 'row number ' || i FROM n";
    node_peer node({"decode", url_of(server.http_port()), query});
    auto conn = connect(server.http_port());
    const auto each = [&] {
        return clock_time_per_operation(rows, [&] {
            auto found = conn.query(query).value();
            std::int64_t count = 0;
            while (found.next().value()) {
                keep(found.current().as<one>().value());
                ++count;
            }
            check(count == rows, "ours: rows are missing");
        });
    };
    const auto fetch = [&] {
        return clock_time_per_operation(
            rows, [&] { check(conn.fetch<one>(query).value().size() == rows, "ours: rows"); });
    };
    const auto peer = [&] { return node.run() / static_cast<double>(rows); };
    workload w{.id = "W9",
               .name = "query_100k",
               .target = 1.2,
               .target_peer = "fetch",
               .rounds = 5,
               .contenders = {{"ours", each}, {"fetch", fetch}}};
    const bool met = run(w);
    w.target = 1.0;
    w.target_peer = "libsql_client_node";
    w.contenders = {{"ours", each}, {"libsql_client_node", peer}};
    return run(w) && met;
}

/// Resident memory while those rows, and ten times as many, are streamed.
bool run_stream(libsql::testing::sqld_server& server) {
    auto conn = connect(server.http_port());
    auto found = conn.cursor(
                         "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE "
                         "i < 1000000) SELECT i, 'row number ' || i FROM n")
                     .value();
    std::int64_t count = 0;
    long first = 0;
    long most = 0;
    const double ns = clock_time_per_operation(10 * rows, [&] {
        while (!found.done()) {
            count += static_cast<std::int64_t>(found.fetch(10'000).value().size());
            const long now = resident_kib();
            first = first == 0 ? now : first;
            most = std::max(most, now);
        }
    });
    check(count == 10 * rows, "ours: rows are missing");
    constexpr long allowed_kib = 2048;
    const bool flat = most - first <= allowed_kib;
    std::printf("BENCH id=W9 name=stream_1m ours_ns=%.1f rss_first_kib=%ld growth_kib=%ld %s\n", ns,
                first, most - first, flat ? "met" : "MISSED");
    return flat;
}

bool run_remote() {
    libsql::testing::sqld_server server({.max_response_size = "1GB"});
    bool met = run_pipeline(server, 0, 0);
    met = run_pipeline(server, 1, 0) && met;
    met = run_pipeline(server, 10, 0.02) && met;
    met = run_decode(server) && met;
    met = run_query() && met;
    return run_stream(server) && met;
}

}  // namespace

std::vector<entry> remote_workloads() {
    return {{"W9", run_remote}};
}

}  // namespace bench
