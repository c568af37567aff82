// A statement that was refused because of a schema that is the file's no more. docs/engine.md tells
// which correction these tests are about; tests/libsql/executor_test.cpp has what is seen in all
// modes.

#include "support/outcome.hpp"
#include "support/temporary_directory.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <string>

namespace libsql {
namespace {

using testing::succeeded;

class engine_stale_schema : public ::testing::Test {
protected:
    /// `change`, made elsewhere, is known when `statement` is compiled.
    void expect_known(const std::string& change, const std::string& statement) {
        second.fetch_one<int>("SELECT count(*) FROM t").value();
        ASSERT_TRUE(succeeded(first.execute(change)));
        EXPECT_TRUE(succeeded(second.execute(statement))) << statement;
    }

    testing::temporary_directory folder;
    database db = database::open({.database = folder.file("x.db")}).value();
    connection first = db.connect().value();
    connection second = db.connect().value();
};

TEST_F(engine_stale_schema, is_reread_for_an_index) {
    first.execute("CREATE TABLE t(x)").value();
    expect_known("CREATE INDEX i ON t(x)", "REINDEX i");
}

TEST_F(engine_stale_schema, is_reread_for_an_attached_database) {
    const auto file = folder.file("other.db");
    for (auto* const c : {&first, &second}) {
        c->execute("ATTACH ? AS other", file).value();
    }
    first.run_script("CREATE TABLE t(x); CREATE TABLE other.o(x)").value();
    second.fetch_one<int>("SELECT count(*) FROM other.o").value();
    expect_known("ALTER TABLE other.o ADD COLUMN y", "INSERT INTO other.o VALUES (1, 2)");
}

TEST_F(engine_stale_schema, is_reread_in_a_transaction_that_has_read_nothing) {
    first.execute("CREATE TABLE t(x)").value();
    second.fetch_one<int>("SELECT count(*) FROM t").value();
    first.execute("ALTER TABLE t ADD COLUMN y").value();
    auto tx = second.begin(transaction_mode::immediate).value();
    EXPECT_TRUE(succeeded(tx.execute("INSERT INTO t VALUES (1, 2)")));
}

TEST_F(engine_stale_schema, is_not_used_for_errors_about_the_new_one) {
    first.execute("CREATE TABLE t(x, y)").value();
    second.fetch_one<int>("SELECT count(*) FROM t").value();
    first.execute("ALTER TABLE t ADD COLUMN z").value();
    EXPECT_EQ(second.execute("INSERT INTO t VALUES (1)").error().message(),
              "table t has 3 columns but 1 values were supplied");
    EXPECT_TRUE(succeeded(second.execute("INSERT INTO t VALUES (1, 2, 3)")));
}

}  // namespace
}  // namespace libsql
