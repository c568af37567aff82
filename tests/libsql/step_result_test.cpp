#include "support/outcome.hpp"

#include <libsql/step_result.hpp>

#include <gtest/gtest.h>

namespace libsql {

using testing::is_error;

namespace {

template <class F>
error thrown_by(F&& f) {
    try {
        f();
    } catch (const exception& e) {
        return e.error();
    }
    return error(error_kind::internal, "nothing was thrown");
}

}  // namespace

TEST(step_result, a_skipped_step_has_neither_result_nor_error) {
    const step_result step;
    EXPECT_TRUE(step.skipped());
    EXPECT_FALSE(step.ok());
    EXPECT_FALSE(step.failed());
    EXPECT_TRUE(is_error(thrown_by([&] { (void)step.rows(); }), error_kind::misuse, "skipped"));
    EXPECT_TRUE(is_error(thrown_by([&] { (void)step.error(); }), error_kind::misuse, "not failed"));
}

TEST(step_result, a_failed_step_throws_its_error_when_asked_for_a_result) {
    const step_result step(error(error_kind::busy, "locked"));
    EXPECT_TRUE(step.failed());
    EXPECT_FALSE(step.ok());
    EXPECT_FALSE(step.skipped());
    EXPECT_EQ(step.error().message(), "locked");
    EXPECT_TRUE(is_error(thrown_by([&] { (void)step.executed(); }), error_kind::busy, "locked"));
    EXPECT_TRUE(is_error(thrown_by([&] { (void)step.columns(); }), error_kind::busy, "locked"));
}

TEST(step_result, a_step_without_rows_has_an_empty_result) {
    const step_result step(execution{.rows_affected = 3, .last_insert_rowid = 7});
    EXPECT_TRUE(step.ok());
    EXPECT_EQ(step.executed().rows_affected, 3);
    EXPECT_EQ(step.executed().last_insert_rowid, 7);
    EXPECT_TRUE(step.columns().empty());
    EXPECT_TRUE(step.rows().empty());
    EXPECT_TRUE(is_error(thrown_by([&] { (void)step.error(); }), error_kind::misuse));
}

TEST(step_result, a_step_with_rows_keeps_them_when_copied) {
    step_result copy;
    {
        const step_result step(result_set{{}, {{value(1)}, {value("a")}}, {.rows_read = 2}});
        copy = step;
    }
    EXPECT_TRUE(copy.ok());
    EXPECT_EQ(copy.rows().at(1).at(0), value("a"));
    EXPECT_EQ(copy.executed().rows_read, 2U);
}

TEST(step_result, is_small) {
    EXPECT_LE(sizeof(step_result), 40U);
}

TEST(step_result, rows_can_be_moved_out) {
    const result_set all{.columns = {}, .rows = {{value("text")}}, .executed = {}};
    step_result one(all);
    const auto* const text = one.rows()[0][0].if_text();
    const auto taken = one.take_rows();
    EXPECT_EQ(taken[0][0].if_text(), text) << "they were copied";
    EXPECT_TRUE(one.rows().empty());

    step_result two(all);
    const step_result copy(two);
    EXPECT_EQ(two.take_rows(), all.rows);
    EXPECT_TRUE(two.rows().empty());
    EXPECT_EQ(copy.rows(), all.rows) << "a copy keeps its own";
    EXPECT_TRUE(step_result(execution()).take_rows().empty());
    EXPECT_TRUE(is_error(thrown_by([] { (void)step_result().take_rows(); }), error_kind::misuse));
}

}  // namespace libsql
