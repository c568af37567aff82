#include "libsql/local/batch_runner.hpp"

#include "libsql/local/connection.hpp"
#include "support/outcome.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>

namespace libsql::local {
namespace {

using testing::failed_with;
using testing::succeeded;

/// A connection with an empty table, in a call of this thread.
class batch_runner_test : public ::testing::Test {
protected:
    void SetUp() override {
        owner = connection::open({.database = ":memory:"}).value();
        inside.emplace(*owner);
        run("CREATE TABLE t (a UNIQUE)");
    }

    void run(const char* sql) { ASSERT_TRUE(succeeded(owner->execute_inside(sql, {}))); }

    [[nodiscard]] bool in_transaction() const {
        return sqlite3_get_autocommit(owner->handle()) == 0;
    }

    std::int64_t rows() {
        batch count;
        count.add("SELECT count(*) FROM t");
        const auto all = batch_runner(*owner, count).run(batch_mode::independent, false).value();
        return *all.steps[0].rows()[0][0].if_integer();
    }

    std::shared_ptr<connection> owner;
    std::optional<call> inside;
};

batch insert_twice() {
    batch steps;
    steps.add("INSERT INTO t VALUES (1)");
    steps.add("INSERT INTO t VALUES (1)");
    steps.add("INSERT INTO t VALUES (2)");
    return steps;
}

TEST_F(batch_runner_test, independent_steps_do_not_stop_each_other) {
    const auto steps = insert_twice();
    const auto all = batch_runner(*owner, steps).run(batch_mode::independent, false).value();
    ASSERT_EQ(all.steps.size(), 3U);
    EXPECT_TRUE(all.steps[0].ok());
    EXPECT_TRUE(all.steps[1].failed());
    EXPECT_TRUE(all.steps[2].ok());
    EXPECT_EQ(rows(), 2);
    EXPECT_FALSE(in_transaction());
}

TEST_F(batch_runner_test, a_failed_step_undoes_a_transactional_batch) {
    const auto steps = insert_twice();
    const auto all = batch_runner(*owner, steps).run(batch_mode::transactional, false).value();
    EXPECT_TRUE(all.steps[1].failed());
    EXPECT_FALSE(all.steps[2].ok());
    EXPECT_FALSE(all.steps[2].failed());  // it did not run
    EXPECT_EQ(rows(), 0);
    EXPECT_FALSE(in_transaction());
}

TEST_F(batch_runner_test, in_a_transaction_only_the_batch_is_undone) {
    const auto steps = insert_twice();
    run("BEGIN");
    run("INSERT INTO t VALUES (0)");
    static_cast<void>(batch_runner(*owner, steps).run(batch_mode::transactional, false).value());
    EXPECT_TRUE(in_transaction());
    EXPECT_EQ(rows(), 1);
    batch good;
    good.add("INSERT INTO t VALUES (1)");
    static_cast<void>(batch_runner(*owner, good).run(batch_mode::transactional, false).value());
    EXPECT_TRUE(in_transaction());
    run("COMMIT");
    EXPECT_EQ(rows(), 2);
}

TEST_F(batch_runner_test, a_wrong_condition_is_an_error_before_anything_runs) {
    batch steps;
    steps.add("INSERT INTO t VALUES (1)");
    steps.add_if(condition::ok(1), "INSERT INTO t VALUES (2)");
    EXPECT_TRUE(failed_with(batch_runner(*owner, steps).run(batch_mode::independent, false),
                            error_kind::invalid_argument));
    EXPECT_EQ(rows(), 0);
}

TEST_F(batch_runner_test, a_commit_that_fails_undoes_the_batch) {
    run("PRAGMA foreign_keys = ON");
    run("CREATE TABLE child (a REFERENCES t (a) DEFERRABLE INITIALLY DEFERRED)");
    batch steps;
    steps.add("INSERT INTO t VALUES (1)");
    steps.add("INSERT INTO child VALUES (2)");
    EXPECT_TRUE(failed_with(batch_runner(*owner, steps).run(batch_mode::transactional, false),
                            error_kind::constraint));
    EXPECT_FALSE(in_transaction());
    EXPECT_EQ(rows(), 0);
}

TEST_F(batch_runner_test, an_interrupt_after_it_was_made_stops_it) {
    const auto steps = insert_twice();
    owner->interrupt();  // before: it was for something else
    batch_runner runner(*owner, steps);
    owner->interrupt();
    const auto all = runner.run(batch_mode::independent, false).value();
    for (const auto& step : all.steps) {
        ASSERT_TRUE(step.failed());
        EXPECT_EQ(step.error().kind(), error_kind::interrupted);
    }
    EXPECT_EQ(rows(), 0);
}

TEST_F(batch_runner_test, steps_after_the_end_of_their_transaction_do_not_run) {
    batch steps;
    steps.add("COMMIT");
    steps.add("INSERT INTO t VALUES (1)");
    run("BEGIN");
    const auto of_text = batch_runner(*owner, steps).run(batch_mode::independent, false).value();
    EXPECT_TRUE(of_text.steps[1].ok());
    run("DELETE FROM t");
    run("BEGIN");
    const auto of_handle = batch_runner(*owner, steps).run(batch_mode::independent, true).value();
    EXPECT_TRUE(of_handle.steps[0].ok());
    ASSERT_TRUE(of_handle.steps[1].failed());
    EXPECT_EQ(of_handle.steps[1].error().kind(), error_kind::transaction);
    EXPECT_EQ(rows(), 0);
}

}  // namespace
}  // namespace libsql::local
