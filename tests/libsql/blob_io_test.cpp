#include "support/open_connection.hpp"
#include "support/temporary_directory.hpp"
#include "support/two_connections.hpp"

#include <libsql/blob_io.hpp>
#include <libsql/database.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace libsql {
namespace {

using ::testing::HasSubstr;
using testing::open_memory;

blob bytes(std::string_view text) {
    const auto all = std::as_bytes(std::span(text));
    return {all.begin(), all.end()};
}

class blob_io_test : public ::testing::Test {
protected:
    [[nodiscard]] result<blob_io> open(std::int64_t rowid,
                                       blob_access access = blob_access::read_write) {
        return blob_io::open(c, {.table = "t", .column = "b", .rowid = rowid}, access);
    }

    static std::string content(blob_io& b) {
        std::string out(b.size().value(), '\0');
        b.read(std::as_writable_bytes(std::span(out)), 0).value();
        return out;
    }

    connection c = open_memory(R"(
        CREATE TABLE t(id INTEGER PRIMARY KEY, b, n);
        INSERT INTO t VALUES (1, CAST('0123456789' AS BLOB), 1), (2, 'text', 2), (3, NULL, 3), (4, 5, 4), (5, x'', 5);
        CREATE TABLE w(id PRIMARY KEY, b) WITHOUT ROWID;
        INSERT INTO w VALUES (1, x'00');
        CREATE INDEX tn ON t(n);
        CREATE VIRTUAL TABLE f USING fts5(b); INSERT INTO f VALUES ('x');
        CREATE VIEW v AS SELECT * FROM t;)");
};

TEST_F(blob_io_test, names_what_cannot_be_opened) {
    const auto fails = [&](blob_place where, std::string_view part,
                           blob_access access = blob_access::read_write) {
        const auto why = blob_io::open(c, std::move(where), access).error();
        EXPECT_EQ(why.kind(), error_kind::sql) << why.message();
        EXPECT_THAT(why.message(), HasSubstr(part));
    };
    fails({.table = "none", .column = "b", .rowid = 1}, "none");
    fails({.schema = "none", .table = "t", .column = "b", .rowid = 1}, "none");
    fails({.table = "t", .column = "none", .rowid = 1}, "none");
    fails({.table = "t", .column = "b", .rowid = 99}, "99");
    fails({.table = "t", .column = "b", .rowid = 3}, "null");
    fails({.table = "t", .column = "b", .rowid = 4}, "integer");
    fails({.table = "t", .column = "n", .rowid = 1}, "index");
    fails({.table = "w", .column = "b", .rowid = 1}, "without rowid");
    fails({.table = "f", .column = "b", .rowid = 1}, "virtual");
    fails({.table = "v", .column = "b", .rowid = 1}, "view");
    fails({}, "");
}

TEST_F(blob_io_test, reads_and_writes_parts) {
    auto b = open(1).value();
    EXPECT_EQ(b.size().value(), 10U);
    blob part(3);
    b.read(part, 4).value();
    EXPECT_EQ(part, bytes("456"));
    b.write(bytes("abc"), 7).value();
    b.write(bytes("X"), 0).value();
    EXPECT_EQ(content(b), "X123456abc");
    b.close().value();
    EXPECT_EQ(c.fetch_one<blob>("SELECT b FROM t WHERE id = 1").value(), bytes("X123456abc"));
}

TEST_F(blob_io_test, reads_and_writes_nothing_beyond_the_end) {
    auto b = open(1).value();
    blob part(4);
    for (const auto& [size, offset] :
         std::vector<std::pair<std::size_t, std::size_t>>{{4, 7},
                                                          {1, 10},
                                                          {0, 11},
                                                          {1, SIZE_MAX},
                                                          {4, SIZE_MAX - 1},
                                                          {1, std::size_t{1} << 32}}) {
        part.resize(size);
        EXPECT_EQ(b.read(part, offset).error().kind(), error_kind::invalid_argument)
            << size << " at " << offset;
        EXPECT_EQ(b.write(part, offset).error().kind(), error_kind::invalid_argument)
            << size << " at " << offset;
    }
    part.resize(0);
    b.read(part, 10).value();
    b.write(part, 10).value();
    EXPECT_EQ(content(b), "0123456789");
}

TEST_F(blob_io_test, opens_text_and_empty_blobs) {
    auto text = open(2).value();
    EXPECT_EQ(content(text), "text");
    text.write(bytes("T"), 0).value();
    text.reopen(5).value();
    EXPECT_EQ(text.size().value(), 0U);
    text.close().value();
    EXPECT_EQ(c.fetch_one<std::string>("SELECT b FROM t WHERE id = 2").value(), "Text");
}

TEST_F(blob_io_test, a_blob_opened_for_reading_refuses_writes) {
    auto b = open(1, blob_access::read_only).value();
    EXPECT_EQ(b.write(bytes("x"), 0).error().kind(), error_kind::read_only);
    auto reading = c.begin(transaction_mode::read_only).value();
    EXPECT_EQ(open(1).error().kind(), error_kind::read_only);
}

TEST_F(blob_io_test, reopen_moves_to_another_row) {
    auto b = open(1, blob_access::read_only).value();
    b.reopen(2).value();
    EXPECT_EQ(content(b), "text");
    EXPECT_EQ(b.reopen(3).error().kind(), error_kind::sql);
    EXPECT_EQ(b.size().error().kind(), error_kind::closed);
    blob part(1);
    EXPECT_EQ(b.read(part, 0).error().kind(), error_kind::closed);
    b.reopen(1).value();
    EXPECT_EQ(content(b), "0123456789");
}

TEST_F(blob_io_test, changing_or_deleting_the_row_invalidates_it) {
    for (const std::string change :
         {"UPDATE t SET n = 9 WHERE id = 1", "DELETE FROM t WHERE id = 1"}) {
        auto b = open(1).value();
        c.execute(change).value();
        blob part(1);
        EXPECT_EQ(b.read(part, 0).error().kind(), error_kind::closed) << change;
        EXPECT_EQ(b.write(part, 0).error().kind(), error_kind::closed) << change;
        EXPECT_THAT(b.size().error().message(), HasSubstr("reopen"));
        b.reopen(2).value();
        EXPECT_EQ(content(b), "text");
        b.close().value();
    }
}

TEST_F(blob_io_test, a_rollback_undoes_its_writes_and_closes_it) {
    auto t = c.begin(transaction_mode::immediate).value();
    auto b = blob_io::open(t, {.table = "t", .column = "b", .rowid = 1}, blob_access::read_write)
                 .value();
    b.write(bytes("rolled"), 0).value();
    t.rollback().value();
    blob part(1);
    EXPECT_EQ(b.read(part, 0).error().kind(), error_kind::closed);
    b.reopen(1).value();
    EXPECT_EQ(content(b), "0123456789");
    b.close().value();

    auto kept = c.begin(transaction_mode::immediate).value();
    auto d = blob_io::open(kept, {.table = "t", .column = "b", .rowid = 1}, blob_access::read_write)
                 .value();
    d.write(bytes("kept"), 0).value();
    EXPECT_FALSE(kept.commit());
    d.close().value();
    kept.commit().value();
    EXPECT_EQ(c.fetch_one<blob>("SELECT b FROM t WHERE id = 1").value(), bytes("kept456789"));
    EXPECT_EQ(blob_io::open(kept, {.table = "t", .column = "b", .rowid = 1}).error().kind(),
              error_kind::transaction);
}

TEST_F(blob_io_test, can_be_closed_twice_moved_and_closed_by_its_connection) {
    auto b = open(1).value();
    b.close().value();
    EXPECT_EQ(b.close().error().kind(), error_kind::closed);
    EXPECT_EQ(b.reopen(1).error().kind(), error_kind::closed);
    auto d = open(1).value();
    auto moved = std::move(d);
    EXPECT_EQ(d.size().error().kind(), error_kind::closed);
    EXPECT_EQ(moved.size().value(), 10U);
    auto another = open(2).value();
    c.close().value();
    EXPECT_EQ(moved.size().error().kind(), error_kind::closed);
    EXPECT_EQ(another.close().error().kind(), error_kind::closed);
}

TEST_F(blob_io_test, the_connection_may_be_dropped_first) {
    std::optional<blob_io> left;
    {
        auto gone = open_memory("CREATE TABLE t(b); INSERT INTO t VALUES (x'0102')");
        left.emplace(blob_io::open(gone, {.table = "t", .column = "b", .rowid = 1}).value());
    }
    EXPECT_EQ(left->size().error().kind(), error_kind::closed);
}

TEST_F(blob_io_test, closing_it_outside_a_transaction_commits) {
    const testing::temporary_directory directory;
    const auto db = database::open({.database = directory.file("x.db"),
                                    .busy_timeout = std::chrono::milliseconds(10)})
                        .value();
    auto writer = db.connect().value();
    auto other = db.connect().value();
    writer.run_script("CREATE TABLE t(b); INSERT INTO t VALUES (zeroblob(100000))").value();
    auto b =
        blob_io::open(writer, {.table = "t", .column = "b", .rowid = 1}, blob_access::read_write)
            .value();
    b.write(bytes("seen"), 50000).value();
    EXPECT_EQ(other.execute("INSERT INTO t VALUES (1)").error().kind(), error_kind::busy);
    EXPECT_EQ(other.fetch_one<std::int64_t>("SELECT instr(b, CAST('seen' AS BLOB)) FROM t").value(),
              0);
    b.close().value();
    EXPECT_EQ(other.fetch_one<std::int64_t>("SELECT instr(b, CAST('seen' AS BLOB)) FROM t").value(),
              50001);
    other.execute("INSERT INTO t VALUES (1)").value();
}

TEST_F(blob_io_test, opens_a_column_that_another_connection_has_renamed) {
    testing::two_connections opened({}, "CREATE TABLE t(b); INSERT INTO t VALUES (x'0102')");
    auto& first = opened.first;
    auto& second = opened.second;
    second.fetch_one<int>("SELECT count(*) FROM t").value();
    first.execute("ALTER TABLE t RENAME COLUMN b TO c").value();
    EXPECT_EQ(
        blob_io::open(second, {.table = "t", .column = "c", .rowid = 1}).value().size().value(),
        2U);
    second.fetch_one<int>("SELECT count(*) FROM t").value();
    first.execute("ALTER TABLE t RENAME TO u").value();
    EXPECT_EQ(
        blob_io::open(second, {.table = "u", .column = "c", .rowid = 1}).value().size().value(),
        2U);
    EXPECT_EQ(blob_io::open(second, {.table = "t", .column = "c", .rowid = 1}).error().message(),
              "no such table: main.t");
}

RC_GTEST_FIXTURE_PROP(blob_io_test, behaves_like_a_string, ()) {
    std::string model(static_cast<std::size_t>(*rc::gen::inRange(0, 20'000)), '-');
    c.execute("UPDATE t SET b = ? WHERE id = 1", blob_view(std::as_bytes(std::span(model))))
        .value();
    auto b = open(1).value();
    for (int i = 0; i < 20; ++i) {
        const auto offset = static_cast<std::size_t>(*rc::gen::inRange<int>(0, 20'000));
        const auto part = *rc::gen::container<std::string>(rc::gen::inRange('a', 'z'));
        const bool fits = offset <= model.size() && part.size() <= model.size() - offset;
        RC_ASSERT(b.write(bytes(part), offset).has_value() == fits);
        if (fits) {
            std::ranges::copy(part, model.begin() + static_cast<std::ptrdiff_t>(offset));
        }
    }
    RC_ASSERT(content(b) == model);
}

}  // namespace
}  // namespace libsql
