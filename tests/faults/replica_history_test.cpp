#include "libsql/replication/wal_index_file.hpp"
#include "support/outcome.hpp"
#include "support/replica_test.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace libsql {
namespace {

using testing::failed_with;
using testing::succeeded;

namespace fs = std::filesystem;

constexpr auto all_rows =
    "SELECT group_concat(x, ',') FROM (SELECT x FROM t UNION ALL SELECT x FROM u ORDER BY x)";

/// A primary that is put back to what it was some writes ago, and then written to.
class replica_history_test : public testing::replica_test {
protected:
    explicit replica_history_test(testing::sqld_options chosen = {})
        : replica_test(std::move(chosen)) {}

    void stop_and_copy(const fs::path& from, const fs::path& to) {
        server.stop();
        fs::remove_all(to);
        fs::copy(from, to, fs::copy_options::recursive);
        server.restart();
    }

    void back_up() { stop_and_copy(server.data_path(), dir.file("backup")); }

    void restore() { stop_and_copy(dir.file("backup"), server.data_path()); }

    /// Each is a transaction of one frame.
    void insert(const std::string& table, const std::string& what, int times) {
        auto primary = connect_to_primary();
        for (int i = 0; i < times; ++i) {
            primary.execute("INSERT INTO " + table + " VALUES (?)", what + std::to_string(i))
                .value();
        }
    }

    void expect_same(const database& db) {
        auto conn = db.connect().value();
        auto primary = connect_to_primary();
        EXPECT_EQ(conn.fetch_one<std::string>(all_rows).value(),
                  primary.fetch_one<std::string>(all_rows).value());
        EXPECT_EQ(conn.fetch_one<std::string>("PRAGMA integrity_check").value(), "ok");
    }

    /// The replica has 10 frames that the backup has not; the restored primary gets `writes`
    /// others.
    void mixes_nothing(int writes, bool opened_anew) {
        on_primary("CREATE TABLE t(x); CREATE TABLE u(x); INSERT INTO t VALUES ('begin')");
        auto db = std::make_optional(open_replica());
        back_up();
        insert("t", "lost ", 10);
        ASSERT_TRUE(succeeded(db->replica().value().sync()));
        expect_same(*db);
        if (opened_anew) {
            db.reset();
        }
        restore();
        insert("u", "restored ", writes);
        if (opened_anew) {
            db = open_replica();
        }
        const auto synced = db->replica().value().sync();
        ASSERT_TRUE(succeeded(synced));
        const auto status = db->replica().value().status();
        EXPECT_EQ(status.frame_number, status.primary_frame_number);
        expect_same(*db);
        insert("u", "later ", 3);
        ASSERT_TRUE(succeeded(db->replica().value().sync()));
        expect_same(*db);
    }
};

TEST_F(replica_history_test,
       a_restored_primary_is_noticed_by_a_replica_that_died_before_it_wrote_its_state) {
    on_primary("CREATE TABLE t(x); CREATE TABLE u(x); INSERT INTO t VALUES ('begin')");
    auto db = open_replica();
    back_up();
    ASSERT_TRUE(succeeded(db.replica().value().sync()));
    auto marked = replication::wal_index_file(path).read().value();
    insert("t", "lost ", 1);
    ASSERT_TRUE(succeeded(db.replica().value().sync()));
    // Its log has the frame, and of the state file the disk has what was written before it.
    marked.committing = replication::wal_index_file(path).read().value().committed;
    marked.proof.value().page = 0;
    const std::string left = dir.file("left.db");
    fs::copy_file(path, left);
    fs::copy_file(path + "-wal", left + "-wal");
    ASSERT_TRUE(succeeded(replication::wal_index_file(left).create()));
    ASSERT_TRUE(succeeded(replication::wal_index_file(left).write(marked)));
    restore();
    insert("u", "restored ", 1);
    path = left;
    auto again = open_replica();
    ASSERT_TRUE(succeeded(again.replica().value().sync()));
    expect_same(again);
}

TEST_F(replica_history_test, a_restored_primary_with_fewer_frames_is_noticed) {
    mixes_nothing(4, false);
}

TEST_F(replica_history_test, a_restored_primary_at_the_same_frame_is_noticed) {
    mixes_nothing(10, false);
}

TEST_F(replica_history_test, a_restored_primary_at_the_same_frame_is_noticed_at_open) {
    mixes_nothing(10, true);
}

TEST_F(replica_history_test, a_restored_primary_with_more_frames_is_noticed) {
    mixes_nothing(15, false);
}

TEST_F(replica_history_test, a_restored_primary_with_more_frames_is_noticed_at_open) {
    mixes_nothing(15, true);
}

TEST_F(replica_history_test, a_restored_primary_is_noticed_when_only_earlier_frames_differ) {
    on_primary("CREATE TABLE t(x); CREATE TABLE u(x)");
    const auto db = open_replica();
    back_up();
    on_primary("INSERT INTO t VALUES ('lost'); INSERT INTO u VALUES ('same')");
    ASSERT_TRUE(succeeded(db.replica().value().sync()));
    restore();
    on_primary("INSERT INTO t VALUES ('restored'); INSERT INTO u VALUES ('same')");
    ASSERT_TRUE(succeeded(db.replica().value().sync()));
    expect_same(db);
}

TEST_F(replica_history_test, a_restarted_server_sends_nothing_twice) {
    on_primary(
        "CREATE TABLE t(x); CREATE TABLE u(x); CREATE TABLE v(x);"
        "INSERT INTO v VALUES (randomblob(100000))");
    const auto db = open_replica();
    server.stop();
    server.restart();
    EXPECT_EQ(db.replica().value().sync().value().frames_synced, 0U);
    on_primary("INSERT INTO t VALUES (1)");
    EXPECT_LE(db.replica().value().sync().value().frames_synced, 2U);
    server.stop();
    server.restart();
    on_primary("INSERT INTO t VALUES (2)");
    EXPECT_LE(db.replica().value().sync().value().frames_synced, 2U);
    expect_same(db);
}

TEST_F(replica_history_test, a_write_that_gets_the_number_of_a_lost_one_is_read) {
    on_primary("CREATE TABLE t(x); CREATE TABLE u(x)");
    const auto db = open_replica();
    back_up();
    insert("t", "lost ", 1);
    ASSERT_TRUE(succeeded(db.replica().value().sync()));
    restore();
    auto conn = db.connect().value();
    ASSERT_TRUE(succeeded(conn.execute("INSERT INTO u VALUES ('mine')")));
    EXPECT_EQ(conn.fetch_one<std::string>("SELECT x FROM u").value(), "mine");
    expect_same(db);
}

/// What was on a connection before is not taken for what is there now.
TEST_F(replica_history_test, another_primary_with_the_same_schema_number_replaces_the_schema) {
    on_primary("CREATE TABLE t(a, b); INSERT INTO t VALUES ('a of t', 'b of t')");
    const auto db = open_replica();
    auto conn = db.connect().value();
    auto held = conn.prepare("SELECT a FROM t").value();
    EXPECT_TRUE(succeeded(held.execute()));
    EXPECT_EQ(conn.fetch_one<std::string>("SELECT a FROM t").value(), "a of t");
    server.stop();
    server.restart(testing::sqld_data::empty);
    on_primary("CREATE TABLE u(x); INSERT INTO u VALUES ('x of u')");
    ASSERT_TRUE(succeeded(db.replica().value().sync()));
    EXPECT_TRUE(failed_with(conn.execute("SELECT a FROM t"), error_kind::sql, "no such table"));
    EXPECT_TRUE(failed_with(held.execute(), error_kind::sql, "no such table"));
    EXPECT_EQ(conn.fetch_one<std::string>("SELECT x FROM u").value(), "x of u");
    // And once more, with a connection that has not looked since the first.
    server.stop();
    server.restart(testing::sqld_data::empty);
    on_primary("CREATE TABLE t(b, a); INSERT INTO t VALUES ('b', 'a')");
    ASSERT_TRUE(succeeded(db.replica().value().sync()));
    EXPECT_EQ(conn.fetch_one<std::string>("SELECT a FROM t").value(), "a");
    on_primary("CREATE TABLE later(x)");
    ASSERT_TRUE(succeeded(db.replica().value().sync()));
    EXPECT_TRUE(succeeded(conn.execute("SELECT x FROM later")));
}

/// What is done to the log of a replica that nobody has open.
using damage = std::function<void(const std::string& log)>;

class replica_log_test : public replica_history_test {
protected:
    /// A replica whose last 12 frames are in the log only, without a process that has it open.
    std::string make_copy(bool moves_first) {
        on_primary(
            "CREATE TABLE t(x); CREATE TABLE u(x); CREATE TABLE v(x);"
            "INSERT INTO u VALUES ('u'); INSERT INTO v VALUES (randomblob(200000))");
        const auto db = open_replica();
        if (moves_first) {
            db.replica().value().sync().value();  // nothing new: the log is moved into the file
        }
        insert("t", "row ", 10);
        db.replica().value().sync().value();
        on_primary("UPDATE u SET x = 'v'; UPDATE u SET x = 'u'");  // the last page is as it was
        EXPECT_EQ(db.replica().value().sync().value().frames_synced, 2U);
        auto copy = dir.file("copy.db");
        for (const char* const suffix : {"", "-wal", "-client_wal_index"}) {
            fs::copy_file(path + suffix, copy + suffix);
        }
        return copy;
    }

    /// The number of frames that came for it.
    std::uint64_t is_mended(const damage& by, bool moves_first = true) {
        auto o = options_of_replica();
        o.database = make_copy(moves_first);
        pulled_ = 0;
        by(o.database + "-wal");
        const auto db = database::open(o).value();
        const auto status = db.replica().value().status();
        EXPECT_EQ(status.frame_number, status.primary_frame_number);
        expect_same(db);
        const auto pulled = pulled_;
        on_primary("INSERT INTO t VALUES ('later')");
        EXPECT_TRUE(succeeded(db.replica().value().sync()));
        expect_same(db);
        return pulled;
    }

    libsql::options options_of_replica() {
        auto o = replica_history_test::options_of_replica();
        o.sync.progress = [this](const sync_progress& p) { pulled_ = p.frames; };
        return o;
    }

private:
    std::uint64_t pulled_{0};
};

void write(const std::string& file, const std::string& content) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
}

TEST_F(replica_log_test, that_is_intact_needs_no_frames) {
    EXPECT_EQ(is_mended([](const std::string&) {}), 0U);
}

TEST_F(replica_log_test, that_is_deleted_is_pulled_again) {
    // Only what was in it comes again.
    EXPECT_EQ(is_mended([](const std::string& log) { fs::remove(log); }), 12U);
}

TEST_F(replica_log_test, that_is_deleted_before_any_checkpoint_is_pulled_again) {
    is_mended([](const std::string& log) { fs::remove(log); }, false);
}

TEST_F(replica_log_test, that_is_emptied_is_pulled_again) {
    is_mended([](const std::string& log) { fs::resize_file(log, 0); });
}

TEST_F(replica_log_test, that_is_halved_is_pulled_again) {
    is_mended([](const std::string& log) { fs::resize_file(log, fs::file_size(log) / 2); });
}

TEST_F(replica_log_test, that_is_halved_before_any_checkpoint_is_pulled_again) {
    is_mended([](const std::string& log) { fs::resize_file(log, fs::file_size(log) / 2); }, false);
}

TEST_F(replica_log_test, that_is_garbage_is_pulled_again) {
    is_mended([](const std::string& log) {
        write(log, std::string(static_cast<std::size_t>(fs::file_size(log)), 'g'));
    });
}

TEST_F(replica_log_test, that_belongs_to_another_database_is_pulled_again) {
    const auto other = dir.file("other.db");
    const auto plain = database::open({.database = other}).value().connect().value();
    is_mended([&](const std::string& log) {
        auto writes = database::open({.database = other}).value().connect().value();
        writes.run_script("CREATE TABLE o(x); INSERT INTO o VALUES (randomblob(20000))").value();
        fs::copy_file(other + "-wal", log, fs::copy_options::overwrite_existing);
    });
}

TEST_F(replica_log_test, that_another_program_checkpointed_changes_nothing) {
    auto o = options_of_replica();
    o.database = make_copy(true);
    const auto state = o.database + "-client_wal_index";
    fs::rename(state, dir.file("state"));
    database::open({.database = o.database}).value().connect().value().ping().value();
    fs::rename(dir.file("state"), state);
    const auto db = database::open(o).value();
    expect_same(db);
}

TEST_F(replica_log_test, that_is_deleted_is_not_counted_before_a_sync) {
    auto o = options_of_replica();
    o.database = make_copy(true);
    fs::remove(o.database + "-wal");
    o.sync.on_open = false;
    const auto db = database::open(o).value();
    auto replica = db.replica().value();
    const auto frame = replica.frame_number().value();
    EXPECT_EQ(replica.sync().value().frame_number, frame + 12);
}

/// A file that is older than its state.
TEST_F(replica_log_test, with_an_older_database_file_is_pulled_again) {
    on_primary("CREATE TABLE t(x); CREATE TABLE u(x)");
    auto db = std::make_optional(open_replica());
    db->replica().value().sync().value();
    fs::copy_file(path, dir.file("old"));
    insert("t", "row ", 5);
    db->replica().value().sync().value();
    db->replica().value().sync().value();
    db.reset();
    fs::copy_file(dir.file("old"), path, fs::copy_options::overwrite_existing);
    db = open_replica();
    expect_same(*db);
}

}  // namespace
}  // namespace libsql
