#include "libsql/local/load_extension.hpp"

#include "libsql/local/connection.hpp"
#include "support/outcome.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace libsql::local {
namespace {

using testing::failed_with;
using testing::succeeded;

TEST(load_extension, is_refused_to_sql_before_and_after) {
    const auto owner = connection::open({.database = ":memory:"}).value();
    const call inside(*owner);
    EXPECT_FALSE(owner->execute_inside("SELECT extension_answer()", {}));
    ASSERT_TRUE(succeeded(load_extension(owner->handle(), {.path = LIBSQL_TEST_EXTENSION})));
    EXPECT_TRUE(succeeded(owner->execute_inside("SELECT extension_answer()", {})));
    EXPECT_TRUE(failed_with(load_extension(owner->handle(), {.path = LIBSQL_TEST_EXTENSION,
                                                             .entry_point = "refusing_init"}),
                            error_kind::cannot_open, "not today"));
    EXPECT_FALSE(owner->execute_inside("SELECT load_extension('" LIBSQL_TEST_EXTENSION "')", {}));
}

}  // namespace
}  // namespace libsql::local
