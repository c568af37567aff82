#include <ecto/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

namespace ecto {

TEST(ecto_error, every_kind_has_its_own_name_and_message) {
    std::set<std::string> names;
    std::set<std::string> messages;
    for (int k = 0; k <= static_cast<int>(error_kind::driver); ++k) {
        const error e(static_cast<error_kind>(k));
        names.emplace(to_string(e.kind()));
        messages.insert(e.message());
    }
    EXPECT_EQ(names.size(), 10U);
    EXPECT_EQ(messages.size(), 10U);
}

TEST(ecto_error, carries_the_error_of_the_driver) {
    const error e(libsql::error(libsql::error_kind::busy, "the file is locked"));
    EXPECT_EQ(e, error_kind::driver);
    ASSERT_NE(e.cause(), nullptr);
    EXPECT_EQ(e.cause()->kind(), libsql::error_kind::busy);
    EXPECT_EQ(e.message(), "the file is locked");
    EXPECT_THAT(e.to_string(), testing::HasSubstr("the file is locked"));
}

TEST(ecto_error, of_a_constraint_is_a_constraint) {
    EXPECT_EQ(error(libsql::error(libsql::error_kind::constraint, "UNIQUE")),
              error_kind::constraint);
}

TEST(ecto_error, without_a_cause_has_none) {
    EXPECT_EQ(error(error_kind::stale).cause(), nullptr);
}

TEST(ecto_error, tells_the_fields) {
    const error e(
        std::vector<field_error>{{.path = "posts[1].title", .message = "can't be blank"}});
    EXPECT_EQ(e, error_kind::invalid);
    ASSERT_EQ(e.fields().size(), 1U);
    EXPECT_THAT(e.to_string(), testing::HasSubstr("posts[1].title can't be blank"));
}

TEST(ecto_error, a_moved_from_error_keeps_its_content) {
    error first(error_kind::stale);
    const error second(std::move(first));
    EXPECT_EQ(second, error_kind::stale);
    EXPECT_EQ(first, error_kind::stale);
}

TEST(ecto_error, is_thrown_as_an_exception_that_carries_it) {
    try {
        error(error_kind::not_found, "no user 7").raise();
    } catch (const exception& e) {
        EXPECT_EQ(e.error(), error_kind::not_found);
        EXPECT_STREQ(e.what(), "not_found: no user 7");
        return;
    }
}

}  // namespace ecto
