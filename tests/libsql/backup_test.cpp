#include "support/open_connection.hpp"
#include "support/temporary_directory.hpp"

#include <libsql/backup.hpp>
#include <libsql/database.hpp>
#include <libsql/encryption.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace libsql {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using testing::open_memory;

constexpr std::string_view content = R"(
    CREATE TABLE t(id INTEGER PRIMARY KEY, body);
    INSERT INTO t(body) SELECT 'a row of some length ' || value || zeroblob(200) FROM generate_series(1, 500);)";

class backup_test : public ::testing::Test {
protected:
    [[nodiscard]] connection open(const std::string& name, libsql::options chosen = {}) const {
        chosen.database = directory.file(name);
        return database::open(std::move(chosen)).value().connect().value();
    }

    [[nodiscard]] connection open_filled(const std::string& name,
                                         libsql::options chosen = {}) const {
        auto c = open(name, std::move(chosen));
        c.run_script(content).value();
        return c;
    }

    /// A backup of which five pages are copied.
    static backup begun(connection& source, connection& destination) {
        auto copy = backup::start(source, destination).value();
        EXPECT_FALSE(copy.step(5).value());
        return copy;
    }

    /// A connection to a file with nothing but an empty table.
    [[nodiscard]] connection open_before(const std::string& name) const {
        auto c = open(name);
        c.execute("CREATE TABLE before(a)").value();
        return c;
    }

    /// It is as `open_before` has left it.
    static void expect_before(connection& c) {
        EXPECT_EQ(c.fetch<std::string>("SELECT name FROM sqlite_schema").value(),
                  std::vector<std::string>{"before"});
    }

    static void expect_copy(connection& c) {
        EXPECT_EQ(c.fetch_one<std::int64_t>("SELECT count(*) FROM t").value(), 500);
        EXPECT_EQ(c.fetch_one<std::string>("PRAGMA integrity_check").value(), "ok");
    }

    testing::temporary_directory directory;
};

TEST_F(backup_test, refuses_databases_that_cannot_be_copied) {
    auto source = open_filled("source.db");
    auto other = open("other.db");
    EXPECT_EQ(backup::start(source, source).error().kind(), error_kind::invalid_argument);
    auto again = open("source.db");
    EXPECT_THAT(backup::start(source, again).error().message(), HasSubstr("same file"));
    EXPECT_EQ(backup::start(source, other, {.source = "none"}).error().kind(),
              error_kind::invalid_argument);
    EXPECT_EQ(backup::start(source, other, {.destination = "none"}).error().kind(),
              error_kind::invalid_argument);
    EXPECT_EQ(back_up(source, other, {.pages_per_step = 0}).error().kind(),
              error_kind::invalid_argument);
    other.execute("CREATE TABLE kept(a)").value();
    {
        auto t = other.begin().value();
        EXPECT_EQ(backup::start(source, other).error().kind(), error_kind::transaction);
    }
    {
        auto rows = other.query("SELECT * FROM sqlite_schema").value();
        ASSERT_TRUE(rows.next().value());
        EXPECT_EQ(backup::start(source, other).error().kind(), error_kind::transaction);
    }
    EXPECT_EQ(other.fetch_one<std::string>("SELECT name FROM sqlite_schema").value(), "kept");
    other.close().value();
    EXPECT_EQ(backup::start(source, other).error().kind(), error_kind::closed);
    EXPECT_EQ(backup::start(other, source).error().kind(), error_kind::closed);
    auto reader = open("other.db", {.mode = open_mode::read_only});
    EXPECT_EQ(backup::start(source, reader).error().kind(), error_kind::read_only);
}

TEST_F(backup_test, refuses_content_with_another_page_size) {
    auto source = open_filled("source.db", {.page_size = 8192});
    auto filled = open_filled("filled.db");
    const auto why = back_up(source, filled).error();
    EXPECT_EQ(why.kind(), error_kind::unsupported);
    EXPECT_THAT(why.message(), HasSubstr("8192"));
    expect_copy(filled);
    auto memory = open_memory();  // is empty, so it adapts
    back_up(source, memory).value();
    expect_copy(memory);
}

TEST_F(backup_test, copies_between_files_and_memory) {
    auto source = open_filled("source.db");
    auto memory = open_memory();
    back_up(source, memory).value();
    expect_copy(memory);
    auto file = open("file.db");
    const auto done = back_up(memory, file).value();
    EXPECT_EQ(done.remaining, 0);
    EXPECT_GT(done.total, 20);
    expect_copy(file);
    EXPECT_EQ(file.fetch_one<std::string>("PRAGMA journal_mode").value(), "wal");
    file.execute("INSERT INTO t(body) VALUES ('goes on')").value();
    memory.execute("INSERT INTO t(body) VALUES ('goes on')").value();
}

TEST_F(backup_test, steps_show_their_progress) {
    auto source = open_filled("source.db");
    auto destination = open_memory();
    auto copy = backup::start(source, destination).value();
    EXPECT_EQ(copy.step(0).error().kind(), error_kind::invalid_argument);
    ASSERT_FALSE(copy.step(5).value());
    const auto first = copy.progress();
    EXPECT_EQ(first.remaining, first.total - 5);
    int steps = 1;
    while (!copy.step(5).value()) {
        ++steps;
    }
    EXPECT_EQ(steps, (first.total - 1) / 5);
    EXPECT_TRUE(copy.step(5).value());
    copy.finish().value();
    expect_copy(destination);
}

TEST_F(backup_test, the_destination_is_held_until_the_end) {
    auto source = open_filled("source.db");
    auto destination = open_memory("CREATE TABLE before(a)");
    {
        auto copy = begun(source, destination);
        // Running any statement there would commit half of a copy.
        EXPECT_EQ(destination.execute("SELECT 1").error().kind(), error_kind::misuse);
        EXPECT_EQ(destination.reset().error().kind(), error_kind::misuse);
        EXPECT_EQ(backup::start(source, destination).error().kind(), error_kind::misuse);
        EXPECT_EQ(backup::start(destination, source).error().kind(), error_kind::misuse);
    }
    expect_before(destination);
}

TEST_F(backup_test, dropping_or_finishing_it_early_changes_nothing) {
    auto source = open_filled("source.db");
    auto destination = open_before("destination.db");
    auto copy = begun(source, destination);
    copy.finish().value();
    EXPECT_EQ(copy.finish().error().kind(), error_kind::closed);
    EXPECT_EQ(copy.step(5).error().kind(), error_kind::closed);
    expect_before(destination);
    auto moved = std::move(copy);
    EXPECT_EQ(copy.step(5).error().kind(), error_kind::closed);
}

TEST_F(backup_test, closing_in_any_order_ends_it) {
    for (const bool source_first : {true, false}) {
        for (const bool drop : {true, false}) {
            std::optional source(open_filled(source_first ? "source1.db"
                                             : drop       ? "source2.db"
                                                          : "source3.db"));
            std::optional destination(open_memory("CREATE TABLE before(a)"));
            auto copy = begun(*source, *destination);
            auto& closing = source_first ? source : destination;
            if (drop) {
                closing.reset();
            } else {
                closing->close().value();
            }
            EXPECT_EQ(copy.step(5).error().kind(), error_kind::closed);
            EXPECT_EQ(copy.finish().error().kind(), error_kind::closed);
            if (source_first) {
                EXPECT_TRUE(destination->execute("INSERT INTO before VALUES (1)"));
            } else {
                expect_copy(*source);
            }
            std::filesystem::remove(directory.file("source1.db"));
        }
    }
}

TEST_F(backup_test, closing_the_destination_leaves_it_unchanged) {
    auto source = open_filled("source.db");
    auto destination = open_before("destination.db");
    auto copy = begun(source, destination);
    destination.close().value();
    auto again = open("destination.db");
    expect_before(again);
}

TEST_F(backup_test, writes_between_the_steps_are_copied) {
    auto source = open_filled("source.db");
    auto other = open("source.db");
    auto destination = open_memory();
    auto copy = backup::start(source, destination).value();
    ASSERT_FALSE(copy.step(10).value());
    source.execute("DELETE FROM t WHERE id % 2 = 0").value();
    ASSERT_FALSE(copy.step(10).value());
    other.execute("DELETE FROM t WHERE id < 100").value();
    ASSERT_TRUE(copy.step(-1).value());
    EXPECT_EQ(destination.fetch_one<std::int64_t>("SELECT count(*) FROM t").value(), 200);
    EXPECT_EQ(destination.fetch_one<std::string>("PRAGMA integrity_check").value(), "ok");
}

TEST_F(backup_test, a_source_in_a_write_transaction_is_refused) {
    auto source = open_filled("source.db");
    auto destination = open_memory();
    auto copy = backup::start(source, destination).value();
    {
        auto t = source.begin(transaction_mode::immediate).value();
        EXPECT_EQ(copy.step(5).error().kind(), error_kind::transaction);
    }
    EXPECT_TRUE(copy.step(-1).value());
    expect_copy(destination);
}

TEST_F(backup_test, the_progress_callback_can_stop_it) {
    auto source = open_filled("source.db");
    auto destination = open_before("destination.db");
    std::vector<backup_progress> seen;
    const auto stop = [&](const backup_progress& p) {
        seen.push_back(p);
        return seen.size() < 3;
    };
    const auto why =
        back_up(source, destination, {.pages_per_step = 4, .on_progress = stop}).error();
    EXPECT_EQ(why.kind(), error_kind::interrupted);
    EXPECT_EQ(seen.size(), 3U);
    EXPECT_EQ(seen[0].remaining - seen[2].remaining, 8);
    EXPECT_EQ(destination.fetch_one<std::string>("SELECT name FROM sqlite_schema").value(),
              "before");
    EXPECT_THROW(static_cast<void>(
                     back_up(source, destination,
                             {.pages_per_step = 4, .on_progress = [](auto&) -> bool { throw 1; }})),
                 int);
    EXPECT_EQ(destination.fetch_one<std::string>("SELECT name FROM sqlite_schema").value(),
              "before");
}

TEST_F(backup_test, an_interrupter_stops_it_and_an_old_interrupt_does_not) {
    auto source = open_filled("source.db");
    auto destination = open_memory();
    source.interrupter().interrupt();
    destination.interrupter().interrupt();
    int steps = 0;
    const auto by_source = [&, stop = source.interrupter()](const backup_progress&) {
        if (++steps == 2) {
            stop.interrupt();
        }
        return true;
    };
    EXPECT_EQ(back_up(source, destination, {.pages_per_step = 4, .on_progress = by_source})
                  .error()
                  .kind(),
              error_kind::interrupted);
    EXPECT_EQ(steps, 2);
    back_up(source, destination).value();
    expect_copy(destination);
}

TEST_F(backup_test, a_deadline_stops_it) {
    auto source = open_filled("source.db");
    auto destination = open_memory();
    const auto begin = std::chrono::steady_clock::now();
    const auto why = back_up(source, destination,
                             {.pages_per_step = 1,
                              .pause = milliseconds(10),
                              .until = deadline::in(milliseconds(60))})
                         .error();
    EXPECT_EQ(why.kind(), error_kind::timeout);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST_F(backup_test, waits_for_a_lock_on_the_destination) {
    auto source = open_filled("source.db");
    auto destination = open("destination.db", {.busy_timeout = milliseconds(30)});
    auto other = open("destination.db");
    auto t = other.begin(transaction_mode::immediate).value();
    EXPECT_EQ(
        back_up(source, destination, {.until = deadline::in(milliseconds(50))}).error().kind(),
        error_kind::timeout);
    std::thread later([&] {
        std::this_thread::sleep_for(milliseconds(100));
        t.rollback().value();
    });
    const auto outcome = back_up(source, destination, {.until = deadline::in(milliseconds(5000))});
    later.join();
    ASSERT_TRUE(outcome) << outcome.error().to_string();
    expect_copy(destination);
}

TEST_F(backup_test, a_lock_that_is_not_released_is_busy) {
    auto source = open_filled("source.db", {.busy_timeout = milliseconds(30)});
    auto destination = open("destination.db", {.busy_timeout = milliseconds(30)});
    auto other = open("destination.db");
    auto t = other.begin(transaction_mode::immediate).value();
    EXPECT_EQ(back_up(source, destination).error().kind(), error_kind::busy);
    t.rollback().value();
    back_up(source, destination).value();
}

TEST_F(backup_test, each_side_uses_the_key_of_its_connection) {
    const std::string key = "first key";
    const std::string other_key = "second key";
    auto source = open_filled("source.db", {.encryption_key = key});
    auto plain = open("plain.db");
    auto rekeyed = open("rekeyed.db", {.encryption_key = other_key});
    back_up(source, plain).value();
    back_up(plain, rekeyed).value();
    expect_copy(plain);
    expect_copy(rekeyed);
    plain.close().value();
    rekeyed.close().value();
    auto plain_again = open("plain.db");
    expect_copy(plain_again);
    EXPECT_EQ(database::open({.database = directory.file("rekeyed.db")}).error().kind(),
              error_kind::wrong_key);
    auto rekeyed_again = open("rekeyed.db", {.encryption_key = other_key});
    expect_copy(rekeyed_again);
}

// --- to a path ---

TEST_F(backup_test, copies_to_a_path) {
    for (const int page_size : {512, 4096, 65536}) {
        for (const std::string key : {"", "a key"}) {
            SCOPED_TRACE(std::to_string(page_size) + key);
            const std::string name = std::to_string(page_size) + key;
            auto source = open_filled("source" + name, {.page_size = page_size});
            back_up(source, directory.file(name), key).value();
            EXPECT_FALSE(std::filesystem::exists(directory.file(name + "-journal")));
            auto copy = open(name, {.encryption_key = key});
            expect_copy(copy);
            EXPECT_EQ(copy.fetch_one<int>("PRAGMA page_size").value(), page_size);
            EXPECT_EQ(cipher(copy).value().has_value(), !key.empty());
            source.execute("DELETE FROM t WHERE id > 10").value();
            copy.close().value();
            back_up(source, directory.file(name), key).value();
            auto again = open(name, {.encryption_key = key});
            EXPECT_EQ(again.fetch_one<std::int64_t>("SELECT count(*) FROM t").value(), 10);
        }
    }
}

TEST_F(backup_test, a_path_that_cannot_be_opened_is_an_error) {
    auto source = open_filled("source.db");
    EXPECT_EQ(back_up(source, directory.file("none/x.db")).error().kind(), error_kind::cannot_open);
    EXPECT_EQ(back_up(source, directory.path().string()).error().kind(), error_kind::cannot_open);
    open_filled("secret.db", {.encryption_key = "k"}).close().value();
    EXPECT_EQ(back_up(source, directory.file("secret.db")).error().kind(), error_kind::wrong_key);
    std::ofstream(directory.file("rubbish")) << std::string(5000, 'x');
    EXPECT_EQ(back_up(source, directory.file("rubbish")).error().kind(),
              error_kind::not_a_database);
    EXPECT_EQ(std::filesystem::file_size(directory.file("rubbish")), 5000U);
}

TEST_F(backup_test, a_failed_copy_to_a_new_path_leaves_no_file) {
    auto source = open_filled("source.db");
    const auto path = directory.file("new.db");
    EXPECT_EQ(
        back_up(source, path, "", {.pages_per_step = 1, .on_progress = [](auto&) { return false; }})
            .error()
            .kind(),
        error_kind::interrupted);
    EXPECT_FALSE(std::filesystem::exists(path));
    EXPECT_FALSE(std::filesystem::exists(path + "-journal"));
}

TEST_F(backup_test, copies_an_empty_and_an_attached_database) {
    auto empty = open_memory("ATTACH ':memory:' AS other; CREATE TABLE other.t(a)");
    back_up(empty, directory.file("empty.db")).value();
    EXPECT_EQ(
        open("empty.db").fetch_one<std::int64_t>("SELECT count(*) FROM sqlite_schema").value(), 0);
    back_up(empty, directory.file("other.db"), "", {.schemas = {.source = "other"}}).value();
    EXPECT_EQ(open("other.db").fetch_one<std::string>("SELECT name FROM sqlite_schema").value(),
              "t");
}

}  // namespace
}  // namespace libsql
