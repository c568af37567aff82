#include "support/blog.hpp"

#include <ecto/query.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>

namespace ecto {

using testing::post;
using testing::user;

namespace {

const table<user> u;
const table<user> boss{"boss"};
const table<post> p;

template <class Query>
using row_of = typename Query::row_type;

}  // namespace

TEST(ecto_query, the_type_of_its_rows_follows_from_what_is_selected) {
    static_assert(std::is_same_v<row_of<decltype(from(u))>, user>);
    static_assert(std::is_same_v<row_of<decltype(from(u).select(u.name))>, std::string>);
    using several = decltype(from(u).select(u.email, maybe(p.title), count(), u.age * 2, maybe(p)));
    static_assert(std::is_same_v<row_of<several>,
                                 std::tuple<std::optional<std::string>, std::optional<std::string>,
                                            std::int64_t, std::int64_t, std::optional<post>>>);
    static_assert(std::is_same_v<row_of<decltype(from(u).select(u.age / 2.0, avg(u.age)))>,
                                 std::tuple<std::optional<double>, std::optional<double>>>);
}

TEST(ecto_query, knows_which_tables_take_part) {
    const auto q = from(u).join(p, p.user_id == u.id);
    EXPECT_TRUE(q.has(u) && q.has(p));
    EXPECT_FALSE(q.has(boss));
    EXPECT_FALSE(from(boss).has(u));
}

TEST(ecto_query, a_step_does_not_change_the_query_before_it) {
    const auto all = from(u);
    const auto some = all.where(u.age > 18);
    EXPECT_LT(all.ecto_words().size(), some.ecto_words().size());
}

}  // namespace ecto
