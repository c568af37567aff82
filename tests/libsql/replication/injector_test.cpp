#include "libsql/replication/injector.hpp"

#include "support/outcome.hpp"
#include "support/page_source.hpp"
#include "support/temporary_directory.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

namespace libsql::replication {
namespace {

using namespace std::chrono_literals;
using namespace testing;

constexpr auto make_t = "CREATE TABLE t(x); INSERT INTO t VALUES ('a secret word')";

class injector_test : public ::testing::Test {
protected:
    std::unique_ptr<injector> open(const std::string& key = {}) {
        return injector::open({.database = path, .encryption_key = key}).value();
    }

    static void add_all(injector& into, const std::vector<std::string>& frames) {
        for (const auto& bytes : frames) {
            const auto f = read_frame(bytes).value();
            (f.size_after == 0 ? into.add(f) : into.commit(f)).value();
        }
    }

    libsql::connection reader(const std::string& key = {}) {
        return database::open({.database = path, .encryption_key = key}).value().connect().value();
    }

    static std::int64_t tables(libsql::connection& in) {
        return in.fetch_one<std::int64_t>("SELECT count(*) FROM sqlite_schema").value().value();
    }

    temporary_directory dir;
    std::string path{dir.file("r.db")};
    page_source source;
};

TEST_F(injector_test, a_transaction_is_seen_when_it_is_committed) {
    const auto into = open();
    auto other = reader();
    EXPECT_TRUE(into->is_blank().value());
    const auto frames = source.frames_after(make_t, 0);
    ASSERT_EQ(frames.size(), 2U);
    ASSERT_TRUE(succeeded(into->begin({})));
    ASSERT_TRUE(succeeded(into->add(read_frame(frames[0]).value())));
    EXPECT_EQ(tables(other), 0);
    ASSERT_TRUE(succeeded(into->commit(read_frame(frames[1]).value())));
    EXPECT_EQ(tables(other), 1);
    into->end();
    EXPECT_EQ(other.fetch_one<std::string>("SELECT x FROM t").value(), "a secret word");
    EXPECT_FALSE(into->is_blank().value());
}

TEST_F(injector_test, identifies_a_log_and_its_pages) {
    const auto into = open("key");
    const auto frames = source.frames_after(make_t, 0);
    ASSERT_TRUE(succeeded(into->begin({})));
    const auto empty = into->log().end;
    add_all(*into, frames);
    const auto filled = into->log();
    EXPECT_EQ(filled.end, empty + 2);
    into->end();
    ASSERT_TRUE(succeeded(into->begin({})));
    EXPECT_EQ(into->log().end, filled.end);
    EXPECT_EQ(into->log().salts, filled.salts);
    EXPECT_EQ(into->read(2).value(), read_frame(frames[1]).value().content);
    EXPECT_EQ(into->read(3).value(), std::string(frame::page_size, '\0'));
    ASSERT_TRUE(succeeded(into->restart_log()));
    EXPECT_EQ(into->log().end, filled.end);  // it is not in the file yet
    into->end();
    ASSERT_TRUE(succeeded(into->checkpoint_all()));
    ASSERT_TRUE(succeeded(into->begin({})));
    ASSERT_TRUE(succeeded(into->restart_log()));
    EXPECT_EQ(into->log().end, 0U);
    add_all(*into, frames);
    EXPECT_NE(into->log().salts, filled.salts);
    into->end();
    auto conn = reader("key");
    EXPECT_EQ(conn.fetch_one<std::string>("PRAGMA integrity_check").value(), "ok");
}

TEST_F(injector_test, frames_without_a_commit_are_discarded) {
    const auto into = open();
    const auto first = source.frames_after(make_t, 0);
    ASSERT_TRUE(succeeded(into->begin({})));
    add_all(*into, first);
    into->end();
    const auto second = source.frames_after("DROP TABLE t", 0);
    ASSERT_TRUE(succeeded(into->begin({})));
    ASSERT_TRUE(succeeded(into->add(read_frame(second[0]).value())));
    into->end();
    auto other = reader();
    EXPECT_EQ(tables(other), 1);
    // The next one writes over it.
    ASSERT_TRUE(succeeded(into->begin({})));
    add_all(*into, second);
    into->end();
    EXPECT_EQ(tables(other), 0);
    EXPECT_EQ(other.fetch_one<std::string>("PRAGMA integrity_check").value(), "ok");
}

TEST_F(injector_test, waits_for_the_write_lock_until_the_deadline) {
    const auto into = open();
    auto other = reader();
    auto tx = other.begin(transaction_mode::immediate).value();
    const auto before = std::chrono::steady_clock::now();
    EXPECT_TRUE(failed_with(into->begin(deadline::in(100ms)), error_kind::timeout));
    EXPECT_GE(std::chrono::steady_clock::now() - before, 100ms);
    EXPECT_FALSE(into->has_begun());
    std::thread ends([&] {
        std::this_thread::sleep_for(50ms);
        tx.rollback().value();
    });
    EXPECT_TRUE(succeeded(into->begin(deadline::in(300s))));
    ends.join();
    // And while it has the lock nobody else writes.
    auto impatient =
        database::open({.database = path, .busy_timeout = 0ms}).value().connect().value();
    EXPECT_TRUE(failed_with(impatient.execute("CREATE TABLE stray(x)"), error_kind::busy));
    into->end();
    EXPECT_TRUE(succeeded(impatient.execute("CREATE TABLE stray(x)")));
}

TEST_F(injector_test, waiting_can_be_interrupted) {
    const auto into = open();
    auto other = reader();
    auto tx = other.begin(transaction_mode::immediate).value();
    std::thread ends([&] {
        std::this_thread::sleep_for(30ms);
        into->interrupt();
    });
    EXPECT_TRUE(failed_with(into->begin({}), error_kind::interrupted));
    ends.join();
    into->clear_interrupt();
    tx.rollback().value();
    EXPECT_TRUE(succeeded(into->begin({})));
}

TEST_F(injector_test, no_page_is_written_unencrypted_with_a_key) {
    const auto into = open("key");
    ASSERT_TRUE(succeeded(into->begin({})));
    add_all(*into, source.frames_after(make_t, 0));
    into->end();
    const auto holds_plain = [&](const std::string& file) {
        std::ifstream in(file, std::ios::binary);
        const std::string all{std::istreambuf_iterator<char>(in), {}};
        EXPECT_GT(all.size(), 4096U) << file;
        return all.find("secret") != std::string::npos ||
               all.find("CREATE TABLE") != std::string::npos;
    };
    EXPECT_FALSE(holds_plain(path + "-wal"));
    ASSERT_TRUE(succeeded(into->checkpoint_all()));
    EXPECT_FALSE(holds_plain(path));
    auto other = reader("key");
    EXPECT_EQ(other.fetch_one<std::string>("SELECT x FROM t").value(), "a secret word");
    EXPECT_TRUE(failed_with(injector::open({.database = path}), error_kind::wrong_key));
    EXPECT_TRUE(failed_with(injector::open({.database = path, .encryption_key = "other"}),
                            error_kind::wrong_key));
}

TEST_F(injector_test, a_page_size_other_than_a_primarys_is_refused) {
    {
        auto made = database::open({.database = path, .page_size = 8192}).value();
        made.connect().value().execute("CREATE TABLE t(x)").value();
    }
    EXPECT_TRUE(failed_with(injector::open({.database = path}), error_kind::unsupported, "8192"));
}

TEST_F(injector_test, a_checkpoint_empties_the_log) {
    const auto into = open();
    ASSERT_TRUE(succeeded(into->begin({})));
    add_all(*into, source.frames_after(make_t, 0));
    into->end();
    EXPECT_TRUE(into->has_log());
    EXPECT_GT(std::filesystem::file_size(path + "-wal"), 0U);
    EXPECT_TRUE(succeeded(into->checkpoint_all()));
    EXPECT_FALSE(into->has_log());
    EXPECT_EQ(std::filesystem::file_size(path + "-wal"), 0U);
    EXPECT_EQ(std::filesystem::file_size(path), 2U * frame::page_size);
}

TEST_F(injector_test, the_log_does_not_grow_without_end) {
    const auto into = open();
    const auto frames = source.frames_after(make_t, 0);
    for (int i = 0; i < 6000; ++i) {
        ASSERT_TRUE(succeeded(into->begin({})));
        add_all(*into, frames);
        into->end();
        into->checkpoint_if_long();
    }
    EXPECT_LT(std::filesystem::file_size(path + "-wal"), 4500U * 4120U);
}

}  // namespace
}  // namespace libsql::replication
