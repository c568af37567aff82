#include "libsql/local/replica_file.hpp"

#include "libsql/local/connection.hpp"
#include "support/outcome.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace libsql::local {
namespace {

using namespace testing;

/// Makes the plain file `path`.
void make_database(const std::string& path) {
    const auto made = connection::open({.database = path}).value();
    ASSERT_TRUE(succeeded(made->execute("CREATE TABLE t (a)", {}, {})));
}

void make_state(const std::string& path) {
    std::ofstream(path) << "{}";
}

TEST(replica_file, is_known_by_the_state_beside_it) {
    const temporary_directory directory;
    const auto path = directory.file("a.db");
    EXPECT_EQ(replica_state_beside(nullptr), "");
    EXPECT_EQ(replica_state_beside(""), "");
    EXPECT_EQ(replica_state_beside(path.c_str()), "");
    make_state(path + "-info");
    EXPECT_EQ(replica_state_beside(path.c_str()), path + "-info");
    make_state(path + "-client_wal_index");
    EXPECT_EQ(replica_state_beside(path.c_str()), path + "-client_wal_index");
}

TEST(replica_file, may_be_opened_as_a_plain_one_to_read) {
    const temporary_directory directory;
    const auto path = directory.file("a.db");
    make_database(path);
    make_state(path + "-info");
    EXPECT_TRUE(
        failed_with(connection::open({.database = path}), error_kind::cannot_open, "replica"));
    EXPECT_TRUE(succeeded(connection::open({.database = path}, file_use::replica)));
    const auto reader = connection::open({.database = path, .mode = open_mode::read_only}).value();
    const call inside(*reader);
    EXPECT_TRUE(succeeded(check_replica(reader->engine(), reader->options())));
    EXPECT_TRUE(failed_with(check_replica(reader->engine(), {.database = path}),
                            error_kind::cannot_open, "-info"));
}

TEST(replica_file, is_detached_again_unless_it_is_only_read) {
    const temporary_directory directory;
    const auto path = directory.file("a.db");
    make_database(path);
    const auto owner = connection::open({.database = ":memory:"}).value();
    ASSERT_TRUE(succeeded(owner->execute("ATTACH '" + path + "' AS plain", {}, {})));
    make_state(path + "-info");
    const call inside(*owner);
    const auto why = detach_replicas(owner->engine());
    ASSERT_TRUE(why);
    EXPECT_TRUE(is_error(*why, error_kind::cannot_open, "replica"));
    EXPECT_EQ(why->outcome(), error_outcome::undone);
    EXPECT_EQ(sqlite3_db_name(owner->handle(), first_attached), nullptr);
    EXPECT_FALSE(detach_replicas(owner->engine()));
    ASSERT_TRUE(
        succeeded(owner->execute_inside("ATTACH 'file:" + path + "?mode=ro' AS reader", {})));
    EXPECT_FALSE(detach_replicas(owner->engine()));
    EXPECT_NE(sqlite3_db_name(owner->handle(), first_attached), nullptr);
}

}  // namespace
}  // namespace libsql::local
