#include "support/test_database.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace {

using namespace libsql::testing;

/// Fails a test that runs in remote or replica mode and does not use a database of that mode,
/// because it would count without having tested the mode.
class no_idle_test : public testing::EmptyTestEventListener {
    void OnTestStart(const testing::TestInfo& /*test*/) override { before_ = databases_made(); }

    void OnTestEnd(const testing::TestInfo& test) override {
        if (mode() != test_mode::local && databases_made() == before_) {
            ADD_FAILURE() << test.test_suite_name() << "." << test.name()
                          << " has no database of mode " << to_string(mode());
        }
    }

    int before_{0};
};

[[maybe_unused]] const bool watched = [] {
    testing::UnitTest::GetInstance()->listeners().Append(new no_idle_test);
    return true;
}();

TEST(test_database, each_is_new_and_in_the_chosen_mode) {
    auto one = open_fresh("CREATE TABLE t(x)");
    auto other = open_fresh("CREATE TABLE t(x)");
    for (const auto& chosen : {fresh_options(), shared_options()}) {
        EXPECT_EQ(mode() == test_mode::local, chosen.uri.empty());
        EXPECT_EQ(mode() == test_mode::remote, chosen.database.empty());
    }
    one.execute("INSERT INTO t VALUES (1)").value();
    EXPECT_EQ(other.fetch_one<std::int64_t>("SELECT count(*) FROM t").value(), 0);
}

TEST(test_database, connections_of_a_shared_database_see_the_same_data) {
    const auto db = fresh_database();
    auto one = db.connect().value();
    auto other = db.connect().value();
    one.execute("CREATE TABLE t(x)").value();
    one.execute("INSERT INTO t VALUES (7)").value();
    EXPECT_EQ(other.fetch_one<std::int64_t>("SELECT x FROM t").value(), 7);
}

}  // namespace
