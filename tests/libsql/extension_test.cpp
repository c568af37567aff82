#include "support/open_connection.hpp"
#include "support/outcome.hpp"

#include <libsql/extension.hpp>

#include <gtest/gtest.h>

namespace libsql {
namespace {

using namespace testing;

const std::string path = LIBSQL_TEST_EXTENSION;

TEST(extension, is_loaded_when_a_connection_opens) {
    auto conn = open_with({.database = ":memory:", .load_extensions = {{.path = path}}});
    EXPECT_EQ(scalar<int>(conn, "SELECT extension_answer()"), 42);
    EXPECT_TRUE(failed_with(conn.execute("SELECT load_extension(?)", path), error_kind::sql));
}

TEST(extension, is_loaded_into_an_open_connection_and_no_other) {
    auto conn = open_memory();
    auto other = open_memory();
    ASSERT_TRUE(succeeded(load_extension(conn, {.path = path})));
    EXPECT_EQ(scalar<int>(conn, "SELECT extension_answer()"), 42);
    EXPECT_TRUE(failed_with(other.execute("SELECT extension_answer()"), error_kind::sql));
    EXPECT_TRUE(failed_with(conn.execute("SELECT load_extension(?)", path), error_kind::sql));
}

TEST(extension, that_fails_to_initialise_gives_its_message) {
    auto conn = open_memory();
    EXPECT_TRUE(failed_with(load_extension(conn, {.path = path, .entry_point = "refusing_init"}),
                            error_kind::cannot_open, "not today"));
    EXPECT_TRUE(failed_with(load_extension(conn, {.path = path, .entry_point = "no_such_init"}),
                            error_kind::cannot_open, "no_such_init"));
    EXPECT_TRUE(failed_with(load_extension(conn, {.path = "no/such/file"}), error_kind::cannot_open,
                            "no/such/file"));
    EXPECT_TRUE(succeeded(conn.execute("SELECT 1")));
}

TEST(extension, is_not_loaded_into_a_closed_connection) {
    auto conn = open_memory();
    ASSERT_TRUE(succeeded(conn.close()));
    EXPECT_TRUE(failed_with(load_extension(conn, {.path = path}), error_kind::closed));
}

}  // namespace
}  // namespace libsql
