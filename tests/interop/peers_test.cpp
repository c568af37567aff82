#include "support/fetched.hpp"
#include "support/outcome.hpp"
#include "support/sqld_server.hpp"
#include "support/temporary_directory.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace libsql {

using testing::sqld_server;
using testing::succeeded;
using testing::temporary_directory;

namespace {

std::string hex(std::string_view bytes) {
    std::string out;
    for (const char c : bytes) {
        constexpr std::string_view digits = "0123456789abcdef";
        out += digits[static_cast<unsigned char>(c) >> 4];
        out += digits[static_cast<unsigned char>(c) & 15];
    }
    return out;
}

/// As peer.mjs shows a value.
std::string show(const value& v) {
    if (const auto* i = v.if_integer()) {
        return "integer " + std::to_string(*i);
    }
    if (const auto* d = v.if_real()) {
        std::array<char, 17> bits{};
        std::snprintf(bits.data(), bits.size(), "%016llx",
                      static_cast<unsigned long long>(std::bit_cast<std::uint64_t>(*d)));
        return "real " + std::string(bits.data());
    }
    if (const auto* t = v.if_text()) {
        return "text " + hex(*t);
    }
    if (const auto* b = v.if_blob()) {
        return "blob " + hex({reinterpret_cast<const char*>(b->data()), b->size()});
    }
    return "null";
}

std::string rows_of(connection& conn) {
    std::string out;
    for (auto& row : conn.query("SELECT id, x FROM t ORDER BY id").value()) {
        out += std::to_string(row.value().get<std::int64_t>(0)) + ": " +
               show(row.value().get<value>(1)) + "\n";
    }
    return out;
}

/// What node prints for peer.mjs with these arguments; throws when it fails.
std::string peer(const std::string& arguments) {
    const std::string command = "LIBSQL_PEERS='" + testing::fetched_peers().string() +
                                "' node '" LIBSQL_PEER_SCRIPT "' " + arguments;
    std::FILE* const pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) {
        throw std::runtime_error("no pipe");
    }
    std::string out;
    std::array<char, 65536> buffer;
    for (std::size_t n = 1; n > 0;) {
        n = std::fread(buffer.data(), 1, buffer.size(), pipe);
        out.append(buffer.data(), n);
    }
    if (pclose(pipe) != 0) {
        throw std::runtime_error("libSQL's own client failed: " + command);
    }
    return out;
}

database open_remote(const sqld_server& server, wire_format format = wire_format::automatic) {
    return database::open({.uri = server.url(), .wire_format = format}).value();
}

/// Adds a row of every type with its limits.
void fill(connection& conn) {
    conn.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, x)").value();
    batch rows;
    const std::string insert = "INSERT INTO t(x) VALUES (?)";
    rows.add(insert, nullptr);
    for (const std::int64_t i :
         {std::int64_t{0}, std::int64_t{-1}, std::int64_t{9007199254740993},
          std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()}) {
        rows.add(insert, i);
    }
    for (const double d : {0.5, -0.25, 0.1, std::numeric_limits<double>::max(),
                           std::numeric_limits<double>::denorm_min()}) {
        rows.add(insert, d);
    }
    for (const std::string& s : {std::string(), std::string("a\"b\\/\x01\n"),
                                 std::string("ünï ☃ 𝄞"), std::string(5000, 'y')}) {
        rows.add(insert, s);
        rows.add(insert, std::as_bytes(std::span(s)));
    }
    ASSERT_TRUE(conn.run(rows, batch_mode::transactional).value().ok());
}

/// A server with the rows of `fill`, and a replica of it that libSQL's own client and we take turns
/// to use.
struct shared_replica {
    explicit shared_replica(const std::string& key)
        : chosen{.database = path, .uri = server.url(), .encryption_key = key},
          sync("sync '" + path + "' " + server.url() + (key.empty() ? "" : " '" + key + "'")) {
        fill(primary);
    }

    const sqld_server server;
    connection primary{open_remote(server).connect().value()};
    const temporary_directory folder;
    const std::string path{folder.file("replica.db")};
    const options chosen;    ///< for us
    const std::string sync;  ///< for `peer`
};

}  // namespace

TEST(peers, the_node_clients_writes_are_read) {
    const sqld_server server;
    const std::string theirs = peer("write " + server.url());
    EXPECT_GT(theirs.size(), 10'000U);
    for (const auto format : {wire_format::json, wire_format::protobuf}) {
        auto conn = open_remote(server, format).connect().value();
        EXPECT_EQ(rows_of(conn), theirs);
    }
    const temporary_directory folder;
    auto replica = database::open({.database = folder.file("r.db"), .uri = server.url()}).value();
    auto conn = replica.connect().value();
    EXPECT_EQ(rows_of(conn), theirs);
}

TEST(peers, the_node_client_reads_our_writes) {
    for (const auto format : {wire_format::json, wire_format::protobuf}) {
        const sqld_server server;
        auto conn = open_remote(server, format).connect().value();
        fill(conn);
        EXPECT_EQ(rows_of(conn), peer("read " + server.url()));
    }
}

TEST(peers, a_replica_moves_to_the_libsql_client_and_back) {
    for (const std::string key : {"", "a passphrase"}) {
        shared_replica with(key);
        auto& primary = with.primary;
        {
            auto ours = database::open(with.chosen).value().connect().value();
            EXPECT_EQ(rows_of(ours), rows_of(primary));
        }
        primary.execute("INSERT INTO t(x) VALUES ('while nobody looked')").value();
        primary.execute("DELETE FROM t WHERE id = 2").value();
        EXPECT_EQ(peer(with.sync), rows_of(primary)) << "theirs, of our file; key \"" << key << '"';
        primary.execute("CREATE INDEX later ON t(x)").value();
        primary.execute("UPDATE t SET x = 'back again' WHERE id = 3").value();
        auto db = database::open(with.chosen).value();
        auto ours = db.connect().value();
        EXPECT_EQ(rows_of(ours), rows_of(primary)) << "ours, of their file";
        EXPECT_EQ(ours.fetch_one<std::string>("PRAGMA integrity_check").value(), "ok");
        ours.execute("INSERT INTO t(x) VALUES (1)").value();
        EXPECT_EQ(rows_of(ours), rows_of(primary));
    }
}

TEST(peers, a_replica_made_by_the_libsql_client_is_taken_over) {
    for (const std::string key : {"", "k"}) {
        shared_replica with(key);
        auto& primary = with.primary;
        ASSERT_EQ(peer(with.sync), rows_of(primary));
        primary.execute("INSERT INTO t(x) VALUES ('new')").value();
        auto db = database::open(with.chosen).value();
        auto ours = db.connect().value();
        EXPECT_EQ(rows_of(ours), rows_of(primary));
        ASSERT_TRUE(succeeded(ours.close()));
        db = database::open(with.chosen).value();
        primary.execute("INSERT INTO t(x) VALUES ('newer')").value();
        EXPECT_EQ(peer(with.sync), rows_of(primary));
    }
}

}  // namespace libsql
