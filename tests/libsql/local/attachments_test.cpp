#include "libsql/local/attachments.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace libsql::local {
namespace {

struct first {
    int value{1};
    std::shared_ptr<int> kept;
};

struct second {
    int value{2};
};

TEST(attachments, are_one_of_each_type) {
    attachments all;
    auto& a = all.get<first>();
    EXPECT_EQ(a.value, 1);
    EXPECT_EQ(all.get<second>().value, 2);
    a.value = 3;
    EXPECT_EQ(all.get<first>().value, 3);
    EXPECT_EQ(&all.get<first>(), &a);
}

TEST(attachments, are_destroyed_together_and_made_anew) {
    attachments all;
    const std::weak_ptr<int> watched = all.get<first>().kept = std::make_shared<int>(1);
    all.clear();
    EXPECT_TRUE(watched.expired());
    EXPECT_EQ(all.get<first>().kept, nullptr);
}

}  // namespace
}  // namespace libsql::local
