#include "support/outcome.hpp"

#include <libsql/auth_token.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace libsql {

using testing::failed_with;

TEST(auth_token, is_empty_by_default) {
    const auth_token none;
    EXPECT_TRUE(none.empty());
    EXPECT_FALSE(none.can_change());
    EXPECT_EQ(none.get().value(), "");
    EXPECT_TRUE(auth_token("").empty());
}

TEST(auth_token, a_text_is_the_token) {
    const auth_token text("abc");
    EXPECT_FALSE(text.empty());
    EXPECT_FALSE(text.can_change());
    EXPECT_EQ(text.get().value(), "abc");
    EXPECT_EQ(auth_token(std::string("abc")).get().value(), "abc");
}

TEST(auth_token, a_function_is_asked_each_time) {
    const auth_token counted([n = 0]() mutable { return "t" + std::to_string(++n); });
    EXPECT_FALSE(counted.empty());
    EXPECT_TRUE(counted.can_change());
    EXPECT_EQ(counted.get().value(), "t1");
    EXPECT_EQ(counted.get().value(), "t2");
    const auth_token copy = counted;
    EXPECT_EQ(copy.get().value(), "t3") << "a copy goes on where its original was";
}

TEST(auth_token, an_error_or_exception_of_the_function_is_an_error) {
    const auth_token failing(
        []() -> result<std::string> { return error(error_kind::io, "no disk"); });
    EXPECT_TRUE(failed_with(failing.get(), error_kind::io, "no disk"));
    const auth_token throwing([]() -> std::string { throw std::runtime_error("no key"); });
    EXPECT_TRUE(failed_with(throwing.get(), error_kind::authentication, "no key"));
    const auth_token odd([]() -> std::string { throw 1; });
    EXPECT_TRUE(failed_with(odd.get(), error_kind::authentication));
}

}  // namespace libsql
