#include "libsql/local/statement_compiler.hpp"

#include "libsql/local/connection.hpp"
#include "support/outcome.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace libsql::local {
namespace {

using testing::failed_with;
using testing::succeeded;

/// A connection, in a call of this thread.
class statement_compiler_test : public ::testing::Test {
protected:
    void open(file_use use) {
        inside.reset();
        owner = connection::open({.database = ":memory:"}, use).value();
        inside.emplace(*owner);
    }

    void SetUp() override { open(file_use::plain); }

    std::shared_ptr<connection> owner;
    std::optional<call> inside;
};

TEST_F(statement_compiler_test, compiles_the_one_statement_of_a_text) {
    for (const auto* const sql : {"SELECT 1", "SELECT 1;", " /* a */ SELECT 1 ; ; -- b\n"}) {
        auto made = compile(*owner, sql, true);
        ASSERT_TRUE(succeeded(made)) << sql;
        EXPECT_EQ((*made)->sql(), sql);
        EXPECT_TRUE((*made)->has_columns());
        EXPECT_FALSE((*made)->cached);
        EXPECT_FALSE((*made)->is_control());
    }
    EXPECT_TRUE(compile(*owner, "SAVEPOINT a", false).value()->is_control());
}

TEST_F(statement_compiler_test, what_cannot_be_compiled_has_not_run) {
    const auto wrong = compile(*owner, "SELEC 1", false);
    EXPECT_TRUE(failed_with(wrong, error_kind::sql, "SELEC"));
    EXPECT_EQ(wrong.error().outcome(), error_outcome::not_run);
    for (const auto* const nothing : {"", " ; ", "-- a"}) {
        EXPECT_TRUE(failed_with(compile(*owner, nothing, false), error_kind::invalid_argument));
    }
    EXPECT_TRUE(failed_with(compile(*owner, std::string_view("SELECT 1\0", 9), false),
                            error_kind::invalid_argument));
}

TEST_F(statement_compiler_test, a_second_statement_is_refused_with_its_place) {
    const auto two = compile(*owner, "SELECT 1; ; SELECT 2", false);
    ASSERT_TRUE(failed_with(two, error_kind::invalid_argument));
    EXPECT_EQ(two.error().offset(), 12U);
    EXPECT_EQ(sqlite3_next_stmt(owner->handle(), nullptr),
              owner->statements().find_idle("SELECT count(*) FROM sqlite_schema")->handle());
}

TEST_F(statement_compiler_test, query_only_stays_on_where_writes_are_refused) {
    EXPECT_TRUE(succeeded(compile(*owner, "PRAGMA query_only = 0", false)));
    owner->engine().writes().push(owner->handle());
    EXPECT_TRUE(
        failed_with(compile(*owner, "PRAGMA query_only = 0", false), error_kind::read_only));
    EXPECT_EQ(libsql_engine_set_query_only(owner->handle(), 1), 1);
    owner->engine().writes().pop(owner->handle());
}

TEST_F(statement_compiler_test, the_log_of_a_replica_is_not_emptied) {
    EXPECT_TRUE(succeeded(compile(*owner, "PRAGMA wal_checkpoint", false)));
    open(file_use::replica);
    EXPECT_TRUE(succeeded(compile(*owner, "PRAGMA wal_checkpoint", false)));
    open(file_use::replica_wal);
    EXPECT_TRUE(
        failed_with(compile(*owner, "PRAGMA wal_checkpoint", false), error_kind::unsupported));
}

TEST(is_cacheable, excludes_what_takes_effect_when_it_is_compiled_and_long_texts) {
    EXPECT_TRUE(is_cacheable("SELECT 1"));
    EXPECT_TRUE(is_cacheable(""));
    EXPECT_TRUE(is_cacheable("SELECT " + std::string(60'000, '1')));
    EXPECT_FALSE(is_cacheable("SELECT " + std::string(70'000, '1')));
    EXPECT_FALSE(is_cacheable("pragma user_version"));
    EXPECT_FALSE(is_cacheable(" /* a */ EXPLAIN SELECT 1"));
}

}  // namespace
}  // namespace libsql::local
