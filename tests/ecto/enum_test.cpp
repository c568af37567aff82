#include "support/stored_form.hpp"

#include <ecto/enum.hpp>

#include <gtest/gtest.h>

#include <optional>

namespace ecto_enum_test {

enum class status { active, banned, in_review = 7, unnamed };
ECTO_ENUM(status, active, banned, in_review);

}  // namespace ecto_enum_test

namespace ecto {

using ecto_enum_test::status;

TEST(ecto_enum, is_stored_as_its_name) {
    EXPECT_EQ(testing::stored(status::active), "text active");
    EXPECT_EQ(testing::stored(status::in_review), "text in_review");
    EXPECT_EQ(testing::stored(std::optional(status::banned)), "text banned");
    for (const auto each : {status::active, status::banned, status::in_review}) {
        EXPECT_TRUE(testing::survives(each));
    }
}

TEST(ecto_enum, refuses_other_names_and_values) {
    EXPECT_EQ(testing::loaded<status>("activ"), std::nullopt);
    EXPECT_EQ(testing::loaded<status>(""), std::nullopt);
    EXPECT_EQ(testing::loaded<status>("unnamed"), std::nullopt);
    EXPECT_EQ(testing::loaded_integer<status>(0), std::nullopt);
    EXPECT_EQ(testing::stored(status::unnamed), "invalid");
    EXPECT_EQ(testing::casted<status>("banned"), status::banned);
    EXPECT_EQ(testing::casted<status>(1), std::nullopt);
}

}  // namespace ecto
