#include "libsql/driver/access.hpp"
#include "support/open_connection.hpp"

#include <gtest/gtest.h>

namespace libsql::detail {

TEST(backend, knows_which_savepoints_are_open) {
    auto conn = testing::open_memory();
    auto& b = *access::shared(conn);
    EXPECT_FALSE(b.savepoint_is_open(1));
    const auto outer = b.savepoint_opened();
    const auto middle = b.savepoint_opened();
    const auto inner = b.savepoint_opened();
    EXPECT_EQ(inner.depth, 2U);
    b.savepoints_ended(middle.serial, false);
    EXPECT_TRUE(b.savepoint_is_open(middle.serial));
    EXPECT_FALSE(b.savepoint_is_open(inner.serial));
    b.savepoints_ended(middle.serial, true);
    EXPECT_FALSE(b.savepoint_is_open(middle.serial));
    EXPECT_TRUE(b.savepoint_is_open(outer.serial));
    b.savepoints_ended(middle.serial, true);  // over already: the outer one stays
    EXPECT_TRUE(b.savepoint_is_open(outer.serial));
    EXPECT_EQ(b.savepoint_opened().depth, 1U);
    b.transaction_ended();
    EXPECT_FALSE(b.savepoint_is_open(outer.serial));
}

TEST(backend, transactions_have_serial_numbers_and_end_once) {
    auto conn = testing::open_memory();
    auto& b = *access::shared(conn);
    EXPECT_EQ(b.current_transaction(), 0U);
    const auto first = b.transaction_began(true);
    EXPECT_EQ(b.current_transaction(), first);
    EXPECT_TRUE(b.transaction_ended());
    EXPECT_FALSE(b.transaction_ended());
    EXPECT_EQ(b.current_transaction(), 0U);
    EXPECT_GT(b.transaction_began(false), first);
    EXPECT_FALSE(b.transaction_ended());
}

}  // namespace libsql::detail
